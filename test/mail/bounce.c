#include "../base/check.h"

#include "mail/bounce.h"
#include "mime/part.h"

static const mail_config config = {.host = {"mx.example.org", 14}};
#define ORIGINAL S("Received: from a\r\nFrom: alice@example.org\r\nSubject: The plan\r\n\r\nSecret plan.\r\n")

static bounce_recipient failed_one(void) {
    return (bounce_recipient){
        .address = S("bob@example.net"),
        .original = S("rfc822;robert@example.net"),
        .kind = BOUNCE_FAILED,
        .status = S("5.1.1"),
        .remote = S("mx1.example.net"),
        .diagnostic = S("550 5.1.1 no such user"),
        .history =
            S("2026-11-21 01:54:26 mx1.example.net 4.2.0 greylisted\n2026-11-21 02:54:26 mx1.example.net 5.1.1 no\n"),
        .last_attempt = 1795226066,
    };
}

/* The notice as a whole, checked to be a multipart/report of three parts. */
typedef struct notice {
    arena a;
    buf bytes;
    part_tree tree;
} notice;

static void make(notice *n, str sender, str envid, const bounce_recipient *about, size_t count, str message,
                 bool ret_headers) {
    arena_init(&n->a, 16 << 20);
    buf_init(&n->bytes, 16 << 20);
    assert_true(bounce_write(&n->bytes, &config, sender, envid, 1795226000, about, count, message, ret_headers, 1000));
    assert_false(failed(part_tree_parse(buf_str(&n->bytes), &n->a, &n->tree)));
    assert_true(n->tree.root->multipart);
    assert_str(n->tree.root->subtype, S("report"));
    assert_str(header_param_get(&n->tree.root->content_type, S("report-type")), S("delivery-status"));
    assert_int_equal(n->tree.parts, n->tree.root->last->message ? 5 : 4);
}

static void drop(notice *n) {
    arena_free(&n->a);
    buf_free(&n->bytes);
}

static str body(const notice *n, const part *p) { return str_sub(buf_str(&n->bytes), p->body_at, p->body_size); }
static const part *nth(const notice *n, int i) {
    const part *p = n->tree.root->first;
    while (i--)
        p = p->next;
    return p;
}
static bool has(str s, const char *what) { return str_find_str(s, str_c(what)) != STR_NONE; }
static str text(notice *n) {
    static char kept[65536];
    buf out;
    buf_init(&out, sizeof kept);
    assert_true(part_text(&out, &n->tree, nth(n, 0)));
    size_t size = out.n;
    memcpy(kept, out.p, size);
    buf_free(&out);
    return (str){kept, size};
}
static str field(notice *n, str of, const char *name) {
    header_field f;
    assert_true(header_find(of, str_c(name), &f));
    return header_unfold(f.value, &n->a);
}

static void failure(void **state) {
    notice n;
    bounce_recipient about = failed_one();
    make(&n, S("alice@example.org"), S("E1"), &about, 1, ORIGINAL, false);
    str all = buf_str(&n.bytes);
    assert_str(field(&n, all, "To"), S("<alice@example.org>"));
    assert_str(field(&n, all, "Auto-Submitted"), S("auto-replied"));
    assert_str(field(&n, all, "From"), S("\"Mail Delivery System\" <MAILER-DAEMON@mx.example.org>"));
    assert_str(nth(&n, 1)->type, S("message"));
    assert_str(nth(&n, 1)->subtype, S("delivery-status"));
    str status = body(&n, nth(&n, 1));
    assert_str(field(&n, status, "Original-Envelope-Id"), S("E1"));
    assert_str(field(&n, status, "Reporting-MTA"), S("dns; mx.example.org"));
    str of = str_skip(status, str_find_str(status, S("\r\n\r\n")) + 4);
    assert_str(field(&n, of, "Original-Recipient"), S("rfc822; robert@example.net"));
    assert_str(field(&n, of, "Final-Recipient"), S("rfc822; bob@example.net"));
    assert_str(field(&n, of, "Action"), S("failed"));
    assert_str(field(&n, of, "Status"), S("5.1.1"));
    assert_str(field(&n, of, "Remote-MTA"), S("dns; mx1.example.net"));
    assert_str(field(&n, of, "Diagnostic-Code"), S("smtp; 550 5.1.1 no such user"));
    assert_str(field(&n, of, "Last-Attempt-Date"), S("Sat, 21 Nov 2026 01:54:26 +0000"));
    /* The whole story, for people. */
    str words = text(&n);
    assert_true(has(words, "<bob@example.net> could not be delivered."));
    assert_true(has(words, "There is no such address there."));
    assert_true(has(words, "mx1.example.net said: 550 5.1.1 no such user"));
    assert_true(has(words, "01:54:26 mx1.example.net 4.2.0 greylisted") && has(words, "02:54:26"));
    assert_true(has(words, "\"The plan\" arrived here at 2026-11-21 01:53:20 UTC"));
    assert_str(nth(&n, 2)->subtype, S("rfc822"));
    assert_true(has(body(&n, nth(&n, 2)), "Secret plan."));
    drop(&n);
}

