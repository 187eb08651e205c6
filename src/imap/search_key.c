#include "imap/search_key.h"

#include "base/time.h"
#include "base/utf8.h"
#include "imap/print.h"

enum { SECONDS_A_DAY = 86400 };

typedef enum argument {
    TAKES_NOTHING,
    TAKES_TEXT,
    TAKES_NUMBER,
    TAKES_DATE,
    TAKES_KEYWORD,
    TAKES_SET,
    TAKES_HEADER,
    TAKES_MODSEQ
} argument;

typedef struct known_key {
    str name;
    imap_search_kind kind;
    argument takes;
    uint64_t flag;
    bool negated;
} known_key;

#define KEY(name, ...) \
    { {name, sizeof name - 1}, __VA_ARGS__ }

static const known_key known_keys[] = {
    KEY("ALL", SEARCH_AND, TAKES_NOTHING),
    KEY("ANSWERED", SEARCH_FLAG, TAKES_NOTHING, FLAG_ANSWERED),
    KEY("BCC", SEARCH_BCC, TAKES_TEXT),
    KEY("BEFORE", SEARCH_BEFORE, TAKES_DATE),
    KEY("BODY", SEARCH_BODY, TAKES_TEXT),
    KEY("CC", SEARCH_CC, TAKES_TEXT),
    KEY("DELETED", SEARCH_FLAG, TAKES_NOTHING, FLAG_DELETED),
    KEY("DRAFT", SEARCH_FLAG, TAKES_NOTHING, FLAG_DRAFT),
    KEY("FLAGGED", SEARCH_FLAG, TAKES_NOTHING, FLAG_FLAGGED),
    KEY("FROM", SEARCH_FROM, TAKES_TEXT),
    KEY("HEADER", SEARCH_HEADER, TAKES_HEADER),
    KEY("KEYWORD", SEARCH_KEYWORD, TAKES_KEYWORD),
    KEY("LARGER", SEARCH_LARGER, TAKES_NUMBER),
    KEY("MODSEQ", SEARCH_MODSEQ, TAKES_MODSEQ),
    KEY("NEW", SEARCH_NOTHING, TAKES_NOTHING),
    KEY("OLD", SEARCH_AND, TAKES_NOTHING),
    KEY("OLDER", SEARCH_OLDER, TAKES_NUMBER),
    KEY("ON", SEARCH_ON, TAKES_DATE),
    KEY("RECENT", SEARCH_NOTHING, TAKES_NOTHING),
    KEY("SEEN", SEARCH_FLAG, TAKES_NOTHING, FLAG_SEEN),
    KEY("SENTBEFORE", SEARCH_SENTBEFORE, TAKES_DATE),
    KEY("SENTON", SEARCH_SENTON, TAKES_DATE),
    KEY("SENTSINCE", SEARCH_SENTSINCE, TAKES_DATE),
    KEY("SINCE", SEARCH_SINCE, TAKES_DATE),
    KEY("SMALLER", SEARCH_SMALLER, TAKES_NUMBER),
    KEY("SUBJECT", SEARCH_SUBJECT, TAKES_TEXT),
    KEY("TEXT", SEARCH_TEXT, TAKES_TEXT),
    KEY("TO", SEARCH_TO, TAKES_TEXT),
    KEY("UID", SEARCH_UID, TAKES_SET),
    KEY("UNANSWERED", SEARCH_FLAG, TAKES_NOTHING, FLAG_ANSWERED, true),
    KEY("UNDELETED", SEARCH_FLAG, TAKES_NOTHING, FLAG_DELETED, true),
    KEY("UNDRAFT", SEARCH_FLAG, TAKES_NOTHING, FLAG_DRAFT, true),
    KEY("UNFLAGGED", SEARCH_FLAG, TAKES_NOTHING, FLAG_FLAGGED, true),
    KEY("UNKEYWORD", SEARCH_KEYWORD, TAKES_KEYWORD, 0, true),
    KEY("UNSEEN", SEARCH_FLAG, TAKES_NOTHING, FLAG_SEEN, true),
    KEY("YOUNGER", SEARCH_YOUNGER, TAKES_NUMBER),
};

