/* The outbound half put together: the queue and its targets. The one place that knows both. Main thread. */
#ifndef GODWIT_APP_OUTBOUND_H
#define GODWIT_APP_OUTBOUND_H

#include "app/config.h"
#include "mail/mail.h"
#include "queue/queue.h"
#include "relay/relay.h"

typedef struct outbound outbound;

err outbound_start(outbound **out, store *s, mail *m, const config *c, str smarthost_password) MUST_USE;
/* New deliveries go by the new configuration; those in flight end by the old one. */
err outbound_reload(outbound *o, mail *m, const config *c, str smarthost_password) MUST_USE;
void outbound_stop(outbound *o, deadline until); /* NULL-safe */
void outbound_free(outbound *o);                 /* after the loops have stopped; NULL-safe */

#endif
