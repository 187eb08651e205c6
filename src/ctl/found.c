#include "ctl/found.h"

#include <sys/wait.h>
#include <unistd.h>

#include "app/boot.h"
#include "auth/password.h"

static bool tolerable(const found_wish *w, err e) { return !failed(e) || (w->lenient && e.what == ERR_EXISTS); }

static int fill(ctl *c, const found_wish *w) {
    int64_t id;
    int code = ctl_open_store(c);
    if (code)
        return code;
    err e = store_domain_add(c->store, &ctl_operator, w->domain, &id);
    if (!tolerable(w, e))
        return ctl_fail(c, "add the domain", e);
    store_account account = {.name = w->account};
    e = password_make(w->password, (uint32_t)c->config.scram_iterations, &c->memory, &account.credential);
    if (failed(e))
        return ctl_fail(c, "password", e);
    e = store_account_add(c->store, &ctl_operator, &account, &id);
    if (!tolerable(w, e))
        return ctl_fail(c, "add the account", e);
    ctl_close(c, true);
    return EX_OK;
}

int found_store(ctl *c, const found_wish *w) {
    boot b;
    SCOPED_BUF complaint;
    buf_init(&complaint, 65536);
    err e = boot_read(&b, c->config_path, &complaint);
    if (!failed(e))
        e = boot_directories(&b);
    boot_free(&b);
    if (failed(e)) {
        fprintf(stderr, "%.*s", STR_ARG(buf_str(&complaint)));
        return ctl_fail(c, "make the data directory", e);
    }
    fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        return ctl_fail(c, "fork", err_errno("fork"));
    if (child == 0)
        _exit(fill(c, w));
    int status;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return EX_SOFTWARE;
    return WEXITSTATUS(status);
}
