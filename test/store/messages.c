#include "kit.h"

#include "base/limits.h"

static void append_and_read(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    str raw = kit_message(k, "hello");
    store_content c = kit_content(k, raw);
    uint32_t uid, uidvalidity;
    str keyword = S("$Important");
    assert_ok(store_append(k->s, &k->as_anna, inbox, &c, FLAG_SEEN, &keyword, 1, 1234567890, -330, &uid, &uidvalidity));
    assert_int_equal(uid, 1);
    store_mailbox box = kit_look(k, &k->as_anna, inbox);
    assert_int_equal(uidvalidity, box.uidvalidity);
    assert_true(box.messages == 1 && box.unseen == 0 && box.bytes == raw.n && box.uidnext == 2 && box.keywords_n == 1);
    assert_str(box.keywords[0], keyword);
    store_message *m;
    size_t n;
    assert_ok(store_messages(k->s, &k->as_anna, inbox, NULL, 0, 0, WANT_ENVELOPE | WANT_STRUCTURE, 10, &k->a, &m, &n));
    assert_int_equal(n, 1);
    assert_true(m->uid == 1 && m->date == 1234567890 && m->zone == -330 && m->size == raw.n && m->modseq == box.modseq);
    assert_true(m->flags == (FLAG_SEEN | 1 << FLAG_KEYWORD_SHIFT) && m->header_size == c.header_size && m->content > 0);
    assert_str(m->envelope, c.envelope);
    assert_str(m->structure, c.structure);
    assert_str(kit_read(k, &k->as_anna, inbox, 1), raw);
    str part;
    assert_ok(store_read(k->s, &k->as_anna, inbox, 1, 10, 7, &k->a, &part));
    assert_str(part, str_sub(raw, 10, 7));
    assert_ok(store_read(k->s, &k->as_anna, inbox, 1, raw.n, 7, &k->a, &part));
    assert_str(part, S(""));
    assert_err(store_read(k->s, &k->as_anna, inbox, 2, 0, 7, &k->a, &part), ERR_PEER, ERR_NOT_FOUND);
    kit_check(k);
}

static void append_refuses(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    store_content c = kit_content(k, kit_message(k, "x")), none = c;
    none.raw = S("");
    uint32_t uid, v;
    str blank = S("two words"), empty = S("");
    str many[LIMIT_KEYWORDS + 1];
    for (size_t i = 0; i < LIMIT_KEYWORDS + 1; i++)
        many[i] = arena_strf(&k->a, "k%zu", i);
    assert_err(store_append(k->s, &k->as_anna, 999, &c, 0, NULL, 0, 0, 0, &uid, &v), ERR_PEER, ERR_NOT_FOUND);
    assert_err(store_append(k->s, &k->as_anna, inbox, &none, 0, NULL, 0, 0, 0, &uid, &v), ERR_PEER, ERR_LIMIT);
    assert_err(store_append(k->s, &k->as_anna, inbox, &c, 1 << 6, NULL, 0, 0, 0, &uid, &v), ERR_PEER, ERR_SYNTAX);
    assert_err(store_append(k->s, &k->as_anna, inbox, &c, 0, &blank, 1, 0, 0, &uid, &v), ERR_PEER, ERR_SYNTAX);
    assert_err(store_append(k->s, &k->as_anna, inbox, &c, 0, &empty, 1, 0, 0, &uid, &v), ERR_PEER, ERR_SYNTAX);
    assert_err(store_append(k->s, &k->as_anna, inbox, &c, 0, many, LIMIT_KEYWORDS + 1, 0, 0, &uid, &v), ERR_PEER,
               ERR_LIMIT);
    assert_ok(store_append(k->s, &k->as_anna, inbox, &c, 0, many, LIMIT_KEYWORDS, 0, 0, &uid, &v));
    assert_err(store_append(k->s, &k->as_anna, inbox, &c, 0, &many[LIMIT_KEYWORDS], 1, 0, 0, &uid, &v), ERR_PEER,
               ERR_LIMIT);
    size_t n;
    store_message *m = kit_messages(k, &k->as_anna, inbox, 0, &n);
    assert_int_equal(n, 1);
    assert_true(m->flags >> 63 == 1); /* the last keyword is the highest bit */
    kit_check(k);
}

