/* The running server: everything put together from a boot. Main thread of the server process. */
#ifndef GODWIT_APP_SERVER_H
#define GODWIT_APP_SERVER_H

#include "app/boot.h"

typedef struct server server;

/* Opens the store, starts loops, queue and listeners. The boot's sockets belong to the server afterwards; the boot
 * itself stays the caller's and must live as long as the server (or until the next reload). */
err server_start(server **out, boot *b) MUST_USE;
/* Takes over another boot's configuration and certificates: new connections live by it, old ones go on as they began.
 * Its sockets are not looked at; listeners that came or went need a restart, which `said` then tells. The boot must
 * live as long as the server. */
err server_reload(server *s, boot *b, buf *said) MUST_USE;
/* The certificates alone: when no more configurations can be kept. */
err server_reload_certificates(server *s, const boot *b) MUST_USE;
/* Another process changed the store. */
void server_poke(server *s);
/* One JSON object: connections, queue, memory, walls. */
err server_status(server *s, buf *out) MUST_USE;
/* Stops listening, says goodbye, waits for deliveries and sessions at most that long, closes the store. */
void server_stop(server *s, int64_t patience_ms);

#endif
