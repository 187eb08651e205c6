/* A message while it arrives: in memory up to a limit, past it in an unnamed temporary file.
 *
 * Used by smtp (DATA, BDAT) and imap (APPEND) on the loop: a write goes to the page cache; the directory may be "" for
 * memory only. The whole is given as one slice (memory or a private map), valid until spool_free. A message in a file
 * has room for a header in front of it (spool_headroom): mail_accept writes there instead of copying a large message.
 */
#ifndef GODWIT_MAIL_SPOOL_H
#define GODWIT_MAIL_SPOOL_H

#include "base/buf.h"
#include "base/err.h"

typedef struct spool {
    buf memory;
    int fd;         /* -1 while all is in memory */
    uint64_t size;  /* bytes so far */
    uint64_t max;   /* never more */
    uint64_t least; /* more than this goes to a file */
    str directory;  /* the caller's; must live as long */
    void *map;
    bool failed; /* sticky: over max, or the disk failed */
    err why;
} spool;

void spool_init(spool *s, str directory, uint64_t least, uint64_t max);
void spool_add(spool *s, str bytes);          /* after a failure: counts on, keeps nothing */
err spool_whole(spool *s, str *out) MUST_USE; /* ERR_PEER/ERR_LIMIT over max; ERR_TEMP/ERR_FULL */
/* Bytes before the slice of spool_whole that may be written, as the slice itself may: 0 in memory. */
size_t spool_headroom(const spool *s);
void spool_free(spool *s);

#endif
