/* godwit serve: runs the server. */
#include "ctl/ctl.h"

#include <sys/stat.h>
#include <unistd.h>

#include "app/boot.h"
#include "app/control.h"
#include "app/files.h"
#include "app/supervise.h"
#include "ctl/found.h"

static const char demo_domain[] = "demo.test", demo_account[] = "demo@demo.test";

/* ---- the demo ---- */

/* A folder with everything a server needs: its own configuration, a password that was drawn once. */
static int demo_prepare(ctl *c, const char *folder, str *password) {
    char *absolute = realpath(folder, NULL);
    if (!absolute) {
        err e = directory_make(str_c(folder), 0755, &c->memory);
        if (failed(e))
            return ctl_fail(c, "make the demo folder", e);
        absolute = realpath(folder, NULL);
    }
    if (!absolute)
        return ctl_wrong(c, "%s cannot be found", folder);
    str at = arena_str(&c->memory, str_c(absolute));
    free(absolute);
    str secret = arena_strf(&c->memory, "%.*s/password", STR_ARG(at));
    err e = file_read(secret, 1024, &c->memory, password);
    if (failed(e)) {
        *password = ctl_random_password(c);
        e = file_write(secret, *password, 0600);
    }
    c->config_path = arena_strf(&c->memory, "%.*s/godwit.conf", STR_ARG(at));
    if (!failed(e) && access(c->config_path.p, F_OK) != 0)
        e = file_write(c->config_path,
                       arena_strf(&c->memory,
                                  "# The demo: everything below this folder, on loopback, on unprivileged ports.\n"
                                  "[server]\nhost = mail.demo.test\ndata = %.*s/data\nlog-level = warn\n",
                                  STR_ARG(at)),
                       0644);
    return failed(e) ? ctl_fail(c, "write the demo folder", e) : EX_OK;
}

static const boot_socket *socket_of(const boot *b, const char *name) {
    for (size_t i = 0; i < b->sockets_n; i++)
        if (str_eq(b->config.listeners[b->sockets[i].listener].name, str_c(name)))
            return &b->sockets[i];
    return NULL;
}

static unsigned port_of(const boot *b, const char *name) {
    const boot_socket *s = socket_of(b, name);
    return s ? s->at.port : 0;
}

static void demo_ready(const boot *b, void *arg) {
    const str *password = arg;
    printf("\nGodwit %s is running, on this machine only. Stop it with Ctrl-C.\n\n", GODWIT_VERSION);
    for (size_t i = 0; i < b->sockets_n; i++) {
        const config_listener *l = &b->config.listeners[b->sockets[i].listener];
        SCOPED_BUF at;
        buf_init(&at, 256);
        addr_print_port(&at, &b->sockets[i].at);
        printf("  %-12.*s %-22.*s TLS: %s\n", STR_ARG(l->name), STR_ARG(buf_str(&at)), config_tls_modes[l->tls]);
    }
    printf("\n  login        %s\n  password     %.*s\n\nThree things to try, in another terminal:\n\n", demo_account,
           STR_ARG(*password));
    printf("  # send a message to the demo account\n"
           "  printf 'From: you@example.org\\nSubject: Hello\\n\\nThe first flight.\\n' | curl -sS --crlf "
           "smtp://127.0.0.1:%u --mail-from "
           "you@example.org --mail-rcpt %s -T -\n\n",
           port_of(b, "mx"), demo_account);
    printf("  # read it by IMAP\n"
           "  curl -sSk --user '%s:%.*s' 'imaps://127.0.0.1:%u/INBOX;MAILINDEX=1'\n\n",
           demo_account, STR_ARG(*password), port_of(b, "imaps"));
    printf("  # see it by POP3\n"
           "  curl -sSk --user '%s:%.*s' pop3s://127.0.0.1:%u/\n\n",
           demo_account, STR_ARG(*password), port_of(b, "pop3s"));
    fflush(stdout);
}

static int demo(ctl *c, const char *folder, str *password) {
    int code = demo_prepare(c, folder, password);
    const found_wish wish = {
        .domain = str_c(demo_domain), .account = str_c(demo_account), .password = *password, .lenient = true};
    return code ? code : found_store(c, &wish);
}

/* ---- the server ---- */

static int run(ctl *c, int argc, char **argv) {
    const char *folder = NULL;
    bool foreground = false;
    const ctl_option options[] = {{"demo", &folder, NULL}, {"foreground", NULL, &foreground}};
    SCOPED_BUF mistakes;
    boot b;
    str password;
    buf_init(&mistakes, 65536);
    if (ctl_options(c, argc, argv, options, 2) != 1)
        return ctl_wrong(c, "serve takes no words; see godwit serve --help");
    int code = folder ? demo(c, folder, &password) : EX_OK;
    if (code)
        return code;
    err e = boot_read(&b, c->config_path, &mistakes);
    fprintf(stderr, "%.*s", STR_ARG(buf_str(&mistakes)));
    if (!failed(e))
        e = boot_prepare(&b);
    if (failed(e)) {
        ctl_fail(c, "serve", e);
        boot_free(&b);
        return EX_CONFIG;
    }
    void (*ready)(const boot *, void *) = folder ? demo_ready : NULL;
    code = foreground ? control_run(&b, -1, ready, &password) : supervise(&b, ready, &password);
    boot_free(&b);
    return code;
}

const ctl_command ctl_serve = {
    .name = "serve",
    .summary = "Run the server.",
    .usage =
        "usage: godwit serve [--foreground] [--demo FOLDER]\n\n"
        "Reads the configuration, binds the ports, starts the server as an unprivileged process and starts it again "
        "should it\n"
        "ever die. Without any configuration it listens on loopback, on unprivileged ports. SIGHUP reloads, SIGTERM "
        "stops.\n\n"
        "  --foreground    one process without supervisor, for containers and debuggers\n"
        "  --demo FOLDER   keep everything in that folder, with a demo domain and account, and show what to try\n\n"
        "examples:\n"
        "  godwit serve --demo demo\n"
        "  godwit --config /etc/godwit/godwit.conf serve\n",
    .run = run,
};
