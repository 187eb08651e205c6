#include <openssl/ssl.h>

#include "serve.h"

static served s;
static client c;

static int begin(void **state) {
    serve_start(&s, true);
    client_log_in(&c, &s);
    client_well(&c, "CREATE INBOX/x");
    client_well(&c, "CREATE a/b/c");
    client_well(&c, "CREATE a-b");
    client_well(&c, "CREATE Entw&APw-rfe");
    return 0;
}

static int finish(void **state) {
    client_close(&c);
    serve_stop(&s);
    return 0;
}

static void patterns(void **state) {
    client_exactly(&c, "LIST \"\" \"\"", "* LIST (\\Noselect) \"/\" \"\"\nOK LIST done");
    client_exactly(
        &c, "LIST \"\" %",
        "* LIST (\\HasChildren) \"/\" \"INBOX\"\n* LIST (\\HasNoChildren \\Archive) \"/\" \"Archive\"\n"
        "* LIST (\\HasNoChildren \\Drafts) \"/\" \"Drafts\"\n* LIST (\\HasNoChildren) \"/\" \"Entw&APw-rfe\"\n"
        "* LIST (\\HasNoChildren \\Junk) \"/\" \"Junk\"\n* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent\"\n"
        "* LIST (\\HasNoChildren \\Trash) \"/\" \"Trash\"\n* LIST (\\HasChildren) \"/\" \"a\"\n"
        "* LIST (\\HasNoChildren) \"/\" \"a-b\"\nOK LIST done");
    client_exactly(&c, "LIST a/ %", "* LIST (\\HasChildren) \"/\" \"a/b\"\nOK LIST done");
    client_exactly(&c, "LIST \"\" a/*",
                   "* LIST (\\HasChildren) \"/\" \"a/b\"\n* LIST (\\HasNoChildren) \"/\" \"a/b/c\"\nOK LIST done");
    client_exactly(&c, "LIST \"\" inbox", "* LIST (\\HasChildren) \"/\" \"INBOX\"\nOK LIST done");
    client_exactly(&c, "LIST \"\" Inbox/%", "* LIST (\\HasNoChildren) \"/\" \"INBOX/x\"\nOK LIST done");
    client_exactly(&c, "LIST \"\" \"*&APw-*\"", "* LIST (\\HasNoChildren) \"/\" \"Entw&APw-rfe\"\nOK LIST done");
    client_exactly(&c, "LIST \"\" nope*", "OK LIST done");
    client_fails(&c, "LIST \"\" \"&x\"", "NO [CANNOT]");
    client_fails(&c, "LIST \"\"", "BAD");
    client_fails(&c, "LIST", "BAD");
}

/* A level that was deleted is still shown above what is below it. */
static void holes(void **state) {
    client_well(&c, "DELETE a");
    client_exactly(&c, "LIST \"\" a*",
                   "* LIST (\\Noselect \\HasChildren) \"/\" \"a\"\n* LIST (\\HasChildren) \"/\" \"a/b\"\n"
                   "* LIST (\\HasNoChildren) \"/\" \"a/b/c\"\n* LIST (\\HasNoChildren) \"/\" \"a-b\"\nOK LIST done");
    client_exactly(&c, "LIST () \"\" (a)", "* LIST (\\NonExistent \\HasChildren) \"/\" \"a\"\nOK LIST done");
}

