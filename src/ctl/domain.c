/* godwit domain: the domains whose mail we keep. */
#include "ctl/ctl.h"

#include "mime/address.h"

static int with_domain(ctl *c, int argc, char **argv, str *name) {
    if (ctl_options(c, argc, argv, NULL, 0) != 2)
        return ctl_wrong(c, "domain %s: give one domain, as in: godwit domain %s example.org", argv[0], argv[0]);
    *name = domain_key(str_c(argv[1]), &c->memory);
    if (!name->p)
        return ctl_wrong(c, "\"%s\" is no domain name", argv[1]);
    return ctl_open_store(c);
}

static int add(ctl *c, int argc, char **argv) {
    str name;
    int64_t id;
    int code = with_domain(c, argc, argv, &name);
    if (code)
        return code;
    err e = store_domain_add(c->store, &ctl_operator, name, &id);
    if (failed(e))
        return ctl_fail(c, "domain add", e);
    ctl_close(c, true);
    ctl_done(c, "domain %.*s added", STR_ARG(name));
    return EX_OK;
}

static int remove_domain(ctl *c, int argc, char **argv) {
    str name;
    int code = with_domain(c, argc, argv, &name);
    if (code)
        return code;
    err e = store_domain_remove(c->store, &ctl_operator, name);
    if (failed(e))
        return ctl_fail(c,
                        e.what == ERR_CONFLICT
                            ? "domain remove: it still has addresses; remove them and its accounts first"
                            : "domain remove",
                        e);
    ctl_close(c, true);
    ctl_done(c, "domain %.*s removed", STR_ARG(name));
    return EX_OK;
}

static const char *const columns[] = {"domain", "created"};

static void row(ctl_table *t, const store_domain *d) {
    ctl_table_str(t, d->name);
    ctl_table_time(t, d->created);
}

static int show(ctl *c, int argc, char **argv) {
    str name;
    store_domain d;
    ctl_table t;
    int code = with_domain(c, argc, argv, &name);
    if (code)
        return code;
    err e = store_domain_get(c->store, &ctl_operator, name, &c->memory, &d);
    if (failed(e))
        return ctl_fail(c, "domain show", e);
    ctl_table_begin(&t, c, columns, 2);
    row(&t, &d);
    ctl_record_end(&t);
    return EX_OK;
}

static err page(ctl_page *p) {
    store_domain *found;
    TRY(store_domain_list(p->c->store, &ctl_operator, p->after, CTL_PAGE, &p->memory, &found, &p->n));
    for (size_t i = 0; i < p->n; i++)
        row(&p->table, &found[i]);
    if (p->n)
        p->after = found[p->n - 1].name;
    return OK;
}

static int list(ctl *c, int argc, char **argv) {
    if (ctl_options(c, argc, argv, NULL, 0) != 1)
        return ctl_wrong(c, "domain list takes no words");
    int code = ctl_open_store(c);
    return code ? code : ctl_pages(c, "domain list", columns, sizeof columns / sizeof *columns, page, NULL);
}

static const ctl_verb verbs[] = {{"add", add}, {"list", list}, {"show", show}, {"remove", remove_domain}};

static int run(ctl *c, int argc, char **argv) {
    return ctl_run_verb(c, verbs, sizeof verbs / sizeof *verbs, argc, argv, &ctl_domain);
}

const ctl_command ctl_domain = {
    .name = "domain",
    .summary = "Add, list, show and remove the domains whose mail is kept here.",
    .usage = "usage: godwit domain add|show|remove DOMAIN\n"
             "       godwit domain list\n\n"
             "Mail to a domain that is not listed here is relayed (for those who may), never kept.\n\n"
             "examples:\n"
             "  godwit domain add example.org\n"
             "  godwit --json domain list\n",
    .run = run,
};
