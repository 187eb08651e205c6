#include "auth/login.h"

#include "auth/cache.h"
#include "auth/scram.h"
#include "auth/throttle.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "mime/address.h"
#include "net/fiber.h"
#include "net/offload.h"

enum {
    HASH_WAIT_MS = 10000, /* for a thread that hashes */
    NAME_ARENA = 16 * 1024,
    ACCOUNT_ARENA = 64 * 1024,
    MADE_UP_SALT = 16, /* as many bytes as password_make takes */
};

struct auth {
    store *store;
    auth_config config; /* its slices are copies */
    throttle *throttle;
    login_cache *cache;
    uint8_t secret[SCRAM_KEY];
    char nobody[LOGIN_CREDENTIAL_MOST]; /* a credential that no password fits, as costly as a real one */
    size_t nobody_n;
};

static const principal asker = {.role = ROLE_LOGIN};

/* ---- made up for those who do not exist ---- */

static void made_up(const auth *a, str purpose, str name, uint8_t out[SCRAM_KEY]) {
    scram_hmac((str){(const char *)a->secret, SCRAM_KEY}, purpose, out);
    scram_hmac((str){(const char *)out, SCRAM_KEY}, name, out);
}

static void made_up_verifier(const auth *a, str name, scram_verifier *v) {
    uint8_t salt[SCRAM_KEY];
    made_up(a, S("salt"), name, salt);
    *v = (scram_verifier){.iterations = a->config.scram_iterations, .salt_n = MADE_UP_SALT};
    memcpy(v->salt, salt, MADE_UP_SALT);
    made_up(a, S("stored key"), name, v->stored_key);
    made_up(a, S("server key"), name, v->server_key);
}

void login_verifier(const login *l, scram_verifier *out) {
    if (!l->has_credential || !password_scram(l->credential, out))
        made_up_verifier(l->auth, l->name, out);
}

auth *auth_create(store *s, const auth_config *c) {
    auth *a = mem_alloc(sizeof *a);
    a->store = s;
    a->config = *c;
    a->config.default_domain = (str){mem_strdup(c->default_domain), c->default_domain.n};
    a->config.secret = S("");
    rand_bytes(a->secret, sizeof a->secret);
    if (c->secret.n)
        scram_hmac(c->secret, S("godwit auth"), a->secret);
    a->throttle = throttle_create(c->failures_per_client, c->failures_per_account, c->failure_window_ms);
    a->cache = login_cache_create(c->cache_ms);
    scram_verifier v;
    made_up_verifier(a, S(""), &v);
    SCOPED_BUF text;
    buf_init(&text, sizeof a->nobody);
    password_print(&v, &text);
    ASSERT(!text.over);
    memcpy(a->nobody, text.p, text.n);
    a->nobody_n = text.n;
    return a;
}

void auth_free(auth *a) {
    if (!a)
        return;
    throttle_free(a->throttle);
    login_cache_free(a->cache);
    free((void *)(uintptr_t)a->config.default_domain.p);
    mem_wipe(a, sizeof *a);
    free(a);
}

bool auth_plaintext_always(const auth *a) { return a->config.plaintext_allowed; }
bool auth_plaintext_allowed(const auth *a, const conn *c) { return auth_plaintext_always(a) || conn_is_tls(c); }

/* ---- names ---- */

/* The form the store knows. What is no address keeps its (cut) bytes, for counting and logging, and is nobody's name:
 * false. */
static bool name_key(const auth *a, str given, char out[LIMIT_ADDRESS + 1], size_t *n) {
    SCOPED_ARENA memory;
    arena_init(&memory, NAME_ARENA);
    str whole = given, key = {0};
    if (given.n <= LIMIT_ADDRESS && !str_has_byte(given, '@') && a->config.default_domain.n)
        whole = arena_strf(&memory, "%.*s@%.*s", STR_ARG(given), STR_ARG(a->config.default_domain));
    addr_spec spec;
    if (whole.p && whole.n <= LIMIT_ADDRESS && !str_has_byte(given, '\0') &&
        !failed(address_parse(whole, true, &memory, &spec)))
        key = address_key(&spec, &memory);
    bool good = key.p && key.n > 0 && key.n <= LIMIT_ADDRESS;
    str kept = good ? key : str_sub(given, 0, LIMIT_ADDRESS);
    if (kept.n)
        memcpy(out, kept.p, kept.n);
    out[kept.n] = '\0';
    *n = kept.n;
    return good;
}

bool login_same_name(const auth *a, str authzid, str name) {
    char one[LIMIT_ADDRESS + 1], other[LIMIT_ADDRESS + 1];
    size_t one_n, other_n;
    return authzid.n == 0 || (name_key(a, authzid, one, &one_n) && name_key(a, name, other, &other_n) &&
                              str_eq((str){one, one_n}, (str){other, other_n}));
}

/* ---- the end of an attempt ---- */

