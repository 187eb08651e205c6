/* SEARCH and ESEARCH responses (RFC 9051 7.3.4, RFC 4731, RFC 7162 3.1.5 and 3.1.10), and "$" (RFC 9051 6.4.4.1). */
#include "imap/print.h"
#include "imap/search.h"

enum { NUMBERS_A_STEP = 2000 };

static uint32_t number_of(const imap_command *c, uint32_t seq) {
    return c->uid ? imap_view_uid(&c->session->box->view, seq) : seq;
}

static uint32_t first_seq(const imap_search_run *r) { return r->found.p[0].first; }
static uint32_t last_seq(const imap_search_run *r) { return r->found.p[r->found.n - 1].last; }

/* ---- "$" ---- */

static void save(imap_command *c, const imap_search_run *r) {
    imap_session *s = c->session;
    const imap_view *view = &s->box->view;
    unsigned returns = r->what.returns;
    imap_ranges_free(&s->saved);
    if (r->found.n == 0)
        return;
    bool ends_only = (returns & (RETURN_MIN | RETURN_MAX)) && !(returns & (RETURN_ALL | RETURN_COUNT));
    uint32_t min = imap_view_uid(view, first_seq(r)), max = imap_view_uid(view, last_seq(r));
    if (ends_only && (returns & RETURN_MIN))
        imap_ranges_add(&s->saved, min, min);
    if (ends_only && (returns & RETURN_MAX) && (max != min || !(returns & RETURN_MIN)))
        imap_ranges_add(&s->saved, max, max);
    for (size_t i = 0; i < r->found.n && !ends_only; i++)
        imap_ranges_add(&s->saved, imap_view_uid(view, r->found.p[i].first), imap_view_uid(view, r->found.p[i].last));
}

/* ---- SEARCH ---- */

static bool tell_numbers(imap_command *c, imap_search_run *r) {
    buf *out = imap_out(c);
    for (size_t n = 0; n < NUMBERS_A_STEP && r->told < r->found.n; n++) {
        const store_range *range = &r->found.p[r->told];
        if (r->told_seq == 0)
            r->told_seq = range->first;
        buf_addf(out, " %u", number_of(c, r->told_seq));
        if (r->told_seq++ == range->last) {
            r->told++;
            r->told_seq = 0;
        }
    }
    return r->told == r->found.n;
}

static void step_plain(imap_command *c) {
    imap_search_run *r = c->own;
    buf *out = imap_out(c);
    if (!r->begun)
        buf_add(out, S("* SEARCH"));
    r->begun = true;
    if (!tell_numbers(c, r))
        return;
    if (r->what.has_modseq && r->found.n)
        buf_addf(out, " (MODSEQ %llu)", (unsigned long long)r->modseq_high);
    buf_add(out, S("\r\n"));
    imap_ok(c, "SEARCH done");
}

/* ---- ESEARCH ---- */

static void begin_extended(imap_command *c, imap_search_run *r) {
    buf *out = imap_out(c);
    unsigned returns = r->what.returns;
    buf_add(out, S("* ESEARCH (TAG "));
    imap_print_string(out, c->tag);
    buf_add(out, c->uid ? S(") UID") : S(")"));
    if ((returns & RETURN_MIN) && r->found.n)
        buf_addf(out, " MIN %u", number_of(c, first_seq(r)));
    if ((returns & RETURN_MAX) && r->found.n)
        buf_addf(out, " MAX %u", number_of(c, last_seq(r)));
    if (returns & RETURN_COUNT)
        buf_addf(out, " COUNT %llu", (unsigned long long)imap_ranges_count(r->found.p, r->found.n));
    if ((returns & RETURN_ALL) && r->found.n)
        buf_add(out, S(" ALL "));
    r->begun = true;
}

/* Between two messages in a row there is no other, so a range of messages is a range of UIDs. */
static bool tell_ranges(imap_command *c, imap_search_run *r) {
    buf *out = imap_out(c);
    if (!(r->what.returns & RETURN_ALL))
        return true;
    for (size_t n = 0; n < NUMBERS_A_STEP && r->told < r->found.n; n++, r->told++) {
        store_range range = {number_of(c, r->found.p[r->told].first), number_of(c, r->found.p[r->told].last)};
        if (r->told)
            buf_add_byte(out, ',');
        imap_ranges_print(out, &range, 1);
    }
    return r->told == r->found.n;
}

/* RFC 7162 3.1.10: with MIN or MAX alone, the modseq of that message. */
static uint64_t told_modseq(const imap_search_run *r) {
    unsigned returns = r->what.returns & ~(unsigned)RETURN_SAVE;
    uint64_t first = returns & RETURN_MIN ? r->modseq_first : 0, last = returns & RETURN_MAX ? r->modseq_last : 0;
    if (returns & (RETURN_ALL | RETURN_COUNT))
        return r->modseq_high;
    return first > last ? first : last;
}

static void step_extended(imap_command *c) {
    imap_search_run *r = c->own;
    if (!r->begun)
        begin_extended(c, r);
    if (!tell_ranges(c, r))
        return;
    if (r->what.has_modseq && r->found.n)
        buf_addf(imap_out(c), " MODSEQ %llu", (unsigned long long)told_modseq(r));
    buf_add(imap_out(c), S("\r\n"));
    imap_ok(c, "SEARCH done");
}

void imap_search_answer(imap_command *c, imap_search_run *r) {
    bool rev2 = c->session->enabled & ENABLED_REV2;
    if (r->what.returns & RETURN_SAVE)
        save(c, r);
    if (rev2 && !r->what.extended) { /* RFC 9051 6.4.4: there is no SEARCH response any more */
        r->what.extended = true;
        r->what.returns = RETURN_ALL;
    }
    if (r->what.returns == RETURN_SAVE)
        imap_ok(c, "SEARCH done, and saved");
    else
        c->step = r->what.extended ? step_extended : step_plain;
}
