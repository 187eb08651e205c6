/* The server process from its start to its end: walls, server, and a main thread that answers the command line, the
 * supervisor and signals. */
#ifndef GODWIT_APP_CONTROL_H
#define GODWIT_APP_CONTROL_H

#include "app/boot.h"

/* Runs until told to end. link: socket to the supervisor, -1 in one process. ready (may be NULL) is called once all
 * listeners are open. Answers the process's exit code. */
int control_run(boot *b, int link, void (*ready)(const boot *b, void *arg), void *arg);

/* For the command line: asks the server that runs on this data directory. ERR_UNAVAILABLE when none does. The answer's
 * text goes to `said`; an ERR_PEER error means that the server refused. */
err control_ask(str data, int type, buf *said) MUST_USE;

/* Tells systemd (or whoever set NOTIFY_SOCKET). */
void control_notify(str state);

#endif
