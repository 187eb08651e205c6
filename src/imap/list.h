/* What LIST and LSUB have in common: the names of an account in order, each with what is known of it, and a cursor over
 * them.
 *
 * Internal to imap/; in a fiber on the connection's loop. */
#ifndef GODWIT_IMAP_LIST_H
#define GODWIT_IMAP_LIST_H

#include "imap/cmd.h"
#include "imap/pattern.h"

enum { IMAP_LIST_PATTERNS = 20 };

/* One name: a mailbox, a subscription, or a level above one of them that is neither. In order of names, a parent before
 * its children. */
typedef struct imap_list_name {
    str name;
    const store_mailbox *box; /* NULL: there is no such mailbox */
    bool subscribed;
    bool has_children;     /* mailboxes below it */
    bool child_subscribed; /* a name below it is subscribed to */
} imap_list_name;

typedef struct imap_list_run {
    imap_list_name *names;
    size_t n, at;
    imap_pattern *patterns;
    size_t patterns_n;
    bool select_subscribed, select_special, recursive; /* selection options */
    bool return_subscribed, return_children, extended; /* extended: RFC 5258 syntax was used */
    unsigned status;                                   /* STATUS items to return, 0: none */
} imap_list_run;

err imap_list_names(imap_command *c, imap_list_run *r) MUST_USE;
/* Compiles reference and pattern together. False: answered. */
bool imap_list_pattern(imap_command *c, imap_list_run *r, str reference, str pattern);
bool imap_list_matches(const imap_list_run *r, str name);

#endif
