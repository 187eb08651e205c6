/* What a store backend does, in the words of store.h and free of any database's types.
 *
 * store/store.c and its neighbours have already asked the gate, checked limits and names, split the message into
 * packed pieces and written its blobs; a backend keeps rows, keeps them together in transactions, and keeps the
 * counters exact. It checks the account in the WHERE of every row it touches all the same. All functions wait
 * (fiber) or block (thread) until the change is durable. PostgreSQL is to fit in the same table. */
#ifndef GODWIT_STORE_BACKEND_H
#define GODWIT_STORE_BACKEND_H

#include "store/store.h"

enum { BLOB_ID = 32 };
typedef struct blob_id {
    unsigned char bytes[BLOB_ID];
} blob_id; /* SHA-256 of the decoded bytes */
typedef struct blob_ref {
    blob_id id;
    uint64_t size;
} blob_ref;

/* A message split and packed (store/content.h). */
typedef struct store_packed {
    uint64_t size;
    uint32_t header_size;
    str envelope, structure;
    str recipe;        /* empty: the body is inline from end to end */
    str head;          /* the header, packed */
    const str *chunks; /* the inline bytes of the body, packed, CONTENT_CHUNK plain bytes each */
    size_t chunks_n;
    const blob_ref *blobs; /* each once */
    size_t blobs_n;
} store_packed;

/* A stored message while the callback that got it runs (in a thread that may block). Slices live until the next call.
 */
typedef struct store_source {
    uint64_t size;        /* of the content, without prefix */
    uint32_t header_size; /* likewise */
    str prefix;           /* lines of this recipient that come before it */
    str recipe;
    void *inside;
    err (*head)(struct store_source *from, str *packed);
    err (*chunk)(struct store_source *from, uint32_t number, str *packed);
} store_source;
typedef err (*store_source_fn)(void *arg, store_source *from);

/* One message to accept with everything it needs; `domains` go with m->recipients, `mailboxes` (names in stored form)
 * with m->locals. */
typedef struct store_letter {
    const store_accepted *m;
    store_packed packed;
    const str *domains, *mailboxes;
    err *results; /* m->locals_n */
} store_letter;

/* Something whose watchers are to be woken: mailbox 0 is the account's list of mailboxes. */
typedef struct store_touch {
    int64_t account, mailbox;
} store_touch;

/* What a backend asks of the layer above. Called on its writing thread. */
typedef struct store_owner {
    void *arg;
    bool (*blob_present)(void *arg, const blob_id *id);
    /* Inside a transaction, so that nobody can begin to rely on the blob meanwhile, and only when no row of it has an
     * owner as of the last commit: this transaction may come to nothing. */
    void (*blob_remove)(void *arg, const blob_id *id);
    /* After a commit. Everything, when another process may have changed anything. */
    void (*changed)(void *arg, const store_touch *touched, size_t n, bool queue);
    void (*changed_all)(void *arg);
} store_owner;

typedef struct store_default_mailbox {
    str name;
    store_special special;
} store_default_mailbox;

/* Candidates of a route in order; the first that exists wins. */
typedef struct store_route_query {
    str domain;
    str keys[3];
    size_t n;
} store_route_query;

typedef struct store_lines { /* faults of a check */
    arena *a;
    str *lines;
    size_t n;
} store_lines;

