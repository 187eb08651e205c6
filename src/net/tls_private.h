/* What transport_tls needs of the contexts. For net/ alone, after <openssl/ssl.h>. */
#ifndef GODWIT_NET_TLS_PRIVATE_H
#define GODWIT_NET_TLS_PRIVATE_H

#include <openssl/ssl.h>

#include "net/tls.h"

/* The certificates of one load: stays alive as long as a connection that began with it. */
typedef struct tls_set tls_set;

/* A new server connection with the present certificates; *set is a reference to give back. NULL: no memory. */
SSL *tls_server_connection(tls_server *t, tls_set **set);
void tls_set_release(tls_set *set); /* NULL-safe */

err tls_client_connection(tls_client *t, str name, tls_verify verify, SSL **out) MUST_USE;

/* The first error OpenSSL has queued for this thread, which is emptied; "TLS error" when none. */
const char *tls_reason(void);

#endif
