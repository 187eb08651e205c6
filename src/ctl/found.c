#include "ctl/found.h"

#include "app/boot.h"
#include "app/child.h"
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

typedef struct filling {
    ctl *c;
    const found_wish *w;
} filling;

static int fill_apart(void *arg) {
    filling *f = arg;
    return fill(f->c, f->w);
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
    filling f = {c, w};
    int code;
    e = child_run(fill_apart, &f, &code);
    return failed(e) ? ctl_fail(c, "make the store", e) : code;
}
