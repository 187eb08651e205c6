/* sendmail and mailq: the old interface that programs expect, as far as they use it. */
#include "ctl/ctl.h"

#include <unistd.h>

#include "ctl/submit.h"
#include "mime/header.h"

typedef struct wishes {
    bool from_header, ignore_dots, list_queue;
    const char *sender, *notify, *envid, *ret;
} wishes;

/* Options that take a value in the next word when none is glued to them. */
static int read_options(ctl *c, int argc, char **argv, wishes *w) {
    int i = 1;
    for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
        const char *at = argv[i];
        if (strcmp(at, "--") == 0)
            return i + 1;
        const char **value = at[1] == 'f' || at[1] == 'r' ? &w->sender
                             : at[1] == 'N'               ? &w->notify
                             : at[1] == 'V'               ? &w->envid
                             : at[1] == 'R'               ? &w->ret
                                                          : NULL;
        const char *ignored;
        if (!value && strchr("FBCLhOopX", at[1]) && !(at[1] == 'o' && at[2]))
            value = &ignored;
        if (value) {
            *value = at[2] ? at + 2 : i + 1 < argc ? argv[++i] : NULL;
            if (!*value)
                return -ctl_wrong(c, "sendmail: -%c needs a value", at[1]);
        } else if (strcmp(at, "-bp") == 0) {
            w->list_queue = true;
        } else if (strcmp(at, "-i") == 0 || strcmp(at, "-oi") == 0) {
            w->ignore_dots = true;
        } else if (strcmp(at, "-t") == 0 || strcmp(at, "-ti") == 0 || strcmp(at, "-it") == 0) {
            w->from_header = true;
            w->ignore_dots = w->ignore_dots || at[2] == 'i' || at[1] == 'i';
        } else if (at[1] == 'b' && at[2] != 'm') {
            return -ctl_wrong(c, "sendmail: %s is not supported; -bm (the default) and -bp are", at);
        } else if (!strchr("bovnmGUAeq", at[1])) {
            return -ctl_wrong(c, "sendmail: unknown option %s", at);
        }
    }
    return i;
}

static bool add_recipient(submit *s, str given) {
    if (s->n == SUBMIT_RECIPIENTS)
        return false;
    s->recipients[s->n++] = given;
    return true;
}

/* -t: the recipients of To, Cc and Bcc. */
static int take_from_header(ctl *c, submit *s) {
    str rest = s->raw;
    for (header_field field; header_next(&rest, &field);) {
        if (!str_caseeq(field.name, S("To")) && !str_caseeq(field.name, S("Cc")) && !str_caseeq(field.name, S("Bcc")))
            continue;
        address_list list;
        err e = address_list_parse(field.value, &c->memory, &list);
        if (failed(e))
            return ctl_fail(c, "sendmail: recipients", e);
        for (size_t i = 0; i < list.n; i++) {
            if (list.items[i].kind != ADDRESS_MAILBOX)
                continue;
            str found =
                str_empty(list.items[i].domain)
                    ? list.items[i].local
                    : arena_strf(&c->memory, "%.*s@%.*s", STR_ARG(list.items[i].local), STR_ARG(list.items[i].domain));
            if (!add_recipient(s, found))
                return ctl_wrong(c, "more than %d recipients", SUBMIT_RECIPIENTS);
        }
    }
    return EX_OK;
}

static unsigned notify_bits(const char *words) {
    static const struct {
        const char *word;
        unsigned bit;
    } table[] = {
        {"never", NOTIFY_NEVER}, {"success", NOTIFY_SUCCESS}, {"failure", NOTIFY_FAILURE}, {"delay", NOTIFY_DELAY}};
    unsigned bits = 0;
    for (str word, rest = str_c(words); words && str_cut(&rest, ',', &word);)
        for (size_t i = 0; i < 4; i++)
            if (str_caseeq(word, str_c(table[i].word)))
                bits |= table[i].bit;
    return bits;
}

static int run(ctl *c, int argc, char **argv) {
    wishes w = {0};
    submit s = {0};
    str self = str_c(argv[0]);
    if (str_ends(self, S("mailq")))
        w.list_queue = true;
    int first = read_options(c, argc, argv, &w);
    if (first < 0)
        return -first;
    if (w.list_queue) {
        char queue_word[] = "queue", list_word[] = "list", *list[] = {queue_word, list_word, NULL};
        return ctl_queue.run(c, 2, list);
    }
    int code = ctl_read_config(c);
    if (code)
        return code;
    s.recipients = arena_array(&c->memory, SUBMIT_RECIPIENTS, sizeof *s.recipients);
    for (int i = first; i < argc; i++)
        if (!add_recipient(&s, str_c(argv[i])))
            return ctl_wrong(c, "more than %d recipients", SUBMIT_RECIPIENTS);
    code = submit_sender(c, w.sender, &s.sender);
    if (code)
        return code;
    s.notify = notify_bits(w.notify);
    s.envid = str_c(w.envid);
    s.ret_headers = w.ret && str_caseeq(str_c(w.ret), S("hdrs"));
    code = submit_read_stdin(c, !w.ignore_dots, &s.raw);
    if (!code && w.from_header)
        code = take_from_header(c, &s);
    return code ? code : submit_message(c, &s, NULL);
}

const ctl_command ctl_sendmail = {
    .name = "sendmail",
    .summary = "The sendmail command that programs expect (also by that name: a link to godwit).",
    .usage = "usage: sendmail [-t] [-i] [-f SENDER] [-N never|success,failure,delay] [-R full|hdrs] [-V ENVID] "
             "[RECIPIENT ...] < message\n"
             "       sendmail -bp, or mailq: list the queue\n",
    .run = run,
};
