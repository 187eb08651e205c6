#include "base/limits.h"
#include "mime/part.h"
#include "mime_check.h"

/* The tree as text: type "body" or type(children). */
static void describe(buf *out, const part_tree *t, const part *p) {
    buf_addf(out, "%.*s", STR_ARG(p->subtype));
    if (!p->first && !p->multipart) {
        buf_addf(out, "[%.*s]", STR_ARG(str_sub(t->message, p->body_at, p->body_size)));
        return;
    }
    buf_add(out, S("("));
    for (const part *child = p->first; child; child = child->next) {
        describe(out, t, child);
        buf_add(out, child->next ? S(" ") : S(""));
    }
    buf_add(out, S(")"));
}

static void tree_is(const char *message, const char *expected) {
    SCOPED_ARENA a;
    SCOPED_BUF got;
    part_tree t;
    arena_init(&a, 1 << 20);
    buf_init(&got, 100000);
    assert_false(failed(part_tree_parse(str_c(message), &a, &t)));
    assert_false(t.cut);
    describe(&got, &t, t.root);
    assert_str(buf_str(&got), str_c(expected));
}

#define MIXED       "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
#define ALTERNATIVE "Content-Type: multipart/alternative; boundary=c\r\n\r\n"
#define HTML        "Content-Type: text/html\r\n\r\n"
#define RFC822      "Content-Type: message/rfc822\r\n\r\n"

static void single_parts(void **state) {
    tree_is("Subject: x\r\n\r\nbody\r\n", "plain[body\r\n]");
    tree_is("Content-Type: text/html\r\n\r\nbody", "html[body]");
    tree_is("", "plain[]");
    tree_is("\r\n", "plain[]");
    tree_is("\r\nbody", "plain[body]");
    tree_is("Subject: x", "plain[]");
    tree_is("Content-Type: text/html", "html[]");
}

static void multiparts(void **state) {
    tree_is(MIXED "--b\r\n\r\none\r\n--b\r\n" HTML "two\r\n--b--\r\n", "mixed(plain[one] html[two])");
    tree_is(MIXED "preamble\r\n--b\r\n\r\none\r\n--b--\r\nepilogue\r\n--b\r\n\r\nno part\r\n", "mixed(plain[one])");
    tree_is(MIXED "--b\r\n" ALTERNATIVE "--c\r\n\r\none\r\n--c\r\n\r\ntwo\r\n--c--\r\nx\r\n--b\r\n\r\nthree\r\n--b--",
            "mixed(alternative(plain[one] plain[two]) plain[three])");
    tree_is(MIXED "--b  \t\r\n\r\none\r\n--b-- \r\n", "mixed(plain[one])"); /* blanks behind a delimiter */
}

/* The CRLF in front of a delimiter belongs to it; all others to the body. */
static void line_ends_of_bodies(void **state) {
    tree_is(MIXED "--b\r\n\r\n\r\n--b--", "mixed(plain[])");
    tree_is(MIXED "--b\r\n\r\n--b--", "mixed(plain[])");
    tree_is(MIXED "--b\r\n\r\none\r\n\r\n--b--", "mixed(plain[one\r\n])");
    tree_is(MIXED "--b\r\n\r\n\r\n\r\n--b--", "mixed(plain[\r\n])");
}

static void ends_that_are_missing(void **state) {
    tree_is(MIXED "--b\r\n\r\none", "mixed(plain[one])");
    tree_is(MIXED "--b\r\n\r\none\r\n", "mixed(plain[one\r\n])");
    tree_is(MIXED "--b\r\n" ALTERNATIVE "--c\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--",
            "mixed(alternative(plain[one]) plain[two])");
    tree_is(MIXED "--b\r\nContent-Type: text/html\r\n--b\r\n\r\ntwo\r\n--b--", "mixed(html[] plain[two])");
    tree_is(MIXED "--b\r\n--b\r\n--b--\r\n", "mixed(plain[] plain[])");
    tree_is(MIXED "--b", "mixed(plain[])");
    tree_is(MIXED "no parts at all", "mixed()");
    tree_is(MIXED, "mixed()");
    tree_is("Content-Type: multipart/mixed; boundary=b", "mixed()");
}

