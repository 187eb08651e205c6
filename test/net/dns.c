#include "check.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/dns.h"
#include "net/fiber.h"
#include "net/loop.h"
#include "peer.h"
#include "zone.h"

static zone_server server;

#define LONG "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
#define LONGER "\"" LONG LONG "\" "

static zone_source zones[] = {
    {.name = "example.test", .is_signed = true, .records =
        "@ IN MX 20 b.example.test.\n@ IN MX 10 a.example.test.\n"
        "a IN A 192.0.2.1\na IN A 192.0.2.2\na IN AAAA 2001:db8::1\n"
        "b IN A 192.0.2.3\n"
        "alias IN CNAME a\noutside IN CNAME host.plain.test.\n"
        "null IN MX 0 .\n"
        "odd IN MX 5 a\\032b\\.c.example.test.\n"
        "@ IN TXT \"v=spf1 \" \"-all\"\n"
        "big IN TXT " LONGER LONGER LONGER LONGER LONGER LONGER LONGER LONGER "\n"
        "_25._tcp.a IN TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"},
    {.name = "plain.test", .records = "@ IN MX 10 host\nhost IN A 198.51.100.1\n"},
    {.name = "broken.test", .is_signed = true, .wrong_anchor = true,
     .records = "@ IN MX 10 host\nhost IN A 198.51.100.2\n"},
    {.name = "2.0.192.in-addr.arpa", .records = "1 IN PTR a.example.test.\n1 IN PTR www.example.test.\n"},
    {.name = "10.in-addr.arpa", .records = "1.0.0 IN PTR private.example.test.\n"},
};

static char hosts_path[] = "/tmp/godwit-hosts-XXXXXX";

static buf many;

static void add_many_addresses(zone_source *to) {
    buf_init(&many, 1 << 20);
    buf_add(&many, str_c(to->records));
    for (int i = 0; i < LIMIT_DNS_RECORDS + 100; i++)
        buf_addf(&many, "many IN A 10.1.%d.%d\n", i / 250, i % 250);
    buf_add_byte(&many, '\0');
    to->records = many.p;
}

static int setup(void **state) {
    (void)state;
    add_many_addresses(&zones[1]);
    zone_start(&server, zones, sizeof zones / sizeof *zones);
    int fd = mkstemp(hosts_path);
    str hosts = S("# comment\n192.0.2.77 Printer.Office.test printer\n2001:db8::77\tprinter # the same\n"
                  "not-an-ip name\n192.0.2.78 plain.test\n");
    check(fd >= 0 && write(fd, hosts.p, hosts.n) == (ssize_t)hosts.n);
    close(fd);
    dns_config config = {.forward = &server.forward, .forward_n = 1, .trust_anchor_file = S("none"),
                         .trust_anchors = server.anchors, .trust_anchors_n = server.anchors_n,
                         .timeout_ms = 5000, .hosts_file = str_c(hosts_path)};
    check_ok(dns_start(&config));
    check_ok(loops_start(2));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    loops_stop();
    dns_stop();
    zone_stop(&server);
    unlink(hosts_path);
    buf_free(&many);
    return 0;
}

static deadline soon(void) { return deadline_in(20000); }

/* ---- one fiber for what a test does on a loop ---- */

typedef struct fiber_test {
    void (*fn)(arena *a);
    completion done;
} fiber_test;

static void test_in_fiber(void *arg) {
    fiber_test *t = arg;
    arena a;
    arena_init(&a, 1 << 20);
    t->fn(&a);
    arena_free(&a);
    completion_signal(&t->done);
}

static void start_test(void *arg) { check_ok(fiber_start("test", test_in_fiber, arg)); }

/* Everything is looked up twice: in this thread, which blocks, and in a fiber, which waits. */
static void in_both(void (*fn)(arena *a)) {
    arena a;
    arena_init(&a, 1 << 20);
    fn(&a);
    arena_free(&a);
    fiber_test t = {.fn = fn};
    completion_init(&t.done);
    loop_post(loop_at(1), start_test, &t);
    completion_wait_done(&t.done);
}

/* ---- tests ---- */

