/* Mailbox rows inside a transaction, and the counters that every change must keep exact.
 *
 * A change loads the box, changes message rows through box_put, box_update_flags and box_take, which keep the numbers
 * in the struct, and saves it once. Only for store/sqlite. */
#ifndef GODWIT_STORE_SQLITE_BOXES_H
#define GODWIT_STORE_SQLITE_BOXES_H

#include "store/sqlite/writer.h"

typedef struct box {
    int64_t account, id;
    uint32_t uidvalidity, uidnext;
    uint64_t modseq;
    uint64_t messages, unseen, deleted, bytes;
    uint64_t expunge_rows, expunge_floor;
    str keywords; /* by position, separated by blanks; in the arena of who loaded it */
} box;

enum { BOX_WORK = 256 * 1024 * 1024 }; /* arena of one change: some hundred bytes a message */

typedef struct message_row {
    uint32_t uid;
    uint64_t added, modseq, flags;
    int64_t date;
    int zone;
    uint64_t size; /* with prefix, as header_size */
    uint32_t header_size;
    int64_t content;
    str prefix;
} message_row;

err box_missing(void); /* ERR_NOT_FOUND */
err box_load(db *d, int64_t account, int64_t id, arena *a, box *out) MUST_USE;
/* *found false when there is none of that name. */
err box_load_name(db *d, int64_t account, str name, arena *a, box *out, bool *found) MUST_USE;
err box_save(tx *t, const box *b) MUST_USE;
/* A new mailbox with a UIDVALIDITY that no other of this account has or had. */
err box_add(db *d, int64_t account, str name, store_special special, int64_t *id) MUST_USE;

/* The messages in the ranges (none: all) whose flags have all of `having`, in UID order, copied into the arena. */
err box_select(db *d, const box *b, const store_range *ranges, size_t ranges_n, uint64_t having, arena *a,
               message_row **rows, size_t *n) MUST_USE;

/* One modseq for everything a change does: the box's next. */
uint64_t box_step(box *b);
/* Inserts a message under the next UID and writes the UID and modseq into row. */
err box_put(tx *t, box *b, message_row *row, uint64_t modseq) MUST_USE;
err box_update_flags(tx *t, box *b, const message_row *row, uint64_t flags, uint64_t modseq) MUST_USE;
/* Deletes the row; its content is the caller's to release. */
err box_take(tx *t, box *b, const message_row *row) MUST_USE;
/* Remembers UIDs taken. */
err box_remember(tx *t, box *b, const store_range *ranges, size_t n, uint64_t modseq) MUST_USE;

/* The bits of keywords; unknown ones get a position when `add` (ERR_LIMIT when there is none left), or are left out. */
err box_keywords(box *b, const str *names, size_t n, bool add, arena *a, uint64_t *bits) MUST_USE;

/* Space of an account; ERR_OVER_QUOTA or ERR_NOT_FOUND without having changed anything. */
err space_take(db *d, int64_t account, uint64_t bytes, uint64_t messages) MUST_USE;
err space_return(db *d, int64_t account, uint64_t bytes, uint64_t messages) MUST_USE;

#define MESSAGE_COLUMNS "uid, added, modseq, flags, date, zone, size, header_size, content, prefix"
/* From the columns MESSAGE_COLUMNS; the prefix lives until the query's next row. */
message_row box_message_of(const query *q);

#endif
