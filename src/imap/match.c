#include "imap/match.h"

#include "imap/contains.h"
#include "mime/date.h"

enum { SECONDS_A_DAY = 86400, TEXT_MOST = 16 * 1024 * 1024 };

static imap_verdict truth(bool yes) { return yes ? MATCH_YES : MATCH_NO; }

/* ---- dates: RFC 9051 6.4.4, "disregarding time and timezone" ---- */

static bool day_of(int64_t at, int zone, uint64_t *day) {
    int64_t local = at + (int64_t)zone * 60;
    *day = local < 0 ? 0 : (uint64_t)(local / SECONDS_A_DAY);
    return true;
}

static bool sent_day(const imap_candidate *c, uint64_t *day) {
    mime_date d;
    if (c->envelope->date.n && date_parse(c->envelope->date, &d))
        return day_of(d.at, d.zone, day);
    return day_of(c->row->date, c->row->zone, day); /* no Date field: when it arrived */
}

static bool compare_day(imap_search_kind kind, uint64_t day, uint64_t wanted) {
    if (kind == SEARCH_BEFORE || kind == SEARCH_SENTBEFORE)
        return day < wanted;
    if (kind == SEARCH_ON || kind == SEARCH_SENTON)
        return day == wanted;
    return day >= wanted;
}

/* ---- rows ---- */

static bool has_keyword(const imap_candidate *c, str name) {
    for (size_t i = 0; i < c->keywords_n; i++)
        if (str_caseeq(c->keywords[i], name))
            return c->row->flags >> (FLAG_KEYWORD_SHIFT + i) & 1;
    return false;
}

static bool match_row(const imap_search_key *key, const imap_candidate *c) {
    uint64_t day;
    switch (key->kind) {
    case SEARCH_FLAG:
        return (c->row->flags & key->flag) != 0;
    case SEARCH_KEYWORD:
        return has_keyword(c, key->text);
    case SEARCH_SEQUENCE:
    case SEARCH_UID: /* resolved: sequence numbers both */
        return imap_ranges_have(key->set.ranges, key->set.n, c->seq);
    case SEARCH_LARGER:
        return c->row->size > key->number;
    case SEARCH_SMALLER:
        return c->row->size < key->number;
    case SEARCH_OLDER:
        return c->row->date <= c->now - (int64_t)key->number;
    case SEARCH_YOUNGER:
        return c->row->date >= c->now - (int64_t)key->number;
    case SEARCH_MODSEQ:
        return c->row->modseq >= key->number;
    case SEARCH_BEFORE:
    case SEARCH_ON:
    case SEARCH_SINCE:
        return day_of(c->row->date, c->row->zone, &day) && compare_day(key->kind, day, key->number);
    default:
        return false;
    }
}

/* ---- envelopes and headers ---- */

static bool in_addresses(const imap_search_key *key, imap_candidate *c, str list) {
    SCOPED_BUF text;
    buf_init(&text, TEXT_MOST);
    imap_envelope_addresses(&text, list, c->memory);
    return key->text.n == 0 ? text.n > 0 : imap_contains(buf_str(&text), key->text, key->by_bytes);
}

static bool match_envelope(const imap_search_key *key, imap_candidate *c) {
    const imap_envelope *e = c->envelope;
    uint64_t day;
    switch (key->kind) {
    case SEARCH_FROM:
        return in_addresses(key, c, e->from);
    case SEARCH_TO:
        return in_addresses(key, c, e->to);
    case SEARCH_CC:
        return in_addresses(key, c, e->cc);
    case SEARCH_BCC:
        return in_addresses(key, c, e->bcc);
    case SEARCH_SUBJECT:
        return imap_contains(header_text(e->subject, c->memory), key->text, key->by_bytes);
    default:
        return sent_day(c, &day) && compare_day(key->kind, day, key->number);
    }
}

/* RFC 9051 6.4.4: the empty string matches any message that has the field. */
static bool in_header(const imap_search_key *key, imap_candidate *c, bool any_field) {
    str rest = *c->header;
    for (header_field f; header_next(&rest, &f);) {
        bool wanted = any_field || str_caseeq(f.name, key->field);
        if (wanted && imap_contains(header_text(f.value, c->memory), key->text, key->by_bytes))
            return true;
        if (any_field && imap_contains(f.name, key->text, key->by_bytes))
            return true;
    }
    return false;
}

static imap_verdict match_header(const imap_search_key *key, imap_candidate *c) {
    if (c->header)
        return truth(in_header(key, c, false));
    /* looked for so often, to find answers and copies, that it is worth not opening the message */
    if (c->envelope && str_caseeq(key->field, S("Message-ID")))
        return truth(c->envelope->message_id.n && imap_contains(c->envelope->message_id, key->text, key->by_bytes));
    return MATCH_MAYBE;
}

static imap_verdict match_text(const imap_search_key *key, imap_candidate *c) {
    if (!c->tree)
        return MATCH_MAYBE;
    if (!c->has_text) {
        buf_init(&c->text, TEXT_MOST);
        message_text(&c->text, c->tree);
        c->has_text = true;
    }
    return truth(imap_contains(buf_str(&c->text), key->text, key->by_bytes) ||
                 (key->kind == SEARCH_TEXT && in_header(key, c, true)));
}

/* ---- the tree ---- */

static imap_verdict match_all(const imap_search_key *key, imap_candidate *c) {
    imap_verdict all = MATCH_YES;
    for (const imap_search_key *child = key->first; child && all != MATCH_NO; child = child->next) {
        imap_verdict one = imap_match(child, c);
        all = one == MATCH_YES ? all : one;
    }
    return all;
}

static imap_verdict match_either(const imap_search_key *key, imap_candidate *c) {
    imap_verdict a = imap_match(key->first, c);
    if (a == MATCH_YES)
        return a;
    imap_verdict b = imap_match(key->first->next, c);
    return b == MATCH_NO ? a : b;
}

imap_verdict imap_match(const imap_search_key *key, imap_candidate *c) {
    switch (key->kind) {
    case SEARCH_AND:
        return match_all(key, c);
    case SEARCH_OR:
        return match_either(key, c);
    case SEARCH_NOT: {
        imap_verdict v = imap_match(key->first, c);
        return v == MATCH_MAYBE ? v : truth(v == MATCH_NO);
    }
    case SEARCH_HEADER:
        return match_header(key, c);
    case SEARCH_BODY:
    case SEARCH_TEXT:
        return match_text(key, c);
    default:
        if (key->kind >= SEARCH_SENTBEFORE)
            return c->envelope ? truth(match_envelope(key, c)) : MATCH_MAYBE;
        return truth(match_row(key, c));
    }
}
