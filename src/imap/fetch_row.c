/* Pages of rows, and the items that rows alone answer. */
#include "imap/envelope.h"
#include "imap/fetch.h"
#include "imap/flag.h"
#include "imap/print.h"
#include "imap/sync.h"

enum {
    PAGE_FLAGS = 500, /* rows at a time */
    PAGE_ENVELOPES = 100,
    PAGE_BODIES = 20, /* \Seen is set for a page before its bodies go out: not long before */
    PAGE_ARENA = 32 * 1024 * 1024,
};

static size_t page_size(const imap_fetch *f) {
    if (f->sets_seen)
        return PAGE_BODIES;
    return f->wants_envelope || f->wants_structure ? PAGE_ENVELOPES : PAGE_FLAGS;
}

/* Takes the new flags and modseqs into the rows of the page; both are in UID order. */
static void take_changes(imap_fetch_run *r, const store_message *changed, size_t n) {
    for (size_t i = 0, k = 0; i < n; i++) {
        while (k < r->rows_n && r->rows[k].uid < changed[i].uid)
            k++;
        if (k == r->rows_n || r->rows[k].uid != changed[i].uid || changed[i].modseq == r->rows[k].modseq)
            continue;
        r->rows[k].flags = changed[i].flags;
        r->rows[k].modseq = changed[i].modseq;
        r->told[k] = true;
    }
}

/* RFC 9051 6.4.5: fetching a body without PEEK sets \Seen. When that cannot be done the body is served all the same. */
static void set_seen(imap_command *c, imap_fetch_run *r) {
    imap_session *s = c->session;
    store_range *unseen = arena_array(&r->page, r->rows_n, sizeof *unseen);
    size_t n = 0;
    for (size_t i = 0; unseen && i < r->rows_n; i++)
        if (!(r->rows[i].flags & FLAG_SEEN))
            unseen[n++] = (store_range){r->rows[i].uid, r->rows[i].uid};
    if (n == 0)
        return;
    store_flag_change change = {.op = FLAGS_ADD, .system_flags = FLAG_SEEN, .unchanged_since = UINT64_MAX};
    imap_flagged done;
    if (failed(imap_flag(s, unseen, n, &change, &r->page, &done)))
        return;
    take_changes(r, done.calm, done.calm_n);
    take_changes(r, done.torn, done.torn_n);
}

bool imap_fetch_page(imap_command *c, imap_fetch_run *r, err *e) {
    imap_session *s = c->session;
    unsigned want = (r->what.wants_envelope ? WANT_ENVELOPE : 0) | (r->what.wants_structure ? WANT_STRUCTURE : 0);
    size_t limit = page_size(&r->what);
    do { /* rows too large for the page's memory together come one by one */
        arena_free(&r->page);
        arena_init(&r->page, PAGE_ARENA);
        *e = imap_pick_rows(&r->pick, s, r->what.changed_since, want, limit, &r->page, &r->rows, &r->rows_n);
        limit = limit == 1 ? 0 : 1;
    } while (failed(*e) && e->what == ERR_LIMIT && limit);
    if (failed(*e) || r->rows_n == 0)
        return false;
    r->row = 0;
    r->given += r->rows_n;
    r->told = arena_array(&r->page, r->rows_n, sizeof *r->told);
    uint64_t all_flags = 0;
    for (size_t i = 0; i < r->rows_n; i++)
        all_flags |= r->rows[i].flags;
    imap_sync_learn_keywords(s, all_flags);
    if (r->what.sets_seen && !s->box->read_only && r->told)
        set_seen(c, r);
    return r->told != NULL;
}

void imap_fetch_begin_item(imap_command *c, imap_fetch_run *r, str label) {
    buf *out = imap_out(c);
    if (!r->first)
        buf_add_byte(out, ' ');
    r->first = false;
    buf_add(out, label);
    buf_add_byte(out, ' ');
}

static void print_structure(buf *out, const store_message *row, bool basic) {
    SCOPED_BUF text;
    buf_init(&text, row->structure.n);
    if (row->structure.n == 0)
        buf_add(out, S("NIL"));
    else if (basic && imap_structure_basic(&text, row->structure))
        buf_add(out, buf_str(&text));
    else
        buf_add(out, row->structure);
}

bool imap_fetch_print(imap_command *c, imap_fetch_run *r, const imap_fetch_item *item) {
    const store_message *row = &r->rows[r->row];
    const imap_box *box = c->session->box;
    buf *out = imap_out(c);
    if (item->kind >= FETCH_SECTION)
        return false;
    imap_fetch_begin_item(c, r, item->label);
    switch (item->kind) {
    case FETCH_FLAGS:
        buf_add_byte(out, '(');
        imap_print_flags(out, row->flags, box->keywords, box->keywords_n);
        buf_add_byte(out, ')');
        break;
    case FETCH_INTERNALDATE:
        imap_print_date(out, row->date, row->zone);
        break;
    case FETCH_SIZE:
        buf_add_u64(out, row->size);
        break;
    case FETCH_UID:
        buf_add_u64(out, row->uid);
        break;
    case FETCH_MODSEQ:
        buf_addf(out, "(%llu)", (unsigned long long)row->modseq);
        break;
    case FETCH_ENVELOPE:
        buf_add(out, row->envelope.n ? row->envelope : S("NIL"));
        break;
    default:
        print_structure(out, row, item->kind == FETCH_BASIC);
    }
    return true;
}
