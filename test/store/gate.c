/* Nobody gets at what is another's: every call by every role, and by another account. */
#include "kit.h"

#include "base/time.h"
#include "store/gate.h"

/* One call of the interface with arguments that would work for somebody: for anna, or for a role. */
typedef struct call {
    const char *name;
    unsigned may; /* roles that get further than the gate */
    err (*make)(kit *k, const principal *who);
} call;

/* What anna has, found with her own rights. */
static int64_t inbox, trash;
static str box_name;

static store_range all = {1, UINT32_MAX};

static err c_check(kit *k, const principal *w) {
    str *f;
    size_t n;
    return store_check(k->s, w, &k->a, &f, &n);
}
static err c_domain_add(kit *k, const principal *w) {
    int64_t id;
    return store_domain_add(k->s, w, S("new.example"), &id);
}
static err c_domain_get(kit *k, const principal *w) {
    store_domain d;
    return store_domain_get(k->s, w, S("example.org"), &k->a, &d);
}
static err c_domain_list(kit *k, const principal *w) {
    store_domain *d;
    size_t n;
    return store_domain_list(k->s, w, S(""), 5, &k->a, &d, &n);
}
static err c_domain_remove(kit *k, const principal *w) { return store_domain_remove(k->s, w, S("new.example")); }
static err c_account_add(kit *k, const principal *w) {
    int64_t id;
    return store_account_add(k->s, w, &(store_account){.name = S("new@example.org")}, &id);
}
static err c_account_get(kit *k, const principal *w) {
    store_account a;
    return store_account_get(k->s, w, S("anna@example.org"), &k->a, &a);
}
static err c_account_list(kit *k, const principal *w) {
    store_account *a;
    size_t n;
    return store_account_list(k->s, w, S(""), 5, &k->a, &a, &n);
}
static err c_account_set(kit *k, const principal *w) {
    return store_account_set(k->s, w, k->anna, 0, &(store_account){0});
}
static err c_account_remove(kit *k, const principal *w) { return store_account_remove(k->s, w, 999999); }
static err c_address_add(kit *k, const principal *w) {
    int64_t id;
    return store_address_add(k->s, w, &(store_address){.key = S("z@example.org"), .account = k->anna}, &id);
}
static err c_address_get(kit *k, const principal *w) {
    store_address a;
    return store_address_get(k->s, w, S("anna@example.org"), &k->a, &a);
}
static err c_address_list(kit *k, const principal *w) {
    store_address *a;
    size_t n;
    return store_address_list(k->s, w, S(""), S(""), 5, &k->a, &a, &n);
}
static err c_address_set(kit *k, const principal *w) {
    return store_address_set(k->s, w, &(store_address){.key = S("anna@example.org"), .account = k->anna});
}
static err c_address_remove(kit *k, const principal *w) { return store_address_remove(k->s, w, S("z@example.org")); }
static err c_route(kit *k, const principal *w) {
    store_route r;
    return store_route_find(k->s, w, S("anna@example.org"), S("+"), &k->a, &r);
}