static void log_verdict(const login *l, const char *why, const err *e) {
    char client[ADDR_TEXT];
    addr_print(&l->client, client);
    log_field name = lf_str("name", l->name), from = lf_c("client", client),
              mechanism = lf_str("mechanism", l->mechanism);
    if (!why)
        log_info("auth.ok", name, from, mechanism);
    else if (e)
        log_error("auth.failed", name, from, mechanism, lf_c("why", why), lf_err(e));
    else
        log_warn("auth.failed", name, from, mechanism, lf_c("why", why));
}

static void login_wipe(login *l) { mem_wipe(l->credential_room, sizeof l->credential_room); }

static err refuse(login *l, const char *why, err e) {
    log_verdict(l, why, e.kind == ERR_TEMP ? &e : NULL);
    login_wipe(l);
    if (e.kind == ERR_PEER && l->auth->config.failure_delay_ms > 0)
        TRY(fiber_sleep(deadline_in(l->auth->config.failure_delay_ms)));
    return e;
}

static err refuse_throttled(login *l) {
    return refuse(l, "throttled",
                  err_make(ERR_PEER, ERR_LIMIT, "Too many failed logins, try again later", "throttled"));
}

static err refuse_for_now(login *l, const char *why, const err *cause) {
    return refuse(l, why, err_make(ERR_TEMP, ERR_UNAVAILABLE, "Temporary authentication failure", "%s", cause->log));
}

/* ---- the beginning ---- */

static void set_credential(login *l, str credential) {
    ASSERT(credential.n && credential.n <= sizeof l->credential_room);
    memcpy(l->credential_room, credential.p, credential.n);
    l->credential = (str){l->credential_room, credential.n};
}

static err find_account(login *l) {
    SCOPED_ARENA memory;
    arena_init(&memory, ACCOUNT_ARENA);
    store_account found = {0};
    err e = store_account_get(l->auth->store, &asker, l->name, &memory, &found);
    if (e.kind == ERR_PEER && e.what == ERR_NOT_FOUND)
        return OK;
    if (failed(e))
        return e;
    l->has_credential = found.credential.n > 0 && found.credential.n <= LOGIN_CREDENTIAL_MOST;
    if (l->has_credential)
        set_credential(l, found.credential);
    mem_wipe((void *)(uintptr_t)found.credential.p, found.credential.n);
    l->account = found.id;
    l->disabled = found.disabled;
    return OK;
}

err login_begin(login *l, auth *a, const addr *client, str mechanism, str name) {
    *l = (login){.auth = a, .client = *client, .mechanism = mechanism};
    bool good = name_key(a, name, l->name_room, &l->name.n);
    l->name.p = l->name_room;
    set_credential(l, (str){a->nobody, a->nobody_n});
    if (throttle_refuses(a->throttle, client, l->name))
        return refuse_throttled(l);
    err e = good ? find_account(l) : OK;
    return failed(e) ? refuse_for_now(l, "store", &e) : OK;
}

/* For the operator alone: the client is told the same in every case. */
static const char *verdict(const login *l, bool proved, const char *why) {
    if (l->account == 0)
        return "no such account";
    return proved ? "disabled" : why;
}

err login_end(login *l, bool proved, const char *why, auth_user *out) {
    *out = (auth_user){0};
    auth *a = l->auth;
    if (!proved || l->account == 0 || l->disabled) {
        throttle_failed(a->throttle, &l->client, l->name);
        return refuse(l, verdict(l, proved, why),
                      err_make(ERR_PEER, ERR_DENIED, "Authentication failed", "wrong name or password"));
    }
    if (throttle_refuses(a->throttle, &l->client, l->name)) /* others have failed while this one was being verified */
        return refuse_throttled(l);
    throttle_succeeded(a->throttle, &l->client, l->name);
    log_verdict(l, NULL, NULL);
    login_wipe(l);
    out->who = (principal){.role = ROLE_ACCOUNT, .account = l->account};
    memcpy(out->name, l->name.p, l->name.n);
    return OK;
}

/* ---- with a password ---- */

typedef struct verify_job {
    str credential, password;
    bool same;
} verify_job;

static void verify(void *thread_state, void *arg) {
    (void)thread_state;
    verify_job *job = arg;
    job->same = password_verify(job->credential, job->password);
}

err login_password(auth *a, const addr *client, str mechanism, str name, str password, auth_user *out) {
    *out = (auth_user){0};
    login l;
    TRY(login_begin(&l, a, client, mechanism, name));
    bool cached = login_cache_has(a->cache, l.name, l.credential, password);
    verify_job job = {.credential = l.credential, .password = password, .same = cached};
    if (!cached) {
        err e = offload(offload_shared(), verify, &job, deadline_in(HASH_WAIT_MS));
        if (failed(e))
            return refuse_for_now(&l, "overloaded", &e);
    }
    if (job.same && !cached)
        login_cache_add(a->cache, l.name, l.credential, password);
    return login_end(&l, job.same, "wrong password", out);
}

err auth_login(auth *a, const addr *client, str name, str password, auth_user *out) {
    return login_password(a, client, S("password"), name, password, out);
}
