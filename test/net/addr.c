#include "check.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "net/addr.h"

static void expect_text(str in, str out) {
    addr a;
    char text[ADDR_TEXT];
    check(addr_parse(in, &a));
    addr_print(&a, text);
    check_str(str_c(text), out);
}

static void addresses_are_read_and_printed(void **state) {
    (void)state;
    addr a;
    expect_text(S("192.0.2.1"), S("192.0.2.1"));
    expect_text(S("2001:DB8:0:0::1"), S("2001:db8::1"));
    expect_text(S("::ffff:192.0.2.1"), S("192.0.2.1"));
    expect_text(S("::"), S("::"));
    static const char *const wrong[] = {"",         " 1.2.3.4",   "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4",
                                        "1.2.3.4:25", "[::1]",    "::1%lo", "1::2::3",  "localhost", "1.2.3.4 ",
                                        "0x7f.1",   "12345::"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        check(!addr_parse(str_c(wrong[i]), &a) && a.family == ADDR_NONE);
    check(!addr_parse(S("1.2.3.4\0"), &a));
    a = (addr){0};
    char text[ADDR_TEXT];
    addr_print(&a, text);
    check_str(str_c(text), S("none"));
}

static void expect_port(str in, str out) {
    addr a;
    SCOPED_BUF text;
    buf_init(&text, 200);
    check(addr_parse_port(in, 25, &a));
    check(addr_print_port(&text, &a));
    check_str(buf_str(&text), out);
}

static void addresses_with_ports(void **state) {
    (void)state;
    expect_port(S("192.0.2.1:587"), S("192.0.2.1:587"));
    expect_port(S("192.0.2.1"), S("192.0.2.1:25"));
    expect_port(S("[::1]:2525"), S("[::1]:2525"));
    expect_port(S("[::1]"), S("[::1]:25"));
    expect_port(S("2001:db8::1"), S("[2001:db8::1]:25"));
    expect_port(S("*"), S("[::]:25"));
    expect_port(S("*:465"), S("[::]:465"));
    expect_port(S(":465"), S("[::]:465"));
    expect_port(S(":0"), S("[::]:0"));
    expect_port(S("unix:/run/godwit/lmtp"), S("unix:/run/godwit/lmtp"));
    static const char *const wrong[] = {"",       "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1: 25",
                                        "[::1",   "[::1]x",     "[::1]:",          "host:25",      "[192.0.2.1]:25",
                                        "unix:",  "]:25",       "[]:25",           "192.0.2.1:000025"};
    addr a;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        check(!addr_parse_port(str_c(wrong[i]), 25, &a));
    char path[200] = "unix:/";
    memset(path + 6, 'p', 150);
    check(!addr_parse_port(str_c(path), 25, &a));
}

static bool in_net(const char *ip, const char *net) {
    addr a;
    addr_net n;
    check(addr_parse(str_c(ip), &a) && addr_net_parse(str_c(net), &n));
    return addr_in_net(&a, &n);
}

static void networks(void **state) {
    (void)state;
    check(in_net("10.1.2.3", "10.0.0.0/8") && !in_net("11.1.2.3", "10.0.0.0/8"));
    check(in_net("10.1.2.3", "10.1.2.3") && !in_net("10.1.2.2", "10.1.2.3/32"));
    check(in_net("192.0.2.129", "192.0.2.128/25") && !in_net("192.0.2.127", "192.0.2.128/25"));
    check(in_net("1.2.3.4", "0.0.0.0/0") && !in_net("2001:db8::1", "0.0.0.0/0"));
    check(in_net("2001:db8::1", "2001:db8::/32") && !in_net("2001:db9::1", "2001:db8::/32"));
    check(in_net("2001:db8::1", "::/0") && !in_net("1.2.3.4", "::/0"));
    check(in_net("::ffff:10.1.2.3", "10.0.0.0/8") && in_net("10.1.2.3", "::ffff:10.0.0.0/104"));
    check(!in_net("::ffff:10.1.2.3", "::/0"));
    check(in_net("::1", "::1/128"));
    static const char *const wrong[] = {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/",    "10.0.0.0/x",      "::/129",
                                        "::1/64",     "/8",          "10.0.0.0/8/8", "2001:db8::/0032", "net/8"};
    addr_net n;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        check(!addr_net_parse(str_c(wrong[i]), &n));
    addr unix_one = {.family = ADDR_UNIX};
    check(addr_net_parse(S("0.0.0.0/0"), &n) && !addr_in_net(&unix_one, &n));
}

static addr parsed(const char *text) {
    addr a;
    check(addr_parse(str_c(text), &a));
    return a;
}

static void comparisons(void **state) {
    (void)state;
    addr a = parsed("127.5.5.5"), b = parsed("::1"), c = parsed("::ffff:127.0.0.1"), d = parsed("192.0.2.1");
    addr none = {0};
    check(addr_is_loopback(&a) && addr_is_loopback(&b) && addr_is_loopback(&c));
    check(!addr_is_loopback(&d) && !addr_is_loopback(&none));
    addr e = parsed("127.0.0.1"), f = parsed("::ffff:127.0.0.1");
    f.port = 9;
    check(addr_ip_equal(&c, &e) && addr_ip_equal(&c, &f) && !addr_ip_equal(&a, &e) && !addr_ip_equal(&none, &none));
}

static void the_kernels_form_and_back(void **state) {
    (void)state;
    static const char *const all[] = {"192.0.2.1:1234", "[2001:db8::1]:65535", "unix:/tmp/x"};
    for (size_t i = 0; i < 3; i++) {
        addr a, b;
        struct sockaddr_storage storage;
        check(addr_parse_port(str_c(all[i]), 0, &a));
        check(addr_to_sockaddr(&a, &storage) > 0);
        check(addr_from_sockaddr((struct sockaddr *)&storage, &b));
        check(memcmp(&a, &b, sizeof a) == 0);
    }
    addr none = {0}, got;
    struct sockaddr_storage storage;
    check(addr_to_sockaddr(&none, &storage) == 0);
    storage.ss_family = AF_UNSPEC;
    check(!addr_from_sockaddr((struct sockaddr *)&storage, &got));
    struct sockaddr_un full = {.sun_family = AF_UNIX};
    memset(full.sun_path, 'x', sizeof full.sun_path); /* no NUL at the end */
    check(addr_from_sockaddr((struct sockaddr *)&full, &got) && strlen(got.path) < sizeof got.path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_and_printed),
        cmocka_unit_test(addresses_with_ports),
        cmocka_unit_test(networks),
        cmocka_unit_test(comparisons),
        cmocka_unit_test(the_kernels_form_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