static void subscriptions(void **state) {
    client_well(&c, "UNSUBSCRIBE a/b/c");
    client_well(&c, "SUBSCRIBE a/b/c");
    client_well(&c, "UNSUBSCRIBE a");
    client_well(&c, "UNSUBSCRIBE a/b");
    client_well(&c, "SUBSCRIBE gone/below");
    client_fails(&c, "SUBSCRIBE", "BAD");
    client_fails(&c, "SUBSCRIBE a//b", "NO [CANNOT]");
    client_exactly(&c, "LSUB \"\" a/*", "* LSUB () \"/\" \"a/b/c\"\nOK LSUB done");
    client_exactly(&c, "LSUB \"\" a/%", "* LSUB (\\Noselect) \"/\" \"a/b\"\nOK LSUB done");
    client_exactly(&c, "LSUB \"\" gone/*", "* LSUB () \"/\" \"gone/below\"\nOK LSUB done");
    client_exactly(&c, "LIST (SUBSCRIBED) \"\" (gone/* a/*)",
                   "* LIST (\\Subscribed \\HasNoChildren) \"/\" \"a/b/c\"\n"
                   "* LIST (\\NonExistent \\Subscribed \\HasNoChildren) \"/\" \"gone/below\"\nOK LIST done");
    client_exactly(
        &c, "LIST (SUBSCRIBED RECURSIVEMATCH) \"\" (a gone)",
        "* LIST (\\HasChildren) \"/\" \"a\" (\"CHILDINFO\" (\"SUBSCRIBED\"))\n"
        "* LIST (\\NonExistent \\HasNoChildren) \"/\" \"gone\" (\"CHILDINFO\" (\"SUBSCRIBED\"))\nOK LIST done");
    client_exactly(
        &c, "LIST \"\" a/* RETURN (SUBSCRIBED CHILDREN)",
        "* LIST (\\HasChildren) \"/\" \"a/b\"\n* LIST (\\Subscribed \\HasNoChildren) \"/\" \"a/b/c\"\nOK LIST done");
    client_exactly(&c, "LIST \"\" gone/*", "OK LIST done");
    client_fails(&c, "LIST (RECURSIVEMATCH) \"\" *", "BAD");
    client_fails(&c, "LIST (FOO) \"\" *", "BAD");
    client_fails(&c, "LIST \"\" * RETURN (FOO)", "BAD");
    client_well(&c, "LIST (REMOTE) \"\" *");
}

static void special_use(void **state) {
    client_exactly(&c, "LIST (SPECIAL-USE) \"\" (Sent a* T*) RETURN (SPECIAL-USE)",
                   "* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent\"\n* LIST (\\HasNoChildren \\Trash) \"/\" "
                   "\"Trash\"\nOK LIST done");
}

static void with_status(void **state) {
    serve_append_to(&s, "a/b", S("Subject: x\r\n\r\n"), 0);
    client_exactly(
        &c, "LIST \"\" a/% RETURN (STATUS (MESSAGES UNSEEN SIZE))",
        "* LIST (\\HasChildren) \"/\" \"a/b\"\n* STATUS \"a/b\" (MESSAGES 1 UNSEEN 1 SIZE 14)\nOK LIST done");
    client_well(&c, "DELETE a/b");
    client_exactly(&c, "LIST \"\" a/% RETURN (STATUS (MESSAGES))",
                   "* LIST (\\NonExistent \\HasChildren) \"/\" \"a/b\"\nOK LIST done");
    client_fails(&c, "LIST \"\" % RETURN (STATUS ())", "BAD");
}

static void budgets(void **state) {
    SCOPED_BUF many;
    buf_init(&many, 1 << 20);
    buf_add(&many, S("LIST \"\" (a"));
    for (int i = 0; i < 20; i++)
        buf_add(&many, S(" a"));
    buf_add(&many, S(")"));
    client_fails(&c, arena_cstr(&c.memory, buf_str(&many)), "BAD");
    buf_clear(&many);
    buf_add(&many, S("LIST \"\" \""));
    for (int i = 0; i < 900; i++)
        buf_add(&many, S("*a"));
    buf_add(&many, S("\""));
    client_well(&c, arena_cstr(&c.memory, buf_str(&many)));
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, begin, finish)

int main(void) {
    const struct CMUnitTest tests[] = {CASE(patterns),    CASE(holes),       CASE(subscriptions),
                                       CASE(special_use), CASE(with_status), CASE(budgets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
