#include "house.h"

#include "../net/check.h"
#include "auth/password.h"
#include "base/log.h"

enum { ARENA_MOST = 64 << 20 };

static const principal operator_ = {.role = ROLE_ADMIN};

/* ---- what is in it ---- */

static int64_t add_account(house *h, const char *name, uint64_t quota, bool disabled) {
    store_account account = {.name = str_c(name), .quota_bytes = quota, .disabled = disabled};
    int64_t id;
    check_ok(password_make(S("pass"), 4096, &h->memory, &account.credential));
    check_ok(store_account_add(h->store, &operator_, &account, &id));
    return id;
}

static void add_address(house *h, const char *key, int64_t account, const char *const *forwards, size_t n) {
    str *targets = arena_array(&h->memory, n + 1, sizeof *targets);
    int64_t id;
    for (size_t i = 0; i < n; i++)
        targets[i] = str_c(forwards[i]);
    const store_address in = {.key = str_c(key), .account = account, .forwards = targets, .forwards_n = n};
    check_ok(store_address_add(h->store, &operator_, &in, &id));
}

static void fill_store(house *h) {
    int64_t id;
    check_ok(store_domain_add(h->store, &operator_, S("demo.test"), &id));
    check_ok(store_domain_add(h->store, &operator_, S("catch.test"), &id));
    h->user = add_account(h, "user@demo.test", 0, false);
    int64_t second = add_account(h, "second@demo.test", 0, false);
    h->full = add_account(h, "full@demo.test", 10, false);
    add_account(h, "off@demo.test", 0, true);
    add_address(h, "list@demo.test", 0,
                (const char *const[]){"user@demo.test", "second@demo.test", "friend@elsewhere.example"}, 3);
    add_address(h, "loop1@demo.test", 0, (const char *const[]){"loop2@demo.test"}, 1);
    add_address(h, "loop2@demo.test", 0, (const char *const[]){"loop1@demo.test"}, 1);
    add_address(h, "both@demo.test", 0, (const char *const[]){"user@demo.test", "full@demo.test"}, 2);
    add_address(h, "@catch.test", second, NULL, 0);
}

void house_init(house *h) {
    *h = (house){.folder = "/tmp/godwit-mail-XXXXXX"};
    arena_init(&h->memory, ARENA_MOST);
    log_setup(LOG_LOGFMT, LOG_ERROR, 2);
    check(mkdtemp(h->folder) != NULL);
    const store_config config = {
        .kind = S("sqlite"),
        .path = arena_strf(&h->memory, "%s/store", h->folder),
        .blob_path = arena_strf(&h->memory, "%s/blobs", h->folder),
        .blob_least = 65536,
        .readers = 1,
    };
    check_ok(store_open(&h->store, &config));
    fill_store(h);
    h->mail = (mail){
        .store = h->store,
        .config = {.host = S("mail.demo.test"), .detail_separators = S("+"), .queue_lifetime_s = 86400, .max_hops = 50},
    };
}

void house_free(house *h) {
    store_close(h->store);
    char *command = arena_cstr(&h->memory, arena_strf(&h->memory, "rm -rf %s", h->folder));
    check(system(command) == 0);
    arena_free(&h->memory);
}

void house_add(house *h, const char *key, const char *const *forwards, size_t n) {
    add_address(h, key, 0, forwards, n);
}

mail_recipient house_route(house *h, const char *to) {
    const mail_sender_rights rights = {.may_relay = true};
    mail_recipient out;
    addr_spec spec;
    check_ok(address_parse(str_c(to), true, &h->memory, &spec));
    check_ok(mail_route(&h->mail, &rights, &spec, &h->memory, &out));
    return out;
}

err house_accept(house *h, mail_envelope *e, const char *const *to, str raw) {
    static const principal rules = {.role = ROLE_DELIVER};
    const mail_trace trace = {.protocol = S("local")};
    size_t n = 0;
    while (to[n])
        n++;
    if (!e->recipients)
        e->recipients = arena_array(&h->memory, n, sizeof *e->recipients);
    for (; e->recipients_n < n; e->recipients_n++)
        e->recipients[e->recipients_n] = house_route(h, to[e->recipients_n]);
    mail_begin(e);
    return mail_accept(&h->mail, &rules, e, &trace, raw, &h->memory);
}

/* ---- what its owners see ---- */

static principal owner_of(house *h, const char *name) {
    store_account account;
    check_ok(store_account_get(h->store, &operator_, str_c(name), &h->memory, &account));
    return (principal){.role = ROLE_ACCOUNT, .account = account.id};
}

static size_t inbox(house *h, const principal *owner, store_mailbox *box, store_message **messages) {
    size_t n;
    check_ok(store_mailbox_get(h->store, owner, S("INBOX"), &h->memory, box));
    check_ok(store_messages(h->store, owner, box->id, NULL, 0, 0, WANT_FLAGS, 1000, &h->memory, messages, &n));
    return n;
}

size_t house_inbox(house *h, const char *name) {
    store_mailbox box;
    store_message *messages;
    principal owner = owner_of(h, name);
    return inbox(h, &owner, &box, &messages);
}

str house_message(house *h, const char *name, size_t i) {
    store_mailbox box;
    store_message *messages;
    principal owner = owner_of(h, name);
    str whole;
    check(i < inbox(h, &owner, &box, &messages));
    check_ok(store_read(h->store, &owner, box.id, messages[i].uid, 0, messages[i].size, &h->memory, &whole));
    check_size(whole.n, messages[i].size);
    return whole;
}

size_t house_queue(house *h, queue_entry **out) {
    const queue_filter all = {.sender = S(""), .recipient = S(""), .domain = S(""), .message_id = S(""), .state = -1};
    size_t n;
    check_ok(queue_list(h->store, &operator_, &all, 0, 1000, &h->memory, out, &n));
    return n;
}
