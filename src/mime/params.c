/* Parameters of structured fields: RFC 2045 5.1, RFC 2231, and what is found in the wild. */
#include "base/codec.h"
#include "base/limits.h"
#include "mime/header.h"
#include "mime/lex.h"
#include "mime/word.h"

/* One parameter as it stands: "filename*1*=..." */
typedef struct segment {
    str base;      /* lower case, before the first '*' */
    str value;     /* quotes resolved */
    int index;     /* of a continuation, or -1 */
    bool extended; /* percent-encoded */
} segment;

typedef struct reader {
    str rest;
    arena *a;
    segment *segments;
    size_t n;
    size_t most; /* bytes any joined value can have */
    bool spent;  /* the arena */
} reader;

enum { INDEX_MOST = 999 };

static bool name_byte(char c) { return (unsigned char)c > ' ' && c != 127 && !str_has_byte(S("=;\"(),"), c); }

static str take_run(str *s, bool (*member)(char c)) {
    size_t n = 0;
    while (n < s->n && member(s->p[n]))
        n++;
    str run = str_sub(*s, 0, n);
    *s = str_skip(*s, n);
    return run;
}

static bool value_byte(char c) { return c != ';' && c != '(' && !lex_blank(c); }
static bool until_semicolon(char c) { return c != ';'; }

/* Whether what follows reads "name=": then a semicolon was forgotten. */
static bool name_follows(str s) {
    str name = take_run(&s, name_byte);
    return name.n && s.n && s.p[0] == '=';
}

static str keep(reader *r, const buf *text) {
    str copy = arena_str(r->a, buf_str(text));
    r->spent = r->spent || !copy.p || text->over;
    return copy;
}

static str clean_copy(reader *r, str raw) {
    SCOPED_BUF text;
    buf_init(&text, raw.n + 1);
    lex_add_clean(&text, raw);
    return keep(r, &text);
}

static str take_quoted_value(reader *r) {
    SCOPED_BUF text;
    buf_init(&text, r->rest.n + 1);
    lex_quoted(&r->rest, &text);
    lex_skip_cfws(&r->rest);
    if (r->rest.n && !name_follows(r->rest))
        take_run(&r->rest, until_semicolon); /* junk behind the quotes */
    return keep(r, &text);
}

/* A token, as it should be, or words with blanks that should have been quoted ("filename=my file.pdf"). */
static str take_plain_value(reader *r) {
    str start = r->rest;
    str token = take_run(&r->rest, value_byte);
    lex_skip_cfws(&r->rest);
    if (r->rest.n == 0 || r->rest.p[0] == ';' || name_follows(r->rest))
        return clean_copy(r, token);
    take_run(&r->rest, until_semicolon);
    return clean_copy(r, str_trim(str_sub(start, 0, start.n - r->rest.n)));
}

/* Reads "*", "*2" or "*2*" behind a name; anything else belongs to the name. */
static void split_name(segment *s, str name) {
    s->base = name;
    s->index = -1;
    size_t star = str_find(name, '*');
    if (star == STR_NONE || star == 0)
        return;
    str suffix = str_skip(name, star + 1);
    bool extended = suffix.n == 0;
    if (suffix.n && suffix.p[suffix.n - 1] == '*') {
        extended = true;
        suffix.n--;
    }
    uint32_t index = 0;
    if (suffix.n && !str_to_u32(suffix, INDEX_MOST, &index))
        return;
    if (suffix.n == 0 && star + 1 < name.n)
        return; /* "name**" */
    s->index = suffix.n ? (int)index : -1;
    s->extended = extended;
    s->base.n = star;
}

/* One parameter; without a '=' it is passed over. */
static void take_segment(reader *r) {
    str name = take_run(&r->rest, name_byte);
    lex_skip_cfws(&r->rest);
    if (name.n == 0 || r->rest.n == 0 || r->rest.p[0] != '=') {
        if (name.n == 0 || !name_follows(r->rest))
            take_run(&r->rest, until_semicolon);
        return;
    }
    r->rest = str_skip(r->rest, 1);
    lex_skip_cfws(&r->rest);
    bool quoted = r->rest.n && r->rest.p[0] == '"';
    segment s = {.value = quoted ? take_quoted_value(r) : take_plain_value(r)};
    str lower = arena_lower(r->a, name);
    r->spent = r->spent || !lower.p;
    split_name(&s, lower);
    r->segments[r->n++] = s;
}

static void percent_decode(buf *out, str s) {
    for (size_t i = 0; i < s.n; i++) {
        int high = i + 2 < s.n ? hex_value(s.p[i + 1]) : -1;
        int low = i + 2 < s.n ? hex_value(s.p[i + 2]) : -1;
        bool escape = s.p[i] == '%' && high >= 0 && low >= 0;
        buf_add_byte(out, escape ? (char)(high << 4 | low) : s.p[i]);
        i += escape ? 2 : 0;
    }
}

static void percent_encode(buf *out, str s) {
    for (size_t i = 0; i < s.n; i++) {
        if (lex_token(s.p[i]) && !str_has_byte(S("*'%"), s.p[i]))
            buf_add_byte(out, s.p[i]);
        else
            buf_addf(out, "%%%02X", (unsigned)(unsigned char)s.p[i]);
    }
}

