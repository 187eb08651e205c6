/* APPEND, RFC 9051 6.3.12; UTF8 data of RFC 6855; APPENDLIMIT, RFC 7889. The bytes are stored as they come. */
#include "imap/append.h"
#include "imap/cmd.h"
#include "mail/spool.h"
#include "mime/date.h"
#include "net/offload.h"

enum {
    SILENCE_MS = 5 * 60 * 1000, /* between two pieces of a message */
    CONTENT_ARENA = 16 * 1024 * 1024,
    OFFLOAD_MS = 60000,
    INLINE_MOST = 32 * 1024, /* bytes looked through on the loop; more goes to a thread */
};

typedef struct append_run {
    spool message;
    bool utf8_data; /* "UTF8 (~{n}": a ")" follows */
    size_t head;    /* bytes of the command before the literal's content */
    int64_t mailbox;
    uint64_t flags;
    str *keywords;
    size_t keywords_n;
    mime_date date;
    err refusal; /* decided at the announcement; told when the client has sent all it has to say */
} append_run;

/* ---- arguments ---- */

static bool scan_date(imap_scan *s, mime_date *out) {
    *out = (mime_date){.at = time_wall()};
    if (s->rest.n == 0 || s->rest.p[0] != '"')
        return true;
    str text;
    return imap_scan_string(s, &text) && date_parse_imap(text, out) && imap_scan_sp(s);
}

/* [flags SP] [date SP] literal; the announcement is the last thing there is. */
static bool scan_rest(imap_command *c, append_run *r) {
    imap_scan *s = &c->args;
    bool binary;
    if (s->rest.n && s->rest.p[0] == '(' &&
        (!imap_arg_flags(c, false, &r->flags, &r->keywords, &r->keywords_n) || !imap_scan_sp(s)))
        return false;
    if (!scan_date(s, &r->date))
        return false;
    r->utf8_data = imap_scan_word(s, S("UTF8 ("));
    return imap_scan_streamed(s, &binary) && s->rest.n == 0;
}

/* ---- the message ---- */

static void chunk(imap_command *c, str bytes) {
    append_run *r = c->own;
    spool_add(&r->message, bytes);
    conn_deadline(c->session->conn, SILENCE_MS);
}

typedef struct content_job {
    str raw;
    arena *memory;
    store_content content;
    err result;
} content_job;

static void make_content(void *thread, void *arg) {
    content_job *job = arg;
    job->result = store_content_of(job->raw, job->memory, &job->content);
}

static err look_through(content_job *job) {
    if (job->raw.n <= INLINE_MOST)
        make_content(NULL, job);
    else
        TRY(offload(offload_shared(), make_content, job, deadline_in(OFFLOAD_MS)));
    return job->result;
}

static err store_message_of(imap_command *c, append_run *r, uint32_t *uid, uint32_t *uidvalidity) {
    imap_session *s = c->session;
    SCOPED_ARENA memory;
    arena_init(&memory, CONTENT_ARENA);
    content_job job = {.memory = &memory};
    TRY(spool_whole(&r->message, &job.raw));
    TRY(look_through(&job));
    return store_append(s->service->store, &s->who, r->mailbox, &job.content, r->flags, r->keywords, r->keywords_n,
                        r->date.at, r->date.zone, uid, uidvalidity);
}

static void refuse(imap_command *c, err why) {
    if (why.kind == ERR_PEER && why.what == ERR_LIMIT)
        imap_no(c, "[TOOBIG] The message is larger than %llu bytes",
                (unsigned long long)c->session->service->max_append);
    else if (why.kind == ERR_PEER && why.what == ERR_NOT_FOUND)
        imap_no(c, "[TRYCREATE] There is no such mailbox");
    else
        imap_fail(c, why);
}

/* What comes behind the message: nothing, or ")". RFC 9051 6.3.12: an empty message is none. */
static void line(imap_command *c, str text, bool dropped) {
    append_run *r = c->own;
    uint32_t uid, uidvalidity;
    str rest = str_skip(text, r->head);
    if (failed(r->refusal)) {
        refuse(c, r->refusal);
    } else if (dropped || !str_eq(rest, r->utf8_data ? S(")") : S("")) || r->message.size == 0) {
        imap_bad(c);
    } else {
        err e = store_message_of(c, r, &uid, &uidvalidity);
        if (failed(e) && e.what == ERR_LIMIT && !r->message.failed)
            imap_fail(c, e); /* too many keywords, not too large */
        else if (failed(e))
            refuse(c, e);
        else
            imap_ok(c, "[APPENDUID %u %u] APPEND done", uidvalidity, uid);
    }
}

