#include "check.h"

#include "net/proxy.h"

/* Whole, with more behind it, and every shorter piece, which must be neither wrong nor enough. */
static proxy_header expect_header(str in) {
    proxy_header whole, part, longer;
    check_size((size_t)proxy_parse(in, &whole), in.n);
    for (size_t n = 0; n < in.n; n++)
        check_size((size_t)proxy_parse(str_sub(in, 0, n), &part), 0);
    static char more[700];
    memcpy(more, in.p, in.n);
    memcpy(more + in.n, "EHLO x\r\n", 8);
    check_size((size_t)proxy_parse(str_of(more, in.n + 8), &longer), in.n);
    check(memcmp(&whole, &longer, sizeof whole) == 0);
    return whole;
}

static void expect_wrong(str in) {
    proxy_header header;
    check(proxy_parse(in, &header) == -1);
}

static void expect_addresses(const proxy_header *h, str source, str destination) {
    SCOPED_BUF text;
    buf_init(&text, 200);
    addr_print_port(&text, &h->source);
    check_str(buf_str(&text), source);
    buf_clear(&text);
    addr_print_port(&text, &h->destination);
    check_str(buf_str(&text), destination);
}

static void version_1(void **state) {
    (void)state;
    proxy_header h = expect_header(S("PROXY TCP4 192.0.2.1 198.51.100.2 40000 25\r\n"));
    check(!h.local && !h.tls);
    expect_addresses(&h, S("192.0.2.1:40000"), S("198.51.100.2:25"));
    h = expect_header(S("PROXY TCP6 2001:db8::1 ::1 0 65535\r\n"));
    expect_addresses(&h, S("[2001:db8::1]:0"), S("[::1]:65535"));
    h = expect_header(S("PROXY UNKNOWN\r\n"));
    check(h.local && h.source.family == ADDR_NONE);
    h = expect_header(S("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n"));
    check(h.local);
}

static void version_1_is_strict(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "PROXY TCP4 192.0.2.1 198.51.100.2 40000 25\n",      "PROXY TCP4 192.0.2.1 198.51.100.2 40000\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 40000 25 \r\n",   "PROXY TCP4 192.0.2.1 198.51.100.2 40000 25 x\r\n",
        "PROXY  TCP4 192.0.2.1 198.51.100.2 40000 25\r\n",   "PROXY TCP4 192.0.2.1  198.51.100.2 40000 25\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 040000 25\r\n",   "PROXY TCP4 192.0.2.1 198.51.100.2 65536 25\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 -1 25\r\n",       "PROXY TCP4 192.0.2.1 ::1 40000 25\r\n",
        "PROXY TCP6 192.0.2.1 198.51.100.2 40000 25\r\n",    "PROXY TCP4 192.0.2.01 198.51.100.2 40000 25\r\n",
        "PROXY TCP5 192.0.2.1 198.51.100.2 40000 25\r\n",    "PROXY tcp4 192.0.2.1 198.51.100.2 40000 25\r\n",
        "PROXY TCP4\r\n",                                    "PROXY \r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 40000 25\r\r\n",  "proxy TCP4 192.0.2.1 198.51.100.2 40000 25\r\n",
        "PROXYX",                                            "EHLO example.org\r\n",
        "\x16\x03\x01",                                      "PROXY TCP4 192.0.2.1%lo 198.51.100.2 1 2\r\n",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_wrong(str_c(wrong[i]));
    char endless[108];
    memset(endless, 'x', sizeof endless);
    memcpy(endless, "PROXY UNKNOWN ", 14);
    proxy_header h;
    check(proxy_parse(str_of(endless, 106), &h) == 0);
    expect_wrong(str_of(endless, 107));
    memcpy(endless + 105, "\r\n", 2);
    check_size((size_t)proxy_parse(str_of(endless, 107), &h), 107);
}

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V4_ADDRESSES "\xc0\0\x02\x01" "\xc6\x33\x64\x02" "\x9c\x40" "\0\x19"

static void version_2(void **state) {
    (void)state;
    proxy_header h = expect_header(S(SIGNATURE "\x21\x11\0\x0c" V4_ADDRESSES));
    check(!h.local && !h.tls);
    expect_addresses(&h, S("192.0.2.1:40000"), S("198.51.100.2:25"));
    h = expect_header(S(SIGNATURE "\x21\x21\0\x24" "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
                        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01" "\x9c\x40" "\0\x19"));
    expect_addresses(&h, S("[2001:db8::1]:40000"), S("[::1]:25"));
    h = expect_header(S(SIGNATURE "\x20\0\0\0")); /* LOCAL: the proxy's own health check */
    check(h.local);
    h = expect_header(S(SIGNATURE "\x20\x11\0\x03" "abc"));
    check(h.local);
    h = expect_header(S(SIGNATURE "\x21\0\0\x02" "xy")); /* UNSPEC */
    check(h.local);
    /* Two extras: an authority, and TLS between client and proxy. */
    h = expect_header(S(SIGNATURE "\x21\x11\0\x1c" V4_ADDRESSES
                        "\x02\0\x05" "a.org" "\x20\0\x05" "\x01\0\0\0\0"));
    check(h.tls);
    char path[16 + 216] = SIGNATURE "\x21\x31\0\xd8";
    h = expect_header(str_of(path, sizeof path));
    check(h.local);
}

static void version_2_is_strict(void **state) {
    (void)state;
    expect_wrong(S(SIGNATURE "\x11"));                                    /* version */
    expect_wrong(S(SIGNATURE "\x22"));                                    /* command */
    expect_wrong(S("\r\n\r\n\0\r\nQUIX"));                                /* signature */
    expect_wrong(S(SIGNATURE "\x21\x11\x02\x09"));                        /* 521 bytes */
    expect_wrong(S(SIGNATURE "\x21\x11\0\x0b" "aaaabbbbccd"));            /* too short for v4 */
    expect_wrong(S(SIGNATURE "\x21\x21\0\x0c" "aaaabbbbccdd"));           /* too short for v6 */
    expect_wrong(S(SIGNATURE "\x21\x12\0\x0c" "aaaabbbbccdd"));           /* a datagram */
    expect_wrong(S(SIGNATURE "\x21\x41\0\x0c" "aaaabbbbccdd"));           /* no such family */
    expect_wrong(S(SIGNATURE "\x21\x31\0\x0c" "aaaabbbbccdd"));           /* too short for a path */
    expect_wrong(S(SIGNATURE "\x21\x11\0\x0e" "aaaabbbbccdd" "\x02\0"));  /* half an extra */
    expect_wrong(S(SIGNATURE "\x21\x11\0\x10" "aaaabbbbccdd" "\x02\0\x02x")); /* one that ends behind the header */
    expect_wrong(S(SIGNATURE "\x21\x11\0\x10" "aaaabbbbccdd" "\x20\0\x01x")); /* a TLS extra that is too short */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_1),
        cmocka_unit_test(version_1_is_strict),
        cmocka_unit_test(version_2),
        cmocka_unit_test(version_2_is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