static void look_up_mx(arena *a) {
    dns_answer got;
    check_ok(dns_mx(S("example.test"), a, &got, soon()));
    check(got.status == DNS_FOUND && got.secure && got.ttl > 0 && got.ttl <= 300);
    check_size(got.n, 2);
    size_t first = got.mx[0].preference == 10 ? 0 : 1;
    check_str(got.mx[first].host, S("a.example.test"));
    check_str(got.mx[1 - first].host, S("b.example.test"));
    check_size(got.mx[1 - first].preference, 20);

    check_ok(dns_mx(S("null.example.test"), a, &got, soon()));
    check(got.n == 1 && got.mx[0].preference == 0);
    check_str(got.mx[0].host, S(""));

    check_ok(dns_mx(S("odd.example.test."), a, &got, soon()));
    check_str(got.mx[0].host, S("a\\032b\\.c.example.test"));

    check_ok(dns_mx(S("a.example.test"), a, &got, soon()));
    check(got.status == DNS_NO_DATA && got.n == 0 && got.secure);
    check_ok(dns_mx(S("nobody.example.test"), a, &got, soon()));
    check(got.status == DNS_NO_DOMAIN && got.n == 0 && got.secure);
    check_ok(dns_mx(S("plain.test"), a, &got, soon()));
    check(got.status == DNS_FOUND && got.n == 1 && !got.secure);
}

static void finds_mail_exchangers(void **state) {
    (void)state;
    in_both(look_up_mx);
}

static void look_up_addresses(arena *a) {
    dns_answer got;
    char text[ADDR_TEXT];
    check_ok(dns_addresses(S("a.example.test"), a, &got, soon()));
    check(got.status == DNS_FOUND && got.secure && got.n == 3);
    addr_print(&got.addresses[0], text);
    check_str(str_c(text), S("2001:db8::1"));
    check(got.addresses[1].family == ADDR_V4 && got.addresses[2].family == ADDR_V4);

    check_ok(dns_addresses(S("b.example.test"), a, &got, soon()));
    check(got.status == DNS_FOUND && got.n == 1);
    check_ok(dns_addresses(S("ALIAS.example.test"), a, &got, soon()));
    check(got.status == DNS_FOUND && got.n == 3 && got.secure);
    check_ok(dns_addresses(S("outside.example.test"), a, &got, soon()));
    check(got.status == DNS_FOUND && got.n == 1 && !got.secure);
    check_ok(dns_addresses(S("example.test"), a, &got, soon()));
    check(got.status == DNS_NO_DATA && got.n == 0);
    check_ok(dns_addresses(S("nobody.example.test"), a, &got, soon()));
    check(got.status == DNS_NO_DOMAIN && got.n == 0);
}

static void finds_addresses(void **state) {
    (void)state;
    in_both(look_up_addresses);
}

static void expect_addresses(str host, str first, str second) {
    arena a;
    arena_init(&a, 65536);
    dns_answer got;
    char text[ADDR_TEXT];
    check_ok(dns_addresses(host, &a, &got, soon()));
    check(got.status == DNS_FOUND && !got.secure);
    check_size(got.n, second.n ? 2 : 1);
    addr_print(&got.addresses[0], text);
    check_str(str_c(text), first);
    if (second.n) {
        addr_print(&got.addresses[1], text);
        check_str(str_c(text), second);
    }
    arena_free(&a);
}

static void some_names_need_no_dns(void **state) {
    (void)state;
    expect_addresses(S("192.0.2.9"), S("192.0.2.9"), S(""));
    expect_addresses(S("2001:db8::9"), S("2001:db8::9"), S(""));
    expect_addresses(S("[2001:db8::9]"), S("2001:db8::9"), S(""));
    expect_addresses(S("localhost"), S("127.0.0.1"), S("::1"));
    expect_addresses(S("sub.LocalHost."), S("127.0.0.1"), S("::1"));
    expect_addresses(S("printer.office.test"), S("192.0.2.77"), S(""));
    expect_addresses(S("PRINTER"), S("192.0.2.77"), S("2001:db8::77"));
    /* The hosts file is for addresses alone: a domain named there keeps its mail exchangers. */
    expect_addresses(S("plain.test"), S("192.0.2.78"), S(""));
}

