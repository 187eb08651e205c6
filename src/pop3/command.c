#include "pop3/session.h"

#include "base/log.h"
#include "base/mem.h"

enum { IN_AUTHORIZATION = 1U << POP3_AUTHORIZATION, IN_TRANSACTION = 1U << POP3_TRANSACTION };

typedef enum argument_rule { ARGUMENT_NONE, ARGUMENT_MAY, ARGUMENT_MUST } argument_rule;

typedef struct command {
    str keyword;
    unsigned states; /* where it is allowed */
    argument_rule argument;
    void (*run)(pop3 *s, str argument);
} command;

static void run_noop(pop3 *s, str argument) {
    (void)argument;
    pop3_say(s, "+OK");
}

static void run_stat(pop3 *s, str argument) {
    (void)argument;
    pop3_say(s, "+OK %zu %llu", s->drop->left, (unsigned long long)s->drop->bytes);
}

static void run_dele(pop3 *s, str argument) {
    uint32_t number;
    maildrop_message *m = pop3_numbers(argument, 1, &number) ? maildrop_get(s->drop, number) : NULL;
    if (!m) {
        pop3_refuse(s, "", "No such message");
        return;
    }
    maildrop_delete(s->drop, m);
    pop3_say(s, "+OK Message %u deleted", number);
}

static void run_rset(pop3 *s, str argument) {
    (void)argument;
    maildrop_reset(s->drop);
    pop3_say(s, "+OK Maildrop has %zu messages (%llu octets)", s->drop->left, (unsigned long long)s->drop->bytes);
}

/* RFC 6856 2.1. Messages go out as they are either way. */
static void run_utf8(pop3 *s, str argument) {
    (void)argument;
    pop3_say(s, "+OK UTF8 enabled");
}

/* RFC 1939 6, the UPDATE state: the answer tells whether the messages are gone, and the maildrop is free for the next
 * by then. */
static void run_quit(pop3 *s, str argument) {
    (void)argument;
    size_t deleted = s->drop ? s->drop->n - s->drop->left : 0;
    err e = s->drop ? maildrop_update(s->drop) : OK;
    maildrop_close(take(s->drop));
    if (failed(e)) {
        log_error("pop3.failed", lf_c("conn", conn_id(s->c)), lf_err(&e));
        pop3_refuse(s, e.kind == ERR_PERM ? "[SYS/PERM]" : "[SYS/TEMP]", "Some deleted messages were not removed");
    } else {
        s->removed = deleted;
        pop3_say(s, "+OK Bye");
    }
    pop3_end(s);
}

static const command commands[] = {
    {{"USER", 4}, IN_AUTHORIZATION, ARGUMENT_MUST, pop3_user},
    {{"PASS", 4}, IN_AUTHORIZATION, ARGUMENT_MUST, pop3_pass},
    {{"AUTH", 4}, IN_AUTHORIZATION, ARGUMENT_MUST, pop3_auth},
    {{"STLS", 4}, IN_AUTHORIZATION, ARGUMENT_NONE, pop3_stls},
    {{"UTF8", 4}, IN_AUTHORIZATION, ARGUMENT_NONE, run_utf8},
    {{"CAPA", 4}, IN_AUTHORIZATION | IN_TRANSACTION, ARGUMENT_NONE, pop3_capa},
    {{"QUIT", 4}, IN_AUTHORIZATION | IN_TRANSACTION, ARGUMENT_NONE, run_quit},
    {{"STAT", 4}, IN_TRANSACTION, ARGUMENT_NONE, run_stat},
    {{"LIST", 4}, IN_TRANSACTION, ARGUMENT_MAY, pop3_list},
    {{"UIDL", 4}, IN_TRANSACTION, ARGUMENT_MAY, pop3_uidl},
    {{"RETR", 4}, IN_TRANSACTION, ARGUMENT_MUST, pop3_retr},
    {{"TOP", 3}, IN_TRANSACTION, ARGUMENT_MUST, pop3_top},
    {{"DELE", 4}, IN_TRANSACTION, ARGUMENT_MUST, run_dele},
    {{"RSET", 4}, IN_TRANSACTION, ARGUMENT_NONE, run_rset},
    {{"NOOP", 4}, IN_TRANSACTION, ARGUMENT_NONE, run_noop},
};

static const command *find(str keyword) {
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (str_caseeq(keyword, commands[i].keyword))
            return &commands[i];
    return NULL;
}

/* "" for a command that may run, or what is wrong with it. */
static const char *fault(const pop3 *s, const command *c, const pop3_words *words) {
    if (!c)
        return "Unknown command";
    if (!(c->states & 1U << s->state))
        return s->state == POP3_AUTHORIZATION ? "Log in first" : "Not after the login";
    bool blank = str_trim(words->argument).n == 0;
    if (c->argument == ARGUMENT_MUST ? !words->has_argument : c->argument == ARGUMENT_NONE && !blank)
        return c->argument == ARGUMENT_MUST ? "Argument missing" : "No argument expected";
    return "";
}

void pop3_command(pop3 *s, str line) {
    pop3_words words;
    if (!pop3_parse(line, &words)) {
        pop3_bad(s, "", "Syntax error");
        return;
    }
    const command *c = find(words.keyword);
    const char *wrong = fault(s, c, &words);
    if (*wrong)
        pop3_bad(s, "", wrong);
    else
        c->run(s, words.argument);
}
