#include "../base/check.h"

#include "smtp/client_body.h"

static const struct {
    const char *in, *data, *chunk;
} cases[] = {
    {"", ".\r\n", ""},
    {"a\r\n", "a\r\n.\r\n", "a\r\n"},
    {"a", "a\r\n.\r\n", "a"},
    {".\r\n", "..\r\n.\r\n", ".\r\n"},
    {"..\r\n.a\r\nb.\r\n", "...\r\n..a\r\nb.\r\n.\r\n", "..\r\n.a\r\nb.\r\n"},
    {"\r\n.\r\n", "\r\n..\r\n.\r\n", "\r\n.\r\n"},
    /* No way of writing the end of data that anybody could take for it. */
    {"x\n.\nQUIT\r\n", "x . QUIT\r\n.\r\n", "x . QUIT\r\n"},
    {"x\r.\rQUIT\r\n", "x . QUIT\r\n.\r\n", "x . QUIT\r\n"},
    {"x\r\n.\nQUIT\r\n", "x\r\n.. QUIT\r\n.\r\n", "x\r\n. QUIT\r\n"},
    {"x\n.\r\nQUIT\r\n", "x .\r\nQUIT\r\n.\r\n", "x .\r\nQUIT\r\n"},
    {"x\r\n.\rQUIT\r\n", "x\r\n.. QUIT\r\n.\r\n", "x\r\n. QUIT\r\n"},
    {"x\r\r\n.\r\n", "x \r\n..\r\n.\r\n", "x \r\n.\r\n"},
    {"x\n\r\n", "x \r\n.\r\n", "x \r\n"},
    {"x\r", "x \r\n.\r\n", "x "},
    {"\n", " \r\n.\r\n", " "},
    {"\r", " \r\n.\r\n", " "},
    {"\n.\r\n", " .\r\n.\r\n", " .\r\n"},
};

static void encode(buf *out, bool dots, str in, size_t split_at, size_t step) {
    smtp_encoder e = {.dots = dots};
    buf_clear(out);
    smtp_encode_block(&e, str_sub(in, 0, split_at), out);
    for (size_t at = split_at; at < in.n; at += step)
        smtp_encode_block(&e, str_sub(in, at, step), out);
    smtp_encode_end(&e, out);
}

static void every_split(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 4096);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        str in = str_c(cases[i].in);
        for (int dots = 0; dots < 2; dots++) {
            str want = str_c(dots ? cases[i].data : cases[i].chunk);
            for (size_t at = 0; at <= in.n; at++) {
                encode(&out, dots, in, at, in.n + 1);
                assert_str(buf_str(&out), want);
            }
            encode(&out, dots, in, 0, 1);
            assert_str(buf_str(&out), want);
        }
    }
}

/* Over all short strings of the bytes that matter: no bare CR or LF, exactly one end of data, no byte moved. */
static void property(void **state) {
    static const char bytes[] = {'\r', '\n', '.', 'a'};
    SCOPED_BUF out;
    buf_init(&out, 4096);
    for (unsigned n = 0; n < 4 * 4 * 4 * 4 * 4 * 4; n++) {
        char in[6];
        for (unsigned i = 0, rest = n; i < 6; i++, rest /= 4)
            in[i] = bytes[rest % 4];
        encode(&out, true, (str){in, 6}, 6, 1);
        str s = buf_str(&out);
        for (size_t i = 0; i < s.n; i++) {
            assert_true(s.p[i] != '\r' || (i + 1 < s.n && s.p[i + 1] == '\n'));
            assert_true(s.p[i] != '\n' || (i > 0 && s.p[i - 1] == '\r'));
        }
        size_t end = str_starts(s, S(".\r\n")) ? 0 : str_find_str(s, S("\r\n.\r\n")) + 2;
        assert_int_equal(end, s.n - 3);
        encode(&out, false, (str){in, 6}, 6, 1);
        assert_int_equal(out.n, 6);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_split), cmocka_unit_test(property)};
    return cmocka_run_group_tests_name("smtp_client_body", tests, NULL, NULL);
}
