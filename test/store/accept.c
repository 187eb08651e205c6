#include "kit.h"

static const char *const one_remote[] = {"x@remote.example"};

static void one_message_for_all(void **state) {
    kit *k = *state;
    str raw = kit_message(k, "for all");
    store_content c = kit_content(k, raw);
    store_local locals[] = {
        {k->anna, S("INBOX"), S("Delivered-To: anna@example.org\r\n"), 0},
        {k->bert, S("Junk"), S(""), FLAG_SEEN},
        {k->bert, S("No such mailbox"), S(""), 0},
    };
    store_recipient remote[] = {{S("x@Remote.Example"), S("rfc822;x"), NOTIFY_FAILURE, S("relay")},
                                {S("y@[192.0.2.1]"), S(""), 0, S("relay")}};
    store_accepted m = {.id = S("id1"),
                        .sender = S("s@example.net"),
                        .envid = S("env"),
                        .ret_headers = true,
                        .body8 = true,
                        .submitter = k->anna,
                        .expires = 9000,
                        .first_try = 100,
                        .content = &c,
                        .locals = locals,
                        .locals_n = 3,
                        .recipients = remote,
                        .recipients_n = 2,
                        .date = 4242};
    err results[3];
    assert_ok(store_accept(k->s, &deliver, &m, results));
    for (int i = 0; i < 3; i++)
        assert_ok(results[i]);
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    str expected = arena_strf(&k->a, "Delivered-To: anna@example.org\r\n%.*s", STR_ARG(raw));
    size_t n;
    store_message *got = kit_messages(k, &k->as_anna, inbox, 0, &n);
    assert_true(n == 1 && got->size == expected.n && got->header_size == c.header_size + locals[0].header.n &&
                got->date == 4242);
    assert_str(kit_read(k, &k->as_anna, inbox, 1), expected);
    for (size_t at = 0; at < expected.n; at += 7) {
        str part;
        assert_ok(store_read(k->s, &k->as_anna, inbox, 1, at, 20, &k->a, &part));
        assert_str(part, str_sub(expected, at, 20));
    }
    assert_str(kit_read(k, &k->as_bert, kit_box(k, &k->as_bert, "Junk"), 1), raw);
    assert_str(kit_read(k, &k->as_bert, kit_box(k, &k->as_bert, "INBOX"), 1), raw);
    queue_entry *e;
    assert_int_equal(kit_claim(k, 100, 10, &e), 2);
    assert_str(e[0].recipient, S("x@Remote.Example"));
    assert_str(e[0].domain, S("remote.example"));
    assert_str(e[1].domain, S("[192.0.2.1]"));
    assert_str(e[0].envid, S("env"));
    assert_str(e[0].original, S("rfc822;x"));
    assert_true(e[0].ret_headers && e[0].body8 && !e[0].binary && !e[0].smtputf8 && e[0].submitter == k->anna);
    assert_true(e[0].size == raw.n && e[0].expires == 9000 && e[0].notify == NOTIFY_FAILURE &&
                e[0].content == got->content);
    kit_check(k);
}

static void mailbox_names_are_brought_into_their_form(void **state) {
    kit *k = *state;
    store_content c = kit_content(k, kit_message(k, "x"));
    int64_t id;
    assert_ok(store_mailbox_create(k->s, &k->as_anna, S("Caf\xC3\xA9"), SPECIAL_NONE, &id));
    store_local locals[] = {
        {k->anna, S("Cafe\xCC\x81"), S(""), 0}, {k->anna, S("inbox"), S(""), 0}, {k->anna, S("a//b"), S(""), 0}};
    err results[3];
    store_accepted m = {.id = S("i"), .content = &c, .locals = locals, .locals_n = 3};
    assert_ok(store_accept(k->s, &deliver, &m, results));
    assert_int_equal(kit_look(k, &k->as_anna, id).messages, 1);
    assert_int_equal(kit_look(k, &k->as_anna, kit_box(k, &k->as_anna, "INBOX")).messages, 2);
}

