#include "imap/collect.h"

#include "base/err.h"

/* What is left of a command that grew too long: enough for its tag and name. */
enum { DROPPED_HEAD = 128 };

void imap_collect_init(imap_collect *c, uint64_t max_line, uint64_t max_command) {
    *c = (imap_collect){.max_line = max_line};
    buf_init(&c->text, max_command);
}

void imap_collect_limits(imap_collect *c, uint64_t max_line, uint64_t max_command) {
    c->max_line = max_line;
    c->text.max = max_command;
}

void imap_collect_reset(imap_collect *c) {
    buf_free(&c->text);
    *c = (imap_collect){.text = c->text, .max_line = c->max_line};
}

void imap_collect_free(imap_collect *c) { imap_collect_reset(c); }

buf imap_collect_take(imap_collect *c) {
    buf text = c->text;
    buf_init(&c->text, text.max);
    imap_collect_reset(c);
    return text;
}

static void drop_rest(imap_collect *c) {
    c->dropped = true;
    buf_truncate(&c->text, DROPPED_HEAD);
}

static void keep_bytes(imap_collect *c, str bytes) {
    if (!c->dropped && !buf_add(&c->text, bytes))
        drop_rest(c);
}

static void tail_add(imap_collect *c, str bytes) {
    size_t cap = sizeof c->tail;
    if (bytes.n > cap)
        bytes = str_skip(bytes, bytes.n - cap);
    size_t keep = c->tail_n;
    if (keep > cap - bytes.n)
        keep = cap - bytes.n;
    memmove(c->tail, c->tail + (c->tail_n - keep), keep);
    if (bytes.n)
        memcpy(c->tail + keep, bytes.p, bytes.n);
    c->tail_n = (uint8_t)(keep + bytes.n);
}

static void add_line_bytes(imap_collect *c, str bytes) {
    c->line += bytes.n;
    if (c->line > c->max_line && !c->dropped) {
        keep_bytes(c, str_sub(bytes, 0, DROPPED_HEAD));
        drop_rest(c);
    }
    keep_bytes(c, bytes);
    tail_add(c, bytes);
}

/* Does the line end in "{n}" or "{n+}"? RFC 9051 4.3; "~{n}" (literal8) ends the same way. */
static bool announces_literal(imap_collect *c) {
    str line = {c->tail, c->tail_n};
    size_t open = str_rfind(line, '{');
    if (open == STR_NONE || !str_ends(line, S("}")))
        return false;
    str number = str_sub(line, open + 1, line.n - open - 2);
    c->sync = !str_ends(number, S("+"));
    if (!c->sync)
        number.n--;
    if (number.n == 0)
        return false;
    for (size_t i = 0; i < number.n; i++)
        if (!ascii_digit(number.p[i]))
            return false;
    if (!str_to_u64(number, UINT64_MAX, &c->literal))
        c->literal = UINT64_MAX;
    return true;
}

static imap_event end_line(imap_collect *c) {
    if (c->tail_n && c->tail[c->tail_n - 1] == '\r') {
        c->tail_n--;
        if (!c->dropped)
            buf_truncate(&c->text, c->text.n - 1);
    }
    bool literal = announces_literal(c);
    c->tail_n = 0;
    if (!literal)
        return IMAP_COMMAND;
    keep_bytes(c, S("\r\n"));
    c->mode = COLLECT_ASKED;
    return IMAP_LITERAL;
}

static size_t feed_line(imap_collect *c, str in, imap_event *event) {
    size_t end = str_find(in, '\n');
    add_line_bytes(c, str_sub(in, 0, end));
    if (end == STR_NONE) {
        *event = IMAP_MORE;
        return in.n;
    }
    *event = end_line(c);
    return end + 1;
}

static size_t feed_literal(imap_collect *c, str in, imap_event *event) {
    str part = str_sub(in, 0, c->literal < in.n ? (size_t)c->literal : in.n);
    *event = IMAP_MORE;
    if (c->mode == COLLECT_KEEP)
        keep_bytes(c, part);
    if (c->mode == COLLECT_STREAM) {
        c->chunk = part;
        *event = IMAP_CHUNK;
    }
    c->literal -= part.n;
    if (c->literal == 0)
        c->mode = COLLECT_LINE;
    return part.n;
}

size_t imap_collect_feed(imap_collect *c, str in, imap_event *event) {
    ASSERT(c->mode != COLLECT_ASKED);
    size_t taken = 0;
    *event = IMAP_MORE;
    while (taken < in.n && *event == IMAP_MORE) {
        str rest = str_skip(in, taken);
        taken += c->mode == COLLECT_LINE ? feed_line(c, rest, event) : feed_literal(c, rest, event);
    }
    return taken;
}

bool imap_collect_fits(const imap_collect *c) { return !c->dropped && c->literal <= c->text.max - c->text.n; }

static void answer(imap_collect *c, int mode) {
    ASSERT(c->mode == COLLECT_ASKED);
    c->mode = c->literal ? mode : COLLECT_LINE;
}

void imap_collect_keep(imap_collect *c) {
    ASSERT(imap_collect_fits(c));
    answer(c, COLLECT_KEEP);
}

void imap_collect_stream(imap_collect *c) { answer(c, COLLECT_STREAM); }

void imap_collect_drop(imap_collect *c) {
    drop_rest(c);
    answer(c, COLLECT_DROP);
}
