/* Mailbox and keyword names: what is allowed, and the one form in which it is stored. Pure; called by the store's
 * front. */
#ifndef GODWIT_STORE_NAME_H
#define GODWIT_STORE_NAME_H

#include "base/arena.h"
#include "base/err.h"

/* The stored form: NFC, "INBOX" in capitals where it is the first level in any case. ERR_PEER/ERR_SYNTAX for what is
 * not UTF-8, has control characters or empty levels; ERR_PEER/ERR_LIMIT past LIMIT_MAILBOX_NAME or
 * LIMIT_MAILBOX_LEVELS. */
err name_mailbox(str in, arena *a, str *out) MUST_USE;
/* The full names of all levels from the outermost to the mailbox itself; slices of `name`, which is in stored form. */
err name_levels(str name, arena *a, str **out, size_t *n) MUST_USE;
/* Does `below` lie under `above`? */
bool name_is_below(str below, str above);

/* A keyword is visible ASCII without blanks: its finer grammar is the protocol's. */
err name_keywords(const str *keywords, size_t n) MUST_USE;

#endif
