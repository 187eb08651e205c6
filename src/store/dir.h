/* Directories of the store. Runs when a store is opened. */
#ifndef GODWIT_STORE_DIR_H
#define GODWIT_STORE_DIR_H

#include "base/err.h"

/* Makes the directory for our eyes alone (mode 0700) when it is absent, so that it is there after a power cut: what is
 * made durable inside a directory that is not is lost with it. Its parent must exist. */
err dir_make(str path) MUST_USE;

#endif
