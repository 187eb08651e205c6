#include "mail/content.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "mail/received.h"
#include "mime/build.h"
#include "mime/part.h"
#include "net/offload.h"

enum {
    INLINE_MOST = 64 * 1024, /* bytes a loop may look through itself: well under a millisecond */
    OFFLOAD_MS = 60 * 1000,  /* waiting for a thread */
    ADDED_MOST = 16 * 1024,  /* our own lines */
};

/* ---- the header ---- */

/* How much of `raw` is header. 0 when it begins with something that is no field: then all of it is body (RFC 5322 2.1
 * allows a message of body alone, and a first line with blanks in front would continue our own field). */
static size_t header_length(str raw) {
    header_field first;
    str rest = raw;
    if (!header_next(&rest, &first))
        return raw.n - rest.n;
    return first.name.n == 0 || raw.p[0] == ' ' || raw.p[0] == '\t' ? 0 : header_size(raw);
}

/* Line ends other than CRLF and NUL may stand in a binary body, never in a header: other programs would see other
 * fields. */
static bool header_clean(str header) {
    if (str_has_byte(header, 0))
        return false;
    for (str rest = header, line; rest.n; rest = str_skip(rest, line.n)) {
        size_t lf = str_find(rest, '\n');
        line = lf == STR_NONE ? rest : str_sub(rest, 0, lf + 1);
        str text = str_sub(line, 0, lf == STR_NONE ? line.n : lf - (lf > 0));
        if (str_has_byte(text, '\r') || (lf != STR_NONE && !str_ends(line, S("\r\n"))))
            return false;
    }
    return true;
}

static err check_header(const mail_config *c, str header) {
    header_field field;
    size_t hops = 0, fields = 0;
    if (header.n > LIMIT_HEADER_BYTES)
        return err_make(ERR_PEER, ERR_LIMIT, "Header too large", "");
    if (!header_clean(header))
        return err_make(ERR_PEER, ERR_SYNTAX, "Bare CR, bare LF or NUL in the header", "");
    while (header_next(&header, &field)) {
        fields++;
        hops += str_caseeq(field.name, S("Received"));
    }
    if (fields > LIMIT_HEADER_FIELDS)
        return err_make(ERR_PEER, ERR_LIMIT, "Too many header fields", "");
    if (hops > c->max_hops) /* RFC 5321 6.3 */
        return err_make(ERR_PEER, ERR_CONFLICT, "Too many hops: this message loops", "%zu Received fields", hops);
    return OK;
}

static bool is_blind(str name) { return str_caseeq(name, S("Bcc")) || str_caseeq(name, S("Resent-Bcc")); }

/* Appends the header without blind copies, with its empty line. */
static void keep_fields(buf *out, str header) {
    header_field field;
    while (header_next(&header, &field))
        if (!is_blind(field.name))
            buf_add(out, field.raw);
    buf_add(out, S("\r\n"));
}

/* Writes the lines that stand in front into `front`, and answers how much of raw they replace. */
static size_t write_front(const mail_config *c, const mail_envelope *e, const mail_trace *t, str raw, str header,
                          int64_t now, buf *front) {
    header_field found;
    size_t replaced = 0;
    received_print(front, c, e, t, now);
    if (e->submission) {
        build b;
        build_begin(&b, front);
        if (!header_find(header, S("Date"), &found))
            build_date(&b, (mime_date){.at = now, .zone = time_local_offset(now)});
        if (!header_find(header, S("Message-ID"), &found))
            build_message_id(&b, c->host);
        if (header_find(header, S("Bcc"), &found) || header_find(header, S("Resent-Bcc"), &found)) {
            keep_fields(front, header);
            replaced = header.n;
        }
    }
    if (header.n == 0)
        buf_add(front, S("\r\n"));
    return replaced;
}

/* Front and what is left of raw as one slice: written into the room in front of the message when there is any. */
static bool join(const mail_envelope *e, str raw, size_t replaced, str front, buf *copy, str *whole) {
    str body = str_skip(raw, replaced);
    if (front.n <= replaced + e->headroom) {
        char *to = (char *)(uintptr_t)body.p - front.n; /* writable: mail_envelope.headroom says so */
        if (e->headroom) {
            memcpy(to, front.p, front.n);
            *whole = str_of(to, front.n + body.n);
            return true;
        }
    }
    buf_init(copy, front.n + body.n);
    if (!buf_reserve(copy, front.n + body.n))
        return false;
    buf_add(copy, front);
    buf_add(copy, body);
    *whole = buf_str(copy);
    return true;
}

/* ---- looking through the whole ---- */

typedef struct look {
    mail_content *out;
    str whole;
    bool want_header8;
    arena *a;
    err why;
} look;

/* A byte above 127 in the header of any part. */
static bool parts_header8(const part *p, str message) {
    if (!utf8_is_ascii(str_sub(message, p->header_at, p->header_size)))
        return true;
    for (const part *child = p->first; child; child = child->next)
        if (parts_header8(child, message)) /* LIMIT_MIME_DEPTH levels at most */
            return true;
    return false;
}

static void look_through(void *thread_state, void *arg) {
    look *l = arg;
    part_tree tree;
    l->out->body8 = !utf8_is_ascii(l->whole);
    if (l->out->body8 && l->want_header8) {
        /* What cannot be parsed within the budget counts as needing SMTPUTF8: never the other way. */
        l->out->header8 =
            failed(part_tree_parse(l->whole, l->a, &tree)) || tree.cut || parts_header8(tree.root, l->whole);
    }
    l->why = store_content_of(l->whole, l->a, &l->out->stored);
}

err mail_content_make(const mail_config *c, const mail_envelope *e, const mail_trace *t, str raw, int64_t now, arena *a,
                      mail_content *out) {
    SCOPED_BUF front;
    str whole;
    buf_init(&front, ADDED_MOST + LIMIT_HEADER_BYTES);
    *out = (mail_content){0};
    str header = str_sub(raw, 0, header_length(raw));
    TRY(check_header(c, header));
    size_t replaced = write_front(c, e, t, raw, header, now, &front);
    if (front.over || !join(e, raw, replaced, buf_str(&front), &out->copy, &whole))
        return err_make(ERR_BUG, ERR_LIMIT, "Local error", "our own header lines are over their limit");
    look l = {.out = out, .whole = whole, .want_header8 = e->smtputf8, .a = a};
    if (whole.n <= INLINE_MOST)
        look_through(NULL, &l);
    else
        TRY(offload(offload_shared(), look_through, &l, deadline_in(OFFLOAD_MS)));
    return l.why;
}

void mail_content_free(mail_content *c) { buf_free(&c->copy); }