typedef struct store_backend {
    const char *kind;
    err (*open)(void **out, const store_config *c, const store_owner *owner) MUST_USE;
    void (*close)(void *b);
    err (*poke)(void *b) MUST_USE;
    err (*check)(void *b, store_lines *faults) MUST_USE;

    err (*domain_add)(void *b, str name, int64_t *id) MUST_USE;
    err (*domain_get)(void *b, str name, arena *a, store_domain *out) MUST_USE;
    err (*domain_list)(void *b, str after, size_t limit, arena *a, store_domain **out, size_t *n) MUST_USE;
    err (*domain_remove)(void *b, str name) MUST_USE;

    err (*account_add)(void *b, const store_account *in, str domain, const store_default_mailbox *boxes, size_t boxes_n,
                       int64_t *id) MUST_USE;
    /* only: 0, or the one account that may be seen. */
    err (*account_get)(void *b, str name, int64_t only, arena *a, store_account *out) MUST_USE;
    err (*account_list)(void *b, str after, size_t limit, arena *a, store_account **out, size_t *n) MUST_USE;
    err (*account_set)(void *b, int64_t id, unsigned fields, const store_account *in) MUST_USE;
    err (*account_remove)(void *b, int64_t id) MUST_USE;

    err (*address_add)(void *b, const store_address *in, str domain, int64_t *id) MUST_USE;
    err (*address_get)(void *b, str key, arena *a, store_address *out) MUST_USE;
    err (*address_list)(void *b, str after, str of_account, size_t limit, arena *a, store_address **out,
                        size_t *n) MUST_USE;
    err (*address_set)(void *b, const store_address *in) MUST_USE;
    err (*address_remove)(void *b, str key) MUST_USE;
    /* which: the index of the key found. */
    err (*route_find)(void *b, const store_route_query *q, arena *a, store_route *out, size_t *which) MUST_USE;

    err (*mailbox_list)(void *b, int64_t account, arena *a, store_mailbox **out, size_t *n) MUST_USE;
    err (*mailbox_get)(void *b, int64_t account, str name, arena *a, store_mailbox *out) MUST_USE;
    err (*mailbox_get_id)(void *b, int64_t account, int64_t id, arena *a, store_mailbox *out) MUST_USE;
    /* path: every level's full name from the outermost to the mailbox itself. */
    err (*mailbox_create)(void *b, int64_t account, const str *path, size_t levels, store_special special,
                          int64_t *id) MUST_USE;
    err (*mailbox_rename)(void *b, int64_t account, str from, const str *path, size_t levels) MUST_USE;
    err (*mailbox_remove)(void *b, int64_t account, str name) MUST_USE;
    err (*mailbox_subscribe)(void *b, int64_t account, str name, bool on) MUST_USE;
    err (*subscription_list)(void *b, int64_t account, arena *a, str **names, size_t *n) MUST_USE;

    /* Ranges come sorted and without overlap; none means all. */
    err (*uids)(void *b, int64_t account, int64_t mailbox, arena *a, store_mailbox *box, store_range **out,
                size_t *n) MUST_USE;
    err (*messages)(void *b, int64_t account, int64_t mailbox, const store_range *ranges, size_t ranges_n,
                    uint64_t since, unsigned want, size_t limit, arena *a, store_message **out, size_t *n) MUST_USE;
    err (*expunged)(void *b, int64_t account, int64_t mailbox, uint64_t since, arena *a, store_range **out, size_t *n,
                    bool *complete) MUST_USE;
    err (*read)(void *b, int64_t account, int64_t mailbox, uint32_t uid, store_source_fn fn, void *arg) MUST_USE;

    /* ERR_TEMP/ERR_CONFLICT: a blob had been swept before its first reference; write it again and call again. */
    err (*append)(void *b, int64_t account, int64_t mailbox, const store_packed *packed, uint64_t system_flags,
                  const str *keywords, size_t keywords_n, int64_t date, int zone, uint32_t *uid,
                  uint32_t *uidvalidity) MUST_USE;
    err (*copy)(void *b, int64_t account, int64_t from, const store_range *ranges, size_t ranges_n, int64_t to,
                bool move, arena *a, store_uid_pair **pairs, size_t *n, uint32_t *uidvalidity) MUST_USE;
    err (*flag)(void *b, int64_t account, int64_t mailbox, const store_range *ranges, size_t ranges_n,
                const store_flag_change *change, arena *a, store_message **changed, size_t *changed_n,
                store_range **conflict, size_t *conflict_n) MUST_USE;
    err (*expunge)(void *b, int64_t account, int64_t mailbox, const store_range *ranges, size_t ranges_n, bool any,
                   arena *a, store_range **expunged, size_t *n) MUST_USE;

    err (*accept)(void *b, const store_letter *letter) MUST_USE;
    err (*settle)(void *b, str node, const queue_result *results, size_t n, const store_letter *notices,
                  size_t notices_n) MUST_USE;
    /* Forgets blobs that were written for a change that did not happen and that nobody else owns. */
    err (*blob_forget)(void *b, const blob_ref *blobs, size_t n) MUST_USE;
    /* Forgets those of the files found that no row knows. The last call of a sweep is as good as the first. */
    err (*blob_sweep)(void *b, const blob_id *found, size_t n) MUST_USE;

    err (*claim)(void *b, str node, int64_t now, int64_t until, size_t limit, arena *a, queue_entry **out,
                 size_t *n) MUST_USE;
    err (*renew)(void *b, str node, const int64_t *ids, size_t n, int64_t until) MUST_USE;
    err (*recover)(void *b, str node, int64_t now) MUST_USE;
    err (*next)(void *b, int64_t *at) MUST_USE;
    err (*queue_read)(void *b, int64_t entry, store_source_fn fn, void *arg) MUST_USE;
    err (*queue_list)(void *b, const queue_filter *f, int64_t after_id, size_t limit, arena *a, queue_entry **out,
                      size_t *n) MUST_USE;
    err (*queue_count)(void *b, uint64_t *waiting, uint64_t *active, uint64_t *held) MUST_USE;
    err (*queue_apply)(void *b, const int64_t *ids, size_t n, queue_change change, int64_t now,
                       uint64_t *changed) MUST_USE;
} store_backend;

extern const store_backend store_sqlite;

#endif
