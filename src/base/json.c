#include "base/json.h"

#include "base/err.h"
#include "base/utf8.h"

json json_begin(buf *out) { return (json){.out = out}; }

static uint64_t level(const json *j) { return UINT64_C(1) << j->depth; }

/* What must stand before a value: a comma, or nothing behind a key. */
static void before_value(json *j) {
    if (j->depth && (j->objects & level(j))) {
        ASSERT(j->keyed);
        j->keyed = false;
        return;
    }
    if (j->filled & level(j)) {
        ASSERT(j->depth); /* one value a document */
        buf_add_byte(j->out, ',');
    }
    j->filled |= level(j);
}

static void open_level(json *j, char bracket, bool object) {
    before_value(j);
    buf_add_byte(j->out, bracket);
    j->depth++;
    ASSERT(j->depth <= JSON_DEPTH);
    j->filled &= ~level(j);
    j->objects = object ? j->objects | level(j) : j->objects & ~level(j);
}

void json_object(json *j) { open_level(j, '{', true); }
void json_array(json *j) { open_level(j, '[', false); }

void json_end(json *j) {
    ASSERT(j->depth && !j->keyed);
    buf_add_byte(j->out, j->objects & level(j) ? '}' : ']');
    j->depth--;
}

void json_key(json *j, str key) {
    ASSERT(j->depth && (j->objects & level(j)) && !j->keyed);
    if (j->filled & level(j))
        buf_add_byte(j->out, ',');
    j->filled |= level(j);
    json_quote(j->out, key);
    buf_add_byte(j->out, ':');
    j->keyed = true;
}

/* One code point that cannot stand for itself, RFC 8259 7. All of them lie in the basic plane. */
static void add_escaped(buf *out, uint32_t c) {
    switch (c) {
    case '"':
        buf_add(out, S("\\\""));
        break;
    case '\\':
        buf_add(out, S("\\\\"));
        break;
    case '\n':
        buf_add(out, S("\\n"));
        break;
    case '\r':
        buf_add(out, S("\\r"));
        break;
    case '\t':
        buf_add(out, S("\\t"));
        break;
    default:
        buf_addf(out, "\\u%04x", (unsigned)c);
    }
}

static bool plain_ascii(char c) { return c >= ' ' && c < 127 && c != '"' && c != '\\'; }

static bool json_escape(buf *out, str s) {
    while (s.n && !out->over) {
        size_t run = 0;
        while (run < s.n && plain_ascii(s.p[run]))
            run++;
        buf_add(out, str_sub(s, 0, run));
        s = str_skip(s, run);
        uint32_t c;
        if (!utf8_next(&s, &c))
            break;
        if (c == '"' || c == '\\' || utf8_unprintable(c))
            add_escaped(out, c);
        else
            utf8_add(out, c);
    }
    return !out->over;
}

bool json_quote(buf *out, str s) {
    buf_add_byte(out, '"');
    json_escape(out, s);
    return buf_add_byte(out, '"');
}

void json_str(json *j, str s) {
    before_value(j);
    json_quote(j->out, s);
}

void json_i64(json *j, int64_t v) {
    before_value(j);
    buf_add_i64(j->out, v);
}

void json_u64(json *j, uint64_t v) {
    before_value(j);
    buf_add_u64(j->out, v);
}

void json_raw(json *j, str text) {
    before_value(j);
    buf_add(j->out, text);
}

void json_bool(json *j, bool v) { json_raw(j, v ? S("true") : S("false")); }
void json_null(json *j) { json_raw(j, S("null")); }

void json_put_str(json *j, const char *key, str s) {
    json_key(j, str_c(key));
    json_str(j, s);
}

void json_put_i64(json *j, const char *key, int64_t v) {
    json_key(j, str_c(key));
    json_i64(j, v);
}

void json_put_u64(json *j, const char *key, uint64_t v) {
    json_key(j, str_c(key));
    json_u64(j, v);
}

void json_put_bool(json *j, const char *key, bool v) {
    json_key(j, str_c(key));
    json_bool(j, v);
}

void json_put_null(json *j, const char *key) {
    json_key(j, str_c(key));
    json_null(j);
}
