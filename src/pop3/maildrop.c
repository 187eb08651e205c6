#include <pthread.h>

#include "pop3/maildrop.h"

#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"

enum {
    HOLDERS_MOST = 1000000,
    PAGE = 1000,            /* messages asked for at once */
    BATCH_RANGES = 250,     /* removed in one transaction, */
    BATCH_MESSAGES = 10000, /* and at most so many messages: others write too */
};

/* ---- one session an account ---- */

static pthread_mutex_t holders_mutex = PTHREAD_MUTEX_INITIALIZER;
static map holders = {.max = HOLDERS_MOST}; /* by account: the maildrop that holds it */

static str account_key(const int64_t *account) { return (str){(const char *)account, sizeof *account}; }

static bool hold(maildrop *d) {
    pthread_mutex_lock(&holders_mutex);
    str key = account_key(&d->who.account);
    bool held = !map_get(&holders, key) && map_put(&holders, key, d);
    pthread_mutex_unlock(&holders_mutex);
    return held;
}

static void release(maildrop *d) {
    pthread_mutex_lock(&holders_mutex);
    str key = account_key(&d->who.account);
    if (map_get(&holders, key) == d)
        map_remove(&holders, key);
    if (holders.n == 0)
        map_free(&holders);
    pthread_mutex_unlock(&holders_mutex);
}

/* ---- the snapshot ---- */

static err load_page(maildrop *d, size_t *got) {
    SCOPED_ARENA a;
    arena_init(&a, LIMIT_COMMAND_ARENA);
    uint32_t last = d->n ? d->messages[d->n - 1].uid : 0;
    store_range behind = {.first = last + 1, .last = UINT32_MAX};
    store_message *page;
    *got = 0;
    if (last == UINT32_MAX)
        return OK;
    TRY(store_messages(d->store, &d->who, d->mailbox, &behind, 1, 0, WANT_FLAGS, PAGE, &a, &page, got));
    d->messages = mem_grow(d->messages, d->n + *got, sizeof *d->messages);
    for (size_t i = 0; i < *got; i++) {
        d->messages[d->n++] = (maildrop_message){.size = page[i].size, .uid = page[i].uid};
        d->bytes += page[i].size;
    }
    d->left = d->n;
    return OK;
}

static err load(maildrop *d) {
    SCOPED_ARENA a;
    arena_init(&a, LIMIT_COMMAND_ARENA);
    store_mailbox inbox;
    TRY(store_mailbox_get(d->store, &d->who, S("INBOX"), &a, &inbox));
    d->mailbox = inbox.id;
    d->uidvalidity = inbox.uidvalidity;
    size_t got = PAGE;
    while (got > 0 && d->n < MAILDROP_MOST)
        TRY(load_page(d, &got));
    return OK;
}

err maildrop_open(maildrop **out, store *s, const principal *who) {
    maildrop *d = mem_alloc(sizeof *d);
    *d = (maildrop){.store = s, .who = *who};
    *out = NULL;
    err e = hold(d) ? load(d) : err_make(ERR_PEER, ERR_CONFLICT, "Maildrop is in use by another session", "in use");
    if (failed(e))
        maildrop_close(d);
    else
        *out = d;
    return e;
}

void maildrop_close(maildrop *d) {
    if (!d)
        return;
    release(d);
    free(d->messages);
    free(d);
}

/* ---- messages ---- */

maildrop_message *maildrop_get(const maildrop *d, uint64_t number) {
    if (number == 0 || number > d->n || d->messages[number - 1].deleted)
        return NULL;
    return &d->messages[number - 1];
}

void maildrop_delete(maildrop *d, maildrop_message *m) {
    m->deleted = true;
    d->left--;
    d->bytes -= m->size;
}

void maildrop_reset(maildrop *d) {
    for (size_t i = 0; i < d->n; i++)
        if (d->messages[i].deleted) {
            d->messages[i].deleted = false;
            d->left++;
            d->bytes += d->messages[i].size;
        }
}

/* The next run of deleted messages from *at on, of at most *room of them. Between two neighbours in the snapshot no UID
 * can come to life any more, so a run is one range whatever its gaps. */
static bool next_range(const maildrop *d, size_t *at, size_t *room, store_range *out) {
    while (*at < d->n && !d->messages[*at].deleted)
        ++*at;
    if (*at == d->n || *room == 0)
        return false;
    out->first = d->messages[*at].uid;
    for (; *at<d->n && * room> 0 && d->messages[*at].deleted; ++*at, --*room)
        out->last = d->messages[*at].uid;
    return true;
}

static err remove_batch(maildrop *d, size_t *at) {
    store_range ranges[BATCH_RANGES], *gone;
    size_t n = 0, gone_n, room = BATCH_MESSAGES;
    while (n < BATCH_RANGES && next_range(d, at, &room, &ranges[n]))
        n++;
    SCOPED_ARENA a;
    arena_init(&a, LIMIT_COMMAND_ARENA);
    return n ? store_expunge(d->store, &d->who, d->mailbox, ranges, n, true, &a, &gone, &gone_n) : OK;
}

err maildrop_update(maildrop *d) {
    for (size_t at = 0; at < d->n;)
        TRY(remove_batch(d, &at));
    return OK;
}

err maildrop_read(const maildrop *d, const maildrop_message *m, uint64_t offset, uint64_t n, arena *a, str *out) {
    return store_read(d->store, &d->who, d->mailbox, m->uid, offset, n, a, out);
}
