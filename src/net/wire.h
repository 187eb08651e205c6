/* Outbound connections for fibers: connect, read, write, each waiting at most to a deadline.
 *
 * A wire belongs to the loop it was made on and to one fiber at a time. Slices returned by reads are valid until the
 * next read. Called by smtp/client, later by scanners and HTTP. */
#ifndef GODWIT_NET_WIRE_H
#define GODWIT_NET_WIRE_H

#include "base/time.h"
#include "net/addr.h"
#include "net/tls.h"

typedef struct wire wire;

/* from (may be NULL): the source address. Errors: ERR_TEMP with ERR_TIMEOUT, ERR_CLOSED (refused) or
 * ERR_UNAVAILABLE. */
err wire_connect(wire **out, const addr *to, const addr *from, deadline until) MUST_USE;
/* Client handshake. name: for SNI and verification. Drops plaintext received before it (response injection). */
err wire_starttls(wire *w, tls_client *tls, str name, tls_verify verify, deadline until) MUST_USE;
/* One line of at most max bytes, CRLF or LF removed. ERR_PEER/ERR_LIMIT when longer, ERR_CLOSED at the end. */
err wire_read_line(wire *w, size_t max, str *line, deadline until) MUST_USE;
/* Between 1 and max bytes, as they come. Reads send what is queued first. After a write failed, what the peer said
 * before may still be read. */
err wire_read_some(wire *w, size_t max, str *bytes, deadline until) MUST_USE;
/* Queues; waits only while more than LIMIT_CONN_OUT is queued. */
err wire_write(wire *w, str bytes, deadline until) MUST_USE;
err wire_flush(wire *w, deadline until) MUST_USE;
bool wire_is_tls(const wire *w);
const tls_info *wire_tls_info(const wire *w);
/* As conn_channel_binding, from the client's side. */
bool wire_channel_binding(const wire *w, str type, uint8_t out[64], size_t *n);
const addr *wire_peer(const wire *w);
const addr *wire_local(const wire *w);
bool wire_stale(const wire *w); /* the peer closed or sent something unasked while it rested in a pool */
/* Sends what is queued in the background, then closes. NULL-safe. On its loop; or anywhere once loops_stop has run. */
void wire_close(wire *w);

#endif
