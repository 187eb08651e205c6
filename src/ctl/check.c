/* godwit check: the configuration, and everything around it that has to be right; each finding says what to do. */
#include "ctl/ctl.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "app/boot.h"
#include "app/control.h"
#include "app/drop.h"
#include "app/frame.h"
#include "net/conn.h"
#include "net/dns.h"
#include "net/loop.h"

enum { DNS_MS = 6000 };

typedef struct findings {
    ctl *c;
    ctl_table table;
    size_t bad, warned;
} findings;

typedef enum verdict { FINE, WARNING, WRONG } verdict;

static void find(findings *f, verdict v, const char *subject, str text) {
    static const char *const words[] = {"ok", "warning", "wrong"};
    f->warned += v == WARNING;
    f->bad += v == WRONG;
    ctl_table_str(&f->table, str_c(words[v]));
    ctl_table_str(&f->table, str_c(subject));
    ctl_table_str(&f->table, text);
}
#define FIND(f, v, subject, ...) find(f, v, subject, arena_strf(&(f)->c->memory, __VA_ARGS__))

static void check_file(findings *f) {
    config_mistakes mistakes;
    f->c->have_config = true;
    bool fine = config_read(&f->c->config, f->c->config_path, &mistakes);
    for (size_t i = 0; i < mistakes.n; i++)
        find(f, WRONG, "configuration", config_mistake_print(&f->c->config, &mistakes.items[i], &f->c->memory));
    if (fine)
        find(f, FINE, "configuration",
             str_empty(f->c->config_path) ? S("none: the built-in one, on loopback") : f->c->config_path);
}

static bool server_runs(findings *f) {
    SCOPED_BUF said;
    buf_init(&said, 1 << 20);
    err e = control_ask(f->c->config.data, FRAME_STATUS, &said);
    if (!failed(e))
        find(f, FINE, "server", S("running"));
    else
        find(f, FINE, "server", e.what == ERR_UNAVAILABLE ? S("not running") : str_c(e.log));
    return !failed(e);
}

static void check_listener(findings *f, const config_listener *l, str text, bool running) {
    addr at;
    int fd = -1;
    if (!addr_parse_port(text, 0, &at) || at.family == ADDR_UNIX)
        return;
    if (l->protocol == PROTOCOL_LMTP && !addr_is_loopback(&at))
        FIND(f, WARNING, "port", "%.*s: LMTP asks nobody who he is; listen on loopback or a Unix socket",
             STR_ARG(text));
    if (running) {
        FIND(f, FINE, "port", "%.*s: %s (the server has it)", STR_ARG(text), config_protocols[l->protocol]);
        return;
    }
    err e = listener_probe(&at);
    if (!failed(e))
        e = listener_bind(&at, &fd);
    if (failed(e))
        FIND(f, WRONG, "port", "%.*s: %s; %s", STR_ARG(text), e.log,
             at.port < 1024 && geteuid() != 0 ? "start as root, it becomes unprivileged by itself"
                                              : "stop what listens there, or choose another port");
    else
        FIND(f, FINE, "port", "%.*s: %s, free", STR_ARG(text), config_protocols[l->protocol]);
    if (fd >= 0)
        close(fd);
}

static void check_directory(findings *f, const char *subject, str path) {
    struct stat info;
    struct statvfs space;
    const char *name = arena_cstr(&f->c->memory, path);
    if (stat(name, &info) != 0) {
        FIND(f, WARNING, subject, "%s does not exist; godwit init or the first start makes it", name);
        return;
    }
    if (info.st_mode & 077)
        FIND(f, WRONG, subject, "%s can be read by others (mode %03o); chmod 700 %s", name,
             (unsigned)info.st_mode & 0777, name);
    else if (geteuid() != 0 && info.st_uid != geteuid())
        FIND(f, WRONG, subject, "%s belongs to another user; start as root or as its owner", name);
    else
        FIND(f, FINE, subject, "%s", name);
    if (statvfs(name, &space) == 0 && (uint64_t)space.f_bavail * space.f_frsize < (uint64_t)1 << 30)
        FIND(f, WARNING, subject, "less than 1 GB is free at %s", name);
}

static void check_certificates(findings *f) {
    certs found;
    err e = certs_load(&found, &f->c->config);
    if (failed(e))
        FIND(f, WRONG, "tls", "%s; put right certificate and key in [tls], readable by who starts the server", e.log);
    else if (found.self_signed)
        find(f, WARNING, "tls", S("self-signed certificate; clients will question it: name yours in [tls]"));
    for (size_t i = 0; !failed(e) && i < found.n; i++) {
        int64_t ends;
        str names;
        err bad = tls_certificate_info(found.pairs[i].certificate, &f->c->memory, &ends, &names);
        int64_t days = (ends - time_wall()) / 86400;
        if (failed(bad))
            FIND(f, WRONG, "tls", "%.*s: %s", STR_ARG(found.pairs[i].name), bad.log);
        else
            FIND(f,
                 days < 0    ? WRONG
                 : days < 14 ? WARNING
                             : FINE,
                 "tls", "%.*s: for %.*s, %s%lld days", STR_ARG(found.pairs[i].name), STR_ARG(names),
                 days < 0 ? "ended, renew it: " : "good for ", (long long)days);
    }
    certs_free(&found);
}

