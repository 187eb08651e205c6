/* RSET, NOOP, VRFY, EXPN, HELP, QUIT. */
#include "kit.h"

static kit k;

static int setup(void **state) {
    kit_init(&k, SMTP_MX);
    return 0;
}

static int teardown(void **state) {
    kit_free(&k);
    return 0;
}

static void small_commands(void **state) {
    kit_open(&k);
    caller *c = caller_open(&k);
    caller_expect(c, "220 ");
    caller_talk(c, "noop", "250 2.0.0 ");
    caller_talk(c, "NOOP any words", "250 2.0.0 ");
    caller_talk(c, "RSET", "250 2.0.0 ");
    caller_talk(c, "RSET x", "501 5.5.4 ");
    caller_talk(c, "EXPN list", "502 5.5.1 ");
    caller_talk(c, "ETRN demo.test", "500 5.5.2 ");
    caller_talk(c, "TURN", "500 5.5.2 ");
    caller_talk(c, "HELP", "214 2.0.0 QUIT");
    caller_talk(c, "HELP bdat", "214 2.0.0 BDAT size [LAST]");
    caller_talk(c, "HELP xyzzy", "504 5.5.4 ");
    caller_talk(c, "QUIT x", "501 5.5.4 ");
    caller_talk(c, "QUIT", "221 2.0.0 ");
    caller_expect_end(c);
    caller_close(c);
}

/* What comes behind QUIT in the same packet is not looked at. */
static void nothing_behind_quit(void **state) {
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_say(c, S("QUIT\r\nMAIL FROM:<>\r\nNOOP\r\n"));
    caller_expect(c, "221 ");
    caller_expect_end(c);
    caller_close(c);
}

static void strangers_verify_nothing(void **state) {
    k.config.vrfy = true;
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "VRFY", "501 5.5.4 ");
    caller_talk(c, "VRFY user@demo.test", "252 2.1.5 ");
    caller_talk(c, "VRFY nobody@demo.test", "252 2.1.5 ");
    caller_close(c);
}

static void users_verify(void **state) {
    k.config.vrfy = true;
    k.service.role = SMTP_SUBMIT;
    kit_open(&k);
    caller *c = caller_authenticated(&k);
    caller_talk(c, "VRFY user@demo.test", "250 2.1.5 <user@demo.test>");
    caller_talk(c, "VRFY <User+x@demo.test>", "250 2.1.5 <User+x@demo.test>");
    caller_talk(c, "VRFY postmaster", "250 2.1.5 <postmaster>");
    caller_talk(c, "VRFY nobody@demo.test", "550 5.1.1 ");
    caller_talk(c, "VRFY off@demo.test", "550 5.2.1 ");
    caller_talk(c, "VRFY user", "501 5.1.3 ");
    caller_talk(c, "VRFY <", "501 5.1.3 ");
    caller_talk(c, "VRFY friend@elsewhere.example", "250 2.1.5 ");
    k.config.vrfy = false;
    caller_talk(c, "VRFY nobody@demo.test", "252 2.1.5 ");
    caller_close(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(small_commands),
        TEST(nothing_behind_quit),
        TEST(strangers_verify_nothing),
        TEST(users_verify),
    };
    return cmocka_run_group_tests(tests, kit_loops_start, kit_loops_stop);
}
