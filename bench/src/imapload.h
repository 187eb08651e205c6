/* The IMAP load generator: a thread a session, blocking sockets, no TLS, one command at a time.
 *
 * imapload.c runs the operations and counts, imapload_talk.c speaks IMAP. A session belongs to its thread; of a
 * failed one `error` says why. */
#ifndef GODWIT_BENCH_SRC_IMAPLOAD_H
#define GODWIT_BENCH_SRC_IMAPLOAD_H

#include "util.h"

enum { IMAP_IN = 256 * 1024, IMAP_LINE = 2048 };

typedef struct imap {
    int fd;
    unsigned tag, random;
    long exists; /* messages, as the server last told */
    int64_t received;
    size_t n, at;         /* bytes in `in`, and those used up */
    char line[IMAP_LINE]; /* the last line read, without literals; cut off at its end if need be */
    char error[200];
    char in[IMAP_IN];
} imap;

bool imap_open(imap *c, const struct sockaddr_in *server, const char *user, const char *password);
void imap_close(imap *c);
bool imap_line(imap *c); /* reads the next line; literals in it are passed over */
bool imap_send(imap *c, const char *text);
bool imap_command(imap *c, const char *text); /* without tag; to its tagged OK */
/* A message with this number in it, about `size` bytes. */
bool imap_append(imap *c, const char *mailbox, size_t size, long number);
long imap_random(imap *c, long bound); /* 0 to bound-1 */

#endif
