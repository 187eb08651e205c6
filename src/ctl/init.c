/* godwit init: asks two questions, writes a short configuration, makes the store with a first account. */
#include "ctl/ctl.h"

#include <sys/stat.h>
#include <unistd.h>

#include "app/files.h"
#include "ctl/found.h"
#include "mime/address.h"

typedef struct answers {
    const char *domain, *account, *host, *data;
    bool stdin_password, generate, force;
} answers;

static const char *ask(ctl *c, const char *question) {
    char line[512];
    if (!isatty(STDIN_FILENO))
        return NULL;
    printf("%s", question);
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin))
        return NULL;
    str text = str_c(line);
    while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r' || text.p[text.n - 1] == ' '))
        text.n--;
    return text.n ? arena_cstr(&c->memory, text) : NULL;
}

static str file_text(ctl *c, const answers *a, bool privileged) {
    unsigned first = privileged ? 0 : 2000;
    return arena_strf(
        &c->memory,
        "# Godwit. `godwit check` tests this file and everything around it; `man godwit.conf` has every option.\n"
        "# After a change: godwit reload\n\n"
        "[server]\n"
        "host = %s\n"
        "data = %s\n\n"
        "# Your certificate; without one the server makes one of its own, which clients will question.\n"
        ";[tls]\n"
        ";certificate = /etc/letsencrypt/live/%s/fullchain.pem\n"
        ";key = /etc/letsencrypt/live/%s/privkey.pem\n\n"
        "# Mail from other servers.\n"
        "[listener \"mx\"]\nprotocol = mx\naddress = *:%u\n\n"
        "# Mail from your users: STARTTLS, and TLS from the first byte.\n"
        "[listener \"submission\"]\nprotocol = submission\naddress = *:%u\nrequire-tls = yes\n\n"
        "[listener \"submissions\"]\nprotocol = submission\naddress = *:%u\ntls = implicit\n\n"
        "# Reading mail.\n"
        "[listener \"imap\"]\nprotocol = imap\naddress = *:%u\n\n"
        "[listener \"imaps\"]\nprotocol = imap\naddress = *:%u\ntls = implicit\n\n"
        "[listener \"pop3\"]\nprotocol = pop3\naddress = *:%u\n\n"
        "[listener \"pop3s\"]\nprotocol = pop3\naddress = *:%u\ntls = implicit\n\n"
        "# Everything that is not for us goes to its own servers; or all of it through another server of yours:\n"
        ";[relay]\n"
        ";smarthost = smtp.example.net:587\n"
        ";tls = must\n"
        ";user = you@example.net\n"
        ";password-file = /etc/godwit/relay-password\n",
        a->host, a->data, a->host, a->host, first + 25, first + 587, first + 465, first + 143, first + 993, first + 110,
        first + 995);
}

static int check_names(ctl *c, const answers *a, found_wish *w) {
    addr_spec spec;
    w->domain = domain_key(str_c(a->domain), &c->memory);
    if (!w->domain.p)
        return ctl_wrong(c, "\"%s\" is no domain name", a->domain);
    bool fine = !failed(address_parse(str_c(a->account), true, &c->memory, &spec)) && !str_empty(spec.domain);
    w->account = fine ? address_key(&spec, &c->memory) : (str){0};
    if (!w->account.p)
        return ctl_wrong(c, "\"%s\" is no mail address", a->account);
    if (!str_ends(w->account, arena_strf(&c->memory, "@%.*s", STR_ARG(w->domain))))
        return ctl_wrong(c, "the first account must be in %s", a->domain);
    return EX_OK;
}

static int complete(ctl *c, answers *a) {
    if (!a->domain)
        a->domain = ask(c, "Domain whose mail is to be kept (example.org): ");
    if (!a->domain)
        return ctl_wrong(c, "init needs a domain: godwit init --domain example.org --account you@example.org");
    if (!a->account)
        a->account = ask(c, "First account, a full address (you@example.org): ");
    if (!a->account)
        return ctl_wrong(c, "init needs a first account: --account you@%s", a->domain);
    if (!a->host)
        a->host = arena_strf(&c->memory, "mail.%s", a->domain).p;
    if (!a->data)
        a->data = arena_strf(&c->memory, "%.*s", STR_ARG(c->config.data)).p;
    return EX_OK;
}

static int get_password(ctl *c, const answers *a, str *password) {
    if (a->generate)
        *password = ctl_random_password(c);
    else if (!ctl_read_password(c, a->stdin_password, password))
        return ctl_wrong(c,
                         "no password was given; use --generate, or --password-stdin and write it to standard input");
    return EX_OK;
}

static int run(ctl *c, int argc, char **argv) {
    answers a = {0};
    found_wish w = {0};
    const ctl_option options[] = {
        {"domain", &a.domain, NULL},
        {"account", &a.account, NULL},
        {"host", &a.host, NULL},
        {"data", &a.data, NULL},
        {"password-stdin", NULL, &a.stdin_password},
        {"generate", NULL, &a.generate},
        {"force", NULL, &a.force},
    };
    if (ctl_options(c, argc, argv, options, sizeof options / sizeof *options) != 1)
        return ctl_wrong(c, "init takes options only; see godwit init --help");
    str path = str_empty(c->config_path) ? config_new_path(&c->memory) : c->config_path;
    if (access(arena_cstr(&c->memory, path), F_OK) == 0 && !a.force)
        return ctl_wrong(c, "%.*s is there already; --force replaces it (the store is kept)", STR_ARG(path));
    config_mistakes none;
    if (!c->have_config)
        config_read(&c->config, S(""), &none);
    c->have_config = true;
    int code = complete(c, &a);
    if (!code)
        code = check_names(c, &a, &w);
    if (!code)
        code = get_password(c, &a, &w.password);
    if (code)
        return code;
    str folder = str_sub(path, 0, str_rfind(path, '/') == STR_NONE ? 0 : str_rfind(path, '/'));
    err e = str_empty(folder) ? OK : directory_make(folder, 0755, &c->memory);
    if (!failed(e))
        e = file_write(path, file_text(c, &a, geteuid() == 0), 0644);
    if (failed(e))
        return ctl_fail(c, "write the configuration", e);
    config_free(&c->config);
    c->have_config = false;
    c->config_path = path;
    w.lenient = a.force;
    code = found_store(c, &w);
    if (code)
        return code;
    if (a.generate && !c->json)
        printf("password of %.*s: %.*s\n", STR_ARG(w.account), STR_ARG(w.password));
    ctl_done(c, "%.*s written, %.*s made. Next: godwit check; godwit serve", STR_ARG(path), STR_ARG(w.account));
    return EX_OK;
}

const ctl_command ctl_init = {
    .name = "init",
    .summary = "Write a first configuration and make the store with a first account.",
    .usage = "usage: godwit init [--domain DOMAIN] [--account ADDRESS] [--password-stdin | --generate]\n"
             "                   [--host NAME] [--data DIRECTORY] [--force]\n\n"
             "Asks for what is not given. The file goes to /etc/godwit/godwit.conf for root, to "
             "~/.config/godwit/godwit.conf for\n"
             "others, or where --config says; others than root get unprivileged ports.\n\n"
             "examples:\n"
             "  godwit init\n"
             "  godwit init --domain example.org --account you@example.org --generate\n",
    .run = run,
};
