#include "kit.h"

#include <ftw.h>
#include <stdatomic.h>

#include "base/log.h"
#include "base/mem.h"
#include "mail/bounce.h"
#include "net/fiber.h"
#include "net/loop.h"

static const principal admin = {.role = ROLE_ADMIN}, rules = {.role = ROLE_DELIVER};

/* ---- the target ---- */

static void note_begin(kit *k, const queue_attempt *a) {
    const queue_entry *e = &a->entries[0];
    pthread_mutex_lock(&k->lock);
    check(k->seen_n < KIT_ATTEMPTS);
    seen *s = &k->seen[k->seen_n++];
    *s = (seen){.n = a->n, .at = time_wall(), .attempts = e->attempts};
    snprintf(s->message, sizeof s->message, "%.*s", STR_ARG(e->message_id));
    snprintf(s->domain, sizeof s->domain, "%.*s", STR_ARG(e->domain));
    snprintf(s->first, sizeof s->first, "%.*s", STR_ARG(e->recipient));
    k->running++;
    if (k->running > k->most_running)
        k->most_running = k->running;
    pthread_mutex_unlock(&k->lock);
}

static void note_end(kit *k, size_t delivered) {
    pthread_mutex_lock(&k->lock);
    k->running--;
    k->delivered += delivered;
    pthread_mutex_unlock(&k->lock);
}

static queue_said say(kit *k, const queue_entry *e) {
    str to = e->recipient;
    if (str_starts(to, S("never")))
        return (queue_said){SAID_NEVER, S("5.1.1"), S("mx.remote.test"), S("550 5.1.1 nobody here"), 0};
    if (str_starts(to, S("later")) || (str_starts(to, S("twice")) && e->attempts == 0))
        return (queue_said){SAID_LATER, S("4.2.0"), S("mx.remote.test"), S("450 4.2.0 come again"), 0};
    if (str_starts(to, S("relayed")))
        return (queue_said){SAID_RELAYED, S("2.0.0"), S("mx.remote.test"), S("250 2.0.0 taken"), 0};
    if (str_starts(to, S("passed")))
        return (queue_said){SAID_PASSED_ON, S("2.0.0"), S("mx.remote.test"), S("250 2.0.0 taken"), 0};
    while (str_starts(to, S("gate")) && !atomic_load(&k->gate)) {
        /* On the real clock: the tests turn the other. */
        usleep(200);
        fiber_yield();
    }
    return (queue_said){SAID_DELIVERED, S("2.0.0"), S("mx.remote.test"), S("250 2.0.0 here"), 0};
}

static void attempt(void *self, queue_attempt *a) {
    kit *k = self;
    size_t delivered = 0;
    note_begin(k, a);
    for (size_t i = 0; i < a->n; i++) {
        a->said[i] = say(k, &a->entries[i]);
        queue_fate fate = a->said[i].fate;
        delivered += fate == SAID_DELIVERED || fate == SAID_RELAYED || fate == SAID_PASSED_ON;
    }
    note_end(k, delivered);
}

static err notice(void *self, const queue_attempt *a, const bool *which, queue_notice kind, arena *memory,
                  store_accepted *out, bool *made) {
    kit *k = self;
    int fails = atomic_load(&k->notice_fails);
    if (fails > 0)
        atomic_fetch_sub(&k->notice_fails, 1);
    if (fails)
        return err_make(fails > 0 ? ERR_TEMP : ERR_PERM, ERR_UNAVAILABLE, "", "the test says no");
    return bounce_notice(&k->mail, a, which, kind, memory, out, made);
}

/* ---- the house ---- */

int kit_loops_start(void **state) {
    (void)state;
    log_setup(LOG_LOGFMT, getenv("TEST_LOG") ? LOG_DEBUG : LOG_ERROR, 2);
    check_ok(loops_start(2));
    return 0;
}

int kit_loops_stop(void **state) {
    (void)state;
    loops_stop();
    return 0;
}

static void open_store(kit *k) {
    SCOPED_BUF blobs;
    buf_init(&blobs, 200);
    buf_addf(&blobs, "%s/blobs", k->dir);
    const store_config c = {
        .kind = S("sqlite"), .path = str_c(k->dir), .blob_path = buf_str(&blobs), .blob_least = 65536, .readers = 2};
    check_ok(store_open(&k->store, &c));
}

int kit_begin(void **state) {
    kit *k = *state = mem_alloc(sizeof *k);
    snprintf(k->dir, sizeof k->dir, "/tmp/godwit-queue-XXXXXX");
    check(mkdtemp(k->dir));
    arena_init(&k->memory, 256 << 20);
    pthread_mutex_init(&k->lock, NULL);
    open_store(k);
    int64_t id;
    check_ok(store_domain_add(k->store, &admin, S("example.org"), &id));
    const store_account anna = {.name = S("anna@example.org"), .credential = S("x")};
    check_ok(store_account_add(k->store, &admin, &anna, &k->anna));
    k->mail = (mail){
        .store = k->store,
        .config = {
            .host = S("mx.example.org"), .detail_separators = S("+"), .queue_lifetime_s = 5 * 86400, .max_hops = 50}};
    k->config = (queue_config){.node = S("node-a"),
                               .max_active = 1000,
                               .max_per_domain = 20,
                               .lease_s = 300,
                               .retry_first_s = 900,
                               .retry_most_s = 4 * 3600,
                               .delay_notice_s = 4 * 3600,
                               .notice = notice,
                               .notice_self = k};
    return 0;
}

