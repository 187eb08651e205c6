/* Handing a message in from the command line: straight into the store for those who may, by SMTP to the running server
 * for other users. Plain threads. */
#ifndef GODWIT_CTL_SUBMIT_H
#define GODWIT_CTL_SUBMIT_H

#include "ctl/ctl.h"
#include "mail/mail.h"

enum { SUBMIT_RECIPIENTS = 10000, SUBMIT_MOST = 1 << 30 };

typedef struct submit {
    str sender;      /* printed path, "" for the null sender */
    str *recipients; /* as given */
    size_t n;
    unsigned notify; /* NOTIFY_ bits */
    str envid;
    bool ret_headers;
    str raw; /* the message, CRLF line ends */
} submit;

/* EX_OK once it is safely stored; says what is wrong otherwise. id (may be NULL) gets the queue id. */
int submit_message(ctl *c, const submit *s, str *id);

/* All of standard input, line ends made CRLF; with dot_ends a line with a single dot is the end (the habit of sendmail
 * without -i). */
int submit_read_stdin(ctl *c, bool dot_ends, str *raw);
/* Who sends: `given` with this host's name where it has no domain, "" for "<>"; the caller's own address when it is
 * NULL. EX_OK, or says that it is no address. */
int submit_sender(ctl *c, const char *given, str *sender);

#endif
