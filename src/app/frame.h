/* Messages between our own processes: typed and length-prefixed, so that none parses another's text.
 *
 * A frame is a 32-bit length (host order, both ends are one machine), a byte of type, and the payload; a payload that
 * is several values is 32-bit lengths with bytes. Blocking, with a time limit; plain threads. */
#ifndef GODWIT_APP_FRAME_H
#define GODWIT_APP_FRAME_H

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"

enum { FRAME_MOST = 64 << 20 };

typedef enum frame_type {
    FRAME_READY = 1, /* server to supervisor: all listeners are open */
    FRAME_RELOAD,    /* command line to server, server to supervisor: read the configuration again */
    FRAME_BOOT,      /* supervisor to server: frame_boot values */
    FRAME_POKE,      /* command line to server: the store was changed by another process */
    FRAME_STATUS,    /* command line to server; answered by FRAME_OK with JSON */
    FRAME_OK,        /* answers; the payload is text for the operator */
    FRAME_REFUSED,
} frame_type;

err frame_send(int fd, frame_type type, str payload) MUST_USE;
/* The payload goes to `payload` (cleared first). ERR_CLOSED when the other end is gone. */
err frame_receive(int fd, frame_type *type, buf *payload, deadline until) MUST_USE;

void frame_put(buf *payload, str value);
bool frame_take(str *payload, str *value); /* false when nothing well-formed is left */

#endif
