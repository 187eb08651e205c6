/* godwit address: aliases, forwards and catch-alls. */
#include "ctl/ctl.h"

#include "mime/address.h"

/* "@example.org" is the catch-all of a domain; anything else a full address. */
static bool key_of(ctl *c, const char *text, str *key) {
    str s = str_c(text);
    addr_spec spec;
    if (str_starts(s, S("@"))) {
        str domain = domain_key(str_skip(s, 1), &c->memory);
        *key = domain.p ? arena_strf(&c->memory, "@%.*s", STR_ARG(domain)) : (str){0};
    } else {
        bool fine = !failed(address_parse(s, true, &c->memory, &spec)) && !str_empty(spec.domain);
        *key = fine ? address_key(&spec, &c->memory) : (str){0};
    }
    return key->p != NULL;
}

/* Where it goes: accounts of ours are delivered into when --into names them, everything else is forwarded. */
static int targets(ctl *c, int argc, char **argv, store_address *a) {
    const char *into = NULL;
    const ctl_option options[] = {{"into", &into, NULL}};
    int words = ctl_options(c, argc, argv, options, 1);
    if (words < 2)
        return words < 0 ? EX_USAGE
                         : ctl_wrong(c,
                                     "address %s: give an address, as in: godwit address %s info@example.org --into "
                                     "ann@example.org",
                                     argv[0], argv[0]);
    if (!key_of(c, argv[1], &a->key))
        return ctl_wrong(c, "\"%s\" is no mail address", argv[1]);
    if (!into && words == 2)
        return ctl_wrong(c, "address %s: say where it goes: --into ACCOUNT, addresses to forward to, or both", argv[0]);
    a->forwards = arena_array(&c->memory, (size_t)words, sizeof *a->forwards);
    for (int i = 2; i < words; i++) {
        addr_spec spec;
        if (failed(address_parse(str_c(argv[i]), true, &c->memory, &spec)) || str_empty(spec.domain))
            return ctl_wrong(c, "\"%s\" is no mail address to forward to", argv[i]);
        a->forwards[a->forwards_n++] = str_c(argv[i]);
    }
    int code = ctl_open_store(c);
    if (code || !into)
        return code;
    str name;
    store_account account;
    if (!key_of(c, into, &name))
        return ctl_wrong(c, "\"%s\" is no account", into);
    err e = store_account_get(c->store, &ctl_operator, name, &c->memory, &account);
    if (failed(e))
        return ctl_fail(c, "address: account", e);
    a->account = account.id;
    return EX_OK;
}

static int add(ctl *c, int argc, char **argv) {
    store_address a = {0};
    int64_t id;
    int code = targets(c, argc, argv, &a);
    if (code)
        return code;
    err e = store_address_add(c->store, &ctl_operator, &a, &id);
    if (failed(e))
        return ctl_fail(c,
                        e.what == ERR_NOT_FOUND
                            ? "address add: its domain is not here; add it first with: godwit domain add"
                            : "address add",
                        e);
    ctl_close(c, true);
    ctl_done(c, "address %.*s added", STR_ARG(a.key));
    return EX_OK;
}

static int set(ctl *c, int argc, char **argv) {
    store_address a = {0};
    int code = targets(c, argc, argv, &a);
    if (code)
        return code;
    err e = store_address_set(c->store, &ctl_operator, &a);
    if (failed(e))
        return ctl_fail(c, "address set", e);
    ctl_close(c, true);
    ctl_done(c, "address %.*s changed", STR_ARG(a.key));
    return EX_OK;
}

static int with_key(ctl *c, int argc, char **argv, str *key) {
    if (ctl_options(c, argc, argv, NULL, 0) != 2)
        return ctl_wrong(c, "address %s: give one address", argv[0]);
    if (!key_of(c, argv[1], key))
        return ctl_wrong(c, "\"%s\" is no mail address", argv[1]);
    return ctl_open_store(c);
}

static int remove_address(ctl *c, int argc, char **argv) {
    str key;
    int code = with_key(c, argc, argv, &key);
    if (code)
        return code;
    err e = store_address_remove(c->store, &ctl_operator, key);
    if (failed(e))
        return ctl_fail(c,
                        e.what == ERR_CONFLICT
                            ? "address remove: it is the account's own name; remove the account instead"
                            : "address remove",
                        e);
    ctl_close(c, true);
    ctl_done(c, "address %.*s removed", STR_ARG(key));
    return EX_OK;
}

static const char *const columns[] = {"address", "into", "forwards"};

static void row(arena *memory, ctl_table *t, const store_address *a) {
    str joined = S("");
    for (size_t i = 0; i < a->forwards_n; i++)
        joined = arena_strf(memory, "%.*s%s%.*s", STR_ARG(joined), i ? " " : "", STR_ARG(a->forwards[i]));
    ctl_table_str(t, a->key);
    ctl_table_str(t, a->account ? a->account_name : S(""));
    ctl_table_str(t, joined);
}

static int show(ctl *c, int argc, char **argv) {
    str key;
    store_address a;
    ctl_table t;
    int code = with_key(c, argc, argv, &key);
    if (code)
        return code;
    err e = store_address_get(c->store, &ctl_operator, key, &c->memory, &a);
    if (failed(e))
        return ctl_fail(c, "address show", e);
    ctl_table_begin(&t, c, columns, 3);
    row(&c->memory, &t, &a);
    ctl_record_end(&t);
    return EX_OK;
}

static err page(ctl_page *p) {
    const str *account = p->arg;
    store_address *found;
    TRY(store_address_list(p->c->store, &ctl_operator, p->after, *account, CTL_PAGE, &p->memory, &found, &p->n));
    for (size_t i = 0; i < p->n; i++)
        row(&p->memory, &p->table, &found[i]);
    if (p->n)
        p->after = found[p->n - 1].key;
    return OK;
}

static int list(ctl *c, int argc, char **argv) {
    const char *of = NULL;
    const ctl_option options[] = {{"of", &of, NULL}};
    str account = S("");
    if (ctl_options(c, argc, argv, options, 1) != 1)
        return ctl_wrong(c, "address list takes no words, only --of ACCOUNT");
    if (of && !key_of(c, of, &account))
        return ctl_wrong(c, "\"%s\" is no account", of);
    int code = ctl_open_store(c);
    return code ? code : ctl_pages(c, "address list", columns, sizeof columns / sizeof *columns, page, &account);
}

static const ctl_verb verbs[] = {
    {"add", add}, {"list", list}, {"show", show}, {"set", set}, {"remove", remove_address}};

static int run(ctl *c, int argc, char **argv) {
    return ctl_run_verb(c, verbs, sizeof verbs / sizeof *verbs, argc, argv, &ctl_address);
}

const ctl_command ctl_address = {
    .name = "address",
    .summary = "Add, list, show, change and remove addresses: aliases, forwards, catch-alls.",
    .usage =
        "usage: godwit address add|set ADDRESS [--into ACCOUNT] [FORWARD ...]\n"
        "       godwit address show|remove ADDRESS\n"
        "       godwit address list [--of ACCOUNT]\n\n"
        "An address delivers into an account, forwards to other addresses, or both. @example.org is the catch-all of "
        "a\n"
        "domain: it takes what no other address does. ann+anything@example.org reaches ann@example.org by itself.\n\n"
        "examples:\n"
        "  godwit address add info@example.org --into ann@example.org\n"
        "  godwit address add team@example.org ann@example.org bob@example.net\n"
        "  godwit address add @example.org --into ann@example.org\n",
    .run = run,
};