static const known_key *find_key(str name) {
    for (size_t i = 0; i < sizeof known_keys / sizeof *known_keys; i++)
        if (str_caseeq(known_keys[i].name, name))
            return &known_keys[i];
    return NULL;
}

/* date = ["\""] day "-" month "-" year ["\""], as days since 1970. */
static bool scan_date(imap_scan *s, uint64_t *days) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    bool quoted = imap_scan_byte(s, '"');
    imap_scan_byte(s, ' '); /* date-day-fixed */
    uint32_t day, year;
    if (!imap_scan_nz_number(s, &day) || day > 31 || !imap_scan_byte(s, '-'))
        return false;
    int month = 0;
    while (month < 12 && !imap_scan_word(s, str_of(months + 3 * month, 3)))
        month++;
    if (month == 12 || !imap_scan_byte(s, '-') || !imap_scan_number(s, &year) || year < 1970 || year > 9999)
        return false;
    civil c = {.year = (int)year, .month = month + 1, .day = (int)day};
    *days = (uint64_t)(civil_to_unix(&c) / SECONDS_A_DAY);
    return !quoted || imap_scan_byte(s, '"');
}

/* RFC 7162 3.1.5: an optional entry name and type before the number; ours is one modseq for all of them. */
static bool scan_modseq(imap_scan *s, uint64_t *number) {
    str entry;
    if (s->rest.n && s->rest.p[0] == '"') {
        if (!imap_scan_string(s, &entry) || !imap_scan_sp(s))
            return false;
        if (!imap_scan_word(s, S("all ")) && !imap_scan_word(s, S("priv ")) && !imap_scan_word(s, S("shared ")))
            return false;
    }
    return imap_scan_number64(s, number);
}

static bool scan_text(imap_scan *s, imap_search_key *key) {
    if (!imap_scan_sp(s) || !imap_scan_astring(s, &key->text))
        return false;
    key->by_bytes = utf8_is_ascii(key->text);
    return utf8_valid(key->text);
}

static bool scan_argument(imap_scan *s, argument takes, imap_search_key *key) {
    switch (takes) {
    case TAKES_NOTHING:
        return true;
    case TAKES_TEXT:
        return scan_text(s, key);
    case TAKES_HEADER:
        return imap_scan_sp(s) && imap_scan_astring(s, &key->field) && scan_text(s, key);
    case TAKES_NUMBER:
        return imap_scan_sp(s) && imap_scan_number64(s, &key->number);
    case TAKES_MODSEQ:
        return imap_scan_sp(s) && scan_modseq(s, &key->number);
    case TAKES_DATE:
        return imap_scan_sp(s) && scan_date(s, &key->number);
    case TAKES_KEYWORD:
        return imap_scan_sp(s) && imap_scan_flag(s, &key->text);
    case TAKES_SET:
        return imap_scan_sp(s) && imap_scan_set(s, &key->set);
    }
    return false;
}

static imap_search_key *new_key(imap_scan *s, imap_search *out, imap_search_kind kind) {
    imap_search_key *key = out->keys++ < IMAP_SEARCH_KEYS ? arena_alloc(s->memory, sizeof *key) : NULL;
    if (key)
        key->kind = kind;
    return key;
}

static imap_search_key *scan_key(imap_scan *s, imap_search *out, unsigned depth);

/* Keys with a blank between them, as the children of a new SEARCH_AND. */
static imap_search_key *scan_keys(imap_scan *s, imap_search *out, unsigned depth) {
    imap_search_key *all = new_key(s, out, SEARCH_AND);
    imap_search_key **end = all ? &all->first : NULL;
    while (end) {
        *end = scan_key(s, out, depth);
        if (!*end)
            return NULL;
        end = &(*end)->next;
        if (!imap_scan_sp(s) || s->rest.n == 0)
            break;
    }
    return all;
}

