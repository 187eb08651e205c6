/* Acceptors: one listening socket on one loop. For listener*.c, after <uv.h>. */
#ifndef GODWIT_NET_LISTENER_PRIVATE_H
#define GODWIT_NET_LISTENER_PRIVATE_H

/* Posted to the acceptor's loop. acceptor_end gives back its reference on the listener. */
void acceptor_begin(void *acceptor);
void acceptor_end(void *acceptor);

#endif