static err c_box_list(kit *k, const principal *w) {
    store_mailbox *b;
    size_t n;
    return store_mailbox_list(k->s, w, &k->a, &b, &n);
}
static err c_box_get(kit *k, const principal *w) {
    store_mailbox b;
    return store_mailbox_get(k->s, w, box_name, &k->a, &b);
}
static err c_box_get_id(kit *k, const principal *w) {
    store_mailbox b;
    return store_mailbox_get_id(k->s, w, inbox, &k->a, &b);
}
static err c_box_create(kit *k, const principal *w) {
    int64_t id;
    return store_mailbox_create(k->s, w, S("made"), SPECIAL_NONE, &id);
}
static err c_box_rename(kit *k, const principal *w) { return store_mailbox_rename(k->s, w, box_name, box_name); }
static err c_box_remove(kit *k, const principal *w) { return store_mailbox_remove(k->s, w, S("not there")); }
static err c_subscribe(kit *k, const principal *w) { return store_mailbox_subscribe(k->s, w, S("x"), true); }
static err c_subscriptions(kit *k, const principal *w) {
    str *s;
    size_t n;
    return store_subscription_list(k->s, w, &k->a, &s, &n);
}
static err c_uids(kit *k, const principal *w) {
    store_mailbox b;
    store_range *r;
    size_t n;
    return store_uids(k->s, w, inbox, &k->a, &b, &r, &n);
}
static err c_messages(kit *k, const principal *w) {
    store_message *m;
    size_t n;
    return store_messages(k->s, w, inbox, NULL, 0, 0, WANT_ENVELOPE, 10, &k->a, &m, &n);
}
static err c_expunged(kit *k, const principal *w) {
    store_range *r;
    size_t n;
    bool c;
    return store_expunged(k->s, w, inbox, 0, &k->a, &r, &n, &c);
}
static err c_read(kit *k, const principal *w) {
    str s;
    return store_read(k->s, w, inbox, 1, 0, 10, &k->a, &s);
}
static err c_append(kit *k, const principal *w) {
    store_content c = kit_content(k, kit_message(k, "x"));
    uint32_t uid, v;
    return store_append(k->s, w, inbox, &c, 0, NULL, 0, 0, 0, &uid, &v);
}
static err copy(kit *k, const principal *w, int64_t from, int64_t to, bool move) {
    store_uid_pair *p;
    size_t n;
    uint32_t v;
    return store_copy(k->s, w, from, &all, 1, to, move, &k->a, &p, &n, &v);
}
static err c_copy(kit *k, const principal *w) { return copy(k, w, inbox, trash, false); }
static err c_move(kit *k, const principal *w) { return copy(k, w, trash, inbox, true); }
static err c_flag(kit *k, const principal *w) {
    store_flag_change c = {.op = FLAGS_ADD, .system_flags = FLAG_SEEN, .unchanged_since = UINT64_MAX};
    store_message *m;
    store_range *r;
    size_t n, conflicts;
    return store_flag(k->s, w, inbox, NULL, 0, &c, &k->a, &m, &n, &r, &conflicts);
}
static err c_expunge(kit *k, const principal *w) {
    store_range *r;
    size_t n;
    return store_expunge(k->s, w, trash, NULL, 0, true, &k->a, &r, &n);
}
static err c_accept(kit *k, const principal *w) {
    store_content c = kit_content(k, kit_message(k, "x"));
    store_local l = {k->anna, S("INBOX"), S(""), 0};
    err result;
    return store_accept(
        k->s, w, &(store_accepted){.id = S("i"), .submitter = k->anna, .content = &c, .locals = &l, .locals_n = 1},
        &result);
}
static err c_claim(kit *k, const principal *w) {
    queue_entry *e;
    size_t n;
    return queue_claim(k->s, w, S("n"), 1, 1, 1, &k->a, &e, &n);
}
static err c_renew(kit *k, const principal *w) {
    int64_t id = 1;
    return queue_renew(k->s, w, S("n"), &id, 1, 1);
}
static err c_recover(kit *k, const principal *w) { return queue_recover(k->s, w, S("n"), 1); }
static err c_settle(kit *k, const principal *w) {
    queue_result r = {.id = 1};
    return queue_settle(k->s, w, S("n"), &r, 1, NULL, 0);
}
static err c_next(kit *k, const principal *w) {
    int64_t at;
    return queue_next(k->s, w, &at);
}
static err c_queue_read(kit *k, const principal *w) {
    str s;
    return queue_read(k->s, w, 999, 0, 1, &k->a, &s);
}
static err c_queue_list(kit *k, const principal *w) {
    queue_entry *e;
    size_t n;
    return queue_list(k->s, w, &(queue_filter){.state = -1}, 0, 1, &k->a, &e, &n);
}
static err c_queue_count(kit *k, const principal *w) {
    uint64_t a, b, c;
    return queue_count(k->s, w, &a, &b, &c);
}
static err c_queue_apply(kit *k, const principal *w) {
    uint64_t n;
    return queue_apply(k->s, w, &(queue_filter){.state = -1, .domain = S("none.example")}, NULL, 0, QUEUE_CHANGE_HOLD,
                       &n);
}