static int remove_one(const char *path, const struct stat *what, int kind, struct FTW *at) {
    (void)what, (void)kind, (void)at;
    return remove(path);
}

int kit_end(void **state) {
    kit *k = *state;
    kit_stop(k);
    store_close(k->store);
    nftw(k->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    arena_free(&k->memory);
    free(k);
    return 0;
}

void kit_start(kit *k) {
    const queue_target targets[] = {{"relay", attempt, k, k->any_domain}};
    check_ok(queue_start(&k->queue, k->store, &k->config, targets, 1));
}

void kit_stop(kit *k) {
    queue_stop(k->queue, deadline_in(10000));
    k->queue = NULL;
}

void kit_advance(int64_t seconds) {
    time_test_advance(seconds * 1000);
    loop_kick();
}

/* ---- messages ---- */

void kit_send_for(kit *k, const char *id, const char *sender, const char *recipients, unsigned notify,
                  int64_t lifetime_s, const char *target) {
    SCOPED_ARENA a;
    arena_init(&a, 64 << 20);
    store_recipient *list = arena_array(&a, 2000, sizeof *list);
    size_t n = 0;
    str rest = str_c(recipients), one;
    while (str_cut(&rest, ' ', &one)) {
        check(n < 2000);
        list[n++] = (store_recipient){.address = one, .original = S(""), .notify = notify, .target = str_c(target)};
    }
    store_content content;
    str raw = arena_strf(&a, "From: %s\r\nSubject: about %s\r\n\r\nText of %s.\r\n", sender, id, id);
    check_ok(store_content_of(raw, &a, &content));
    const store_accepted m = {.id = str_c(id),
                              .sender = str_c(sender),
                              .envid = S(""),
                              .expires = time_wall() + lifetime_s,
                              .first_try = time_wall(),
                              .content = &content,
                              .recipients = list,
                              .recipients_n = n,
                              .date = time_wall()};
    check_ok(store_accept(k->store, &rules, &m, NULL));
}

void kit_send(kit *k, const char *id, const char *sender, const char *recipients, unsigned notify) {
    kit_send_for(k, id, sender, recipients, notify, 5 * 86400, "relay");
}

void kit_send_many(kit *k, const char *id, const char *part, const char *domain, size_t n) {
    SCOPED_BUF list;
    buf_init(&list, 1 << 20);
    for (size_t i = 0; i < n; i++)
        buf_addf(&list, "%s%s%zu@%s", i ? " " : "", part, i, domain);
    buf_add_byte(&list, '\0');
    kit_send(k, id, "anna@example.org", list.p, 0);
}

/* ---- looking ---- */

static size_t locked(kit *k, const size_t *n) {
    pthread_mutex_lock(&k->lock);
    size_t value = *n;
    pthread_mutex_unlock(&k->lock);
    return value;
}

size_t kit_attempts(kit *k) { return locked(k, &k->seen_n); }
size_t kit_delivered(kit *k) { return locked(k, &k->delivered); }

seen kit_seen(kit *k, size_t i) {
    pthread_mutex_lock(&k->lock);
    check(i < k->seen_n);
    seen s = k->seen[i];
    pthread_mutex_unlock(&k->lock);
    return s;
}

size_t kit_waiting(kit *k) {
    uint64_t waiting, active, held;
    check_ok(queue_count(k->store, &rules, &waiting, &active, &held));
    return waiting + active + held;
}

queue_entry kit_entry(kit *k, const char *recipient_part) {
    const queue_filter all = {.state = -1};
    queue_entry *entries;
    size_t n;
    check_ok(queue_list(k->store, &admin, &all, 0, 10000, &k->memory, &entries, &n));
    for (size_t i = 0; i < n; i++)
        if (kit_has(entries[i].recipient, recipient_part))
            return entries[i];
    check_failed("entry", (check_place){__FILE__, __LINE__}, recipient_part);
}

static store_message *inbox(kit *k, size_t *n, int64_t *box) {
    const principal anna = {.role = ROLE_ACCOUNT, .account = k->anna};
    store_mailbox mailbox;
    store_message *messages;
    check_ok(store_mailbox_get(k->store, &anna, S("INBOX"), &k->memory, &mailbox));
    check_ok(store_messages(k->store, &anna, mailbox.id, NULL, 0, 0, WANT_FLAGS, 10000, &k->memory, &messages, n));
    *box = mailbox.id;
    return messages;
}

size_t kit_inbox(kit *k) {
    size_t n;
    int64_t box;
    inbox(k, &n, &box);
    return n;
}

str kit_notice(kit *k, size_t i) {
    const principal anna = {.role = ROLE_ACCOUNT, .account = k->anna};
    size_t n;
    int64_t box;
    store_message *messages = inbox(k, &n, &box);
    check(i < n);
    str text;
    check_ok(store_read(k->store, &anna, box, messages[i].uid, 0, messages[i].size, &k->memory, &text));
    return text;
}

bool kit_has(str text, const char *part) { return str_find_str(text, str_c(part)) != STR_NONE; }
