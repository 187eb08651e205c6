/* One connection of a sink: bytes in and out, in clear or under TLS. */
#ifndef GODWIT_TEST_SMTP_CLIENT_SINK_IO_H
#define GODWIT_TEST_SMTP_CLIENT_SINK_IO_H

#include "base/buf.h"

typedef struct sink_io {
    int fd;
    void *ssl;
    buf in;
    bool gone; /* the peer is */
} sink_io;

void sink_io_begin(sink_io *io, int fd);
void sink_io_end(sink_io *io);
bool sink_io_more(sink_io *io);            /* reads some into io->in; false at the end */
bool sink_io_line(sink_io *io, buf *line); /* without its LF and CR */
void sink_io_say(sink_io *io, str bytes);
bool sink_io_tls(sink_io *io, void *context); /* the handshake; false when it fails */
void *sink_tls_context(const char *host);     /* with a certificate of its own making; never freed twice */
void sink_tls_context_free(void *context);

#endif
