#include "home.h"

#include <ftw.h>
#include <unistd.h>

#include "auth/password.h"
#include "base/log.h"

const principal home_admin = {.role = ROLE_ADMIN};

void home_must(err e, const char *what, const char *file, int line) {
    if (!failed(e))
        return;
    fprintf(stderr, "%s:%d: %s: %s/%s %s %s\n", file, line, what, err_kind_name(e.kind), err_what_name(e.what),
            e.text ? e.text : "", e.log);
    abort();
}

auth_config home_auth_config(void) {
    return (auth_config){
        .scram_iterations = HOME_ITERATIONS, .failure_window_ms = 60000, .secret = S("a secret of the tests")};
}

void home_open(home *h, const auth_config *c) {
    *h = (home){.folder = "/tmp/godwit-auth-XXXXXX"};
    log_setup(LOG_LOGFMT, LOG_ERROR, 2);
    arena_init(&h->memory, 64 << 20);
    if (!mkdtemp(h->folder))
        abort();
    str path = arena_strf(&h->memory, "%s/store", h->folder), blobs = arena_strf(&h->memory, "%s/blobs", h->folder);
    must(store_open(
        &h->store,
        &(store_config){.kind = S("sqlite"), .path = path, .blob_path = blobs, .blob_least = 65536, .readers = 2}));
    int64_t id;
    must(store_domain_add(h->store, &home_admin, S("demo.test"), &id));
    h->auth = auth_create(h->store, c);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at) {
    (void)st, (void)type, (void)at;
    return remove(path);
}

void home_close(home *h) {
    auth_free(h->auth);
    store_close(h->store);
    arena_free(&h->memory);
    nftw(h->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

str home_credential(home *h, str password) {
    str credential;
    must(password_make(password, HOME_ITERATIONS, &h->memory, &credential));
    return credential;
}

int64_t home_add(home *h, str name, str credential) {
    int64_t id;
    store_account account = {.name = name, .credential = credential};
    must(store_account_add(h->store, &home_admin, &account, &id));
    return id;
}

int64_t home_add_password(home *h, str name, str password) { return home_add(h, name, home_credential(h, password)); }

void home_set_credential(home *h, int64_t account, str credential) {
    store_account change = {.credential = credential};
    must(store_account_set(h->store, &home_admin, account, ACCOUNT_SET_CREDENTIAL, &change));
}

void home_disable(home *h, int64_t account) {
    store_account change = {.disabled = true};
    must(store_account_set(h->store, &home_admin, account, ACCOUNT_SET_DISABLED, &change));
}

int64_t home_inbox(home *h, int64_t account) {
    principal who = {.role = ROLE_ACCOUNT, .account = account};
    store_mailbox inbox;
    must(store_mailbox_get(h->store, &who, S("INBOX"), &h->memory, &inbox));
    return inbox.id;
}

uint32_t home_append(home *h, int64_t account, str message) {
    principal who = {.role = ROLE_ACCOUNT, .account = account};
    SCOPED_ARENA a;
    arena_init(&a, (64 << 20) + message.n * 4);
    store_content content;
    must(store_content_of(message, &a, &content));
    uint32_t uid, validity;
    must(store_append(h->store, &who, home_inbox(h, account), &content, 0, NULL, 0, 1700000000, 0, &uid, &validity));
    return uid;
}
