/* What a server offers: the keywords of an EHLO answer (RFC 5321 4.1.1.1). Pure; for the smtp/client rooms alone. */
#ifndef GODWIT_SMTP_CLIENT_CAPS_H
#define GODWIT_SMTP_CLIENT_CAPS_H

#include "base/str.h"

enum {
    SMTP_CAP_PIPELINING = 1,  /* RFC 2920 */
    SMTP_CAP_8BITMIME = 2,    /* RFC 6152 */
    SMTP_CAP_SMTPUTF8 = 4,    /* RFC 6531 */
    SMTP_CAP_CHUNKING = 8,    /* RFC 3030 */
    SMTP_CAP_BINARYMIME = 16, /* RFC 3030 */
    SMTP_CAP_DSN = 32,        /* RFC 3461 */
    SMTP_CAP_STARTTLS = 64,   /* RFC 3207 */
    SMTP_CAP_SIZE = 128,      /* RFC 1870 */
    SMTP_CAP_STATUS = 256,    /* RFC 2034 */
};

enum { SMTP_AUTH_PLAIN = 1, SMTP_AUTH_LOGIN = 2, SMTP_AUTH_SCRAM = 4, SMTP_AUTH_SCRAM_PLUS = 8 };

typedef struct smtp_caps {
    unsigned bits;       /* SMTP_CAP_ */
    unsigned mechanisms; /* SMTP_AUTH_ */
    uint64_t size;       /* largest message, bytes; 0: none told */
    uint64_t rcpt_max;   /* RFC 9422 RCPTMAX; 0: none told */
    uint64_t mail_max;   /* RFC 9422 MAILMAX; 0: none told */
} smtp_caps;

/* The words of one line of the answer, the first line (the server's name) excepted. */
void smtp_caps_line(smtp_caps *caps, str line);

#endif
