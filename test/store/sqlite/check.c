#include "kit.h"

/* Each damage, and a word of the line that must name it. */
static const struct {
    const char *damage, *said;
} damages[] = {
    {"UPDATE mailbox SET messages = messages + 1 WHERE name = 'INBOX'", "messages of mailbox INBOX"},
    {"UPDATE mailbox SET unseen = 5 WHERE name = 'Junk'", "unseen of mailbox Junk"},
    {"UPDATE mailbox SET deleted = 5 WHERE name = 'Junk'", "deleted of mailbox Junk"},
    {"UPDATE mailbox SET bytes = 5 WHERE name = 'Junk'", "bytes of mailbox Junk"},
    {"UPDATE mailbox SET uidnext = 1 WHERE name = 'INBOX'", "next UID of mailbox INBOX"},
    {"UPDATE mailbox SET modseq = 1 WHERE name = 'INBOX'", "change number of mailbox INBOX"},
    {"UPDATE mailbox SET expunge_rows = 9 WHERE name = 'INBOX'", "expunges of mailbox INBOX"},
    {"UPDATE account SET used = 0", "used bytes of account anna@example.org"},
    {"UPDATE account SET messages = 99", "messages of account anna@example.org"},
    {"UPDATE mailbox SET name = 'x' WHERE name = 'INBOX'", "INBOX of account"},
    {"DELETE FROM shared", "owners of content"},
    {"DELETE FROM content", "content of message"},
    {"UPDATE content SET chunks = 7", "chunks of content"},
    {"DELETE FROM summary", "summary of content"},
    {"UPDATE queue_message SET entries = 7", "entries of queued message"},
    {"DELETE FROM queue_message", "message of queue entry"},
    {"INSERT INTO blob (hash, size, refs) VALUES (zeroblob(32), 1, 1)", "owners of attachment"},
};

static void each_damage_is_named(void **state) {
    static const char *const remote[] = {"x@remote.example"};
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        kit_begin(state);
        kit *k = *state;
        assert_ok(kit_accept(k, "id", kit_message(k, "x"), k->anna, remote, 1));
        kit_check(k);
        kit_sql(k, damages[i].damage);
        str *faults;
        size_t n;
        bool said = false;
        assert_ok(store_check(k->s, &admin, &k->a, &faults, &n));
        for (size_t f = 0; f < n; f++)
            said |= str_starts(faults[f], str_c(damages[i].said));
        if (!said)
            print_message("not said: %s\n", damages[i].said);
        assert_true(said);
        kit_end(state);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_damage_is_named)};
    kit_backend = "sqlite";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
