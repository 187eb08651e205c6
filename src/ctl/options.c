/* godwit options: the reference of the configuration file, from the options table itself. */
#include "ctl/ctl.h"

static const char *range(ctl *c, const option *o) {
    switch (o->type) {
    case OPTION_BOOL:
        return "yes or no";
    case OPTION_TEXT:
        return "text";
    case OPTION_LIST:
        return "words";
    case OPTION_COUNT:
        return arena_strf(&c->memory, "%lld to %lld", (long long)o->least, (long long)o->most).p;
    case OPTION_SIZE:
        return arena_strf(&c->memory, "size, %lld to %lld bytes", (long long)o->least, (long long)o->most).p;
    case OPTION_DURATION:
        return arena_strf(&c->memory, "time, %lld ms to %lld s", (long long)o->least, (long long)o->most / 1000).p;
    case OPTION_CHOICE:
        break;
    }
    str words = S("");
    for (size_t i = 0; o->choices && o->choices[i]; i++)
        words = arena_strf(&c->memory, "%.*s%s%s", STR_ARG(words), i ? ", " : "", o->choices[i]);
    return arena_cstr(&c->memory, words);
}

static bool named(const char *section) { return strcmp(section, "listener") == 0 || strcmp(section, "tls") == 0; }

static void markdown(ctl *c) {
    const char *section = "";
    printf("# Options\n\nEvery option of the configuration file, made from the options table by `godwit options`.\n"
           "Sizes take K, M, G; times take ms, s, m, h, d. Lists may go on in the next line, indented.\n");
    for (size_t i = 0; i < config_options_n; i++) {
        const option *o = &config_options[i];
        if (strcmp(section, o->section) != 0)
            printf("\n## [%s%s]\n\n| option | default | values | what it does |\n| --- | --- | --- | --- |\n",
                   o->section, named(o->section) ? " \"name\"" : "");
        section = o->section;
        printf("| `%s` | %s%s%s | %s | %s |\n", o->name, o->initial[0] ? "`" : "", o->initial, o->initial[0] ? "`" : "",
               range(c, o), o->help);
    }
}

static void man(ctl *c) {
    const char *section = "";
    printf(".TH GODWIT.CONF 5\n.SH NAME\ngodwit.conf \\- configuration of the Godwit mail server\n.SH DESCRIPTION\n"
           "Lines of the form \\fIname = value\\fR below \\fI[section]\\fR heads; # and ; begin comments. "
           "Sizes take K, M, G; times take ms, s, m, h, d. Lists may go on in the next line, indented. "
           "Without any [listener] section the server listens on loopback, on unprivileged ports.\n");
    for (size_t i = 0; i < config_options_n; i++) {
        const option *o = &config_options[i];
        if (strcmp(section, o->section) != 0)
            printf(".SH [%s%s]\n", o->section, named(o->section) ? " \"name\"" : "");
        section = o->section;
        printf(".TP\n.B %s\n%s\n(%s; default: %s)\n", o->name, o->help, range(c, o),
               o->initial[0] ? o->initial : "none");
    }
    printf(".SH SEE ALSO\n.BR godwit (1)\n");
}

static int table(ctl *c) {
    static const char *const columns[] = {"section", "option", "default", "values", "help"};
    ctl_table t;
    ctl_table_begin(&t, c, columns, 5);
    for (size_t i = 0; i < config_options_n; i++) {
        const option *o = &config_options[i];
        ctl_table_str(&t, str_c(o->section));
        ctl_table_str(&t, str_c(o->name));
        ctl_table_str(&t, str_c(o->initial));
        ctl_table_str(&t, str_c(range(c, o)));
        ctl_table_str(&t, str_c(o->help));
    }
    ctl_table_end(&t);
    return EX_OK;
}

static int run(ctl *c, int argc, char **argv) {
    bool as_markdown = false, as_man = false;
    const ctl_option options[] = {{"markdown", NULL, &as_markdown}, {"man", NULL, &as_man}};
    if (ctl_options(c, argc, argv, options, 2) != 1)
        return ctl_wrong(c, "options takes no words");
    if (!as_markdown && !as_man)
        return table(c);
    as_man ? man(c) : markdown(c);
    return EX_OK;
}

const ctl_command ctl_list_options = {
    .name = "options",
    .summary = "List every option of the configuration file with its default.",
    .usage = "usage: godwit options [--markdown | --man]\n\n"
             "examples:\n"
             "  godwit options | grep queue\n",
    .run = run,
};