static void only_whole_lines_are_delimiters(void **state) {
    tree_is(MIXED "--bc\r\n--b\r\n\r\none\r\n--bb\r\n--b-\r\n--b---\r\n -b\r\n --b\r\n-b\r\n--b x\r\n--b--",
            "mixed(plain[one\r\n--bb\r\n--b-\r\n--b---\r\n -b\r\n --b\r\n-b\r\n--b x])");
    tree_is(MIXED "--b\r\n\r\none\n--b\n--b\r--b\r\r\n--b--", "mixed(plain[one\n--b\n--b\r--b\r])");
    tree_is("Content-Type: multipart/mixed; boundary=\"b c\"\r\n\r\n--b c\r\n\r\none\r\n--b\r\n--b c--",
            "mixed(plain[one\r\n--b])");
}

static void boundaries_that_resemble_each_other(void **state) {
    /* the outer is the beginning of the inner */
    tree_is(MIXED "--b\r\nContent-Type: multipart/mixed; boundary=b2\r\n\r\n--b2\r\n\r\none\r\n--b2--\r\n--b--",
            "mixed(mixed(plain[one]))");
    /* both are the same: the innermost takes it */
    tree_is(MIXED "--b\r\n" MIXED "--b\r\n\r\none\r\n--b--\r\n--b\r\n\r\ntwo\r\n--b--",
            "mixed(mixed(plain[one]) plain[two])");
    /* the inner looks like the end of the outer */
    tree_is(MIXED "--b\r\nContent-Type: multipart/mixed; boundary=b--\r\n\r\n--b--\r\n\r\none\r\n--b----\r\n--b--",
            "mixed(mixed(plain[one]))");
    /* one that looks like an encoded word is none */
    tree_is("Content-Type: multipart/mixed; "
            "boundary=\"=?utf-8?q?x?=\"\r\n\r\n--=?utf-8?q?x?=\r\n\r\none\r\n--=?utf-8?q?x?=--",
            "mixed(plain[one])");
}

static void messages_within(void **state) {
    tree_is(RFC822 "Subject: x\r\n\r\nbody", "rfc822(plain[body])");
    tree_is(MIXED "--b\r\n" RFC822 "Subject: x\r\n\r\nbody\r\n--b--", "mixed(rfc822(plain[body]))");
    tree_is(MIXED "--b\r\n" RFC822 ALTERNATIVE "--c\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--",
            "mixed(rfc822(alternative(plain[one])) plain[two])");
    tree_is(RFC822 RFC822 "\r\nx", "rfc822(rfc822(plain[x]))");
    tree_is(RFC822, "rfc822(plain[])");
    tree_is("Content-Type: message/global\r\n\r\n\r\nx", "global(plain[x])");
    tree_is("Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\none\r\n--b\r\n" HTML
            "two\r\n--b--",
            "digest(rfc822(plain[one]) html[two])");
}

static void encoded_messages_stay_closed(void **state) {
    tree_is("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nYTog\r\n\r\nx",
            "rfc822[YTog\r\n\r\nx]");
}

static void a_multipart_without_a_boundary_is_text(void **state) {
    tree_is("Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nx", "plain[--b\r\n\r\nx]");
    tree_is("Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\nx", "plain[--\r\n\r\nx]");
    tree_is("Content-Type: multipart/mixed; boundary=\"  \"\r\n\r\n--\r\n\r\nx", "plain[--\r\n\r\nx]");
}

static void bodies_have_lines(void **state) {
    SCOPED_ARENA a;
    part_tree t;
    arena_init(&a, 1 << 20);
    str message = S(MIXED "pre\r\n--b\r\n\r\none\r\ntwo\r\n\r\n--b\r\n\r\n\r\n--b\r\n" RFC822
                          "S: x\r\n\r\nthree\nfour\r\nfive\r\n--b--\r\n");
    assert_false(failed(part_tree_parse(message, &a, &t)));
    const part *one = t.root->first, *two = one->next, *three = two->next;
    assert_int_equal(t.root->body_lines, 17);
    assert_int_equal(one->body_lines, 2);
    assert_int_equal(two->body_lines, 0);
    assert_int_equal(three->body_lines, 3);
    assert_int_equal(three->first->body_lines, 1);
}

