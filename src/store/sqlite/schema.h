/* The tables and how older stores become newer ones.
 *
 * Each step runs in one transaction together with its number in meta, so a step cut off begins again and one that was
 * finished never runs twice. A store of a newer program is refused. Runs on the opening thread. */
#ifndef GODWIT_STORE_SQLITE_SCHEMA_H
#define GODWIT_STORE_SQLITE_SCHEMA_H

#include "store/sqlite/db.h"

typedef struct schema_step {
    const char *name;
    const char *sql; /* several statements */
} schema_step;

extern const schema_step schema_steps[];
extern const size_t schema_steps_n;

/* Brings the store to step n; ERR_PERM when it is beyond that. */
err schema_migrate(db *d, const schema_step *steps, size_t n) MUST_USE;
/* For readers: OK when the store is exactly at step n. */
err schema_expect(db *d, size_t n) MUST_USE;

#endif
