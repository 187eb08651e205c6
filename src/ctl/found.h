/* Founding a store: directories, a domain, an account. For `init` and `serve --demo`. Plain threads. */
#ifndef GODWIT_CTL_FOUND_H
#define GODWIT_CTL_FOUND_H

#include "ctl/ctl.h"

typedef struct found_wish {
    str domain, account; /* comparable forms */
    str password;
    bool lenient; /* what is there already is fine */
} found_wish;

/* Makes the directories of the configuration (for the server's user when root) and fills the store, in a child process
 * that has become that user. EX_OK, or an exit code after saying why. */
int found_store(ctl *c, const found_wish *w);

#endif
