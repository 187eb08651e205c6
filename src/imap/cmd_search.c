/* SEARCH, RFC 9051 6.4.4. Rows first; the header and the text of a message only where the rows leave a doubt. */
#include "base/time.h"
#include "imap/search.h"
#include "net/offload.h"

enum {
    PAGE = 500,
    PAGE_ENVELOPES = 200,
    PAGE_ARENA = 32 * 1024 * 1024,
    MATCH_ARENA = 4 * 1024 * 1024, /* decoded header fields of one message */
    OFFLOAD_MS = 60000,
};

static void add_found(imap_search_run *r, const store_message *row, uint32_t seq) {
    if (r->found.n == 0)
        r->modseq_first = row->modseq;
    r->modseq_last = row->modseq;
    if (row->modseq > r->modseq_high)
        r->modseq_high = row->modseq;
    imap_ranges_add(&r->found, seq, seq);
}

static imap_candidate candidate_of(imap_command *c, const store_message *row, arena *memory) {
    const imap_box *box = c->session->box;
    return (imap_candidate){.row = row,
                            .seq = imap_view_seq(&box->view, row->uid),
                            .keywords = box->keywords,
                            .keywords_n = box->keywords_n,
                            .now = time_wall(),
                            .memory = memory};
}

/* ---- a page of rows, in a thread when envelopes are to be decoded ---- */

static void match_page(void *thread, void *arg) {
    imap_command *c = arg;
    imap_search_run *r = c->own;
    for (size_t i = 0; i < r->rows_n; i++) {
        SCOPED_ARENA memory;
        arena_init(&memory, MATCH_ARENA);
        imap_candidate one = candidate_of(c, &r->rows[i], &memory);
        imap_envelope envelope;
        if (r->what.has_envelope) {
            imap_envelope_parse(r->rows[i].envelope, &memory, &envelope);
            one.envelope = &envelope;
        }
        r->verdicts[i] = imap_match(r->what.root, &one);
    }
}

static err next_page(imap_command *c, imap_search_run *r) {
    imap_session *s = c->session;
    bool envelopes = r->what.has_envelope;
    arena_free(&r->page);
    arena_init(&r->page, PAGE_ARENA);
    r->row = 0;
    TRY(imap_pick_rows(&r->pick, s, r->since, envelopes ? WANT_ENVELOPE : WANT_FLAGS, envelopes ? PAGE_ENVELOPES : PAGE,
                       &r->page, &r->rows, &r->rows_n));
    r->verdicts = arena_array(&r->page, r->rows_n, sizeof *r->verdicts);
    if (!r->verdicts)
        return err_make(ERR_TEMP, ERR_LIMIT, "Too much at once", "arena of a search page");
    if (envelopes && r->rows_n)
        return offload(offload_searches(), match_page, c, deadline_in(OFFLOAD_MS));
    match_page(NULL, c);
    return OK;
}

/* ---- one message, looked into ---- */

typedef struct look_job {
    imap_command *command;
    const store_message *row;
    str header;
    const part_tree *tree;
    imap_verdict verdict;
} look_job;

static void look(void *thread, void *arg) {
    look_job *job = arg;
    imap_search_run *r = job->command->own;
    SCOPED_ARENA memory;
    arena_init(&memory, MATCH_ARENA);
    imap_candidate one = candidate_of(job->command, job->row, &memory);
    imap_envelope envelope;
    imap_envelope_parse(job->row->envelope, &memory, &envelope);
    one.envelope = r->what.has_envelope ? &envelope : NULL;
    one.header = &job->header;
    one.tree = job->tree;
    job->verdict = imap_match(r->what.root, &one);
    buf_free(&one.text);
}

static err look_into(imap_command *c, imap_search_run *r, bool *matches) {
    look_job job = {.command = c, .row = &r->rows[r->row], .verdict = MATCH_MAYBE};
    imap_message_open(&r->message, c->session, job.row);
    if (r->what.has_header) {
        TRY(imap_message_header(&r->message, &job.header));
        TRY(offload(offload_searches(), look, &job, deadline_in(OFFLOAD_MS)));
    }
    if (job.verdict == MATCH_MAYBE) {
        TRY(imap_message_load(&r->message));
        TRY(imap_message_header(&r->message, &job.header));
        job.tree = &r->message.tree;
        TRY(offload(offload_searches(), look, &job, deadline_in(OFFLOAD_MS)));
    }
    *matches = job.verdict == MATCH_YES;
    return OK;
}

