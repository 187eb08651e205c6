/* What tests of wires share: short words for their calls, and servers of few lines on a thread. */
#ifndef GODWIT_TEST_NET_WIRES_H
#define GODWIT_TEST_NET_WIRES_H

#include <pthread.h>

#include "net/wire.h"

deadline soon(void); /* in ten seconds */
void wire_expect(wire *w, str line);
void wire_say(wire *w, str line); /* with CRLF, not sent yet */

/* Takes one connection and serves it. The default says `says`, in pieces, and closes, or waits until its peer does. */
typedef struct scripted {
    str says;
    size_t piece;
    bool keeps_open;
    void (*serve)(int fd); /* instead of the default; closes fd */
    addr at;
    int listening;
    pthread_t thread;
} scripted;

void scripted_start(scripted *s);
void scripted_end(scripted *s);

#endif
