/* Collects one IMAP command from a stream of bytes: its line, and the literals inside (RFC 9051 4.3, RFC 7888).
 *
 * Called by imap/session on the loop; pure but for the buffer it owns. It never allocates for a literal because the
 * peer announced it: each is shown to the caller first, who has it kept, streamed past, or dropped. Nothing is held
 * beyond max_line bytes outside literals and max_command bytes in all; a longer command is read to its end and given as
 * `dropped`. */
#ifndef GODWIT_IMAP_COLLECT_H
#define GODWIT_IMAP_COLLECT_H

#include "base/buf.h"

typedef enum imap_event {
    IMAP_MORE,    /* all input was taken, nothing is complete */
    IMAP_LITERAL, /* `literal` bytes are announced: answer with imap_collect_keep, _stream, _drop or _reset */
    IMAP_CHUNK,   /* `chunk` are bytes of the streamed literal, pointing into the input */
    IMAP_COMMAND, /* the command is complete; take it with imap_collect_take, or imap_collect_reset */
} imap_event;

typedef struct imap_collect {
    buf text; /* lines joined by CRLF, kept literals in their place after "{n}" CRLF, no CRLF at the end */
    str chunk;
    uint64_t literal; /* bytes announced, or still to come; UINT64_MAX: more than 64 bits can say */
    uint64_t line;    /* bytes outside literals so far */
    uint64_t max_line;
    enum { COLLECT_LINE, COLLECT_ASKED, COLLECT_KEEP, COLLECT_STREAM, COLLECT_DROP } mode;
    bool sync;    /* the client waits for "+" before it sends the literal */
    bool dropped; /* too long, or a literal was dropped: `text` has only the beginning */
    uint8_t tail_n;
    char tail[32]; /* the end of the present line, where "{n}" stands */
} imap_collect;

void imap_collect_init(imap_collect *c, uint64_t max_line, uint64_t max_command);
void imap_collect_limits(imap_collect *c, uint64_t max_line, uint64_t max_command); /* between commands */
void imap_collect_free(imap_collect *c); /* gives the memory back; usable again at once */

/* Takes input up to the next event; answers how much it took. */
size_t imap_collect_feed(imap_collect *c, str in, imap_event *event);

bool imap_collect_fits(const imap_collect *c); /* the announced literal may be kept */
void imap_collect_keep(imap_collect *c);
void imap_collect_stream(imap_collect *c);
void imap_collect_drop(imap_collect *c);  /* and the rest of the command with it */
void imap_collect_reset(imap_collect *c); /* for the next command */
buf imap_collect_take(imap_collect *c);   /* the command's buffer, now the caller's; resets */

#endif
