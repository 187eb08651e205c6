/* Small files and directories of the operator's, read and made with care. Plain threads only: they block. */
#ifndef GODWIT_APP_FILES_H
#define GODWIT_APP_FILES_H

#include "base/arena.h"
#include "base/err.h"

/* The whole file; larger than max is an error. The error's log text names the path. */
err file_read(str path, size_t max, arena *a, str *out) MUST_USE;
/* Writes a new file of that mode under a temporary name, syncs and renames it; replaces what was there. */
err file_write(str path, str content, unsigned mode) MUST_USE;
/* Makes the directory and missing parents with that mode (parents 0755). */
err directory_make(str path, unsigned mode, arena *a) MUST_USE;

#endif
