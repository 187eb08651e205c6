/* godwit account: the people (and programs) who have mailboxes and log in. */
#include "ctl/ctl.h"

#include "auth/password.h"
#include "base/limits.h"
#include "mime/address.h"

typedef struct wishes {
    bool stdin_password, generate, disable, enable, set_password;
    const char *quota;
} wishes;

/* The words of a command for one account: its name in comparable form, and an open store. */
static int with_account(ctl *c, int argc, char **argv, wishes *w, str *name) {
    const ctl_option options[] = {
        {"password-stdin", NULL, &w->stdin_password},
        {"generate", NULL, &w->generate},
        {"disable", NULL, &w->disable},
        {"enable", NULL, &w->enable},
        {"password", NULL, &w->set_password},
        {"quota", &w->quota, NULL},
    };
    int words = ctl_options(c, argc, argv, options, sizeof options / sizeof *options);
    if (words < 0)
        return EX_USAGE;
    if (words != 2)
        return ctl_wrong(c, "account %s: give one address, as in: godwit account %s ann@example.org", argv[0], argv[0]);
    addr_spec spec;
    err e = address_parse(str_c(argv[1]), true, &c->memory, &spec);
    *name = failed(e) || str_empty(spec.domain) ? (str){0} : address_key(&spec, &c->memory);
    if (!name->p)
        return ctl_wrong(c, "\"%s\" is no mail address", argv[1]);
    return ctl_open_store(c);
}

static int make_credential(ctl *c, const wishes *w, str name, str *credential) {
    str password;
    if (w->generate) {
        password = ctl_random_password(c);
    } else if (!ctl_read_password(c, w->stdin_password, &password)) {
        return ctl_wrong(c,
                         "no password was given; use --generate, or --password-stdin and write it to standard input");
    }
    err e = password_make(password, (uint32_t)c->config.scram_iterations, &c->memory, credential);
    if (failed(e))
        return ctl_fail(c, "password", e);
    if (w->generate && !c->json)
        printf("password of %.*s: %.*s\n", STR_ARG(name), STR_ARG(password));
    else if (w->generate)
        printf("{\"account\": \"%.*s\", \"password\": \"%.*s\"}\n", STR_ARG(name), STR_ARG(password));
    return EX_OK;
}

static int read_quota(ctl *c, const wishes *w, uint64_t *quota) {
    if (w->quota && !size_parse(str_c(w->quota), quota))
        return ctl_wrong(c, "\"%s\" is no size; write 500M or 10G, 0 for none", w->quota);
    return EX_OK;
}

static int add(ctl *c, int argc, char **argv) {
    wishes w = {0};
    store_account a = {0};
    int64_t id;
    int code = with_account(c, argc, argv, &w, &a.name);
    if (!code)
        code = read_quota(c, &w, &a.quota_bytes);
    if (!code)
        code = make_credential(c, &w, a.name, &a.credential);
    if (code)
        return code;
    a.disabled = w.disable;
    err e = store_account_add(c->store, &ctl_operator, &a, &id);
    if (failed(e) && e.what == ERR_NOT_FOUND)
        return ctl_fail(c, "account add: its domain is not here; add it first with: godwit domain add", e);
    if (failed(e))
        return ctl_fail(c, "account add", e);
    ctl_close(c, true);
    if (!(c->json && w.generate))
        ctl_done(c, "account %.*s added", STR_ARG(a.name));
    return EX_OK;
}

static int set(ctl *c, int argc, char **argv) {
    wishes w = {0};
    str name;
    store_account now;
    int code = with_account(c, argc, argv, &w, &name);
    if (code)
        return code;
    err e = store_account_get(c->store, &ctl_operator, name, &c->memory, &now);
    if (failed(e))
        return ctl_fail(c, "account set", e);
    bool password = w.set_password || w.stdin_password || w.generate;
    unsigned fields = (password ? ACCOUNT_SET_CREDENTIAL : 0U) | (w.disable || w.enable ? ACCOUNT_SET_DISABLED : 0U) |
                      (w.quota ? ACCOUNT_SET_QUOTA : 0U);
    if (!fields || (w.disable && w.enable))
        return ctl_wrong(c, "account set: say what: --password, --generate, --quota SIZE, --disable or --enable");
    code = read_quota(c, &w, &now.quota_bytes);
    if (!code && password)
        code = make_credential(c, &w, name, &now.credential);
    if (code)
        return code;
    now.disabled = w.disable;
    e = store_account_set(c->store, &ctl_operator, now.id, fields, &now);
    if (failed(e))
        return ctl_fail(c, "account set", e);
    ctl_close(c, true);
    if (!(c->json && w.generate))
        ctl_done(c, "account %.*s changed", STR_ARG(name));
    return EX_OK;
}

