/* The services of one configuration: what a new connection of each listener gets. A reload makes new ones; connections
 * keep theirs, so old ones live as long as the server. Main thread. */
#ifndef GODWIT_APP_SERVICES_H
#define GODWIT_APP_SERVICES_H

#include "app/boot.h"
#include "imap/imap.h"
#include "mail/mail.h"
#include "pop3/pop3.h"
#include "smtp/smtp.h"

typedef struct services {
    struct services *older;
    const config *config;
    smtp_config smtp;
    mail mail;
    auth *auth;
    addr_net *trusted;
    struct service { /* one per listener of the configuration */
        smtp_service smtp;
        imap_service imap;
        pop3_service pop3;
        addr_net *proxies;
        listener_config listener;
        void (*goodbye)(void *session); /* said to every session at the end */
    } * items;
    arena memory;
} services;

typedef struct services_parts { /* what outlives a configuration */
    store *store;
    tls_server *tls;
    str secret; /* of this installation */
} services_parts;

err services_create(services **out, const config *c, const services_parts *parts) MUST_USE;
void services_free(services *s); /* with all older ones */

#endif
