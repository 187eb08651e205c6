/* What follows a proof of identity, or its failure: for LOGIN and AUTHENTICATE. Internal to imap/. */
#ifndef GODWIT_IMAP_LOGIN_H
#define GODWIT_IMAP_LOGIN_H

#include "imap/cmd.h"

/* "OK [CAPABILITY ...]": from here on the session is this user's. */
void imap_login_accept(imap_command *c, const auth_user *user);
/* "NO [AUTHENTICATIONFAILED]" and the like; counts as an error of the client's. */
void imap_login_refuse(imap_command *c, err why);

#endif
