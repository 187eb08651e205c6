/* Address lists of headers: the lenient grammar of RFC 5322 3.4, 4.4 and RFC 6854.
 *
 * An element is read left to right. Until '<', '@' or ':' says what it is, its words are kept twice:
 * as a phrase (a name) and as the last run of words joined by dots (a local part). */
#include "base/limits.h"
#include "mime/address.h"
#include "mime/lex.h"

typedef struct reader {
    str rest;
    arena *a;
    buf items;  /* of address, copied to the arena at the end */
    buf phrase; /* the words of this element, one blank between those that had any */
    buf local;  /* the last run of words without a blank, or with dots between */
    buf domain, route;
    buf comment;   /* the last comment of this element */
    size_t run_at; /* where in the phrase the last run begins */
    size_t runs;
    bool in_group, damaged, spent;
} reader;

static bool next_is(const reader *r, char c) { return r->rest.n && r->rest.p[0] == c; }

static bool accept(reader *r, char c) {
    if (!next_is(r, c))
        return false;
    r->rest = str_skip(r->rest, 1);
    return true;
}

/* Blanks and comments; true when there were any. The last comment is kept: it may be the name. */
static bool skip_gap(reader *r) {
    size_t before = r->rest.n;
    for (;;) {
        lex_skip_blanks(&r->rest);
        if (!next_is(r, '('))
            return r->rest.n < before;
        buf_clear(&r->comment);
        if (!lex_comment(&r->rest, &r->comment))
            r->damaged = true;
    }
}

/* Whether c may be part of a word. Brackets are no atoms, but "[list] Name <a@b>" is common. */
static bool word_byte(char c, bool brackets) {
    if (lex_blank(c) || (c == '[' || c == ']'))
        return brackets && !lex_blank(c);
    return c == 0 || !str_has_byte(S("()<>@,;:\"."), c);
}

/* One word into `to`: a quoted string, a dot, or a run of anything else but specials. */
static void take_word(reader *r, buf *to, bool brackets) {
    if (next_is(r, '"')) {
        if (!lex_quoted(&r->rest, to))
            r->damaged = true;
        return;
    }
    size_t n = 0;
    if (next_is(r, '.'))
        n = 1;
    else
        while (n < r->rest.n && word_byte(r->rest.p[n], brackets))
            n++;
    lex_add_clean(to, str_sub(r->rest, 0, n));
    r->rest = str_skip(r->rest, n);
}

static bool at_word(const reader *r, bool brackets) {
    return r->rest.n && (r->rest.p[0] == '"' || r->rest.p[0] == '.' || word_byte(r->rest.p[0], brackets));
}

/* Words of a phrase, each to `phrase` and to the run in `local`. */
static void take_phrase(reader *r) {
    bool dotted = false; /* the word before was a dot */
    for (;;) {
        bool gap = skip_gap(r);
        if (!at_word(r, true))
            return;
        bool dot = next_is(r, '.');
        if (gap && r->phrase.n)
            buf_add_byte(&r->phrase, ' ');
        if (r->runs == 0 || (gap && !dot && !dotted)) {
            r->runs++;
            r->run_at = r->phrase.n;
            buf_clear(&r->local);
        }
        size_t from = r->phrase.n;
        take_word(r, &r->phrase, true);
        buf_add(&r->local, str_skip(buf_str(&r->phrase), from));
        dotted = dot;
    }
}

/* "[...]" without the blanks in it. */
static void take_literal(reader *r) {
    size_t close = str_find(r->rest, ']');
    str literal = str_sub(r->rest, 0, close == STR_NONE ? close : close + 1);
    for (size_t i = 0; i < literal.n; i++)
        if (!lex_blank(literal.p[i]))
            lex_add_clean(&r->domain, str_sub(literal, i, 1));
    if (close == STR_NONE) {
        buf_add_byte(&r->domain, ']');
        r->damaged = true;
    }
    r->rest = str_skip(r->rest, literal.n);
}

/* A domain: atoms with dots between, and in obsolete mail blanks around those; or a literal. */
static void take_domain(reader *r) {
    buf_clear(&r->domain);
    skip_gap(r);
    if (next_is(r, '[')) {
        take_literal(r);
        return;
    }
    bool dotted = true; /* at the start, and after a dot, a word may come after blanks */
    for (;;) {
        bool gap = skip_gap(r);
        if (next_is(r, '"') || !at_word(r, false) || (gap && !dotted && !next_is(r, '.')))
            break;
        dotted = next_is(r, '.');
        take_word(r, &r->domain, false);
    }
    if (r->domain.n == 0)
        r->damaged = true;
}

/* "a@b@c": everything up to the last '@' is the local part, as the strict grammar would have it if it were quoted. */
static void take_domains(reader *r) {
    take_domain(r);
    while (accept(r, '@')) {
        r->damaged = true;
        buf_add_byte(&r->local, '@');
        buf_add(&r->local, buf_str(&r->domain));
        take_domain(r);
    }
}

/* "@a,@b:" of RFC 5322 4.4, at its '@'. */
static void take_route(reader *r) {
    while (accept(r, '@')) {
        take_domain(r);
        if (r->route.n)
            buf_add_byte(&r->route, ',');
        buf_add_byte(&r->route, '@');
        buf_add(&r->route, buf_str(&r->domain));
        skip_gap(r);
        while (accept(r, ','))
            skip_gap(r);
    }
    buf_clear(&r->domain);
    if (!accept(r, ':'))
        r->damaged = true;
}

