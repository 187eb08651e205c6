#include "app/child.h"

#include <pwd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

err child_run(int (*fn)(void *arg), void *arg, int *code) {
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        return err_errno("fork");
    if (child == 0) {
        int said = fn(arg);
        fflush(NULL);
        _exit(said);
    }
    if (waitpid(child, &status, 0) != child)
        return err_errno("wait for a child");
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
    return OK;
}

str child_user_name(arena *a) {
    const struct passwd *me = getpwuid(getuid());
    return me ? arena_str(a, str_c(me->pw_name)) : S("nobody");
}
