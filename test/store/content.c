/* Whatever a message looks like, what was accepted is what is served, at any range; and what can be shared is shared.
 */
#include "kit.h"

#include <sys/stat.h>

#include "base/buf.h"
#include "base/codec.h"
#include "base/rand.h"

/* A generator of its own, so that a failure can be repeated from its seed. */
static uint64_t seed;
static uint64_t below(uint64_t bound) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (seed >> 33) % bound;
}

static void add_noise(buf *out, size_t n, bool text) {
    static const char letters[] = "the quick brown fox jumps over a lazy dog, =?!\r\n\t";
    for (size_t i = 0; i < n; i++)
        buf_add_byte(out, text ? letters[below(sizeof letters - 1)] : (char)below(256));
}

/* base64 as different programs write it, well and badly. */
static void add_base64(buf *out, str bytes) {
    static const uint64_t widths[] = {76, 76, 76, 72, 64, 60, 4, 75, 77, 1, 998, 1000000};
    uint64_t width = widths[below(sizeof widths / sizeof *widths)];
    str end = below(4) ? S("\r\n") : S("\n");
    SCOPED_BUF text;
    buf_init(&text, bytes.n * 2 + 4);
    base64_encode(&text, bytes);
    str rest = buf_str(&text);
    uint64_t fault = below(12), at = rest.n ? below(rest.n) : 0;
    while (rest.n) {
        str line = str_sub(rest, 0, width);
        bool here = at >= text.n - rest.n && at < text.n - rest.n + line.n;
        rest = str_skip(rest, line.n);
        buf_add(out, line);
        if (fault == 0 && here)
            buf_add_byte(out, ' '); /* a blank at the end of one line */
        else if (fault == 1 && here)
            buf_add_byte(out, '='); /* padding in the middle */
        else if (fault == 2 && here)
            continue; /* a line twice as long */
        else if (fault == 3 && here)
            buf_add(out, S("\r\n")); /* an empty line */
        if (rest.n)
            buf_add(out, fault == 4 && here ? S("\n") : end);
    }
    if (fault == 5 && out->n)
        out->p[out->n - 1] = 'B'; /* bits left over, or no padding */
    for (uint64_t i = below(4); i > 0; i--)
        buf_add(out, S("\r\n"));
    if (fault == 6)
        buf_add(out, S("trailing words\r\n"));
}

