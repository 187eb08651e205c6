#include "mail/mail.h"

const char *mail_status(const err *e) {
    static const char *const peer[] = {
        [ERR_WHAT_OTHER] = "5.0.0", [ERR_SYNTAX] = "5.6.0", [ERR_LIMIT] = "5.3.4",    [ERR_NOT_FOUND] = "5.1.1",
        [ERR_DENIED] = "5.7.1",     [ERR_CLOSED] = "5.2.1", [ERR_CONFLICT] = "5.4.6", [ERR_UNSUPPORTED] = "5.5.4",
        [ERR_OVER_QUOTA] = "4.2.2", /* a mailbox does not stay full */
    };
    switch (e->kind) {
    case ERR_NONE:
        return "2.0.0";
    case ERR_TEMP:
    case ERR_BUG:
        return e->what == ERR_FULL ? "4.3.1" : "4.3.0";
    case ERR_PEER:
    case ERR_PERM:
        break;
    }
    const char *status = (size_t)e->what < sizeof peer / sizeof *peer ? peer[e->what] : NULL;
    return status ? status : "5.0.0";
}
