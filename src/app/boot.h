/* What a server process is given at its start: configuration, secrets, bound sockets; gathered while the process still
 * has the rights to. The supervisor keeps it to start the server again, and sends a new one over the link at reload.
 * Plain threads. */
#ifndef GODWIT_APP_BOOT_H
#define GODWIT_APP_BOOT_H

#include "app/certs.h"
#include "app/config.h"

typedef struct boot_socket { /* one address of one listener */
    size_t listener;         /* index into config.listeners */
    addr at;                 /* with the real port */
    int *fds;                /* one bound socket a loop */
} boot_socket;

typedef struct boot {
    config config;
    certs certs;
    size_t loops;
    boot_socket *sockets;
    size_t sockets_n;
    unsigned uid, gid; /* the server's user; ours when not root */
    arena memory;
} boot;

/* Reads the configuration. On mistakes prints each to `complain` (one a line) and answers an error. */
err boot_read(boot *b, str config_path, buf *complain) MUST_USE;
err boot_directories(boot *b) MUST_USE; /* makes them, owned by the server's user */
/* Makes the directories, loads certificates, binds the listeners. */
err boot_prepare(boot *b) MUST_USE;
err boot_load_certs(boot *b) MUST_USE;
/* Configuration and secrets as one payload of FRAME_BOOT, and back. */
void boot_pack(const boot *b, buf *payload);
err boot_unpack(boot *b, str payload) MUST_USE;
void boot_close_sockets(boot *b);
void boot_free(boot *b); /* not the sockets */

#endif
