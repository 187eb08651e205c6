/* Carries out a FETCH: a cursor over rows, items and bytes that goes on whenever the client has taken what was queued.
 *
 * Internal to imap/; in a fiber on the connection's loop. Rows come in pages; ENVELOPE, BODYSTRUCTURE and FLAGS are
 * answered from them without opening the message; bodies pass in steps of FETCH_STEP. */
#ifndef GODWIT_IMAP_FETCH_H
#define GODWIT_IMAP_FETCH_H

#include "imap/fetch_item.h"
#include "imap/message.h"
#include "imap/pick.h"

enum { FETCH_STEP = 32 * 1024 };

/* Where the bytes of an item come from. */
typedef struct imap_body {
    enum { BODY_NIL, BODY_STORE, BODY_BYTES } from;
    uint64_t offset, left; /* BODY_STORE: of the message */
    str bytes;             /* BODY_BYTES: still to be sent */
    buf made;              /* what `bytes` points into when it was composed */
} imap_body;

/* Finds the bytes of an item in the open message, its partial applied. On error the item is answered NIL. */
err imap_body_open(imap_message *m, const imap_fetch_item *item, imap_body *out) MUST_USE;
void imap_body_close(imap_body *b);
/* Content of a part with BINARY, or its size. */
err imap_body_decoded(imap_message *m, const imap_fetch_item *item, str *out) MUST_USE;

typedef struct imap_fetch_run {
    imap_fetch what;
    imap_pick pick;
    arena page; /* the rows and what goes with them */
    store_message *rows;
    bool *told;           /* \Seen was set by this FETCH: the row's FLAGS must be told */
    size_t rows_n, row;   /* row: the present one */
    size_t item;          /* of the present row */
    bool begun;           /* "* n FETCH (" of the present row is printed */
    bool first;           /* no item of it is printed yet */
    imap_message message; /* of the present row, opened when an item needs it */
    imap_body body;       /* being sent */
    bool sending;
    uint64_t wanted, given; /* messages asked for, messages found */
    err trouble;            /* the first thing that went wrong with a single message */
} imap_fetch_run;

/* Takes the next page of rows and sets \Seen where that is due. True when there is a page. */
bool imap_fetch_page(imap_command *c, imap_fetch_run *r, err *e);
/* Prints an item that is answered from the row alone. False: it needs the message. */
bool imap_fetch_print(imap_command *c, imap_fetch_run *r, const imap_fetch_item *item);
void imap_fetch_begin_item(imap_command *c, imap_fetch_run *r, str label);

#endif