/* The words before the '@' of an angle address. Blanks belong around dots only; "<a b@c>" is read as "ab". */
static void take_angle_local(reader *r) {
    bool dotted = true;
    for (;;) {
        bool gap = skip_gap(r);
        if (!at_word(r, true))
            return;
        bool dot = next_is(r, '.');
        r->damaged = r->damaged || (gap && !dot && !dotted);
        take_word(r, &r->local, true);
        dotted = dot;
    }
}

/* After '<'. */
static void take_angle(reader *r) {
    buf_clear(&r->local);
    skip_gap(r);
    if (next_is(r, '@'))
        take_route(r);
    take_angle_local(r);
    if (accept(r, '@'))
        take_domains(r);
    else
        r->damaged = r->damaged || r->local.n > 0;
    skip_gap(r);
    if (accept(r, '>'))
        return;
    r->damaged = true;
    size_t n = 0;
    while (n < r->rest.n && r->rest.p[n] != '>' && r->rest.p[n] != ',')
        n++;
    r->rest = str_skip(r->rest, n);
    accept(r, '>');
}

static size_t arena_cost(str s) { return s.n + 16; }

/* Keeps room for the array itself, so that what was read before the budget ended can be handed out. */
static bool emit(reader *r, address item) {
    size_t n = r->items.n / sizeof item;
    size_t cost = arena_cost(item.name) + arena_cost(item.local) + arena_cost(item.domain) + arena_cost(item.route) +
                  (n + 2) * sizeof item;
    bool closes = item.kind == ADDRESS_GROUP_END;
    if ((n >= LIMIT_ADDRESSES || cost > r->a->max - r->a->used) && !closes) {
        r->spent = true;
        return false;
    }
    item.name = arena_str(r->a, item.name);
    item.local = arena_str(r->a, item.local);
    item.domain = arena_str(r->a, item.domain);
    item.route = arena_str(r->a, item.route);
    return buf_add(&r->items, str_of((const char *)&item, sizeof item));
}

static void emit_mailbox(reader *r, str name) {
    if (name.n == 0)
        name = buf_str(&r->comment);
    emit(r, (address){ADDRESS_MAILBOX, str_trim(name), buf_str(&r->local), buf_str(&r->domain), buf_str(&r->route)});
}

static void open_group(reader *r) {
    if (r->in_group || r->runs == 0) {
        r->damaged = true;
        return;
    }
    r->in_group = emit(r, (address){.kind = ADDRESS_GROUP_START, .name = buf_str(&r->phrase)});
}

static void close_group(reader *r) {
    if (!r->in_group)
        return;
    r->in_group = false;
    emit(r, (address){.kind = ADDRESS_GROUP_END});
}

/* Words that neither '<' nor '@' followed: one of them is a local name ("root"), several are a name. */
static void take_bare(reader *r) {
    if (r->runs == 0)
        return;
    r->damaged = true;
    if (r->runs > 1)
        buf_clear(&r->local);
    emit_mailbox(r, r->runs > 1 ? buf_str(&r->phrase) : S(""));
}

static void take_element(reader *r) {
    buf_clear(&r->phrase);
    buf_clear(&r->local);
    buf_clear(&r->domain);
    buf_clear(&r->route);
    buf_clear(&r->comment);
    r->runs = 0;
    take_phrase(r);
    if (accept(r, '<')) {
        take_angle(r);
        skip_gap(r);
        emit_mailbox(r, buf_str(&r->phrase));
    } else if (accept(r, '@')) {
        r->damaged = r->damaged || r->runs != 1; /* "Some Name a@b": the last run is the local part */
        take_domains(r);
        skip_gap(r);
        emit_mailbox(r, str_sub(buf_str(&r->phrase), 0, r->runs ? r->run_at : 0));
    } else if (accept(r, ':')) {
        open_group(r);
        return;
    } else {
        take_bare(r);
    }
    if (r->rest.n && !next_is(r, ',') && !next_is(r, ';'))
        r->damaged = true;
}

/* Between elements: separators, ends of groups, and whatever can begin nothing. */
static void take_separator(reader *r) {
    if (accept(r, ';')) {
        r->damaged = r->damaged || !r->in_group;
        close_group(r);
    } else if (!accept(r, ',')) {
        r->damaged = true;
        r->rest = str_skip(r->rest, 1);
    }
}

static void read_list(reader *r) {
    while (r->rest.n && !r->spent) {
        size_t before = r->rest.n;
        take_element(r);
        if (r->rest.n && (next_is(r, ',') || next_is(r, ';') || r->rest.n == before))
            take_separator(r);
    }
    r->damaged = r->damaged || r->in_group || r->spent;
    close_group(r);
}

err address_list_parse(str value, arena *a, address_list *out) {
    reader r = {.rest = value, .a = a};
    *out = (address_list){0};
    buf *scratch[] = {&r.phrase, &r.local, &r.domain, &r.route, &r.comment};
    for (size_t i = 0; i < sizeof scratch / sizeof *scratch; i++)
        buf_init(scratch[i], 2 * value.n + 2);
    buf_init(&r.items, (LIMIT_ADDRESSES + 1) * sizeof(address));
    read_list(&r);
    out->damaged = r.damaged;
    out->items = arena_array(a, r.items.n / sizeof(address), sizeof(address));
    if (out->items && r.items.n) {
        memcpy(out->items, r.items.p, r.items.n);
        out->n = r.items.n / sizeof(address);
    }
    for (size_t i = 0; i < sizeof scratch / sizeof *scratch; i++)
        buf_free(scratch[i]);
    buf_free(&r.items);
    return r.spent || !out->items ? err_make(ERR_PEER, ERR_LIMIT, "Too many addresses", "") : OK;
}
