#include "app/config.h"

#include <unistd.h>

#include "../base/check.h"

/* Reads a text that is wrong; answers its mistakes as the operator sees them, joined. */
static str mistakes_of(arena *a, const char *text) {
    config c;
    config_mistakes m;
    str all = S("");
    assert_false(config_read_text(&c, S("godwit.conf"), str_c(text), &m));
    for (size_t i = 0; i < m.n; i++)
        all = arena_strf(a, "%.*s%.*s\n", STR_ARG(all), STR_ARG(config_mistake_print(&c, &m.items[i], a)));
    config_free(&c);
    return all;
}

static void assert_mistake(const char *text, const char *expected) {
    SCOPED_ARENA a;
    arena_init(&a, 1 << 20);
    assert_str(mistakes_of(&a, text), str_c(expected));
}

static void no_file_is_a_working_server_on_loopback(void **state) {
    config c;
    config_mistakes m;
    assert_true(config_read_text(&c, S(""), S(""), &m));
    assert_int_equal(c.listeners_n, 8);
    for (size_t i = 0; i < c.listeners_n; i++) {
        addr at;
        assert_int_equal(c.listeners[i].addresses.n, 1);
        assert_true(addr_parse_port(c.listeners[i].addresses.items[0], 0, &at));
        assert_true(addr_is_loopback(&at));
        assert_true(at.port >= 1024);
    }
    assert_int_equal(c.smtp_max_size, 50 << 20);
    assert_false(str_empty(c.host));
    assert_false(str_empty(c.data));
    assert_false(c.plaintext_allowed);
    config_free(&c);
}

static void sections_and_lists_are_read(void **state) {
    config c;
    config_mistakes m;
    assert_true(
        config_read_text(&c, S("x"),
                         S("# a comment\n[server]\nhost = mx.example.org ; inline\n\n[smtp]\ntrusted = 10.0.0.0/8\n"
                           "  192.168.0.0/16\n[listener \"in\"]\nprotocol = mx\naddress = *:25\naddress = unix:/run/x\n"
                           "[tls]\ncertificate = a\nkey = b\n[tls \"two\"]\ncertificate = c\nkey = d\n"),
                         &m));
    assert_str(c.host, S("mx.example.org"));
    assert_int_equal(c.trusted.n, 2);
    assert_str(c.trusted.items[1], S("192.168.0.0/16"));
    assert_int_equal(c.listeners_n, 1);
    assert_int_equal(c.listeners[0].addresses.n, 2);
    assert_int_equal(c.listeners[0].max_per_client, 100);
    assert_int_equal(c.certificates_n, 2);
    assert_str(c.certificates[1].name, S("two"));
    config_free(&c);
}

static void mistakes_are_named_with_file_and_line(void **state) {
    assert_mistake("[smtp]\nmax-sise = 5M\n",
                   "godwit.conf:2: unknown option \"max-sise\": did you mean \"max-size\"?\n");
    assert_mistake("[smpt]\nx = 1\n", "godwit.conf:2: unknown section [smpt]\n");
    assert_mistake("[server]\nhost = a\nhost = b\n", "godwit.conf:3: host is given twice, first in line 2\n");
    assert_mistake("[listener]\nprotocol = mx\n", "godwit.conf:2: a listener needs a name: [listener \"mx\"]\n");
    assert_mistake("[smtp \"x\"]\nvrfy = yes\n", "godwit.conf:2: section [smtp] takes no name in quotes\n");
    assert_mistake("[server]\nwhat is this\n",
                   "godwit.conf:2: cannot read this line; write `name = value` or `[section]`\n");
}

static void what_belongs_together_is_checked(void **state) {
    assert_mistake("[listener \"a\"]\nprotocol = mx\n", "godwit.conf:2: listener \"a\" has no address\n");
    assert_mistake(
        "[listener \"a\"]\naddress = nowhere\n",
        "godwit.conf:2: listener \"a\": \"nowhere\" is no address; write 192.0.2.1:25, [2001:db8::1]:25, *:25 or "
        "unix:/path\n");
    assert_mistake("[listener \"a\"]\naddress = 127.0.0.1:25\n[listener \"b\"]\naddress = *:25, 127.0.0.1:25\n",
                   "godwit.conf:4: listener \"b\": 127.0.0.1:25 is taken by listener \"a\"\n");
    assert_mistake("[tls]\nkey = k\n", "godwit.conf:2: [tls \"\"] needs both certificate and key\n");
    assert_mistake("[smtp]\ntrusted = 10.0.0.1/8\n", "godwit.conf: smtp.trusted: \"10.0.0.1/8\" is no network; write "
                                                     "192.0.2.0/24, 2001:db8::/32 or one address\n");
    assert_mistake("[relay]\nuser = u\n", "godwit.conf: relay.user needs relay.password-file\n");
    assert_mistake("[queue]\nretry-first = 1h\nretry-most = 1m\n",
                   "godwit.conf: queue.retry-most is less than queue.retry-first\n");
}