static void uids_are_ranges(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    store_mailbox box;
    store_range *ranges;
    size_t n;
    assert_ok(store_uids(k->s, &k->as_anna, inbox, &k->a, &box, &ranges, &n));
    assert_int_equal(n, 0);
    for (int i = 0; i < 10; i++)
        kit_append(k, &k->as_anna, inbox, kit_message(k, "m"));
    assert_ok(store_uids(k->s, &k->as_anna, inbox, &k->a, &box, &ranges, &n));
    assert_true(n == 1 && ranges[0].first == 1 && ranges[0].last == 10 && box.messages == 10);
    store_range gone[] = {{9, 9}, {3, 4}, {4, 5}}, *expunged;
    assert_ok(store_expunge(k->s, &k->as_anna, inbox, gone, 3, true, &k->a, &expunged, &n));
    assert_true(n == 2 && expunged[0].first == 3 && expunged[0].last == 5 && expunged[1].first == 9 &&
                expunged[1].last == 9);
    assert_ok(store_uids(k->s, &k->as_anna, inbox, &k->a, &box, &ranges, &n));
    assert_true(n == 3 && ranges[0].last == 2 && ranges[1].first == 6 && ranges[1].last == 8 && ranges[2].first == 10);
    assert_int_equal(kit_append(k, &k->as_anna, inbox, kit_message(k, "m")), 11); /* never one that was */
    kit_check(k);
}

static void messages_by_range_and_page(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    for (int i = 0; i < 20; i++)
        kit_append(k, &k->as_anna, inbox, kit_message(k, "m"));
    store_range ranges[] = {{15, UINT32_MAX}, {1, 3}, {2, 5}}, bad = {0, 4};
    store_message *m;
    size_t n;
    assert_ok(store_messages(k->s, &k->as_anna, inbox, ranges, 3, 0, 0, 7, &k->a, &m, &n));
    assert_int_equal(n, 7);
    static const uint32_t uids[] = {1, 2, 3, 4, 5, 15, 16};
    for (size_t i = 0; i < n; i++)
        assert_int_equal(m[i].uid, uids[i]);
    store_range rest = {17, UINT32_MAX};
    assert_ok(store_messages(k->s, &k->as_anna, inbox, &rest, 1, 0, 0, 100, &k->a, &m, &n));
    assert_int_equal(n, 4);
    assert_err(store_messages(k->s, &k->as_anna, inbox, &bad, 1, 0, 0, 100, &k->a, &m, &n), ERR_PEER, ERR_SYNTAX);
    bad = (store_range){5, 4};
    assert_err(store_messages(k->s, &k->as_anna, inbox, &bad, 1, 0, 0, 100, &k->a, &m, &n), ERR_PEER, ERR_SYNTAX);
}

static uint64_t modseq(kit *k, int64_t box) { return kit_look(k, &k->as_anna, box).modseq; }

static void modseq_tells_what_changed(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    for (int i = 0; i < 10; i++)
        kit_append(k, &k->as_anna, inbox, kit_message(k, "m"));
    uint64_t start = modseq(k, inbox);
    size_t n;
    kit_messages(k, &k->as_anna, inbox, start, &n);
    assert_int_equal(n, 0);
    kit_flag(k, &k->as_anna, inbox, 7, FLAGS_ADD, FLAG_SEEN);
    uint64_t flagged = modseq(k, inbox);
    assert_true(flagged > start);
    kit_append(k, &k->as_anna, inbox, kit_message(k, "new"));
    kit_flag(k, &k->as_anna, inbox, 2, FLAGS_ADD, FLAG_FLAGGED);
    store_message *m = kit_messages(k, &k->as_anna, inbox, start, &n);
    assert_int_equal(n, 3);
    assert_true(m[0].uid == 2 && m[1].uid == 7 && m[2].uid == 11);
    assert_int_equal(m[1].modseq, flagged);
    m = kit_messages(k, &k->as_anna, inbox, flagged, &n);
    assert_true(n == 2 && m[0].uid == 2 && m[1].uid == 11);
    kit_flag(k, &k->as_anna, inbox, 11, FLAGS_ADD, FLAG_SEEN); /* new and changed: still one */
    m = kit_messages(k, &k->as_anna, inbox, flagged, &n);
    assert_int_equal(n, 2);
    store_range only = {3, 20};
    assert_ok(store_messages(k->s, &k->as_anna, inbox, &only, 1, flagged, 0, 10, &k->a, &m, &n));
    assert_true(n == 1 && m[0].uid == 11);
    kit_messages(k, &k->as_anna, inbox, UINT64_MAX, &n);
    assert_int_equal(n, 0);
}

