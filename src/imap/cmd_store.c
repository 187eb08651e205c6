/* STORE, RFC 9051 6.4.6; UNCHANGEDSINCE of RFC 7162 3.1.3. */
#include "imap/flag.h"
#include "imap/pick.h"
#include "imap/sync.h"

enum { CHUNK = 1000, CHUNK_RANGES = 250, CHUNK_ARENA = 16 * 1024 * 1024 };

typedef struct store_run {
    imap_pick pick;
    store_flag_change change;
    bool silent, conditional;
    uint64_t wanted, found;
    imap_ranges conflicts; /* UIDs */
} store_run;

/* Messages that others changed too are told by the look at the command's end, even to a silent client. */
static void tell(imap_command *c, const store_run *r, const store_message *rows, size_t n) {
    imap_session *s = c->session;
    uint64_t flags = 0;
    for (size_t i = 0; i < n; i++)
        flags |= rows[i].flags;
    imap_sync_learn_keywords(s, flags);
    bool modseqs = s->enabled & ENABLED_CONDSTORE; /* RFC 7162 3.1.3: these are told though it was silent */
    for (size_t i = 0; i < n && (!r->silent || modseqs); i++)
        imap_sync_print_flags(s, &rows[i], c->uid, !r->silent);
}

static bool by_uid(imap_command *c, const imap_ranges *conflicts, buf *out) {
    if (c->uid)
        return imap_ranges_print(out, conflicts->p, conflicts->n);
    imap_ranges seqs = {0};
    for (size_t i = 0; i < conflicts->n; i++) {
        store_range r;
        if (imap_view_seqs(&c->session->box->view, conflicts->p[i], &r))
            imap_ranges_add(&seqs, r.first, r.last);
    }
    imap_ranges_print(out, seqs.p, seqs.n);
    imap_ranges_free(&seqs);
    return !out->over;
}

static void finish(imap_command *c, store_run *r) {
    if (r->conflicts.n) {
        SCOPED_BUF b;
        buf_init(&b, 1 << 20);
        buf_add(&b, S("OK [MODIFIED "));
        by_uid(c, &r->conflicts, &b);
        buf_add(&b, S("] Some messages were changed by others"));
        imap_answer(c, &b);
    } else if (!c->uid && r->found < r->wanted) {
        imap_no(c, "[EXPUNGEISSUED] Some messages are no more"); /* RFC 2180 4.2, RFC 5530 */
    } else {
        imap_ok(c, "STORE done");
    }
}

static void step(imap_command *c) {
    imap_session *s = c->session;
    store_run *r = c->own;
    store_range ranges[CHUNK_RANGES];
    size_t n = imap_pick_take(&r->pick, &s->box->view, CHUNK, ranges, CHUNK_RANGES);
    if (n == 0) {
        finish(c, r);
        return;
    }
    SCOPED_ARENA memory;
    arena_init(&memory, CHUNK_ARENA);
    imap_flagged done;
    err e = imap_flag(s, ranges, n, &r->change, &memory, &done);
    if (failed(e)) {
        imap_fail(c, e);
        return;
    }
    r->found += done.calm_n + done.torn_n + imap_ranges_count(done.conflict, done.conflict_n);
    for (size_t i = 0; i < done.conflict_n; i++)
        imap_ranges_add(&r->conflicts, done.conflict[i].first, done.conflict[i].last);
    tell(c, r, done.calm, done.calm_n);
}

static void end(imap_command *c) { imap_ranges_free(&((store_run *)c->own)->conflicts); }

/* ["(UNCHANGEDSINCE" n ")"] ["+" / "-"] "FLAGS" [".SILENT"] flags */
static bool scan_change(imap_command *c, store_run *r) {
    imap_scan *s = &c->args;
    str *keywords;
    r->change.unchanged_since = UINT64_MAX;
    if (!imap_scan_sp(s))
        return false;
    if (imap_scan_word(s, S("(UNCHANGEDSINCE "))) {
        r->conditional = true;
        if (!imap_scan_number64(s, &r->change.unchanged_since) || !imap_scan_byte(s, ')') || !imap_scan_sp(s))
            return false;
    }
    r->change.op = imap_scan_byte(s, '+') ? FLAGS_ADD : imap_scan_byte(s, '-') ? FLAGS_REMOVE : FLAGS_SET;
    if (!imap_scan_word(s, S("FLAGS")))
        return false;
    r->silent = imap_scan_word(s, S(".SILENT"));
    if (!imap_scan_sp(s) || !imap_arg_flags(c, true, &r->change.system_flags, &keywords, &r->change.keywords_n))
        return false;
    r->change.keywords = keywords;
    return imap_scan_end(s);
}

static void run(imap_command *c) {
    store_run *r = arena_alloc(&c->memory, sizeof *r);
    if (!imap_pick_scan(c, &r->pick))
        return;
    if (!scan_change(c, r)) {
        imap_bad(c);
        return;
    }
    if (c->session->box->read_only) {
        imap_no(c, "[NOPERM] The mailbox is selected read-only");
        return;
    }
    if (r->conditional)
        imap_condstore(c->session);
    r->wanted = imap_pick_left(&r->pick);
    c->own = r;
    c->end = end;
    c->step = step;
}

const imap_entry imap_cmd_store = {IMAP_WORD("STORE"), IMAP_SELECTED, ENTRY_UID | ENTRY_QUIET | ENTRY_LOOKS,
                                   IMAP_WORD("STORE messages [(UNCHANGEDSINCE modseq)] [+|-]FLAGS[.SILENT] (flags)"),
                                   run};