/* Offsets let a client fetch each part byte for byte: header, body and delimiters make up the whole. */
static void offsets_are_exact(void **state) {
    SCOPED_ARENA a;
    part_tree t;
    arena_init(&a, 1 << 20);
    str message = S("Subject: s\r\n" MIXED "pre\r\n--b\r\nContent-ID: <1>\r\n\r\none\r\n--b\r\n" RFC822
                    "S: x\r\n\r\ntwo\r\n--b--\r\nepi");
    assert_false(failed(part_tree_parse(message, &a, &t)));
    assert_int_equal(t.parts, 4);
    const part *root = t.root, *one = root->first, *two = one->next, *inner = two->first;
    assert_int_equal(root->header_at, 0);
    assert_int_equal(root->body_at, root->header_size);
    assert_int_equal(root->body_at + root->body_size, message.n);
    assert_str(str_sub(message, one->header_at, one->header_size), S("Content-ID: <1>\r\n\r\n"));
    assert_str(str_sub(message, one->body_at, one->body_size), S("one"));
    assert_str(str_sub(message, two->header_at, two->header_size), S(RFC822));
    assert_str(str_sub(message, two->body_at, two->body_size), S("S: x\r\n\r\ntwo"));
    assert_int_equal(inner->header_at, two->body_at);
    assert_str(str_sub(message, inner->header_at, inner->header_size), S("S: x\r\n\r\n"));
    assert_str(str_sub(message, inner->body_at, inner->body_size), S("two"));
    assert_ptr_equal(inner->parent, two);
}

static const part *find(const part_tree *t, const char *numbers) {
    uint32_t path[16];
    size_t n = 0;
    str rest = str_c(numbers), number;
    while (rest.n && str_cut(&rest, '.', &number))
        assert_true(str_to_u32(number, UINT32_MAX, &path[n++]));
    return part_find(t, path, n);
}

static void section_is(const part_tree *t, const char *numbers, const char *body) {
    const part *p = find(t, numbers);
    if (!p)
        fail_msg("no part %s", numbers);
    assert_str(str_sub(t->message, p->body_at, p->body_size), str_c(body));
}