static void look_up_the_rest(arena *a) {
    dns_answer got;
    check_ok(dns_txt(S("example.test"), a, &got, soon()));
    check(got.n == 1 && got.secure);
    check_str(got.texts[0], S("v=spf1 -all"));
    check_ok(dns_txt(S("big.example.test"), a, &got, soon())); /* over TCP */
    check(got.n == 1);
    check_size(got.texts[0].n, 1600);

    check_ok(dns_tlsa(S("_25._tcp.a.example.test"), a, &got, soon()));
    check(got.n == 1 && got.secure && got.tlsa[0].usage == 3 && got.tlsa[0].selector == 1 && got.tlsa[0].matching == 1);
    check(got.tlsa[0].data.n == 32 && got.tlsa[0].data.p[1] == 0x11);

    addr ip;
    check(addr_parse(S("::ffff:192.0.2.1"), &ip));
    check_ok(dns_ptr(&ip, a, &got, soon()));
    check_size(got.n, 2);
    check(str_eq(got.texts[0], S("a.example.test")) || str_eq(got.texts[1], S("a.example.test")));
    check(addr_parse(S("10.0.0.1"), &ip));
    check_ok(dns_ptr(&ip, a, &got, soon()));
    check(got.n == 1);
    check_str(got.texts[0], S("private.example.test"));
    ip = (addr){.family = ADDR_UNIX};
    check_ok(dns_ptr(&ip, a, &got, soon()));
    check(got.status == DNS_NO_DOMAIN);
}

static void finds_texts_names_and_keys(void **state) {
    (void)state;
    in_both(look_up_the_rest);
}

static void look_up_failures(arena *a) {
    dns_answer got;
    check_fails(dns_mx(S("broken.test"), a, &got, soon()), ERR_TEMP, ERR_CORRUPT); /* bogus */
    check_fails(dns_addresses(S("host.broken.test"), a, &got, soon()), ERR_TEMP, ERR_CORRUPT);
    check_fails(dns_mx(S("refused.test"), a, &got, soon()), ERR_TEMP, ERR_UNAVAILABLE); /* no zone of that server */
    check_fails(dns_mx(S("a..b"), a, &got, soon()), ERR_PEER, ERR_SYNTAX);
    check_fails(dns_mx(S("a b.test"), a, &got, soon()), ERR_PEER, ERR_SYNTAX);
    check_fails(dns_mx(S("line\nend.test"), a, &got, soon()), ERR_PEER, ERR_SYNTAX);
    check_fails(dns_mx(S("nul\0.test"), a, &got, soon()), ERR_PEER, ERR_SYNTAX);
    check_fails(dns_mx(S(""), a, &got, soon()), ERR_PEER, ERR_SYNTAX);
    check_fails(dns_txt(S(LONG ".test"), a, &got, soon()), ERR_PEER, ERR_SYNTAX);
    check_fails(dns_txt(S(LONG LONG LONG ".test"), a, &got, soon()), ERR_PEER, ERR_SYNTAX);
    SCOPED_ARENA small;
    arena_init(&small, 64);
    check_fails(dns_txt(S("big.example.test"), &small, &got, soon()), ERR_TEMP, ERR_LIMIT);
}

static void failures_are_temporary(void **state) {
    (void)state;
    in_both(look_up_failures);
}

/* ---- many at once, and cancelled ones ---- */

enum { CROWD = 500 };
static atomic_size_t answered;

static void ask_one(void *arg) {
    arena a;
    arena_init(&a, 65536);
    dns_answer got;
    str name = arena_strf(&a, "n%zu.example.test", (size_t)(uintptr_t)arg);
    check_ok(dns_mx(name, &a, &got, soon()));
    check(got.status == DNS_NO_DOMAIN && got.secure);
    arena_free(&a);
    atomic_fetch_add(&answered, 1);
}

static void ask_briefly(void *arg) {
    arena a;
    arena_init(&a, 65536);
    dns_answer got;
    str name = arena_strf(&a, "brief%zu.example.test", (size_t)(uintptr_t)arg);
    err e = dns_addresses(name, &a, &got, deadline_in((uintptr_t)arg % 4));
    check(!failed(e) || e.what == ERR_TIMEOUT);
    arena_free(&a);
    atomic_fetch_add(&answered, 1);
}