static imap_search_key *negate(imap_scan *s, imap_search *out, imap_search_key *child) {
    imap_search_key *not = child ? new_key(s, out, SEARCH_NOT) : NULL;
    if (not )
        not ->first = child;
    return not ;
}

static imap_search_key *scan_named(imap_scan *s, imap_search *out, str name) {
    const known_key *known = find_key(name);
    imap_search_key *key = known ? new_key(s, out, known->kind) : NULL;
    if (!key || !scan_argument(s, known->takes, key))
        return NULL;
    key->flag = known->flag;
    out->has_modseq |= key->kind == SEARCH_MODSEQ;
    out->has_envelope |= key->kind >= SEARCH_SENTBEFORE && key->kind <= SEARCH_HEADER;
    out->has_header |= key->kind == SEARCH_HEADER;
    out->has_text |= key->kind >= SEARCH_BODY;
    return known->negated ? negate(s, out, key) : key;
}

static imap_search_key *scan_or(imap_scan *s, imap_search *out, unsigned depth) {
    imap_search_key *either = new_key(s, out, SEARCH_OR);
    if (!either || !(either->first = scan_key(s, out, depth + 1)) || !imap_scan_sp(s))
        return NULL;
    either->first->next = scan_key(s, out, depth + 1);
    return either->first->next ? either : NULL;
}

static imap_search_key *scan_key(imap_scan *s, imap_search *out, unsigned depth) {
    if (depth == IMAP_SEARCH_DEPTH || s->rest.n == 0)
        return NULL;
    if (imap_scan_byte(s, '(')) {
        imap_search_key *all = scan_keys(s, out, depth + 1);
        return all && imap_scan_byte(s, ')') ? all : NULL;
    }
    if (ascii_digit(s->rest.p[0]) || s->rest.p[0] == '*' || s->rest.p[0] == '$') {
        imap_search_key *key = new_key(s, out, s->rest.p[0] == '$' ? SEARCH_UID : SEARCH_SEQUENCE);
        return key && imap_scan_set(s, &key->set) ? key : NULL;
    }
    str name;
    if (!imap_scan_atom(s, &name))
        return NULL;
    if (str_caseeq(name, S("NOT")))
        return imap_scan_sp(s) ? negate(s, out, scan_key(s, out, depth + 1)) : NULL;
    if (str_caseeq(name, S("OR")))
        return imap_scan_sp(s) ? scan_or(s, out, depth) : NULL;
    return scan_named(s, out, name);
}

/* "RETURN (" options ")" SP; RFC 9051: no option means ALL. */
static bool scan_return(imap_scan *s, imap_search *out) {
    static const str names[] = {{"MIN", 3}, {"MAX", 3}, {"ALL", 3}, {"COUNT", 5}, {"SAVE", 4}};
    if (!imap_scan_word(s, S("RETURN (")))
        return true;
    out->extended = true;
    while (!imap_scan_byte(s, ')')) {
        str name;
        size_t i = 0;
        if (!imap_scan_atom(s, &name))
            return false;
        while (i < 5 && !str_caseeq(names[i], name))
            i++;
        if (i == 5)
            return false;
        out->returns |= 1U << i;
        imap_scan_sp(s);
    }
    if (out->returns == 0)
        out->returns = RETURN_ALL;
    return imap_scan_sp(s);
}

static bool scan_charset(imap_scan *s, imap_search *out) {
    str charset;
    if (!imap_scan_word(s, S("CHARSET ")))
        return true;
    if (!imap_scan_astring(s, &charset))
        return false;
    out->bad_charset = !str_caseeq(charset, S("UTF-8")) && !str_caseeq(charset, S("US-ASCII"));
    return imap_scan_sp(s);
}

bool imap_scan_search(imap_scan *s, imap_search *out) {
    *out = (imap_search){0};
    if (!scan_return(s, out) || !scan_charset(s, out))
        return false;
    if (out->bad_charset)
        return true;
    out->root = scan_keys(s, out, 0);
    return out->root && imap_scan_end(s);
}