static void section_numbers(void **state) {
    SCOPED_ARENA a;
    part_tree t;
    arena_init(&a, 1 << 20);
    str message = S(MIXED "--b\r\n\r\none\r\n--b\r\n" RFC822 "S: x\r\n\r\ntwo\r\n--b\r\n" RFC822 ALTERNATIVE
                          "--c\r\n\r\nthree\r\n--c\r\n" HTML "four\r\n--c--\r\n--b\r\n" ALTERNATIVE
                          "--c\r\n\r\nfive\r\n--c--\r\n--b--");
    assert_false(failed(part_tree_parse(message, &a, &t)));
    assert_ptr_equal(part_find(&t, NULL, 0), t.root);
    section_is(&t, "1", "one");
    section_is(&t, "2", "S: x\r\n\r\ntwo");
    section_is(&t, "2.1", "two");
    section_is(&t, "3.1", "three");
    section_is(&t, "3.2", "four");
    section_is(&t, "4.1", "five");
    static const char *const none[] = {"0",   "5",   "1.1",   "1.0", "2.2",   "2.1.1",
                                       "2.0", "3.3", "3.1.1", "4.2", "4.1.1", "4294967295"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_null(find(&t, none[i]));
}

static void section_numbers_of_single_parts(void **state) {
    SCOPED_ARENA a;
    part_tree t;
    arena_init(&a, 1 << 20);
    assert_false(failed(part_tree_parse(S("S: x\r\n\r\nbody"), &a, &t)));
    section_is(&t, "1", "body");
    assert_null(find(&t, "2"));
    assert_null(find(&t, "1.1"));
    assert_false(failed(part_tree_parse(S(RFC822 "S: x\r\n\r\ninner"), &a, &t)));
    section_is(&t, "1", "S: x\r\n\r\ninner");
    section_is(&t, "1.1", "inner");
    assert_null(find(&t, "1.2"));
    assert_null(find(&t, "1.1.1"));
    assert_false(failed(part_tree_parse(S(MIXED), &a, &t)));
    assert_null(find(&t, "1"));
}

static void check_tree(const part_tree *t) {
    size_t n = 0, deepest = 0;
    for (const part *p = t->root; p;) {
        n++;
        assert_true(p->header_at + p->header_size <= p->body_at);
        assert_true(p->body_at + p->body_size <= t->message.n);
        assert_true(p->type.n && p->subtype.n && p->encoding.n);
        assert_true(p->body_lines <= p->body_size);
        assert_true(!p->message || (p->first && p->first == p->last));
        assert_true(p->multipart || p->message || !p->first);
        if (p->parent) {
            assert_true(p->header_at >= p->parent->body_at);
            assert_true(p->body_at + p->body_size <= p->parent->body_at + p->parent->body_size);
        }
        size_t depth = 0;
        for (const part *up = p->parent; up; up = up->parent)
            depth++;
        deepest = depth > deepest ? depth : deepest;
        if (p->next)
            assert_true(p->next->header_at >= p->body_at + p->body_size);
        if (p->first) {
            p = p->first;
            continue;
        }
        while (p && !p->next)
            p = p->parent;
        p = p ? p->next : NULL;
    }
    assert_int_equal(n, t->parts);
    assert_true(deepest <= LIMIT_MIME_DEPTH);
}

/* Random lines: every part lies within its parent, behind its elder, and nothing overlaps. */
static void any_lines_give_a_sound_tree(void **state) {
    uint64_t seed = 31;
    for (int round = 0; round < 5000; round++) {
        SCOPED_ARENA a;
        SCOPED_BUF in;
        part_tree t;
        arena_init(&a, pick(&seed, 8) ? 1 << 20 : pick(&seed, 4000) + 400);
        buf_init(&in, 10000);
        for (uint32_t i = pick(&seed, 30); i > 0; i--)
            buf_add(&in, PICK(&seed, S(MIXED), S(ALTERNATIVE), S(RFC822), S(HTML), S("\r\n"), S("--b\r\n"),
                              S("--c\r\n"), S("--b--\r\n"), S("--c--\r\n"), S("text\r\n"), S("\r\n\r\n"), S("--"),
                              S("b"), S("\r"), S("\n"), S(" ")));
        assert_false(failed(part_tree_parse(buf_str(&in), &a, &t)));
        check_tree(&t);
    }
}

static void every_cut_of_a_message_gives_a_sound_tree(void **state) {
    str whole = S(MIXED "--b\r\n\r\none\r\n--b\r\n" RFC822 ALTERNATIVE "--c\r\n\r\nthree\r\n--c\r\n" HTML
                        "four\r\n--c--\r\n--b--\r\nx");
    for (size_t n = 0; n <= whole.n; n++) {
        SCOPED_ARENA a;
        part_tree t;
        arena_init(&a, 1 << 20);
        assert_false(failed(part_tree_parse(str_sub(whole, 0, n), &a, &t)));
        check_tree(&t);
    }
}

static void nested(buf *in, bool messages, size_t levels) {
    for (size_t i = 0; i < levels; i++) {
        if (messages)
            buf_add(in, S(RFC822));
        else
            buf_addf(in, "Content-Type: multipart/mixed; boundary=\"b%zu\"\r\n\r\n--b%zu\r\n", i, i);
    }
    buf_add(in, S("\r\nat the bottom\r\n"));
}

static void parse_deep(bool messages, size_t levels, bool cut) {
    SCOPED_ARENA a;
    SCOPED_BUF in;
    part_tree t;
    arena_init(&a, 1 << 24);
    buf_init(&in, 1 << 24);
    nested(&in, messages, levels);
    assert_false(failed(part_tree_parse(buf_str(&in), &a, &t)));
    assert_int_equal(t.cut, cut);
    check_tree(&t);
    const part *p = t.root;
    while (p->first)
        p = p->first;
    assert_str(p->type, cut ? S("application") : S("text"));
    assert_true(p->body_at + p->body_size == in.n); /* all bytes are still served */
}

static void depth_is_limited(void **state) {
    parse_deep(true, LIMIT_MIME_DEPTH, false);
    parse_deep(true, LIMIT_MIME_DEPTH + 1, true);
    parse_deep(false, LIMIT_MIME_DEPTH, false);
    parse_deep(false, LIMIT_MIME_DEPTH + 1, true);
    parse_deep(true, 10000, true);
    parse_deep(false, 10000, true);
}

static void below_the_depth_limit_the_siblings_are_read(void **state) {
    SCOPED_ARENA a;
    SCOPED_BUF in;
    part_tree t;
    arena_init(&a, 1 << 24);
    buf_init(&in, 1 << 24);
    buf_add(&in, S("Content-Type: multipart/mixed; boundary=top\r\n\r\n--top\r\n"));
    nested(&in, true, 200);
    buf_add(&in, S("--top\r\n\r\nlast\r\n--top--"));
    assert_false(failed(part_tree_parse(buf_str(&in), &a, &t)));
    assert_true(t.cut);
    assert_str(str_sub(t.message, t.root->last->body_at, t.root->last->body_size), S("last"));
}

static void a_million_parts_are_cut(void **state) {
    SCOPED_ARENA a;
    SCOPED_BUF in;
    part_tree t;
    arena_init(&a, 1 << 24);
    buf_init(&in, 1 << 24);
    buf_add(&in, S(MIXED));
    repeat(&in, S("--b\r\n\r\n"), 1000000);
    int64_t from = cpu_us();
    assert_false(failed(part_tree_parse(buf_str(&in), &a, &t)));
    assert_true(SANITIZED || cpu_us() - from < 500000);
    assert_true(t.cut);
    assert_int_equal(t.parts, LIMIT_MIME_PARTS);
    check_tree(&t);
    const part *last = t.root->last;
    assert_str(last->type, S("application"));
    assert_int_equal(last->body_at + last->body_size, in.n); /* the rest of the message is one opaque part */
}

static void a_spent_arena_cuts(void **state) {
    SCOPED_BUF in;
    buf_init(&in, 1 << 16);
    buf_add(&in, S(MIXED));
    repeat(&in, S("--b\r\nContent-Type: a/b; x=y\r\nContent-ID: <1>\r\n folded\r\n\r\nbody\r\n"), 100);
    bool cut = true;
    for (size_t max = 400; max < 100000; max += 333) {
        SCOPED_ARENA a;
        part_tree t;
        arena_init(&a, max);
        assert_false(failed(part_tree_parse(buf_str(&in), &a, &t)));
        assert_true(cut || !t.cut); /* more room never gives less */
        cut = t.cut;
        check_tree(&t);
    }
    assert_false(cut);
    SCOPED_ARENA none;
    part_tree t;
    arena_init(&none, 100);
    assert_int_equal(part_tree_parse(S("x"), &none, &t).what, ERR_LIMIT);
}

static void run_parse(str s) {
    SCOPED_ARENA a;
    part_tree t;
    arena_init(&a, (size_t)1 << 26);
    assert_false(failed(part_tree_parse(s, &a, &t)));
}

static void is_linear(void **state) {
    static const str units[] = {{"--b\r\n\r\n", 7}, {"\r\n--", 4},   {"--b \r\n", 6}, {"--", 2}, {"\n", 1},
                                {"\r\n", 2},        {"a: b\r\n", 6}, {"--b", 3},      {" ", 1},  {"--b--\r\n", 7}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        assert_linear(run_parse, S(MIXED), units[i], S(""));
        assert_linear(run_parse, S(MIXED "--b\r\n"), units[i], S(""));
    }
    assert_linear(run_parse, S(""), S(RFC822), S(""));
    assert_linear(run_parse, S(""), S(MIXED "--b\r\n"), S(""));
    assert_linear(run_parse, S(MIXED), S("--b\r\n" ALTERNATIVE), S(""));
}

/* 64 levels of long boundaries that differ in their last byte, and a body full of lines that resemble them. */
static void self_similar_boundaries(void **state) {
    SCOPED_BUF head, unit;
    buf_init(&head, 1 << 20);
    buf_init(&unit, 1 << 20);
    repeat(&unit, S("x"), 68);
    for (int i = 0; i < LIMIT_MIME_DEPTH; i++)
        buf_addf(&head, "Content-Type: multipart/mixed; boundary=\"%.*s%c\"\r\n\r\n--%.*s%c\r\n",
                 STR_ARG(buf_str(&unit)), '0' + i, STR_ARG(buf_str(&unit)), '0' + i);
    buf_add(&head, S("\r\n--"));
    buf_add(&unit, S("!\r\n--"));
    assert_linear(run_parse, buf_str(&head), buf_str(&unit), S(""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_parts),
        cmocka_unit_test(multiparts),
        cmocka_unit_test(line_ends_of_bodies),
        cmocka_unit_test(ends_that_are_missing),
        cmocka_unit_test(only_whole_lines_are_delimiters),
        cmocka_unit_test(boundaries_that_resemble_each_other),
        cmocka_unit_test(messages_within),
        cmocka_unit_test(encoded_messages_stay_closed),
        cmocka_unit_test(a_multipart_without_a_boundary_is_text),
        cmocka_unit_test(bodies_have_lines),
        cmocka_unit_test(offsets_are_exact),
        cmocka_unit_test(section_numbers),
        cmocka_unit_test(section_numbers_of_single_parts),
        cmocka_unit_test(any_lines_give_a_sound_tree),
        cmocka_unit_test(every_cut_of_a_message_gives_a_sound_tree),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(below_the_depth_limit_the_siblings_are_read),
        cmocka_unit_test(a_million_parts_are_cut),
        cmocka_unit_test(a_spent_arena_cuts),
        cmocka_unit_test(is_linear),
        cmocka_unit_test(self_similar_boundaries),
    };
    return cmocka_run_group_tests_name("part", tests, NULL, NULL);
}
