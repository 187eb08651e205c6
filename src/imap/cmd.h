/* A command at work: its arguments, its memory, how it goes on, how it is answered.
 *
 * Internal to imap/. Each src/imap/cmd_*.c exports one imap_entry. Its `run` is called in a fiber with `args` behind
 * the name. It prints untagged responses to imap_out and ends with imap_ok, imap_no, imap_bad or imap_fail; or it
 * leaves a callback that will: `step` for an answer too large to queue at once, `line` for what the client says next,
 * `chunk` for a literal as it comes. */
#ifndef GODWIT_IMAP_CMD_H
#define GODWIT_IMAP_CMD_H

#include "imap/session.h"

enum { IMAP_ARENA = 64 * 1024 * 1024 }; /* memory of one command: COPY of a million messages gives 16 MB of UID pairs */

enum {
    ENTRY_UID = 1,   /* may stand behind "UID" */
    ENTRY_QUIET = 2, /* no EXPUNGE responses while it is in progress, unless by UID (RFC 9051 7.5.1) */
    ENTRY_LOOKS = 4, /* its end always looks for news: it changes something, or is how a client asks */
};

typedef struct imap_command imap_command;

/* A name or usage in the table. */
#define IMAP_WORD(literal) \
    { literal, sizeof(literal) - 1 }

typedef struct imap_entry {
    str name;
    unsigned states; /* of enum imap_state, in which it is allowed */
    unsigned flags;
    str usage; /* said when the arguments are wrong */
    void (*run)(imap_command *c);
} imap_entry;

struct imap_command {
    imap_session *session;
    const imap_entry *entry;
    str tag;
    bool uid;      /* "UID FETCH" ... */
    bool answered; /* `answer` is decided; what is left is to tell news */
    buf text;      /* the command as it came */
    arena memory;
    imap_scan args;
    str answer; /* "OK done" */
    void *own;  /* the command's own state, in `memory` or freed by `end` */
    void (*step)(imap_command *c);
    void (*line)(imap_command *c, str line, bool dropped);
    void (*chunk)(imap_command *c, str bytes);
    void (*woken)(imap_command *c);
    void (*expired)(imap_command *c);
    void (*after)(imap_session *s); /* once the tagged answer is written */
    void (*end)(imap_command *c);   /* frees what `own` holds outside of `memory`; called once */
    struct imap_sync *sync;         /* news being told */
};

/* ---- running ---- */

imap_command *imap_command_new(imap_session *s, buf text); /* becomes the session's; the text becomes its */
/* Takes tag and name from its text, and refuses what is unknown or not possible now. False: answered. */
bool imap_command_begin(imap_command *c);
/* A complete command (its buffer becomes ours); `dropped`: too long, to be refused. */
void imap_command_run(imap_session *s, buf text, bool dropped);
/* Goes on with what is at work until it is done, waits for its client, or has queued enough. */
void imap_command_advance(imap_session *s);
void imap_command_free(imap_session *s);

/* ---- for commands ---- */

static inline buf *imap_out(const imap_command *c) { return conn_out(c->session->conn); }

void imap_ok(imap_command *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
void imap_no(imap_command *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
void imap_bad(imap_command *c); /* the arguments are wrong: says how they should be */
void imap_bad_because(imap_command *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
void imap_fail(imap_command *c, err e); /* "NO [CODE] text"; what is not the client's fault is logged */

/* Something longer than a format: the answer is what the caller appended to b. */
void imap_answer(imap_command *c, const buf *b);

/* A mailbox argument, in UTF-8. False: answered. */
bool imap_arg_mailbox(imap_command *c, str *name);
/* Flags in parentheses or bare until the end, system flags and keywords apart. False: wrong. */
bool imap_arg_flags(imap_command *c, bool bare, uint64_t *system, str **keywords, size_t *n);

#endif