static void end(imap_command *c) { spool_free(&((append_run *)c->own)->message); }

/* ---- beginning ---- */

/* Is this literal the message, or still the mailbox's name? */
static bool is_message(imap_session *s) {
    SCOPED_ARENA memory;
    arena_init(&memory, LIMIT_COMMAND_ARENA);
    imap_scan scan = {buf_str(&s->collect.text), &memory};
    str tag, name, mailbox;
    return imap_scan_tag(&scan, &tag) && imap_scan_sp(&scan) && imap_scan_atom(&scan, &name) &&
           str_caseeq(name, S("APPEND")) && imap_scan_sp(&scan) && imap_scan_astring(&scan, &mailbox) &&
           imap_scan_sp(&scan);
}

static err find_mailbox(imap_command *c, append_run *r, str name, uint64_t size) {
    imap_session *s = c->session;
    store_mailbox m;
    if (size > s->service->max_append)
        return err_make(ERR_PEER, ERR_LIMIT, "Too large", "");
    TRY(store_mailbox_get(s->service->store, &s->who, name, &c->memory, &m));
    r->mailbox = m.id;
    return OK;
}

/* The arguments before the message. False: answered. */
static bool prepare(imap_command *c, append_run *r, uint64_t size) {
    str name;
    if (!imap_arg_mailbox(c, &name))
        return false;
    if (!imap_scan_sp(&c->args) || !scan_rest(c, r)) {
        imap_bad(c);
        return false;
    }
    r->refusal = find_mailbox(c, r, name, size);
    if (!failed(r->refusal) || !c->session->collect.sync)
        return true;
    refuse(c, r->refusal); /* the client waits for "+" and hears this instead */
    return false;
}

/* Answered already, but the client sends the literal all the same: it is read past, then the answer is given. */
static void line_answered(imap_command *c, str text, bool dropped) { c->answered = true; }

static void stop(imap_command *c) {
    imap_session *s = c->session;
    if (s->collect.sync) {
        imap_collect_reset(&s->collect);
        return;
    }
    c->answered = false;
    c->line = line_answered;
    imap_collect_drop(&s->collect);
}

static void start(imap_command *c, append_run *r) {
    imap_session *s = c->session;
    const imap_service *service = s->service;
    spool_init(&r->message, service->spool, service->spool_least, service->max_append);
    r->head = s->collect.text.n;
    c->own = r;
    c->end = end;
    c->line = line;
    c->chunk = chunk;
    conn_deadline(s->conn, SILENCE_MS);
    if (failed(r->refusal)) {
        imap_collect_drop(&s->collect);
        return;
    }
    if (s->collect.sync)
        conn_write(s->conn, S("+ Send the message\r\n"));
    imap_collect_stream(&s->collect);
}

bool imap_append_begin(imap_session *s) {
    enum { SWALLOW_MOST = 1024 * 1024 * 1024 }; /* of a message that is refused: beyond, closing is cheaper for both */
    if (s->state == IMAP_GREETED || s->collect.dropped || !is_message(s))
        return false;
    uint64_t size = s->collect.literal;
    if (!s->collect.sync && size > SWALLOW_MOST && size > s->service->max_append) {
        imap_session_bye(s, S("[TOOBIG] The message is too large"));
        return true;
    }
    buf text;
    buf_init(&text, s->collect.text.max);
    buf_add(&text, buf_str(&s->collect.text));
    imap_command *c = imap_command_new(s, text);
    append_run *r = arena_alloc(&c->memory, sizeof *r);
    if (imap_command_begin(c) && prepare(c, r, size))
        start(c, r);
    else
        stop(c);
    return true;
}

/* Without a literal, or with one only in its name. */
static void run(imap_command *c) { imap_bad(c); }

const imap_entry imap_cmd_append = {IMAP_WORD("APPEND"), IMAP_AUTHENTICATED | IMAP_SELECTED, ENTRY_LOOKS,
                                    IMAP_WORD("APPEND mailbox [(flags)] [\"date\"] {size}"), run};