static void check_host(findings *f) {
    config *c = &f->c->config;
    dns_answer answer;
    err e = dns_addresses(c->host, &f->c->memory, &answer, deadline_in(DNS_MS));
    if (failed(e))
        FIND(f, WARNING, "dns",
             "%.*s cannot be looked up (%s); other servers could not be found either: see [dns] servers",
             STR_ARG(c->host), e.log[0] ? e.log : e.text);
    else if (answer.status != DNS_FOUND)
        FIND(f, WARNING, "dns",
             "%.*s has no address; other servers distrust such a name: set [server] host to the name of this machine's "
             "address",
             STR_ARG(c->host));
    else
        FIND(f, FINE, "dns", "%.*s has %zu addresses", STR_ARG(c->host), answer.n);
}

/* The root is signed: where its answers are not, the resolver strips signatures, and to a validating server every name
 * is bogus. */
static void check_validation(findings *f) {
    const config *c = &f->c->config;
    dns_answer answer;
    if (str_eq(c->dns_anchor_file, S("none"))) {
        find(f, FINE, "dnssec", S("not validated: [dns] trust-anchor-file is none"));
        return;
    }
    err e = dns_txt(S("."), &f->c->memory, &answer, deadline_in(DNS_MS));
    if (!failed(e))
        find(f, FINE, "dnssec", answer.secure ? S("answers are validated") : S("the root is not signed here"));
    else if (e.what == ERR_CORRUPT)
        FIND(f, WARNING, "dnssec",
             "answers fail validation (%s), so no other server can be found and mail to them waits: %s strips "
             "signatures, or this machine's clock is wrong; name resolvers that pass DNSSEC in [dns] servers (as "
             "unbound "
             "on this machine: 127.0.0.1), or give validation up with trust-anchor-file = none",
             e.log, c->dns_forward.n ? "the resolver in [dns] servers" : "the resolver in /etc/resolv.conf");
    else
        FIND(f, WARNING, "dnssec", "the root cannot be looked up (%s): see [dns] servers", e.log[0] ? e.log : e.text);
}

static void check_dns(findings *f) {
    const dns_config dc = config_dns(&f->c->config);
    err e = loops_start(1);
    if (!failed(e))
        e = dns_start(&dc);
    if (failed(e)) {
        FIND(f, WRONG, "dns", "the resolver does not start (%s): see [dns]", e.log[0] ? e.log : e.text);
    } else {
        check_validation(f); /* first: its reason is the one that the rest of the lookups fails for */
        check_host(f);
    }
    dns_stop();
    loops_stop();
}

static void check_walls(findings *f) {
    drop_level level = drop_probe();
    FIND(f, level.seccomp ? FINE : WARNING, "sandbox", "seccomp: %s", level.seccomp ? "yes" : "not in this kernel");
    FIND(f, level.landlock ? FINE : WARNING, "sandbox",
         level.landlock ? "Landlock: ABI %d" : "Landlock: not in this kernel (%d)", level.landlock);
    if (geteuid() != 0)
        return;
    unsigned uid, gid;
    char name[64];
    err e = drop_find_user(f->c->config.user, &uid, &gid, name);
    if (failed(e))
        FIND(f, WRONG, "user", "%s", e.log);
    else if (strcmp(name, "nobody") == 0)
        find(f, WARNING, "user",
             S("the server would run as nobody; better a user of its own: useradd --system godwit"));
    else
        FIND(f, FINE, "user", "%s", name);
}

static void check_open_files(findings *f) {
    uint64_t most = drop_open_files(f->c->config.max_files);
    FIND(f, most < 4096 ? WARNING : FINE, "limits", "%llu open files%s", (unsigned long long)most,
         most < 4096 ? "; too few for a busy server: ulimit -n" : "");
}

static int run(ctl *c, int argc, char **argv) {
    bool store_too = false;
    const ctl_option options[] = {{"store", NULL, &store_too}};
    static const char *const columns[] = {"verdict", "subject", "finding"};
    findings f = {.c = c};
    if (ctl_options(c, argc, argv, options, 1) != 1)
        return ctl_wrong(c, "check takes no words");
    ctl_table_begin(&f.table, c, columns, 3);
    check_file(&f);
    bool running = server_runs(&f);
    for (size_t i = 0; i < c->config.listeners_n; i++)
        for (size_t k = 0; k < c->config.listeners[i].addresses.n; k++)
            check_listener(&f, &c->config.listeners[i], c->config.listeners[i].addresses.items[k], running);
    check_directory(&f, "data", c->config.data);
    check_directory(&f, "blobs", c->config.blobs);
    check_certificates(&f);
    check_dns(&f);
    check_open_files(&f);
    check_walls(&f);
    if (store_too && ctl_open_store(c) == EX_OK) {
        str *faults;
        size_t n = 0;
        err e = store_check(c->store, &ctl_operator, &c->memory, &faults, &n);
        if (failed(e))
            FIND(&f, WRONG, "store", "%s", e.log);
        for (size_t i = 0; i < n; i++)
            find(&f, WRONG, "store", faults[i]);
        if (!failed(e) && n == 0)
            find(&f, FINE, "store", S("no fault found"));
    }
    ctl_table_end(&f.table);
    if (!c->json)
        printf("%zu wrong, %zu warnings\n", f.bad, f.warned);
    return f.bad ? EX_CONFIG : EX_OK;
}

const ctl_command ctl_check = {
    .name = "check",
    .summary = "Check configuration, ports, permissions, TLS, DNS and sandbox, and say what to do.",
    .usage = "usage: godwit check [--store]\n\n"
             "  --store   look through the whole store too, every row and every attachment: slow\n\n"
             "Exit code 78 when something is wrong, 0 when there are warnings at most.\n",
    .run = run,
};