static const call calls[] = {
    {"check", MAY_ADMIN, c_check},
    {"domain_add", MAY_ADMIN, c_domain_add},
    {"domain_get", MAY_ADMIN | MAY_DELIVER | MAY_LOGIN, c_domain_get},
    {"domain_list", MAY_ADMIN | MAY_DELIVER | MAY_LOGIN, c_domain_list},
    {"domain_remove", MAY_ADMIN, c_domain_remove},
    {"account_add", MAY_ADMIN, c_account_add},
    {"account_get", MAY_ADMIN | MAY_DELIVER | MAY_LOGIN | MAY_ACCOUNT, c_account_get},
    {"account_list", MAY_ADMIN, c_account_list},
    {"account_set", MAY_ADMIN, c_account_set},
    {"account_remove", MAY_ADMIN, c_account_remove},
    {"address_add", MAY_ADMIN, c_address_add},
    {"address_get", MAY_ADMIN | MAY_DELIVER, c_address_get},
    {"address_list", MAY_ADMIN | MAY_DELIVER, c_address_list},
    {"address_set", MAY_ADMIN, c_address_set},
    {"address_remove", MAY_ADMIN, c_address_remove},
    {"route_find", MAY_ADMIN | MAY_DELIVER, c_route},
    {"mailbox_list", MAY_ACCOUNT, c_box_list},
    {"mailbox_get", MAY_ACCOUNT, c_box_get},
    {"mailbox_get_id", MAY_ACCOUNT, c_box_get_id},
    {"mailbox_create", MAY_ACCOUNT, c_box_create},
    {"mailbox_rename", MAY_ACCOUNT, c_box_rename},
    {"mailbox_remove", MAY_ACCOUNT, c_box_remove},
    {"mailbox_subscribe", MAY_ACCOUNT, c_subscribe},
    {"subscription_list", MAY_ACCOUNT, c_subscriptions},
    {"uids", MAY_ACCOUNT, c_uids},
    {"messages", MAY_ACCOUNT, c_messages},
    {"expunged", MAY_ACCOUNT, c_expunged},
    {"read", MAY_ACCOUNT, c_read},
    {"append", MAY_ACCOUNT, c_append},
    {"copy", MAY_ACCOUNT, c_copy},
    {"move", MAY_ACCOUNT, c_move},
    {"flag", MAY_ACCOUNT, c_flag},
    {"expunge", MAY_ACCOUNT, c_expunge},
    {"accept", MAY_DELIVER | MAY_ACCOUNT, c_accept},
    {"queue_claim", MAY_DELIVER, c_claim},
    {"queue_renew", MAY_DELIVER, c_renew},
    {"queue_recover", MAY_DELIVER, c_recover},
    {"queue_settle", MAY_DELIVER, c_settle},
    {"queue_next", MAY_DELIVER | MAY_ADMIN, c_next},
    {"queue_read", MAY_DELIVER, c_queue_read},
    {"queue_list", MAY_DELIVER | MAY_ADMIN, c_queue_list},
    {"queue_count", MAY_DELIVER | MAY_ADMIN, c_queue_count},
    {"queue_apply", MAY_ADMIN, c_queue_apply},
};
enum { CALLS = sizeof calls / sizeof *calls };

static void prepare(kit *k) {
    inbox = kit_box(k, &k->as_anna, "INBOX");
    int64_t id;
    box_name = S("only anna's");
    assert_ok(store_mailbox_create(k->s, &k->as_anna, box_name, SPECIAL_NONE, &id));
    trash = kit_box(k, &k->as_anna, "Trash");
    kit_append(k, &k->as_anna, inbox, kit_message(k, "private"));
}

