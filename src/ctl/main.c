/* godwit: the program. Chooses the subcommand; as `sendmail` or `mailq` it is their old friend. */
#include "ctl/ctl.h"

#include <unistd.h>

static const ctl_command *const commands[] = {
    &ctl_serve, &ctl_init,   &ctl_check,        &ctl_domain, &ctl_account,  &ctl_address, &ctl_queue,
    &ctl_send,  &ctl_reload, &ctl_list_options, &ctl_status, &ctl_sendmail, &ctl_version,
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static int help(FILE *to) {
    fputs("godwit - a mail server: SMTP, IMAP and POP3 in one program\n\n"
          "usage: godwit [--config FILE] [--json] COMMAND ...\n\n",
          to);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\nA first server:\n"
          "  godwit init --domain example.org --account you@example.org\n"
          "  godwit serve\n\n"
          "godwit COMMAND --help explains a command, with examples.\n",
          to);
    return to == stdout ? EX_OK : EX_USAGE;
}

static const ctl_command *find(str name) {
    for (size_t i = 0; i < COMMANDS; i++)
        if (str_eq(str_c(commands[i]->name), name))
            return commands[i];
    return NULL;
}

static bool asks_help(int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || (i == 1 && (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "help") == 0)))
            return true;
    return false;
}

static int run(ctl *c, const ctl_command *command, int argc, char **argv) {
    if (command != &ctl_sendmail && asks_help(argc, argv)) {
        fputs(command->usage, stdout);
        return EX_OK;
    }
    int code = command->run(c, argc, argv);
    ctl_close(c, false);
    if (c->have_config)
        config_free(&c->config);
    arena_free(&c->memory);
    return code;
}

/* --config and --json are understood before the command and after it. */
static int take_globals(ctl *c, int argc, char **argv) {
    const char *path = NULL;
    int kept = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            c->json = true;
        else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
            path = argv[++i];
        else if (strncmp(argv[i], "--config=", 9) == 0)
            path = argv[i] + 9;
        else
            argv[kept++] = argv[i];
    }
    c->config_path = path ? str_c(path) : config_default_path(&c->memory);
    argv[kept] = NULL;
    return kept;
}

int main(int argc, char **argv) {
    ctl c = {0};
    arena_init(&c.memory, (size_t)256 << 20);
    str self = str_c(argc ? argv[0] : "godwit");
    size_t slash = str_rfind(self, '/');
    self = slash == STR_NONE ? self : str_skip(self, slash + 1);
    if (str_starts(self, S("sendmail")) || str_starts(self, S("mailq"))) { /* "sendmail.godwit" too */
        c.config_path = config_default_path(&c.memory);
        return run(&c, &ctl_sendmail, argc, argv);
    }
    if (argc > 1 && strcmp(argv[1], "sendmail") == 0) { /* its options are its own */
        c.config_path = config_default_path(&c.memory);
        return run(&c, &ctl_sendmail, argc - 1, argv + 1);
    }
    argc = take_globals(&c, argc, argv);
    if (argc < 2)
        return help(stderr);
    str name = str_c(argv[1]);
    if (str_eq(name, S("--help")) || str_eq(name, S("-h")) || str_eq(name, S("help")))
        return help(stdout);
    if (str_eq(name, S("--version")))
        name = S("version");
    const ctl_command *command = find(name);
    if (!command)
        return ctl_wrong(&c, "unknown command \"%s\"; `godwit --help` lists them", argv[1]);
    return run(&c, command, argc - 1, argv + 1);
}
