/* The supervisor: keeps the bound sockets and the right to read keys, starts the server as a child, starts it again
 * when it dies. It parses no byte from the network. Plain, single-threaded. */
#ifndef GODWIT_APP_SUPERVISE_H
#define GODWIT_APP_SUPERVISE_H

#include "app/boot.h"

/* Runs until the server ended as asked; answers the process's exit code. */
int supervise(boot *b, void (*ready)(const boot *b, void *arg), void *arg);

#endif