static void add_part(buf *out, size_t size) {
    SCOPED_BUF bytes;
    buf_init(&bytes, size + 1);
    uint64_t kind = below(8);
    switch (kind) {
    case 0:
        buf_add(out, S("Content-Type: text/plain; charset=utf-8\r\n\r\n"));
        add_noise(out, size, true);
        return;
    case 1:
        buf_add(out, S("Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: 8BIT\r\n\r\n"));
        add_noise(out, size, false);
        return;
    case 2:
        buf_add(out, S("Content-Type: text/csv\r\nContent-Disposition: attachment; filename=x\r\n\r\n"));
        add_noise(out, size, true);
        return;
    case 3:
        buf_add(out, S("Content-Type: application/x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"));
        add_noise(out, size, true);
        return;
    default:
        buf_add(out, S("Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
        add_noise(&bytes, size, kind == 4);
        add_base64(out, buf_str(&bytes));
        return;
    }
}

static void make_message(buf *out) {
    buf_add(out, S("From: a@b.example\r\nSubject: random\r\n"));
    if (below(6) == 0) { /* a single part */
        add_part(out, below(20000));
        return;
    }
    uint64_t parts = below(5);
    buf_add(out, S("Content-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\npreamble\r\n"));
    for (uint64_t i = 0; i < parts; i++) {
        buf_add(out, S("--=_b\r\n"));
        add_part(out, below(8) ? below(20000) : below(300000));
        buf_add(out, S("\r\n"));
    }
    if (below(4))
        buf_add(out, S("--=_b--\r\nepilogue\r\n"));
}

static void check_ranges(kit *k, int64_t box, uint32_t uid, str raw) {
    for (int i = 0; i < 12; i++) {
        arena a;
        arena_init(&a, raw.n + 4096);
        uint64_t at = below(raw.n + 2), n = below(3) ? below(200) : below(raw.n + 2);
        str part;
        assert_ok(store_read(k->s, &k->as_anna, box, uid, at, n, &a, &part));
        if (!str_eq(part, str_sub(raw, at, n)))
            print_message("seed %llu offset %llu n %llu\n", (unsigned long long)seed, (unsigned long long)at,
                          (unsigned long long)n);
        assert_true(str_eq(part, str_sub(raw, at, n)));
        arena_free(&a);
    }
}

static void any_message_reads_back(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    rand_bytes(&seed, sizeof seed);
    for (int i = 0; i < 60; i++) {
        uint64_t started = seed;
        SCOPED_BUF raw;
        buf_init(&raw, 16 * 1024 * 1024);
        make_message(&raw);
        uint32_t uid = kit_append(k, &k->as_anna, inbox, buf_str(&raw));
        bool same = str_eq(kit_read(k, &k->as_anna, inbox, uid), buf_str(&raw));
        if (!same)
            print_message("seed %llu\n", (unsigned long long)started);
        assert_true(same);
        check_ranges(k, inbox, uid, buf_str(&raw));
        kit_clear(k);
    }
    kit_check(k);
}

/* A message with one attachment of n bytes after a text that differs. */
static str with_attachment(kit *k, const char *text, size_t n, size_t width) {
    SCOPED_BUF bytes, out;
    buf_init(&bytes, n);
    buf_init(&out, n * 2 + 1000);
    seed = 42;
    add_noise(&bytes, n, false);
    buf_addf(&out, "Subject: %s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n%s\r\n--b\r\n", text,
             text);
    buf_add(&out, S("Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
    base64_encode_lines(&out, buf_str(&bytes), width);
    buf_add(&out, S("--b--\r\n"));
    return arena_str(&k->a, buf_str(&out));
}

static bool no_files(void *arg) { return kit_blob_files(arg) == 0; }

static void attachments_are_kept_once(void **state) {
    kit *k = *state;
    int64_t anna = kit_box(k, &k->as_anna, "INBOX"), bert = kit_box(k, &k->as_bert, "INBOX");
    str one = with_attachment(k, "one", 100000, 76), two = with_attachment(k, "two", 100000, 72);
    kit_append(k, &k->as_anna, anna, one);
    kit_append(k, &k->as_bert, bert, two);
    assert_int_equal(kit_blob_files(k), 1); /* another line width is the same attachment */
    assert_str(kit_read(k, &k->as_bert, bert, 1), two);
    store_range *gone;
    size_t n;
    assert_ok(store_expunge(k->s, &k->as_anna, anna, NULL, 0, true, &k->a, &gone, &n));
    assert_str(kit_read(k, &k->as_bert, bert, 1), two);
    kit_check(k);
    assert_ok(store_expunge(k->s, &k->as_bert, bert, NULL, 0, true, &k->a, &gone, &n));
    kit_wait(no_files, k);
    kit_append(k, &k->as_anna, anna, one);
    assert_str(kit_read(k, &k->as_anna, anna, 2), one);
    kit_check(k);
}

static void small_attachments_stay_in_the_row(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    kit_append(k, &k->as_anna, inbox, with_attachment(k, "small", 4095, 76));
    assert_int_equal(kit_blob_files(k), 0);
    kit_append(k, &k->as_anna, inbox, with_attachment(k, "large", 4096, 76));
    assert_int_equal(kit_blob_files(k), 1);
}

static void a_refused_message_leaves_no_file(void **state) {
    kit *k = *state;
    assert_ok(store_account_set(k->s, &admin, k->anna, ACCOUNT_SET_QUOTA, &(store_account){.quota_bytes = 10}));
    store_content c = kit_content(k, with_attachment(k, "x", 50000, 76));
    uint32_t uid, v;
    assert_err(store_append(k->s, &k->as_anna, kit_box(k, &k->as_anna, "INBOX"), &c, 0, NULL, 0, 0, 0, &uid, &v),
               ERR_PEER, ERR_OVER_QUOTA);
    assert_int_equal(kit_blob_files(k), 0);
    assert_err(kit_accept(k, "id", c.raw, k->anna, NULL, 0), ERR_PEER, ERR_OVER_QUOTA);
    assert_int_equal(kit_blob_files(k), 0);
}

static void a_monstrous_header_is_read_in_pieces(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    SCOPED_BUF raw;
    buf_init(&raw, 4 * 1024 * 1024);
    for (int i = 0; i < 20000; i++)
        buf_addf(&raw, "X-%d: a long header field that goes on and on\r\n", i);
    store_content c = {.raw = buf_str(&raw), .envelope = S("()"), .structure = S("()"), .header_size = (uint32_t)raw.n};
    uint32_t uid, v;
    assert_ok(store_append(k->s, &k->as_anna, inbox, &c, 0, NULL, 0, 0, 0, &uid, &v));
    assert_true(str_eq(kit_read(k, &k->as_anna, inbox, uid), c.raw));
    seed = 1;
    check_ranges(k, inbox, uid, c.raw);
}

static const struct CMUnitTest tests[] = {
    CASE(any_message_reads_back),
    CASE(attachments_are_kept_once),
    CASE(small_attachments_stay_in_the_row),
    CASE(a_refused_message_leaves_no_file),
    CASE(a_monstrous_header_is_read_in_pieces),
};

KIT_MAIN(tests)