static void flags(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    for (int i = 0; i < 3; i++)
        kit_append(k, &k->as_anna, inbox, kit_message(k, "m"));
    uint64_t before = modseq(k, inbox);
    str words[] = {S("Work"), S("home")}, other = S("WORK");
    store_flag_change change = {FLAGS_ADD, FLAG_SEEN | FLAG_DELETED, words, 2, UINT64_MAX};
    store_range range = {2, 9}, *conflict;
    store_message *m;
    size_t n, conflicts;
    assert_ok(store_flag(k->s, &k->as_anna, inbox, &range, 1, &change, &k->a, &m, &n, &conflict, &conflicts));
    assert_true(n == 2 && conflicts == 0 && m[0].uid == 2 && m[1].uid == 3);
    assert_int_equal(m[0].flags, FLAG_SEEN | FLAG_DELETED | 3 << FLAG_KEYWORD_SHIFT);
    store_mailbox box = kit_look(k, &k->as_anna, inbox);
    assert_true(box.unseen == 1 && box.deleted == 2 && box.keywords_n == 2 && box.modseq == before + 1 &&
                m[0].modseq == box.modseq);
    change = (store_flag_change){FLAGS_REMOVE, FLAG_DELETED, &other, 1, UINT64_MAX}; /* keywords ignore case */
    assert_ok(store_flag(k->s, &k->as_anna, inbox, &range, 1, &change, &k->a, &m, &n, &conflict, &conflicts));
    assert_int_equal(m[1].flags, FLAG_SEEN | 2 << FLAG_KEYWORD_SHIFT);
    uint64_t last = modseq(k, inbox);
    assert_ok(store_flag(k->s, &k->as_anna, inbox, &range, 1, &change, &k->a, &m, &n, &conflict, &conflicts));
    assert_true(n == 2 && m[0].modseq == last && modseq(k, inbox) == last); /* already so: given, but nothing changed */
    change = (store_flag_change){FLAGS_SET, FLAG_ANSWERED, NULL, 0, UINT64_MAX};
    assert_ok(store_flag(k->s, &k->as_anna, inbox, NULL, 0, &change, &k->a, &m, &n, &conflict, &conflicts));
    assert_true(n == 3 && m[0].flags == FLAG_ANSWERED && m[2].flags == FLAG_ANSWERED);
    box = kit_look(k, &k->as_anna, inbox);
    assert_true(box.unseen == 3 && box.deleted == 0 && box.keywords_n == 2);
    kit_check(k);
}

static void unchanged_since(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    for (int i = 0; i < 3; i++)
        kit_append(k, &k->as_anna, inbox, kit_message(k, "m"));
    uint64_t known = modseq(k, inbox);
    kit_flag(k, &k->as_anna, inbox, 2, FLAGS_ADD, FLAG_FLAGGED);
    store_flag_change change = {.op = FLAGS_ADD, .system_flags = FLAG_SEEN, .unchanged_since = known};
    store_range *conflict;
    store_message *m;
    size_t n, conflicts;
    assert_ok(store_flag(k->s, &k->as_anna, inbox, NULL, 0, &change, &k->a, &m, &n, &conflict, &conflicts));
    assert_true(n == 2 && m[0].uid == 1 && m[1].uid == 3);
    assert_true(conflicts == 1 && conflict[0].first == 2 && conflict[0].last == 2);
    change.unchanged_since = 0;
    assert_ok(store_flag(k->s, &k->as_anna, inbox, NULL, 0, &change, &k->a, &m, &n, &conflict, &conflicts));
    assert_true(n == 0 && conflicts == 1 && conflict[0].last == 3);
}

