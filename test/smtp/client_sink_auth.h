/* AUTH of a sink: PLAIN, LOGIN, SCRAM-SHA-256 and -PLUS, with one user. */
#ifndef GODWIT_TEST_SMTP_CLIENT_SINK_AUTH_H
#define GODWIT_TEST_SMTP_CLIENT_SINK_AUTH_H

#include "client_sink.h"
#include "client_sink_io.h"

/* False: the connection is over. */
bool sink_auth(sink_io *io, const sink_script *script, const char *line);

#endif
