/* Queue rows inside a transaction. Only for store/sqlite. */
#ifndef GODWIT_STORE_SQLITE_QUEUE_H
#define GODWIT_STORE_SQLITE_QUEUE_H

#include "store/sqlite/writer.h"

/* The message and an entry for each of its recipients; the content gains no owner here (the caller counted it). */
err queue_rows_add(tx *t, const store_letter *letter, int64_t content) MUST_USE;
/* One letter: rows for its locals, entries for its recipients. */
err sqlite_letter(tx *t, const store_letter *letter) MUST_USE;
/* Removes an entry, and with the last one its message and content. */
err queue_rows_drop(tx *t, int64_t entry, int64_t message) MUST_USE;

/* clang-format off */
#define QUEUE_COLUMNS \
    "queue_entry.id, name, content, size, sender, envid, traits, submitter, recipient, original, target, notify," \
    " state, attempts, created, due, expires, delay_notice, domain, last_error, coalesce(lines, '')"
#define QUEUE_JOINS \
    " JOIN queue_message ON queue_message.id = queue_entry.message" \
    " LEFT JOIN queue_history ON queue_history.entry = queue_entry.id "
/* clang-format on */
/* From the columns QUEUE_COLUMNS. */
err queue_row_of(const query *q, arena *a, queue_entry *out) MUST_USE;

#endif