static void expunging(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    for (int i = 0; i < 6; i++)
        kit_append_flags(k, &k->as_anna, inbox, kit_message(k, "m"), i % 2 ? FLAG_DELETED : 0);
    uint64_t before = modseq(k, inbox);
    store_range some = {1, 4}, *gone;
    size_t n;
    bool complete;
    assert_ok(store_expunge(k->s, &k->as_anna, inbox, &some, 1, false, &k->a, &gone, &n));
    assert_true(n == 2 && gone[0].first == 2 && gone[1].first == 4);
    assert_int_equal(modseq(k, inbox), before + 1);
    assert_ok(store_expunge(k->s, &k->as_anna, inbox, NULL, 0, false, &k->a, &gone, &n));
    assert_true(n == 1 && gone[0].first == 6);
    assert_ok(store_expunge(k->s, &k->as_anna, inbox, NULL, 0, false, &k->a, &gone, &n));
    assert_true(n == 0 && modseq(k, inbox) == before + 2);
    assert_ok(store_expunged(k->s, &k->as_anna, inbox, before, &k->a, &gone, &n, &complete));
    assert_true(complete && n == 3 && gone[2].first == 6);
    assert_ok(store_expunged(k->s, &k->as_anna, inbox, before + 1, &k->a, &gone, &n, &complete));
    assert_true(complete && n == 1 && gone[0].first == 6);
    store_mailbox box = kit_look(k, &k->as_anna, inbox);
    assert_true(box.messages == 3 && box.deleted == 0 && box.uidnext == 7);
    str out;
    assert_err(store_read(k->s, &k->as_anna, inbox, 2, 0, 10, &k->a, &out), ERR_PEER, ERR_NOT_FOUND);
    kit_check(k);
}

static void the_memory_of_expunges_is_bounded(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX"), trash = kit_box(k, &k->as_anna, "Trash");
    kit_append(k, &k->as_anna, inbox, kit_message(k, "m"));
    store_uid_pair *pairs;
    uint32_t v;
    size_t n;
    store_range all = {1, UINT32_MAX}, *gone;
    while (kit_look(k, &k->as_anna, trash).messages < LIMIT_EXPUNGE_ROWS * 2 + 2) { /* doubles each time */
        assert_ok(store_copy(k->s, &k->as_anna, inbox, &all, 1, trash, false, &k->a, &pairs, &n, &v));
        assert_ok(store_copy(k->s, &k->as_anna, trash, &all, 1, inbox, false, &k->a, &pairs, &n, &v));
        kit_clear(k);
    }
    uint32_t next = kit_look(k, &k->as_anna, trash).uidnext;
    store_range *odd = arena_array(&k->a, next / 2, sizeof *odd);
    for (uint32_t i = 0; i < next / 2; i++)
        odd[i] = (store_range){i * 2 + 1, i * 2 + 1};
    uint64_t before = modseq(k, trash);
    size_t half = LIMIT_EXPUNGE_ROWS / 2 + 1;
    bool complete;
    assert_ok(store_expunge(k->s, &k->as_anna, trash, odd, half, true, &k->a, &gone, &n));
    assert_int_equal(n, half);
    uint64_t between = modseq(k, trash);
    assert_ok(store_expunged(k->s, &k->as_anna, trash, before, &k->a, &gone, &n, &complete));
    assert_true(complete && n == half);
    assert_ok(store_expunge(k->s, &k->as_anna, trash, odd + half, half, true, &k->a, &gone, &n));
    assert_ok(store_expunged(k->s, &k->as_anna, trash, before, &k->a, &gone, &n, &complete));
    assert_false(complete);
    assert_ok(store_expunged(k->s, &k->as_anna, trash, between, &k->a, &gone, &n, &complete));
    assert_true(complete && n == half && gone[0].first == odd[half].first);
}