/* A message that is gone meanwhile does not match; anything else that goes wrong ends the search. */
static bool resolve(imap_command *c, imap_search_run *r, bool *matches) {
    err e = look_into(c, r, matches);
    imap_message_close(&r->message);
    if (!failed(e))
        return true;
    *matches = false;
    if (e.kind == ERR_PEER && e.what == ERR_NOT_FOUND)
        return true;
    imap_fail(c, e);
    return false;
}

static bool only_first_wanted(const imap_search_run *r) { return r->what.extended && r->what.returns == RETURN_MIN; }

static void step(imap_command *c) {
    imap_search_run *r = c->own;
    if (r->row == r->rows_n) {
        err e = next_page(c, r);
        if (failed(e))
            imap_fail(c, e);
        else if (r->rows_n == 0)
            imap_search_answer(c, r);
        return;
    }
    bool looked = false;
    for (; r->row < r->rows_n && !looked; r->row++) {
        bool matches = r->verdicts[r->row] == MATCH_YES;
        looked = r->verdicts[r->row] == MATCH_MAYBE;
        if (looked && !resolve(c, r, &matches))
            return;
        if (matches)
            add_found(r, &r->rows[r->row], imap_view_seq(&c->session->box->view, r->rows[r->row].uid));
    }
    if (r->found.n && only_first_wanted(r))
        imap_search_answer(c, r);
}

/* ---- beginning ---- */

/* Sets become sequence numbers of this moment, throughout the tree. */
static bool resolve_sets(imap_command *c, imap_search_key *key) {
    if (key->kind == SEARCH_SEQUENCE || key->kind == SEARCH_UID) {
        imap_pick seqs;
        if (!imap_pick_resolve(c->session, &key->set, key->kind == SEARCH_UID, &c->memory, &seqs))
            return false;
        key->set = (imap_set){.ranges = seqs.seqs, .n = seqs.n};
    }
    for (imap_search_key *child = key->first; child; child = child->next)
        if (!resolve_sets(c, child))
            return false;
    return true;
}

/* What all must match narrows the rows that are looked at. True when that is all there is to it. */
static bool narrow(imap_command *c, imap_search_run *r) {
    bool trivial = true;
    for (const imap_search_key *key = r->what.root->first; key; key = key->next) {
        if (key->kind == SEARCH_SEQUENCE || key->kind == SEARCH_UID) {
            imap_pick only = {.seqs = key->set.ranges, .n = key->set.n};
            trivial &= imap_pick_narrow(&r->pick, &only, &c->memory);
        } else if (key->kind == SEARCH_MODSEQ && key->number > r->since) {
            r->since = key->number - 1;
            trivial = false;
        } else {
            trivial &= key->kind == SEARCH_AND && !key->first;
        }
    }
    return trivial;
}

static void end(imap_command *c) {
    imap_search_run *r = c->own;
    imap_message_close(&r->message);
    imap_ranges_free(&r->found);
    arena_free(&r->page);
}

static void run(imap_command *c) {
    imap_search_run *r = arena_alloc(&c->memory, sizeof *r);
    if (!imap_scan_search(&c->args, &r->what)) {
        imap_bad(c);
        return;
    }
    if (r->what.bad_charset) {
        imap_no(c, "[BADCHARSET (US-ASCII UTF-8)] The charset is not known here");
        return;
    }
    if (r->what.has_modseq)
        imap_condstore(c->session);
    c->own = r;
    c->end = end;
    c->step = step;
    if (!resolve_sets(c, r->what.root) || !imap_pick_all(c->session, &c->memory, &r->pick)) {
        imap_no(c, "[LIMIT] The search is too large");
        return;
    }
    if (!narrow(c, r))
        return;
    for (size_t i = 0; i < r->pick.n; i++)
        imap_ranges_add(&r->found, r->pick.seqs[i].first, r->pick.seqs[i].last);
    imap_search_answer(c, r);
}

const imap_entry imap_cmd_search = {IMAP_WORD("SEARCH"), IMAP_SELECTED, ENTRY_UID | ENTRY_QUIET,
                                    IMAP_WORD("SEARCH [RETURN (options)] [CHARSET charset] keys"), run};
