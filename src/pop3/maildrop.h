/* A maildrop: INBOX of an account as it was at the login, held by one session at a time (RFC 1939 4 and 5).
 *
 * Called by POP3 sessions in fibers; everything that asks the store waits. 16 bytes a message. */
#ifndef GODWIT_POP3_MAILDROP_H
#define GODWIT_POP3_MAILDROP_H

#include "store/store.h"

enum { MAILDROP_MOST = 1000000 }; /* messages; more are seen once the first are gone */

typedef struct maildrop_message {
    uint64_t size;
    uint32_t uid;
    bool deleted; /* will be at QUIT */
} maildrop_message;

typedef struct maildrop {
    store *store;
    principal who;
    int64_t mailbox;
    uint32_t uidvalidity;
    maildrop_message *messages; /* in UID order */
    size_t n;
    size_t left;    /* those not deleted, */
    uint64_t bytes; /* and their size */
} maildrop;

/* ERR_PEER/ERR_CONFLICT while another session has it; errors of the store. */
err maildrop_open(maildrop **out, store *s, const principal *who) MUST_USE;
void maildrop_close(maildrop *d); /* gives it to others; nothing is removed; NULL-safe */

/* The message of that number (from 1), or NULL when there is none or it is deleted. */
maildrop_message *maildrop_get(const maildrop *d, uint64_t number);
void maildrop_delete(maildrop *d, maildrop_message *m);
void maildrop_reset(maildrop *d); /* nothing is deleted any more */
/* Removes what is deleted. OK when all of it is gone, durably. */
err maildrop_update(maildrop *d) MUST_USE;

/* `n` bytes from `offset`, in the arena; fewer at the end. */
err maildrop_read(const maildrop *d, const maildrop_message *m, uint64_t offset, uint64_t n, arena *a,
                  str *out) MUST_USE;

#endif
