/* PROXY protocol version 1 and 2 as a pure parser. Called by net/conn before anything else is read. */
#ifndef GODWIT_NET_PROXY_H
#define GODWIT_NET_PROXY_H

#include "net/addr.h"

typedef struct proxy_header {
    bool local;          /* LOCAL / UNKNOWN: keep the real addresses */
    addr source, destination;
    bool tls;            /* v2 PP2_TYPE_SSL: the client used TLS to the proxy */
} proxy_header;

/* Bytes consumed; 0 when more are needed; -1 when it is not a PROXY header (close). Never reads past 536 bytes (v2: 16
 * and 520, longer TLVs are refused) or 107 (v1). */
long proxy_parse(str in, proxy_header *out);

#endif
