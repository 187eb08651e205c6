#include "base/log_line.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/time.h"
#include "base/utf8.h"

enum { TAIL = 32 }; /* room kept for ` cut=true` and what ends a line */

static const char *const level_names[] = {"debug", "info", "warn", "error"};

const char *log_level_name(log_level level) { return level_names[level]; }

int log_line_priority(log_level level) {
    static const int priorities[] = {7, 6, 4, 3};
    return priorities[level];
}

bool log_level_of(str name, log_level *out) {
    for (int level = LOG_DEBUG; level <= LOG_ERROR; level++)
        if (str_caseeq(name, str_c(level_names[level]))) {
            *out = (log_level)level;
            return true;
        }
    return false;
}

/* RFC 3339 in UTC, to the millisecond. */
static bool format_time(buf *out, int64_t at_ms) {
    civil c = civil_of(at_ms / 1000);
    return buf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", c.year, c.month, c.day, c.hour, c.minute, c.second,
                    (int)(at_ms % 1000));
}

static str cut_value(str s) { return utf8_prefix(s, LIMIT_LOG_FIELD); }

/* Words that need no quotes in logfmt. */
static bool bare(str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '=' || s.p[i] == '"' || s.p[i] == '\\')
            return false;
    return s.n > 0;
}

/* A value as text; `quoted` makes a string safe where it stands. */
static void add_value(buf *out, const log_field *field, bool (*quoted)(buf *out, str s)) {
    switch (field->type) {
    case LF_STR:
        quoted(out, cut_value(field->value.s));
        break;
    case LF_I64:
        buf_add_i64(out, field->value.i);
        break;
    case LF_U64:
        buf_add_u64(out, field->value.u);
        break;
    case LF_BOOL:
        buf_add(out, field->value.b ? S("true") : S("false"));
        break;
    }
}

static bool quote_word(buf *out, str s) { return bare(s) ? buf_add(out, s) : json_quote(out, s); }

/* Takes the last field back when the line has grown too long. */
static bool fits(buf *out, size_t start, size_t before) {
    if (!out->over && out->n - start <= LIMIT_LOG_LINE - TAIL)
        return true;
    out->over = false;
    buf_truncate(out, before);
    return false;
}

void log_line_logfmt(buf *out, const log_event *event) {
    size_t start = out->n;
    if (event->at_ms >= 0) {
        buf_add(out, S("time="));
        format_time(out, event->at_ms);
        buf_add_byte(out, ' ');
    }
    buf_addf(out, "level=%s event=%s", log_level_name(event->level), event->name);
    for (const log_field *f = event->fields; f && f->key; f++) {
        size_t before = out->n;
        buf_addf(out, " %s=", f->key);
        add_value(out, f, quote_word);
        if (!fits(out, start, before)) {
            buf_add(out, S(" cut=true"));
            break;
        }
    }
    buf_add_byte(out, '\n');
}

static void put_json(json *j, const log_field *field) {
    switch (field->type) {
    case LF_STR:
        json_put_str(j, field->key, cut_value(field->value.s));
        break;
    case LF_I64:
        json_put_i64(j, field->key, field->value.i);
        break;
    case LF_U64:
        json_put_u64(j, field->key, field->value.u);
        break;
    case LF_BOOL:
        json_put_bool(j, field->key, field->value.b);
        break;
    }
}

void log_line_json(buf *out, const log_event *event) {
    size_t start = out->n;
    json j = json_begin(out);
    json_object(&j);
    if (event->at_ms >= 0) {
        SCOPED_BUF time;
        buf_init(&time, 64);
        format_time(&time, event->at_ms);
        json_put_str(&j, "time", buf_str(&time));
    }
    json_put_str(&j, "level", str_c(log_level_name(event->level)));
    json_put_str(&j, "event", str_c(event->name));
    for (const log_field *f = event->fields; f && f->key; f++) {
        size_t before = out->n;
        put_json(&j, f);
        if (!fits(out, start, before)) {
            json_put_bool(&j, "cut", true);
            break;
        }
    }
    json_end(&j);
    buf_add_byte(out, '\n');
}

/* NAME LF, the length as 64 little-endian bits, the bytes, LF: no value can forge another field. */
static void add_journal_field(buf *out, str name, str value) {
    buf_add(out, name);
    buf_add_byte(out, '\n');
    for (unsigned i = 0; i < 8; i++)
        buf_add_byte(out, (char)((uint64_t)value.n >> (8 * i) & 255));
    buf_add(out, value);
    buf_add_byte(out, '\n');
}

static void add_journal_key(buf *out, const char *key) {
    buf_add(out, S("GODWIT_"));
    for (const char *c = key; *c; c++)
        buf_add_byte(out, ascii_alnum(*c) ? ascii_to_upper(*c) : '_');
}

void log_line_journal(buf *out, const log_event *event) {
    SCOPED_BUF name, value;
    buf_init(&name, LIMIT_LOG_FIELD);
    buf_init(&value, LIMIT_LOG_LINE);
    buf_addf(out, "PRIORITY=%d\nSYSLOG_IDENTIFIER=godwit\nGODWIT_EVENT=%s\n", log_line_priority(event->level),
             event->name);
    for (const log_field *f = event->fields; f && f->key; f++) {
        buf_clear(&name);
        buf_clear(&value);
        add_journal_key(&name, f->key);
        add_value(&value, f, utf8_repair);
        size_t before = out->n;
        add_journal_field(out, buf_str(&name), buf_str(&value));
        if (!fits(out, 0, before))
            break;
    }
    log_event bare_event = *event;
    bare_event.at_ms = -1;
    buf_clear(&value);
    log_line_logfmt(&value, &bare_event);
    buf_truncate(&value, value.n - 1);
    add_journal_field(out, S("MESSAGE"), buf_str(&value));
}
