/* The rooms of the SQLite backend to each other: its state, how reads and writes reach their threads, and the functions
 * of the table in sqlite.c, named as in store/backend.h. Only for store/sqlite. */
#ifndef GODWIT_STORE_SQLITE_SQLITE_H
#define GODWIT_STORE_SQLITE_SQLITE_H

#include "store/sqlite/db.h"
#include "store/sqlite/writer.h"
#include "store/backend.h"

/* Runs on a reader thread inside a read transaction: everything it sees is of one moment. */
typedef err (*read_fn)(db *d, void *arg);
err sqlite_read(void *b, read_fn fn, void *arg) MUST_USE;
/* Runs on the writer's thread; returns when it is durable. */
err sqlite_write(void *b, write_fn fn, void *arg) MUST_USE;

const store_owner *sqlite_owner(void *b);

/* A mailbox as the interface shows it, inside somebody's read. */
err sqlite_mailbox_of(db *d, int64_t account, int64_t id, arena *a, store_mailbox *out) MUST_USE;

err sqlite_check(void *b, store_lines *faults);

err sqlite_domain_add(void *b, str name, int64_t *id);
err sqlite_domain_get(void *b, str name, arena *a, store_domain *out);
err sqlite_domain_list(void *b, str after, size_t limit, arena *a, store_domain **out, size_t *n);
err sqlite_domain_remove(void *b, str name);

err sqlite_account_add(void *b, const store_account *in, str domain, const store_default_mailbox *boxes, size_t boxes_n,
                       int64_t *id);
err sqlite_account_get(void *b, str name, int64_t only, arena *a, store_account *out);
err sqlite_account_list(void *b, str after, size_t limit, arena *a, store_account **out, size_t *n);
err sqlite_account_set(void *b, int64_t id, unsigned fields, const store_account *in);
err sqlite_account_remove(void *b, int64_t id);

err sqlite_address_add(void *b, const store_address *in, str domain, int64_t *id);
err sqlite_address_get(void *b, str key, arena *a, store_address *out);
err sqlite_address_list(void *b, str after, str of_account, size_t limit, arena *a, store_address **out, size_t *n);
err sqlite_address_set(void *b, const store_address *in);
err sqlite_address_remove(void *b, str key);
err sqlite_route_find(void *b, const store_route_query *q, arena *a, store_route *out, size_t *which);

err sqlite_mailbox_list(void *b, int64_t account, arena *a, store_mailbox **out, size_t *n);
err sqlite_mailbox_get(void *b, int64_t account, str name, arena *a, store_mailbox *out);
err sqlite_mailbox_get_id(void *b, int64_t account, int64_t id, arena *a, store_mailbox *out);
err sqlite_mailbox_create(void *b, int64_t account, const str *path, size_t levels, store_special special, int64_t *id);
err sqlite_mailbox_rename(void *b, int64_t account, str from, const str *path, size_t levels);
err sqlite_mailbox_remove(void *b, int64_t account, str name);
err sqlite_mailbox_subscribe(void *b, int64_t account, str name, bool on);
err sqlite_subscription_list(void *b, int64_t account, arena *a, str **names, size_t *n);

err sqlite_uids(void *b, int64_t account, int64_t mailbox, arena *a, store_mailbox *box, store_range **out, size_t *n);
err sqlite_messages(void *b, int64_t account, int64_t mailbox, const store_range *ranges, size_t ranges_n,
                    uint64_t since, unsigned want, size_t limit, arena *a, store_message **out, size_t *n);
err sqlite_expunged(void *b, int64_t account, int64_t mailbox, uint64_t since, arena *a, store_range **out, size_t *n,
                    bool *complete);
err sqlite_message_read(void *b, int64_t account, int64_t mailbox, uint32_t uid, store_source_fn fn, void *arg);
err sqlite_append(void *b, int64_t account, int64_t mailbox, const store_packed *packed, uint64_t system_flags,
                  const str *keywords, size_t keywords_n, int64_t date, int zone, uint32_t *uid, uint32_t *uidvalidity);
err sqlite_copy(void *b, int64_t account, int64_t from, const store_range *ranges, size_t ranges_n, int64_t to,
                bool move, arena *a, store_uid_pair **pairs, size_t *n, uint32_t *uidvalidity);
err sqlite_flag(void *b, int64_t account, int64_t mailbox, const store_range *ranges, size_t ranges_n,
                const store_flag_change *change, arena *a, store_message **changed, size_t *changed_n,
                store_range **conflict, size_t *conflict_n);
err sqlite_expunge(void *b, int64_t account, int64_t mailbox, const store_range *ranges, size_t ranges_n, bool any,
                   arena *a, store_range **expunged, size_t *n);

err sqlite_accept(void *b, const store_letter *letter);
err sqlite_settle(void *b, str node, const queue_result *results, size_t n, const store_letter *notices,
                  size_t notices_n);
err sqlite_blob_forget(void *b, const blob_ref *blobs, size_t n);
err sqlite_blob_sweep(void *b, const blob_id *found, size_t n);

err sqlite_claim(void *b, str node, int64_t now, int64_t until, size_t limit, arena *a, queue_entry **out, size_t *n);
err sqlite_renew(void *b, str node, const int64_t *ids, size_t n, int64_t until);
err sqlite_recover(void *b, str node, int64_t now);
err sqlite_next(void *b, int64_t *at);
err sqlite_queue_read(void *b, int64_t entry, store_source_fn fn, void *arg);
err sqlite_queue_list(void *b, const queue_filter *f, int64_t after_id, size_t limit, arena *a, queue_entry **out,
                      size_t *n);
err sqlite_queue_count(void *b, uint64_t *waiting, uint64_t *active, uint64_t *held);
err sqlite_queue_apply(void *b, const int64_t *ids, size_t n, queue_change change, int64_t now, uint64_t *changed);

#endif
