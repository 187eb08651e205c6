/* Least privilege: from root to the server's user, and the walls around it. Linux lives here alone.
 *
 * Called once by the server process, in its main thread before any other thread starts (a seccomp filter and a Landlock
 * domain hold for threads made afterwards). */
#ifndef GODWIT_APP_DROP_H
#define GODWIT_APP_DROP_H

#include "base/err.h"
#include "base/arena.h"

/* What the machine offers, and what is in force in this process. */
typedef struct drop_level {
    bool seccomp;
    int landlock; /* ABI version, 0: none */
} drop_level;
drop_level drop_probe(void);

/* Finds the user: `name` when given, else godwit, else nobody. */
err drop_find_user(str name, unsigned *uid, unsigned *gid, char found[64]) MUST_USE;
/* Gives the process over to the user for good; checked. Does nothing when not root. */
err drop_user(unsigned uid, unsigned gid) MUST_USE;

typedef struct drop_path {
    const char *path;
    bool write;
} drop_path;
/* No new privileges, no core with secrets in it, then seccomp and Landlock as far as the kernel has them: afterwards
 * only the paths can be opened (missing ones are passed over) and nothing can be executed. `level` says what took hold.
 */
err drop_walls(const drop_path *paths, size_t n, drop_level *level) MUST_USE;

/* Raises the limit of open files towards `want`; answers what it is now. */
uint64_t drop_open_files(uint64_t want);
/* The child asks to be ended when its parent ends. */
void drop_follow_parent(void);

#endif