static void a_line_that_is_too_long_is_one_mistake(void **state) {
    SCOPED_BUF text;
    buf_init(&text, 10000);
    buf_add(&text, S("[server]\nhost = "));
    for (int i = 0; i < 1000; i++)
        buf_add_byte(&text, 'x');
    buf_add(&text, S("\n[smtp]\nvrfy = yes\n"));
    buf_add_byte(&text, '\0');
    SCOPED_ARENA a;
    arena_init(&a, 1 << 20);
    str said = mistakes_of(&a, text.p);
    assert_true(str_starts(said, S("godwit.conf:2: this line is longer than ")));
    assert_int_equal(str_find(said, '\n'), said.n - 1);
}

/* Pieces of one list may stand anywhere; other lists in between take nothing from it. */
static void lists_are_gathered(void **state) {
    config c;
    config_mistakes m;
    assert_true(config_read_text(&c, S("x"),
                                 S("[smtp]\ntrusted = 192.0.2.1\n[dns]\nservers = 192.0.2.9\n[listener \"a\"]\n"
                                   "address = *:25\n[listener \"b\"]\naddress = *:26\n[smtp]\ntrusted = 192.0.2.2\n"
                                   "[listener \"a\"]\naddress = *:27\n"),
                                 &m));
    assert_int_equal(c.trusted.n, 2);
    assert_str(c.trusted.items[0], S("192.0.2.1"));
    assert_str(c.trusted.items[1], S("192.0.2.2"));
    assert_int_equal(c.listeners[0].addresses.n, 2);
    assert_str(c.listeners[0].addresses.items[1], S("*:27"));
    assert_int_equal(c.listeners[1].addresses.n, 1);
    config_free(&c);
}

/* `times` times the same with another number, behind a first line: what the reading says. */
static void assert_too_much(const char *first, const char *before, const char *behind, int times,
                            const char *expected) {
    SCOPED_BUF text;
    SCOPED_ARENA a;
    buf_init(&text, 1 << 20);
    arena_init(&a, 1 << 20);
    buf_add(&text, str_c(first));
    for (int i = 0; i < times; i++)
        buf_addf(&text, "%s%d%s", before, i, behind);
    buf_add_byte(&text, '\0');
    assert_false(text.over);
    str said = mistakes_of(&a, text.p);
    assert_int_not_equal(str_find_str(said, str_c(expected)), STR_NONE);
}

static void everything_has_a_most(void **state) {
    assert_too_much("[smtp]\n", "trusted = 192.0.2.1 # ", "\n", 257, "godwit.conf:258: trusted: more than 256 words\n");
    assert_too_much("[smtp]\n", "trusted = 192.0.2.1 # ", "\n", 30000, ": trusted: more than 256 words\n");
    assert_too_much("", "[smtp]\ntrusted = 192.0.2.1\n[dns]\nservers = 192.0.2.1 # ", "\n", 10000,
                    ": trusted: more than 256 words\n");
    assert_too_much("", "[listener \"l", "\"]\naddress = *:25\n", 65,
                    "godwit.conf:130: too many [listener] sections\n");
    assert_too_much("", "[tls \"t", "\"]\nkey = k\n", 1001, "godwit.conf:2002: too many [tls] sections\n");
}

static void a_file_has_a_most(void **state) {
    char path[] = "/tmp/godwit-config-XXXXXX";
    config c;
    config_mistakes m;
    int fd = mkstemp(path);
    assert_true(fd >= 0 && ftruncate(fd, (1 << 20) + 1) == 0);
    assert_false(config_read(&c, str_c(path), &m));
    assert_int_equal(m.n, 1);
    assert_str(m.items[0].text, S("cannot read it: larger than 1048576 bytes"));
    config_free(&c);
    close(fd);
    unlink(path);
}

static void mistakes_beyond_the_most_are_not_kept(void **state) {
    SCOPED_BUF text;
    buf_init(&text, 100000);
    buf_add(&text, S("[smtp]\n"));
    for (int i = 0; i < CONFIG_MISTAKES * 2; i++)
        buf_addf(&text, "no-such-%d = 1\n", i);
    config c;
    config_mistakes m;
    assert_false(config_read_text(&c, S("x"), buf_str(&text), &m));
    assert_int_equal(m.n, CONFIG_MISTAKES);
    config_free(&c);
}

static void a_file_that_cannot_be_read_is_a_mistake(void **state) {
    config c;
    config_mistakes m;
    assert_false(config_read(&c, S("/nonexistent/godwit.conf"), &m));
    assert_int_equal(m.n, 1);
    assert_int_equal(c.listeners_n, 8); /* complete all the same */
    config_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_file_is_a_working_server_on_loopback),
        cmocka_unit_test(sections_and_lists_are_read),
        cmocka_unit_test(mistakes_are_named_with_file_and_line),
        cmocka_unit_test(what_belongs_together_is_checked),
        cmocka_unit_test(a_line_that_is_too_long_is_one_mistake),
        cmocka_unit_test(lists_are_gathered),
        cmocka_unit_test(everything_has_a_most),
        cmocka_unit_test(a_file_has_a_most),
        cmocka_unit_test(mistakes_beyond_the_most_are_not_kept),
        cmocka_unit_test(a_file_that_cannot_be_read_is_a_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
