/* The inside of the relay: what its rooms share. Included by the files of src/relay alone.
 *
 *     relay.c        create, free, the smarthost's words
 *     destination.c  which hosts, in which order, or why none
 *     policy.c       with which security; what a failure or a reply means for a recipient
 *     pool.c         resting connections, one pool a loop
 *     attempt.c      recipients through hosts: failover, results
 *     host.c         one host: addresses, connections
 *     exchange.c     one connection: transactions, what was said to whom
 *     source.c       the message's bytes for the client */
#ifndef GODWIT_RELAY_INSIDE_H
#define GODWIT_RELAY_INSIDE_H

#include "net/dns.h"
#include "net/loop.h"
#include "relay/destination.h"
#include "relay/relay.h"

enum {
    RELAY_DNS_MS = 60 * 1000, /* all lookups of one attempt for one host; each has its own limit too */
    RELAY_HOSTS = 5,          /* when the configuration does not say */
    RELAY_ADDRESSES = 4,      /* of one host tried, both families together */
    RELAY_RCPTS = 100,        /* of one transaction */
    RELAY_RESTING = 500,      /* connections resting on one loop, all hosts together */
};

typedef struct relay_pool relay_pool;

struct relay {
    relay_config config;
    arena memory; /* of the strings in config */
    tls_client *tls;
    addr source;          /* config.source_address */
    relay_host smarthost; /* name "" without */
    relay_pool *pools;    /* one a loop */
    size_t pools_n;
};

/* ---- policy.c ---- */

/* The client's configuration for a host. plain: TLS was tried and failed, and may be left out. */
smtp_client_config relay_client_config(const relay *r, const relay_host *host, bool plain);
bool relay_may_go_plain(const relay *r, const err *why);
/* Whether mail may go to that address at all: not to ourselves, not to what is no host. */
bool relay_may_connect(const relay *r, const addr *to);
/* Behind that connection is this very server: RFC 5321 5.1, 6.3. */
bool relay_is_ourselves(const relay *r, const smtp_client *c);
/* What a host's failure, before it had anything to say on a recipient, means. said->code is 0 when it said nothing:
 * then `where` ("mx1.example.net[192.0.2.1]:25") tells what did not work. */
queue_said relay_failure(const relay *r, str host, str where, const err *why, const smtp_reply *said, arena *a);
/* What a reply to a recipient, or to the data, means. */
queue_said relay_verdict(const relay *r, str host, const smtp_reply *reply, bool dsn, arena *a);

/* ---- pool.c; in fibers of the pool's loop ---- */

smtp_client *relay_pool_take(relay *r, str key);        /* NULL when none rests */
void relay_pool_put(relay *r, str key, smtp_client *c); /* keeps it, or drops it */
void relay_pool_drop(relay *r, smtp_client *c);         /* says goodbye without making anybody wait */
void relay_pools_init(relay *r);
void relay_pools_free(relay *r); /* any thread but a loop's */

/* ---- source.c ---- */

/* The bytes of a queued message, a window of them in memory. */
typedef struct relay_source {
    store *store;
    int64_t entry;
    arena window_memory;
    str window;
    uint64_t window_at;
    bool failed; /* the store did not give them */
} relay_source;

void relay_source_init(relay_source *s, store *from, int64_t entry);
void relay_source_free(relay_source *s);
err relay_source_read(void *source, uint64_t offset, size_t max, str *bytes) MUST_USE; /* smtp_transaction.read */

/* ---- attempt.c, host.c, exchange.c: one delivery ---- */

typedef struct delivery {
    relay *relay;
    queue_attempt *attempt;
    relay_source source;
    bool *pending; /* of each entry: no last word yet */
    size_t pending_n;
    smtp_rcpt *rcpts; /* of a transaction, and whose they are; RELAY_RCPTS */
    size_t *index;
    queue_said last; /* what the hosts that did not do come to: for those pending at the end */
    buf story;       /* of those hosts */
    size_t failures;
    bool ourselves; /* a connection led back to this server */
} delivery;

typedef enum delivery_step {
    STEP_DONE,      /* nobody pending, or nothing more to be tried now */
    STEP_SAME_HOST, /* on a new connection */
    STEP_NEXT_HOST,
} delivery_step;

void delivery_say(delivery *d, size_t i, queue_said said);
void delivery_say_all(delivery *d, queue_said said);                     /* to those pending */
void delivery_note(delivery *d, queue_said failure);                     /* one host less */
queue_said delivery_here(queue_fate fate, const char *status, str text); /* words of our own */

delivery_step delivery_try_host(delivery *d, const relay_host *host, bool implicit);
/* Transactions over one connection until nobody is pending or it does not go on. Keeps or closes the connection.
 * reused: it rested. */
delivery_step delivery_exchange(delivery *d, const relay_host *host, str key, smtp_client *c, bool reused);

#endif