static int remove_account(ctl *c, int argc, char **argv) {
    wishes w = {0};
    str name;
    store_account a;
    int code = with_account(c, argc, argv, &w, &name);
    if (code)
        return code;
    err e = store_account_get(c->store, &ctl_operator, name, &c->memory, &a);
    if (!failed(e))
        e = store_account_remove(c->store, &ctl_operator, a.id);
    if (failed(e))
        return ctl_fail(c, "account remove", e);
    ctl_close(c, true);
    ctl_done(c, "account %.*s removed with all its mail", STR_ARG(name));
    return EX_OK;
}

static const char *const columns[] = {"account", "used", "quota", "messages", "disabled", "created"};

static void row(ctl_table *t, const store_account *a) {
    ctl_table_str(t, a->name);
    ctl_table_size(t, a->used_bytes);
    ctl_table_size(t, a->quota_bytes);
    ctl_table_u64(t, a->messages);
    ctl_table_str(t, a->disabled ? S("yes") : S("no"));
    ctl_table_time(t, a->created);
}

static int show(ctl *c, int argc, char **argv) {
    wishes w = {0};
    str name;
    store_account a;
    ctl_table t;
    int code = with_account(c, argc, argv, &w, &name);
    if (code)
        return code;
    err e = store_account_get(c->store, &ctl_operator, name, &c->memory, &a);
    if (failed(e))
        return ctl_fail(c, "account show", e);
    ctl_table_begin(&t, c, columns, 6);
    row(&t, &a);
    ctl_record_end(&t);
    return EX_OK;
}

static err page(ctl_page *p) {
    store_account *found;
    TRY(store_account_list(p->c->store, &ctl_operator, p->after, CTL_PAGE, &p->memory, &found, &p->n));
    for (size_t i = 0; i < p->n; i++)
        row(&p->table, &found[i]);
    if (p->n)
        p->after = found[p->n - 1].name;
    return OK;
}

static int list(ctl *c, int argc, char **argv) {
    if (ctl_options(c, argc, argv, NULL, 0) != 1)
        return ctl_wrong(c, "account list takes no words");
    int code = ctl_open_store(c);
    return code ? code : ctl_pages(c, "account list", columns, sizeof columns / sizeof *columns, page, NULL);
}

static const ctl_verb verbs[] = {{"add", add}, {"import", ctl_account_import}, {"list", list}, {"show", show},
                                 {"set", set}, {"remove", remove_account}};

static int run(ctl *c, int argc, char **argv) {
    return ctl_run_verb(c, verbs, sizeof verbs / sizeof *verbs, argc, argv, &ctl_account);
}

const ctl_command ctl_account = {
    .name = "account",
    .summary = "Add, list, show, change and remove accounts: who has mailboxes and logs in.",
    .usage =
        "usage: godwit account add ADDRESS [--password-stdin | --generate] [--quota SIZE] [--disable]\n"
        "       godwit account set ADDRESS [--password | --password-stdin | --generate] [--quota SIZE] [--disable | "
        "--enable]\n"
        "       godwit account show|remove ADDRESS\n"
        "       godwit account list\n"
        "       godwit account import FILE\n\n"
        "The address is the login name; its domain must have been added. Without --password-stdin or --generate the\n"
        "password is asked for at the terminal. Removing an account removes all its mail.\n\n"
        "import adds one account for each line of the file (-: standard input): address, blank, password. In place of\n"
        "the password {CRYPT} and a hash of crypt(3), or {SCRAM-SHA-256} and iterations,salt,StoredKey,ServerKey.\n"
        "Accounts that are there already stay as they are.\n\n"
        "examples:\n"
        "  godwit account add ann@example.org --quota 10G\n"
        "  godwit account set ann@example.org --generate\n"
        "  echo secret | godwit account add bob@example.org --password-stdin\n"
        "  godwit account import accounts.txt\n",
    .run = run,
};