/* charset'language'text; without both quotes it is all text. */
static str cut_charset(str *value) {
    size_t first = str_find(*value, '\'');
    size_t second = first == STR_NONE ? STR_NONE : str_find(str_skip(*value, first + 1), '\'');
    if (second == STR_NONE)
        return S("");
    str charset = str_sub(*value, 0, first);
    *value = str_skip(*value, first + second + 2);
    return charset;
}

static const segment *find_segment(const reader *r, str base, int index, bool extended_only) {
    for (size_t i = 0; i < r->n; i++) {
        const segment *s = &r->segments[i];
        if (s->index == index && (s->extended || !extended_only) && str_eq(s->base, base))
            return s;
    }
    return NULL;
}

/* The segment a parameter's value begins with. Senders give a plain form for old readers beside the one of
 * RFC 2231, which is the better one; some count continuations from 1. */
static const segment *first_segment(const reader *r, str base) {
    const segment *s = find_segment(r, base, -1, true);
    s = s ? s : find_segment(r, base, 0, false);
    s = s ? s : find_segment(r, base, -1, false);
    return s ? s : find_segment(r, base, 1, false);
}

static const segment *next_segment(const reader *r, const segment *s) {
    return s->index < 0 ? NULL : find_segment(r, s->base, s->index + 1, false);
}

/* As UTF-8 on one line. Encoded words have no place in parameters, but many programs put them there. */
static str convert(reader *r, bool extended, str charset, str bytes) {
    SCOPED_BUF text;
    buf_init(&text, 4 * bytes.n + 16);
    if (extended)
        charset_to_utf8(&text, charset, bytes);
    else
        word_decode(&text, bytes);
    lex_one_line(&text, 0);
    return keep(r, &text);
}

/* `value` of a segment, to the decoded bytes and to the raw form of a parameter that is extended as a whole or not. */
static void add_segment(const segment *s, str value, bool extended, buf *bytes, buf *raw) {
    if (s->extended)
        percent_decode(bytes, value);
    else
        buf_add(bytes, value);
    if (extended && !s->extended)
        percent_encode(raw, value);
    else
        buf_add(raw, value);
}

/* The value that begins with `first`, with its continuations: RFC 2231 3 and 4.1. */
static header_param join(reader *r, const segment *first) {
    SCOPED_BUF bytes, raw;
    buf_init(&bytes, r->most);
    buf_init(&raw, r->most);
    bool extended = false;
    for (const segment *s = first; s; s = next_segment(r, s))
        extended = extended || s->extended;
    str value = first->value;
    str charset = first->extended ? cut_charset(&value) : S("");
    if (value.n < first->value.n)
        buf_add(&raw, str_sub(first->value, 0, first->value.n - value.n));
    else if (extended)
        buf_add(&raw, S("''"));
    add_segment(first, value, extended, &bytes, &raw);
    for (const segment *s = next_segment(r, first); s; s = next_segment(r, s))
        add_segment(s, s->value, extended, &bytes, &raw);
    header_param param = {.name = first->base, .raw_name = first->base};
    param.value = convert(r, extended, charset, buf_str(&bytes));
    param.raw = keep(r, &raw);
    if (extended)
        param.raw_name = arena_strf(r->a, "%.*s*", STR_ARG(first->base));
    r->spent = r->spent || !param.raw_name.p;
    return param;
}

static bool seen_before(const reader *r, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (str_eq(r->segments[i].base, r->segments[at].base))
            return true;
    return false;
}

static void read_segments(reader *r) {
    while (r->rest.n && r->n < LIMIT_MIME_PARAMS && !r->spent) {
        lex_skip_cfws(&r->rest);
        if (r->rest.n && r->rest.p[0] == ';')
            r->rest = str_skip(r->rest, 1);
        else if (r->rest.n)
            take_segment(r);
    }
}

/* What stands before the first ';', without comments around it. */
static str take_value(reader *r) {
    lex_skip_cfws(&r->rest);
    str start = r->rest;
    size_t n = 0;
    while (n < start.n && start.p[n] != ';' && start.p[n] != '(')
        n++;
    r->rest = str_skip(start, n);
    lex_skip_cfws(&r->rest);
    take_run(&r->rest, until_semicolon);
    return header_unfold(str_sub(start, 0, n), r->a);
}

err header_params_parse(str value, arena *a, header_params *out) {
    segment segments[LIMIT_MIME_PARAMS];
    value = value.p ? value : S("");
    reader r = {.rest = value, .a = a, .segments = segments, .most = 3 * value.n + 16};
    *out = (header_params){.value = take_value(&r)};
    r.spent = !out->value.p;
    read_segments(&r);
    if (r.n)
        out->params = arena_array(a, r.n, sizeof *out->params);
    r.spent = r.spent || (r.n && !out->params);
    for (size_t i = 0; i < r.n && !r.spent; i++) {
        const segment *first = seen_before(&r, i) ? NULL : first_segment(&r, segments[i].base);
        if (first)
            out->params[out->n++] = join(&r, first);
    }
    return r.spent ? err_make(ERR_PEER, ERR_LIMIT, "Header field too long", "") : OK;
}

str header_param_get(const header_params *p, str name) {
    for (size_t i = 0; i < p->n; i++)
        if (str_caseeq(p->params[i].name, name))
            return p->params[i].value;
    return (str){NULL, 0};
}