static void every_role_and_every_call(void **state) {
    kit *k = *state;
    prepare(k);
    const principal roles[] = {
        nobody, k->as_anna, deliver, login, admin, {.role = (store_role)77}, {.role = ROLE_ACCOUNT}};
    for (size_t r = 0; r < sizeof roles / sizeof *roles; r++) {
        for (size_t i = 0; i < CALLS; i++) {
            bool valid = roles[r].role != ROLE_ACCOUNT || roles[r].account > 0;
            bool may = valid && (unsigned)roles[r].role <= ROLE_ADMIN && calls[i].may & 1U << roles[r].role;
            err e = calls[i].make(k, &roles[r]);
            bool denied = failed(e) && e.kind == ERR_PEER && e.what == ERR_DENIED;
            if (denied == may)
                print_message("%s as role %d: %s\n", calls[i].name, roles[r].role, e.text ? e.text : "");
            assert_int_equal(denied, !may);
        }
    }
    for (size_t i = 0; i < CALLS; i++)
        assert_err(calls[i].make(k, NULL), ERR_PEER, ERR_DENIED);
    assert_null(store_watch_add(k->s, &deliver, inbox, NULL, NULL));
    assert_null(store_watch_add(k->s, &nobody, inbox, NULL, NULL));
}

/* Calls that name nothing of anna's work on the caller's own things. */
static bool names_annas(const call *c) {
    static const char *const own[] = {"mailbox_list", "mailbox_create", "mailbox_subscribe", "subscription_list"};
    bool is_own = false;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        is_own |= strcmp(c->name, own[i]) == 0;
    return !is_own;
}

static void no_account_reaches_into_another(void **state) {
    kit *k = *state;
    prepare(k);
    int64_t berts = kit_box(k, &k->as_bert, "INBOX");
    kit_append(k, &k->as_bert, berts, kit_message(k, "bert's"));
    store_mailbox before = kit_look(k, &k->as_anna, inbox), trash_before = kit_look(k, &k->as_anna, trash);
    for (size_t i = 0; i < CALLS; i++) {
        if (!names_annas(&calls[i]))
            continue;
        err e = calls[i].make(k, &k->as_bert);
        if (!failed(e))
            print_message("%s reached another account\n", calls[i].name);
        assert_true(failed(e) && e.kind == ERR_PEER && (e.what == ERR_NOT_FOUND || e.what == ERR_DENIED));
    }
    assert_err(copy(k, &k->as_bert, inbox, berts, false), ERR_PEER, ERR_NOT_FOUND); /* neither out */
    assert_err(copy(k, &k->as_bert, berts, inbox, false), ERR_PEER, ERR_NOT_FOUND); /* nor in */
    assert_err(copy(k, &k->as_bert, inbox, berts, true), ERR_PEER, ERR_NOT_FOUND);
    assert_err(copy(k, &k->as_bert, berts, inbox, true), ERR_PEER, ERR_NOT_FOUND);
    store_mailbox after = kit_look(k, &k->as_anna, inbox), trash_after = kit_look(k, &k->as_anna, trash);
    assert_true(before.modseq == after.modseq && before.messages == after.messages &&
                trash_before.modseq == trash_after.modseq);
    assert_int_equal(kit_look(k, &k->as_bert, berts).messages, 1);
}

static void count_up(void *arg) { ++*(_Atomic int *)arg; }

static void a_foreign_watch_sees_nothing(void **state) {
    kit *k = *state;
    prepare(k);
    _Atomic int own = 0, foreign = 0;
    store_watch *a = store_watch_add(k->s, &k->as_anna, inbox, count_up, (void *)&own);
    store_watch *b = store_watch_add(k->s, &k->as_bert, inbox, count_up, (void *)&foreign);
    kit_append(k, &k->as_anna, inbox, kit_message(k, "x"));
    store_watch_remove(a);
    store_watch_remove(b);
    assert_true(own == 1 && foreign == 0);
}

static const struct CMUnitTest tests[] = {
    CASE(every_role_and_every_call),
    CASE(no_account_reaches_into_another),
    CASE(a_foreign_watch_sees_nothing),
};

KIT_MAIN(tests)
