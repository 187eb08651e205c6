/* godwit queue: mail that still has to go somewhere. */
#include "ctl/ctl.h"

#include "mime/address.h"

typedef struct selection {
    const char *sender, *recipient, *domain, *message, *state;
    bool all;
    queue_filter filter;
    int64_t *ids;
    size_t n;
} selection;

static const char *const states[] = {"waiting", "active", "held"};

static int read_selection(ctl *c, int argc, char **argv, selection *s) {
    const ctl_option options[] = {
        {"sender", &s->sender, NULL},   {"recipient", &s->recipient, NULL}, {"domain", &s->domain, NULL},
        {"message", &s->message, NULL}, {"state", &s->state, NULL},         {"all", NULL, &s->all},
    };
    int words = ctl_options(c, argc, argv, options, sizeof options / sizeof *options);
    if (words < 0)
        return EX_USAGE;
    s->filter = (queue_filter){
        .sender = str_c(s->sender), .recipient = str_c(s->recipient), .message_id = str_c(s->message), .state = -1};
    if (s->domain) {
        s->filter.domain = domain_key(str_c(s->domain), &c->memory);
        if (!s->filter.domain.p)
            return ctl_wrong(c, "\"%s\" is no domain name", s->domain);
    }
    for (int i = 0; s->state && i < 3; i++)
        if (strcmp(states[i], s->state) == 0)
            s->filter.state = i;
    if (s->state && s->filter.state < 0)
        return ctl_wrong(c, "--state is waiting, active or held");
    s->ids = arena_array(&c->memory, (size_t)words, sizeof *s->ids);
    for (int i = 1; i < words; i++) {
        uint64_t id;
        if (!str_to_u64(str_c(argv[i]), INT64_MAX, &id))
            return ctl_wrong(c, "\"%s\" is no entry number; godwit queue list shows them", argv[i]);
        s->ids[s->n++] = (int64_t)id;
    }
    return ctl_open_store(c);
}

static bool selects_something(const selection *s) {
    return s->n || s->all || s->sender || s->recipient || s->domain || s->message || s->state;
}

static const char *const columns[] = {"id",   "message", "state", "sender",  "recipient",
                                      "size", "tries",   "next",  "expires", "last_error"};

static void row(ctl_table *t, const queue_entry *e) {
    ctl_table_u64(t, (uint64_t)e->id);
    ctl_table_str(t, e->message_id);
    ctl_table_str(t, str_c(states[e->state]));
    ctl_table_str(t, str_empty(e->sender) ? S("<>") : e->sender);
    ctl_table_str(t, e->recipient);
    ctl_table_size(t, e->size);
    ctl_table_u64(t, e->attempts);
    ctl_table_time(t, e->next_try);
    ctl_table_time(t, e->expires);
    ctl_table_str(t, e->last_error);
}

static err page(ctl_page *p) {
    const selection *s = p->arg;
    queue_entry *found;
    TRY(queue_list(p->c->store, &ctl_operator, &s->filter, p->after_id, CTL_PAGE, &p->memory, &found, &p->n));
    for (size_t i = 0; i < p->n; i++)
        row(&p->table, &found[i]);
    if (p->n)
        p->after_id = found[p->n - 1].id;
    return OK;
}

static int list(ctl *c, int argc, char **argv) {
    selection s = {0};
    int code = read_selection(c, argc, argv, &s);
    return code ? code : ctl_pages(c, "queue list", columns, sizeof columns / sizeof *columns, page, &s);
}

static int show(ctl *c, int argc, char **argv) {
    selection s = {0};
    queue_entry *found;
    size_t n = 0;
    int code = read_selection(c, argc, argv, &s);
    if (code)
        return code;
    if (s.n != 1)
        return ctl_wrong(c, "queue show: give one entry number, as godwit queue list shows them");
    err e = queue_list(c->store, &ctl_operator, &s.filter, s.ids[0] - 1, 1, &c->memory, &found, &n);
    if (!failed(e) && (n == 0 || found[0].id != s.ids[0]))
        e = err_make(ERR_PEER, ERR_NOT_FOUND, "no such entry", "there is no entry %lld; it may have been delivered",
                     (long long)s.ids[0]);
    if (failed(e))
        return ctl_fail(c, "queue show", e);
    static const char *const all[] = {"id",   "message", "state",      "sender",  "recipient", "size",   "tries",
                                      "next", "expires", "last_error", "created", "target",    "history"};
    ctl_table t;
    ctl_table_begin(&t, c, all, sizeof all / sizeof *all);
    row(&t, &found[0]);
    ctl_table_time(&t, found[0].created);
    ctl_table_str(&t, found[0].target);
    ctl_table_str(&t, c->json ? found[0].history : S("(below)"));
    ctl_record_end(&t);
    for (str line, rest = found[0].history; !c->json && str_cut(&rest, '\n', &line);)
        if (line.n)
            printf("  %.*s\n", STR_ARG(line));
    return EX_OK;
}

static int change(ctl *c, int argc, char **argv, queue_change what, const char *done) {
    selection s = {0};
    uint64_t changed;
    int code = read_selection(c, argc, argv, &s);
    if (code)
        return code;
    if (!selects_something(&s))
        return ctl_wrong(
            c, "queue %s: say which: entry numbers, --sender, --recipient, --domain, --message, --state, or --all",
            argv[0]);
    err e = queue_apply(c->store, &ctl_operator, &s.filter, s.n ? s.ids : NULL, s.n, what, &changed);
    if (failed(e))
        return ctl_fail(c, "queue", e);
    ctl_close(c, true);
    ctl_done(c, "%llu %s", (unsigned long long)changed, done);
    return EX_OK;
}

static int retry(ctl *c, int argc, char **argv) { return change(c, argc, argv, QUEUE_CHANGE_RETRY, "due now"); }
static int hold(ctl *c, int argc, char **argv) { return change(c, argc, argv, QUEUE_CHANGE_HOLD, "held"); }
static int release(ctl *c, int argc, char **argv) { return change(c, argc, argv, QUEUE_CHANGE_RELEASE, "released"); }
static int remove_entries(ctl *c, int argc, char **argv) {
    return change(c, argc, argv, QUEUE_CHANGE_REMOVE, "removed");
}

static const ctl_verb verbs[] = {{"list", list}, {"show", show},       {"retry", retry},
                                 {"hold", hold}, {"release", release}, {"remove", remove_entries}};

static int run(ctl *c, int argc, char **argv) {
    return ctl_run_verb(c, verbs, sizeof verbs / sizeof *verbs, argc, argv, &ctl_queue);
}

const ctl_command ctl_queue = {
    .name = "queue",
    .summary = "List, show, retry, hold, release and remove mail that waits to be sent.",
    .usage = "usage: godwit queue list [SELECTION]\n"
             "       godwit queue show ID\n"
             "       godwit queue retry|hold|release|remove ID ... | SELECTION | --all\n\n"
             "SELECTION: --sender ADDRESS, --recipient ADDRESS, --domain DOMAIN, --message QUEUE-ID, --state "
             "waiting|active|held.\n"
             "An entry is one recipient of one message. What is removed is gone: nobody is told.\n\n"
             "examples:\n"
             "  godwit queue list --domain example.net\n"
             "  godwit queue retry --domain example.net\n"
             "  godwit queue hold 17 18\n"
             "  godwit queue remove --sender spammer@example.org\n",
    .run = run,
};