static void start_crowd(void *arg) {
    (void)arg;
    for (size_t i = 0; i < CROWD; i++) {
        check_ok(fiber_start("ask", ask_one, (void *)(uintptr_t)i));
        check_ok(fiber_start("brief", ask_briefly, (void *)(uintptr_t)i));
    }
}

static void many_wait_and_some_leave_early(void **state) {
    (void)state;
    answered = 0;
    loop_post(loop_at(0), start_crowd, NULL);
    await_count(&answered, 2 * CROWD);
}

/* More than fits a UDP answer, and more than are used. */
static void look_up_many(arena *a) {
    dns_answer got;
    check_ok(dns_addresses(S("many.plain.test"), a, &got, soon()));
    check(got.status == DNS_FOUND);
    check_size(got.n, LIMIT_DNS_RECORDS);
}

static void only_so_many_records_are_used(void **state) {
    (void)state;
    in_both(look_up_many);
}

/* What a hosts file has too much of is left out, and said. */
static void a_hosts_file_has_a_most(void **state) {
    (void)state;
    loops_stop();
    dns_stop();
    SCOPED_BUF text;
    SCOPED_ARENA a;
    arena_init(&a, 1 << 20);
    buf_init(&text, 8 << 20);
    for (int i = 0; i <= 100000; i++)
        buf_addf(&text, "192.0.2.1 name%d\n", i);
    FILE *file = fopen(hosts_path, "w"), *log = tmpfile();
    check(file && log && fwrite(text.p, 1, text.n, file) == text.n);
    fclose(file);
    log_setup(LOG_LOGFMT, LOG_INFO, fileno(log));
    dns_config config = {.forward = &server.forward, .forward_n = 1, .trust_anchor_file = S("none"),
                         .timeout_ms = 5000, .hosts_file = str_c(hosts_path)};
    check_ok(dns_start(&config));
    log_setup(LOG_LOGFMT, LOG_INFO, 2);
    char said[1000];
    rewind(log);
    size_t n = fread(said, 1, sizeof said, log);
    fclose(log);
    check(str_find_str(str_of(said, n), S("dns.hosts_too_large")) != STR_NONE);
    dns_answer got;
    check_ok(dns_addresses(S("name99999"), &a, &got, soon()));
    check_size(got.n, 1);
    check_fails(dns_addresses(S("name100000"), &a, &got, soon()), ERR_TEMP, ERR_UNAVAILABLE); /* asks the server */
    check_ok(loops_start(1)); /* for the teardown and the next test */
}

static void a_silent_server_is_a_timeout(void **state) {
    (void)state;
    loops_stop();
    dns_stop();
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int silent = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    check(bind(silent, (struct sockaddr *)&at, n) == 0 && getsockname(silent, (struct sockaddr *)&at, &n) == 0);
    SCOPED_ARENA a;
    arena_init(&a, 65536);
    str forward = arena_strf(&a, "127.0.0.1@%u", ntohs(at.sin_port));
    dns_config config = {.forward = &forward, .forward_n = 1, .trust_anchor_file = S("none"), .timeout_ms = 100};
    check_ok(dns_start(&config));
    dns_answer got;
    check_fails(dns_mx(S("example.test"), &a, &got, soon()), ERR_TEMP, ERR_TIMEOUT);
    check_fails(dns_addresses(S("example.test"), &a, &got, deadline_in(10)), ERR_TEMP, ERR_TIMEOUT);
    close(silent);
    check_ok(loops_start(1)); /* for the teardown */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_mail_exchangers),
        cmocka_unit_test(finds_addresses),
        cmocka_unit_test(some_names_need_no_dns),
        cmocka_unit_test(finds_texts_names_and_keys),
        cmocka_unit_test(failures_are_temporary),
        cmocka_unit_test(many_wait_and_some_leave_early),
        cmocka_unit_test(only_so_many_records_are_used),
        cmocka_unit_test(a_hosts_file_has_a_most),
        cmocka_unit_test(a_silent_server_is_a_timeout),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
