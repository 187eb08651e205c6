/* BODY and BODYSTRUCTURE, RFC 9051 7.5.2. The recursion is as deep as parts nest: LIMIT_MIME_DEPTH. */
#include "base/limits.h"
#include "mime/lex.h"
#include "mime/part.h"
#include "mime/part_fields.h"
#include "mime/part_wire.h"

static const str nil = {NULL, 0};

static void print_nstring(buf *out, str s) {
    buf_add_byte(out, ' ');
    wire_nstring(out, s.n ? s : nil);
}

/* A charset of US-ASCII is the default of all text, RFC 2046 4.1.2. */
static void print_params(buf *out, const header_params *params, bool text) {
    if (params->n == 0) {
        buf_add(out, text ? S(" (\"charset\" \"us-ascii\")") : S(" NIL"));
        return;
    }
    buf_add(out, S(" ("));
    for (size_t i = 0; i < params->n; i++) {
        if (i > 0)
            buf_add_byte(out, ' ');
        wire_string(out, params->params[i].raw_name);
        buf_add_byte(out, ' ');
        wire_string(out, params->params[i].raw);
    }
    buf_add_byte(out, ')');
}

static void print_disposition(buf *out, const part *p) {
    if (p->disposition.value.n == 0) {
        buf_add(out, S(" NIL"));
        return;
    }
    buf_add(out, S(" ("));
    wire_string(out, p->disposition.value);
    print_params(out, &p->disposition, false);
    buf_add_byte(out, ')');
}

/* Content-Language is a list of tags with commas between, RFC 3282. */
static void print_language(buf *out, str value) {
    size_t n = 0;
    buf_add_byte(out, ' ');
    for (;;) {
        while (value.n && (value.p[0] == ',' || lex_blank(value.p[0])))
            value = str_skip(value, 1);
        if (value.n == 0)
            break;
        size_t end = 0;
        while (end < value.n && value.p[end] != ',' && !lex_blank(value.p[end]))
            end++;
        buf_add_byte(out, n++ == 0 ? '(' : ' ');
        wire_string(out, str_sub(value, 0, end));
        value = str_skip(value, end);
    }
    buf_add(out, n ? S(")") : S("NIL"));
}

static void print_extension(buf *out, const part *p) {
    print_disposition(out, p);
    print_language(out, p->language);
    print_nstring(out, p->location);
}

static void print_part(buf *out, const part_tree *t, const part *p, bool extended);

/* The grammar wants a part where there is none: an empty text. */
static void print_nothing(buf *out, bool extended) {
    buf_add(out, S("(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0"));
    buf_add(out, extended ? S(" NIL NIL NIL NIL)") : S(")"));
}

static void print_multipart(buf *out, const part_tree *t, const part *p, bool extended) {
    buf_add_byte(out, '(');
    for (const part *child = p->first; child; child = child->next)
        print_part(out, t, child, extended);
    if (!p->first)
        print_nothing(out, extended);
    buf_add_byte(out, ' ');
    wire_string(out, p->subtype);
    if (extended) {
        print_params(out, &p->content_type, false);
        print_extension(out, p);
    }
    buf_add_byte(out, ')');
}

/* Envelope and body of the message in a message/rfc822 part; one that is left closed has empty ones. */
static void print_message(buf *out, const part_tree *t, const part *p, bool extended) {
    SCOPED_ARENA scratch;
    arena_init(&scratch, LIMIT_COMMAND_ARENA);
    const part *root = p->first;
    buf_add_byte(out, ' ');
    envelope_print(out, root ? str_sub(t->message, root->header_at, root->header_size) : S(""), &scratch);
    buf_add_byte(out, ' ');
    if (root)
        print_part(out, t, root, extended);
    else
        print_nothing(out, extended);
}

static void print_single(buf *out, const part_tree *t, const part *p, bool extended) {
    bool text = str_caseeq(p->type, S("text"));
    bool message = part_fields_is_message(p);
    buf_add_byte(out, '(');
    wire_string(out, p->type);
    buf_add_byte(out, ' ');
    wire_string(out, p->subtype);
    print_params(out, &p->content_type, text);
    print_nstring(out, p->id);
    print_nstring(out, p->description);
    buf_add_byte(out, ' ');
    wire_string(out, p->encoding);
    buf_addf(out, " %zu", p->body_size);
    if (message)
        print_message(out, t, p, extended);
    if (message || text)
        buf_addf(out, " %u", (unsigned)p->body_lines);
    if (extended) {
        print_nstring(out, p->md5);
        print_extension(out, p);
    }
    buf_add_byte(out, ')');
}

static void print_part(buf *out, const part_tree *t, const part *p, bool extended) {
    if (out->over)
        return;
    if (str_caseeq(p->type, S("multipart")))
        print_multipart(out, t, p, extended);
    else
        print_single(out, t, p, extended);
}

bool structure_print(buf *out, const part_tree *t, const part *from, bool extended) {
    print_part(out, t, from, extended);
    return !out->over;
}
