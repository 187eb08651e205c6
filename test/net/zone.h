/* A name server for tests: nsd on a free port of loopback, with the zones it is given, signed where asked.
 *
 * Everything lies in a temporary directory of its own that zone_stop removes. Needs the packages nsd and ldnsutils. */
#ifndef GODWIT_TEST_NET_ZONE_H
#define GODWIT_TEST_NET_ZONE_H

#include <sys/types.h>

#include "base/arena.h"

typedef struct zone_source {
    const char *name;    /* "example.test" */
    const char *records; /* lines; SOA and NS are added */
    bool is_signed;
    bool wrong_anchor; /* publishes a trust anchor that does not fit */
} zone_source;

typedef struct zone_server {
    arena memory;
    char *directory;
    pid_t child;
    uint16_t port;
    str forward;   /* "127.0.0.1@port", for dns_config */
    str *anchors;  /* DS lines of the signed zones */
    size_t anchors_n;
} zone_server;

void zone_start(zone_server *z, const zone_source *zones, size_t n);
void zone_stop(zone_server *z);

#endif