static void header_alone(void **state) {
    bounce_recipient about = failed_one();
    SCOPED_BUF large;
    buf_init(&large, 1 << 16);
    buf_add(&large, ORIGINAL);
    while (large.n < 2000)
        buf_add(&large, S("more and more of it\r\n"));
    for (int round = 0; round < 3; round++) {
        notice n;
        about.kind = round == 2 ? BOUNCE_DELAYED : BOUNCE_FAILED;
        make(&n, S("alice@example.org"), S(""), &about, 1, round == 1 ? buf_str(&large) : ORIGINAL, round == 0);
        assert_str(nth(&n, 2)->type, S("text"));
        assert_str(nth(&n, 2)->subtype, S("rfc822-headers"));
        assert_true(has(body(&n, nth(&n, 2)), "Subject: The plan"));
        assert_false(has(buf_str(&n.bytes), "Secret plan"));
        assert_false(has(body(&n, nth(&n, 1)), "Original-Envelope-Id"));
        drop(&n);
    }
}

static void actions(void **state) {
    static const struct {
        bounce_kind kind;
        const char *action, *status, *subject;
    } cases[] = {
        {BOUNCE_FAILED, "Action: failed", "Status: 5.0.0", "Your message could not be delivered"},
        {BOUNCE_DELAYED, "Action: delayed", "Status: 4.0.0", "Your message is delayed"},
        {BOUNCE_DELIVERED, "Action: delivered", "Status: 2.0.0", "Your message was delivered"},
        {BOUNCE_RELAYED, "Action: relayed", "Status: 2.0.0", "Your message was handed on"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        notice n;
        bounce_recipient about = failed_one();
        about.kind = cases[i].kind;
        about.status = i % 2 ? S("") : S("5.1\r\nX: y"); /* neither is a status: a default stands in */
        about.retry_until = 1795226000 + 86400;
        make(&n, S("alice@example.org"), S(""), &about, 1, ORIGINAL, false);
        str status = body(&n, nth(&n, 1));
        assert_true(has(status, cases[i].action));
        assert_true(has(status, cases[i].status));
        assert_str(field(&n, buf_str(&n.bytes), "Subject"), str_c(cases[i].subject));
        assert_int_equal(has(status, "Will-Retry-Until: Sun, 22 Nov 2026"), cases[i].kind == BOUNCE_DELAYED);
        drop(&n);
    }
}

/* Whatever a remote server, an envelope id or a history says, it makes no field, no part and no line of its own. */
static void injection(void **state) {
    static const char evil_bytes[] = "x\r\nBcc: victim@example.com\r\n\r\n--=_\r\n\0\x1b[2J\xff\xe2\x80\xae";
    str evil = {evil_bytes, sizeof evil_bytes - 1};
    notice n;
    bounce_recipient about = failed_one();
    about.remote = about.diagnostic = about.history = about.original = evil;
    make(&n, S("alice@example.org"), evil, &about, 1, ORIGINAL, true);
    str all = buf_str(&n.bytes), line;
    while (str_cut_line(&all, &line)) {
        assert_false(str_casestarts(line, S("Bcc")));
        for (size_t i = 0; i + 2 < line.n; i++)
            assert_true((unsigned char)line.p[i] >= 0x20 && (unsigned char)line.p[i] < 0x7f);
    }
    assert_true(has(body(&n, nth(&n, 1)), "\\x0d\\x0aBcc"));
    drop(&n);
}

static void international(void **state) {
    notice n;
    bounce_recipient about = failed_one();
    about.address = S("j\xc3\xb6rg@example.net");
    about.original = S("utf-8;j\xc3\xb6rg@example.net");
    make(&n, S("\xc3\xa4nne@example.org"), S(""), &about, 1, ORIGINAL, false);
    assert_str(nth(&n, 1)->subtype, S("global-delivery-status"));
    assert_str(nth(&n, 2)->subtype, S("global"));
    str status = body(&n, nth(&n, 1));
    assert_true(has(status, "Final-Recipient: utf-8; j\xc3\xb6rg@example.net"));
    assert_true(has(status, "Original-Recipient: utf-8; j\xc3\xb6rg@example.net"));
    assert_true(has(text(&n), "<j\xc3\xb6rg@example.net> could not"));
    drop(&n);
}

static void thousand(void **state) {
    static bounce_recipient about[1000];
    for (size_t i = 0; i < 1000; i++)
        about[i] = failed_one();
    notice n;
    make(&n, S("alice@example.org"), S(""), about, 1000, ORIGINAL, false);
    str status = body(&n, nth(&n, 1));
    size_t count = 0;
    for (size_t at; (at = str_find_str(status, S("Final-Recipient:"))) != STR_NONE; count++)
        status = str_skip(status, at + 1);
    assert_int_equal(count, 1000);
    drop(&n);
}

static void too_large(void **state) {
    bounce_recipient about = failed_one();
    SCOPED_BUF small;
    buf_init(&small, 500);
    assert_false(bounce_write(&small, &config, S("a@example.org"), S(""), 0, &about, 1, ORIGINAL, false, 1000));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failure),   cmocka_unit_test(header_alone),  cmocka_unit_test(actions),
        cmocka_unit_test(injection), cmocka_unit_test(international), cmocka_unit_test(thousand),
        cmocka_unit_test(too_large),
    };
    return cmocka_run_group_tests_name("bounce", tests, NULL, NULL);
}