static void a_full_account_harms_nobody_else(void **state) {
    kit *k = *state;
    str raw = kit_message(k, "big");
    store_content c = kit_content(k, raw);
    assert_ok(store_account_set(k->s, &admin, k->anna, ACCOUNT_SET_QUOTA, &(store_account){.quota_bytes = raw.n}));
    store_local locals[] = {{k->anna, S("INBOX"), S("X: y\r\n"), 0},
                            {k->bert, S("INBOX"), S(""), 0},
                            {12345, S("INBOX"), S(""), 0},
                            {k->anna, S("INBOX"), S(""), 0}};
    store_accepted m = {.id = S("id2"), .content = &c, .locals = locals, .locals_n = 4};
    err results[4];
    assert_ok(store_accept(k->s, &deliver, &m, results));
    assert_err(results[0], ERR_PEER, ERR_OVER_QUOTA); /* its own lines are one too many */
    assert_ok(results[1]);
    assert_err(results[2], ERR_PEER, ERR_NOT_FOUND);
    assert_ok(results[3]);
    m.locals_n = 1;
    assert_ok(store_accept(k->s, &deliver, &m, results));
    assert_err(results[0], ERR_PEER, ERR_OVER_QUOTA);
    kit_check(k);
}

static void content_goes_with_its_last_owner(void **state) {
    kit *k = *state;
    str raw = kit_message(k, "shared");
    assert_ok(kit_accept(k, "id3", raw, k->anna, one_remote, 1));
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    store_range *gone;
    size_t n;
    assert_ok(store_expunge(k->s, &k->as_anna, inbox, NULL, 0, true, &k->a, &gone, &n));
    queue_entry *e;
    assert_int_equal(kit_claim(k, 1000, 10, &e), 1);
    str out;
    assert_ok(queue_read(k->s, &deliver, e->id, 0, UINT64_MAX, &k->a, &out));
    assert_str(out, raw);
    queue_result done = {.id = e->id, .outcome = QUEUE_DONE};
    assert_ok(queue_settle(k->s, &deliver, S("node"), &done, 1, NULL, 0));
    assert_err(queue_read(k->s, &deliver, e->id, 0, UINT64_MAX, &k->a, &out), ERR_PEER, ERR_NOT_FOUND);
    kit_check(k);
}

static void accounts_accept_for_themselves_alone(void **state) {
    kit *k = *state;
    store_content c = kit_content(k, kit_message(k, "sent"));
    store_local own = {k->anna, S("Sent"), S(""), FLAG_SEEN}, others = {k->bert, S("INBOX"), S(""), 0};
    store_recipient remote = {S("x@remote.example"), S(""), 0, S("relay")};
    store_accepted m = {.id = S("id4"),
                        .submitter = k->anna,
                        .content = &c,
                        .locals = &own,
                        .locals_n = 1,
                        .recipients = &remote,
                        .recipients_n = 1};
    err result;
    assert_ok(store_accept(k->s, &k->as_anna, &m, &result));
    m.locals = &others;
    assert_err(store_accept(k->s, &k->as_anna, &m, &result), ERR_PEER, ERR_DENIED);
    m.locals_n = 0;
    m.submitter = k->bert;
    assert_err(store_accept(k->s, &k->as_anna, &m, &result), ERR_PEER, ERR_DENIED);
    m.submitter = 0;
    assert_err(store_accept(k->s, &k->as_anna, &m, &result), ERR_PEER, ERR_DENIED);
}

static void limits(void **state) {
    kit *k = *state;
    store_content c = kit_content(k, kit_message(k, "x"));
    str header = arena_strf(&k->a, "X: %8200s\r\n", "");
    store_local local = {k->anna, S("INBOX"), header, 0};
    store_accepted m = {.id = S("id5"), .content = &c, .locals = &local, .locals_n = 1};
    err result;
    assert_err(store_accept(k->s, &deliver, &m, &result), ERR_PEER, ERR_LIMIT);
    local.header = S("no end");
    assert_err(store_accept(k->s, &deliver, &m, &result), ERR_BUG, ERR_SYNTAX);
    store_recipient remote = {arena_strf(&k->a, "%800s", "@x"), S(""), 0, S("relay")};
    m.locals_n = 0;
    m.recipients = &remote;
    m.recipients_n = 1;
    assert_err(store_accept(k->s, &deliver, &m, &result), ERR_PEER, ERR_LIMIT);
    kit_check(k);
}

static const struct CMUnitTest tests[] = {
    CASE(one_message_for_all),
    CASE(mailbox_names_are_brought_into_their_form),
    CASE(a_full_account_harms_nobody_else),
    CASE(content_goes_with_its_last_owner),
    CASE(accounts_accept_for_themselves_alone),
    CASE(limits),
};

KIT_MAIN(tests)