static void copy_keeps_what_a_message_is(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX"), archive = kit_box(k, &k->as_anna, "Archive");
    str raw = kit_message(k, "original"), words[] = {S("unused"), S("work")}, other = S("other");
    store_content c = kit_content(k, raw);
    uint32_t uid, v;
    assert_ok(store_append(k->s, &k->as_anna, inbox, &c, 0, words, 1, 5, 5, &uid, &v));
    assert_ok(store_append(k->s, &k->as_anna, inbox, &c, FLAG_FLAGGED, words + 1, 1, 77, 120, &uid, &v));
    assert_ok(store_append(k->s, &k->as_anna, archive, &c, 0, &other, 1, 5, 5, &uid, &v));
    store_range range = {2, 2};
    store_uid_pair *pairs;
    size_t n;
    assert_ok(store_copy(k->s, &k->as_anna, inbox, &range, 1, archive, false, &k->a, &pairs, &n, &v));
    assert_true(n == 1 && pairs[0].from == 2 && pairs[0].to == 2);
    store_mailbox to = kit_look(k, &k->as_anna, archive);
    assert_true(v == to.uidvalidity && to.messages == 2 &&
                to.keywords_n == 2); /* only the keyword it needs came along */
    assert_str(to.keywords[1], S("work"));
    store_message *m = kit_messages(k, &k->as_anna, archive, 0, &n);
    assert_true(m[1].date == 77 && m[1].zone == 120 && m[1].size == raw.n);
    assert_int_equal(m[1].flags, FLAG_FLAGGED | 2 << FLAG_KEYWORD_SHIFT);
    assert_str(kit_read(k, &k->as_anna, archive, 2), raw);
    store_range *gone;
    assert_ok(store_expunge(k->s, &k->as_anna, inbox, NULL, 0, true, &k->a, &gone, &n));
    assert_str(kit_read(k, &k->as_anna, archive, 2), raw);
    assert_err(store_copy(k->s, &k->as_anna, archive, &range, 1, 999, false, &k->a, &pairs, &n, &v), ERR_PEER,
               ERR_NOT_FOUND);
    range = (store_range){50, 60};
    assert_ok(store_copy(k->s, &k->as_anna, archive, &range, 1, inbox, false, &k->a, &pairs, &n, &v));
    assert_int_equal(n, 0);
    kit_check(k);
}

static void move_leaves_nothing_behind(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX"), trash = kit_box(k, &k->as_anna, "Trash");
    for (int i = 0; i < 4; i++)
        kit_append_flags(k, &k->as_anna, inbox, kit_message(k, "m"), i ? FLAG_SEEN : FLAG_DELETED);
    uint64_t before = modseq(k, inbox);
    store_range range = {1, 3}, *gone;
    store_uid_pair *pairs;
    size_t n;
    uint32_t v;
    bool complete;
    assert_ok(store_copy(k->s, &k->as_anna, inbox, &range, 1, trash, true, &k->a, &pairs, &n, &v));
    assert_true(n == 3 && pairs[2].from == 3 && pairs[2].to == 3);
    store_mailbox from = kit_look(k, &k->as_anna, inbox), to = kit_look(k, &k->as_anna, trash);
    assert_true(from.messages == 1 && from.deleted == 0 && from.unseen == 0 && to.messages == 3 && to.unseen == 1 &&
                to.deleted == 1);
    assert_ok(store_expunged(k->s, &k->as_anna, inbox, before, &k->a, &gone, &n, &complete));
    assert_true(n == 1 && gone[0].first == 1 && gone[0].last == 3);
    range = (store_range){1, 1};
    assert_ok(store_copy(k->s, &k->as_anna, trash, &range, 1, trash, true, &k->a, &pairs, &n,
                         &v)); /* within itself: a new UID */
    assert_true(n == 1 && pairs[0].to == 4);
    to = kit_look(k, &k->as_anna, trash);
    assert_true(to.messages == 3 && to.uidnext == 5);
    kit_check(k);
}

