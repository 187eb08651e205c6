/* A house with people in it, for tests of the mail rules and of what stands above them: a store in a temporary folder
 * with the domains demo.test and catch.test. Everything here ends the test when it fails. */
#ifndef GODWIT_TEST_MAIL_HOUSE_H
#define GODWIT_TEST_MAIL_HOUSE_H

#include "mail/mail.h"

typedef struct house {
    char folder[64];
    arena memory; /* of the test */
    store *store;
    mail mail;
    int64_t user, full; /* accounts: user@demo.test ("pass"), full@demo.test (10 bytes of quota) */
} house;

/* Accounts of demo.test: user, second, full, off (disabled). Aliases: list (user, second, friend@elsewhere.example),
 * loop1 and loop2 (each other), both (user and full), "@catch.test" to second. */
void house_init(house *h);
void house_free(house *h);
void house_add(house *h, const char *key, const char *const *forwards, size_t n); /* one more alias */

/* As RCPT does: the address routed for somebody who may relay. */
mail_recipient house_route(house *h, const char *to);
/* Accepts a message for these (ended by NULL) as SMTP does; `e` may hold more than the recipients. */
err house_accept(house *h, mail_envelope *e, const char *const *to, str raw);

size_t house_inbox(house *h, const char *name);          /* messages in the INBOX of that account */
str house_message(house *h, const char *name, size_t i); /* the i-th of them (0 first), whole */
size_t house_queue(house *h, queue_entry **out);         /* all entries */

#endif
