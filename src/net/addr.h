/* Internet and Unix addresses, networks. Pure functions. */
#ifndef GODWIT_NET_ADDR_H
#define GODWIT_NET_ADDR_H

#include "base/buf.h"
#include "base/err.h"

enum { ADDR_TEXT = 64 };

typedef struct addr {
    enum { ADDR_NONE, ADDR_V4, ADDR_V6, ADDR_UNIX } family;
    uint8_t ip[16]; /* v4 in the first 4 */
    uint16_t port;  /* host order */
    char path[104]; /* ADDR_UNIX */
} addr;

typedef struct addr_net {
    addr base;
    unsigned bits;
} addr_net;

bool addr_parse(str s, addr *out);                         /* "192.0.2.1", "2001:db8::1", no port */
/* "192.0.2.1:25", "[::1]:25", "unix:/path", and "*:25" or ":25" for any address (v6 any, which a listener opens for
 * v4 too). */
bool addr_parse_port(str s, uint16_t default_port, addr *out);
void addr_print(const addr *a, char out[ADDR_TEXT]);       /* the IP alone ("unix" for a path); v4-mapped v6 as v4 */
bool addr_print_port(buf *out, const addr *a);
bool addr_net_parse(str s, addr_net *out);                 /* "10.0.0.0/8", "::1"; host bits set is an error */
bool addr_in_net(const addr *a, const addr_net *net);      /* v4-mapped v6 counts as v4 */
bool addr_is_loopback(const addr *a);
bool addr_ip_equal(const addr *a, const addr *b);

struct sockaddr;
bool addr_from_sockaddr(const struct sockaddr *from, addr *out);
/* Fills a sockaddr_storage; the length it used, 0 for ADDR_NONE. */
unsigned addr_to_sockaddr(const addr *a, void *sockaddr_storage);

#endif