static void quota_is_exact(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX"), trash = kit_box(k, &k->as_anna, "Trash");
    str raw = kit_message(k, "m");
    store_content c = kit_content(k, raw);
    store_account set = {.quota_bytes = raw.n * 3}, got;
    assert_ok(store_account_set(k->s, &admin, k->anna, ACCOUNT_SET_QUOTA, &set));
    for (int i = 0; i < 3; i++)
        kit_append(k, &k->as_anna, inbox, raw);
    uint32_t uid, v;
    store_range one = {1, 1}, *gone;
    store_uid_pair *pairs;
    size_t n;
    assert_err(store_append(k->s, &k->as_anna, inbox, &c, 0, NULL, 0, 0, 0, &uid, &v), ERR_PEER, ERR_OVER_QUOTA);
    assert_err(store_copy(k->s, &k->as_anna, inbox, &one, 1, trash, false, &k->a, &pairs, &n, &v), ERR_PEER,
               ERR_OVER_QUOTA);
    assert_ok(
        store_copy(k->s, &k->as_anna, inbox, &one, 1, trash, true, &k->a, &pairs, &n, &v)); /* moving takes no space */
    assert_ok(store_expunge(k->s, &k->as_anna, trash, NULL, 0, true, &k->a, &gone, &n));
    assert_ok(store_append(k->s, &k->as_anna, inbox, &c, 0, NULL, 0, 0, 0, &uid, &v));
    assert_ok(store_account_get(k->s, &admin, S("anna@example.org"), &k->a, &got));
    assert_true(got.used_bytes == got.quota_bytes && got.messages == 3);
    kit_check(k);
}

static void a_small_arena_is_an_error_not_a_change(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    for (int i = 0; i < 40; i++)
        kit_append_flags(k, &k->as_anna, inbox, kit_message(k, "m"), FLAG_DELETED);
    store_mailbox before = kit_look(k, &k->as_anna, inbox);
    arena tiny;
    arena_init(&tiny, 32);
    store_message *m;
    store_range *r;
    size_t n, conflicts;
    store_flag_change change = {.op = FLAGS_ADD, .system_flags = FLAG_SEEN, .unchanged_since = UINT64_MAX};
    assert_err(store_messages(k->s, &k->as_anna, inbox, NULL, 0, 0, 0, 100, &tiny, &m, &n), ERR_PEER, ERR_LIMIT);
    assert_err(store_flag(k->s, &k->as_anna, inbox, NULL, 0, &change, &tiny, &m, &n, &r, &conflicts), ERR_PEER,
               ERR_LIMIT);
    assert_err(store_expunge(k->s, &k->as_anna, inbox, NULL, 0, false, &tiny, &r, &n), ERR_PEER, ERR_LIMIT);
    str out;
    assert_err(store_read(k->s, &k->as_anna, inbox, 1, 0, 1000, &tiny, &out), ERR_PEER, ERR_LIMIT);
    arena_free(&tiny);
    store_mailbox after = kit_look(k, &k->as_anna, inbox);
    assert_true(after.messages == before.messages && after.modseq == before.modseq && after.unseen == before.unseen);
    kit_check(k);
}

static void everything_survives_reopening(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    str raw = kit_message(k, "kept");
    kit_append(k, &k->as_anna, inbox, raw);
    store_mailbox before = kit_look(k, &k->as_anna, inbox);
    kit_reopen(k);
    store_mailbox after = kit_look(k, &k->as_anna, inbox);
    assert_true(before.uidvalidity == after.uidvalidity && before.modseq == after.modseq && after.uidnext == 2);
    assert_str(kit_read(k, &k->as_anna, inbox, 1), raw);
    assert_int_equal(kit_append(k, &k->as_anna, inbox, raw), 2);
}

static const struct CMUnitTest tests[] = {
    CASE(append_and_read),
    CASE(append_refuses),
    CASE(uids_are_ranges),
    CASE(messages_by_range_and_page),
    CASE(modseq_tells_what_changed),
    CASE(flags),
    CASE(unchanged_since),
    CASE(expunging),
    CASE(the_memory_of_expunges_is_bounded),
    CASE(copy_keeps_what_a_message_is),
    CASE(move_leaves_nothing_behind),
    CASE(quota_is_exact),
    CASE(a_small_arena_is_an_error_not_a_change),
    CASE(everything_survives_reopening),
};

KIT_MAIN(tests)
