/* TLS over a transport: OpenSSL reading from and writing to our buffers. For net/ alone, on the transport's loop. */
#ifndef GODWIT_NET_TRANSPORT_TLS_H
#define GODWIT_NET_TRANSPORT_TLS_H

#include "net/tls.h"
#include "net/transport.h"

struct transport_tls *transport_tls_server(tls_server *with);
err transport_tls_client(struct transport_tls **out, tls_client *with, str name, tls_verify verify) MUST_USE;
void transport_tls_free(struct transport_tls *tls); /* NULL-safe */

/* Ciphertext from the peer: plaintext is added to t->in, t->eof and broken are set as it comes. A client's handshake
 * begins with no bytes. */
void transport_tls_feed(transport *t, str bytes);
void transport_tls_seal(transport *t, size_t most); /* turns t->out into about so much ciphertext at most */
buf *transport_tls_sealed(const transport *t);      /* ciphertext to be sent */
void transport_tls_goodbye(transport *t);           /* adds close_notify, once */

bool transport_is_secured(const transport *t);
const char *transport_tls_failure(const transport *t); /* why it broke, for the log; NULL when it did not */
const tls_info *transport_tls_info(const transport *t); /* NULL before the handshake is done */
bool transport_channel_binding(const transport *t, str type, uint8_t out[64], size_t *n);

#endif
