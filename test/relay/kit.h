/* A relay over a real store, with name servers and mail servers of the test's own on loopback.
 *
 * Zones: example.test has mx1 (10, 127.0.0.2) and mx2 (20, 127.0.0.3); see kit.c for the others. All hosts listen, if
 * a sink is there, on one port that is the relay's. */
#ifndef GODWIT_TEST_RELAY_KIT_H
#define GODWIT_TEST_RELAY_KIT_H

#include "../net/check.h"
#include "../smtp/client_sink.h"
#include "relay/relay.h"

enum { KIT_RCPTS = 1000 };

typedef struct kit {
    char dir[64];
    store *store;
    relay_config config; /* may be changed before the first attempt */
    relay *relay;
    arena memory;
    int reserved[2];
    sink *first, *second; /* on 127.0.0.2 and 127.0.0.3; NULL: nobody listens there */
    str message;
    const char *sender;
    unsigned notify;
    bool binary;
    int64_t anna; /* anna@example.org: the sender's account */

    /* of the last attempt */
    queue_said said[KIT_RCPTS];
    size_t n;
} kit;

int kit_group_begin(void **state);
int kit_group_end(void **state);
int kit_begin(void **state);
int kit_end(void **state);

void kit_first(kit *k, const sink_script *script);
void kit_second(kit *k, const sink_script *script);
/* Makes a message for the recipients (divided by blanks, all of one domain), and attempts it. */
void kit_try(kit *k, const char *recipients);
void kit_try_many(kit *k, size_t n);                                                 /* rcpt0@example.test ... */
void kit_accept(kit *k, const char *id, const char *recipients, int64_t lifetime_s); /* into the store alone */
#define check_said(k, i, fate_, status_) check_said_at(k, i, fate_, status_, (check_place){__FILE__, __LINE__})
void check_said_at(kit *k, size_t i, queue_fate fate, const char *status, check_place at);
bool kit_has(str text, const char *part);
size_t kit_inbox(kit *k, str *first); /* messages of anna's, and the first of them */

#define kit_await(expression) \
    do { \
        int kit_turns = 0; \
        while (!(expression)) { \
            check(kit_turns++ < 2000); \
            usleep(5000); \
        } \
    } while (0)

#endif
