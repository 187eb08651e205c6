#include "ctl/ctl.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/control.h"
#include "app/drop.h"
#include "app/frame.h"
#include "base/json.h"

const principal ctl_operator = {.role = ROLE_ADMIN};

static void say_wrong(const ctl *c, str text) {
    SCOPED_BUF line;
    buf_init(&line, 4096);
    if (c->json) {
        json j = json_begin(&line);
        json_object(&j);
        json_put_str(&j, "error", text);
        json_end(&j);
    } else {
        buf_addf(&line, "godwit: %.*s", STR_ARG(text));
    }
    fprintf(stderr, "%.*s\n", STR_ARG(buf_str(&line)));
}

int ctl_fail(const ctl *c, const char *doing, err e) {
    SCOPED_BUF text;
    buf_init(&text, 1024);
    if (e.what == ERR_LIMIT && e.log[0]) /* the number alone would not say what is too much */
        buf_addf(&text, "%s: %s (%s)", doing, e.text, e.log);
    else
        buf_addf(&text, "%s: %s", doing, e.log[0] ? e.log : e.text);
    if (e.what == ERR_DENIED && e.kind == ERR_TEMP)
        buf_add(&text, S("; try as root or as the server's user"));
    say_wrong(c, buf_str(&text));
    switch (e.what) {
    case ERR_NOT_FOUND:
        return EX_NOUSER;
    case ERR_DENIED:
        return EX_NOPERM;
    case ERR_UNAVAILABLE:
        return EX_UNAVAILABLE;
    case ERR_SYNTAX:
    case ERR_EXISTS:
    case ERR_CONFLICT:
        return EX_DATAERR;
    default:
        return e.kind == ERR_TEMP ? EX_TEMPFAIL : EX_SOFTWARE;
    }
}

int ctl_wrong(const ctl *c, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    say_wrong(c, str_c(text));
    return EX_USAGE;
}

void ctl_done(const ctl *c, const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!c->json) {
        puts(text);
        return;
    }
    SCOPED_BUF line;
    buf_init(&line, 8192);
    json j = json_begin(&line);
    json_object(&j);
    json_put_str(&j, "done", str_c(text));
    json_end(&j);
    printf("%.*s\n", STR_ARG(buf_str(&line)));
}

int ctl_read_config(ctl *c) {
    config_mistakes mistakes;
    if (c->have_config)
        return EX_OK;
    c->have_config = true;
    if (config_read(&c->config, c->config_path, &mistakes))
        return EX_OK;
    for (size_t i = 0; i < mistakes.n; i++)
        say_wrong(c, config_mistake_print(&c->config, &mistakes.items[i], &c->memory));
    return EX_CONFIG;
}

/* Files made by root would be closed to the server, so root acts as the owner of the data directory. */
static err become_owner(ctl *c) {
    struct stat info;
    const char *data = arena_cstr(&c->memory, c->config.data);
    if (stat(data, &info) != 0)
        return err_make(ERR_PERM, ERR_NOT_FOUND, "no store", "there is no %s; make one with: godwit init", data);
    return geteuid() == 0 && info.st_uid != 0 ? drop_user(info.st_uid, info.st_gid) : OK;
}

int ctl_open_store(ctl *c) {
    int code = ctl_read_config(c);
    if (code || c->store)
        return code;
    err e = become_owner(c);
    if (failed(e))
        return ctl_fail(c, "store", e);
    const store_config sc = {
        .kind = S("sqlite"),
        .path = c->config.data,
        .blob_path = c->config.blobs,
        .blob_least = c->config.blob_least,
        .readers = 1,
    };
    umask(0077);
    e = store_open(&c->store, &sc);
    return failed(e) ? ctl_fail(c, "open the store", e) : EX_OK;
}

void ctl_close(ctl *c, bool changed) {
    SCOPED_BUF said;
    buf_init(&said, 4096);
    store_close(c->store);
    c->store = NULL;
    if (!changed)
        return;
    err e = control_ask(c->config.data, FRAME_POKE, &said);
    if (failed(e) && e.what != ERR_UNAVAILABLE)
        ctl_fail(c, "tell the running server", e);
}

int ctl_run_verb(ctl *c, const ctl_verb *verbs, size_t n, int argc, char **argv, const ctl_command *of) {
    for (size_t i = 0; argc > 1 && i < n; i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(c, argc - 1, argv + 1);
    if (argc > 1)
        ctl_wrong(c, "%s: unknown word \"%s\"", of->name, argv[1]);
    fputs(of->usage, stderr);
    return EX_USAGE;
}

/* ---- options ---- */

static const ctl_option *find_option(const ctl_option *options, size_t n, str name) {
    for (size_t i = 0; i < n; i++)
        if (str_eq(str_c(options[i].name), name))
            return &options[i];
    return NULL;
}

int ctl_options(const ctl *c, int argc, char **argv, const ctl_option *options, size_t n) {
    int words = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            while (++i < argc)
                argv[words++] = argv[i];
            break;
        }
        if (strncmp(argv[i], "--", 2) != 0) {
            argv[words++] = argv[i];
            continue;
        }
        str name = str_c(argv[i] + 2);
        size_t equals = str_find(name, '=');
        const char *value = equals == STR_NONE ? NULL : name.p + equals + 1;
        name = equals == STR_NONE ? name : str_sub(name, 0, equals);
        const ctl_option *o = find_option(options, n, name);
        if (!o || (o->flag && value)) {
            ctl_wrong(c, "%s: unknown option %s; see --help", argv[0], argv[i]);
            return -1;
        }
        if (o->flag) {
            *o->flag = true;
            continue;
        }
        if (!value && i + 1 >= argc) {
            ctl_wrong(c, "%s: --%s needs a value", argv[0], o->name);
            return -1;
        }
        *o->value = value ? value : argv[++i];
    }
    argv[words] = NULL;
    return words;
}
