/* The part tree: one pass over the lines of the message with a stack of the boundaries that are open. */
#include "base/limits.h"
#include "mime/lex.h"
#include "mime/part.h"
#include "mime/part_fields.h"

typedef struct level {
    part *owner; /* a multipart */
    str boundary;
} level;

typedef struct scanner {
    part_tree *tree;
    arena *a;
    size_t at;      /* always the start of a line, or the end */
    uint32_t lines; /* CRLFs before `at` */
    part *open;     /* the innermost part whose end is not yet known */
    part *spare;    /* kept for what is left when the arena or the number of parts is spent */
    size_t depth;   /* open parts */
    size_t n;
    level levels[LIMIT_MIME_DEPTH];
} scanner;

/* A delimiter line, RFC 2046 5.1.1. */
typedef struct delimiter {
    size_t level;
    size_t next; /* start of the line behind it */
    bool close;
} delimiter;

static str rest_of(const scanner *s) { return str_skip(s->tree->message, s->at); }

/* Moves on and counts the lines passed: every byte is counted once, however deep parts are nested. */
static void move_to(scanner *s, size_t to) {
    str passed = str_sub(s->tree->message, s->at, to - s->at);
    for (size_t from = 0, lf; (lf = str_find(str_skip(passed, from), '\n')) != STR_NONE; from += lf + 1)
        s->lines += from + lf > 0 && passed.p[from + lf - 1] == '\r';
    s->at = to;
}

/* Whether the line here, which begins with "--", delimits an open multipart. The whole line must match, but for
 * blanks behind: else a boundary that is the beginning of another would end the other's parts. Innermost first. */
static bool at_delimiter(const scanner *s, delimiter *d) {
    str rest = rest_of(s);
    if (!str_starts(rest, S("--")))
        return false;
    size_t end = str_find_str(rest, S("\r\n"));
    str line = str_sub(rest, 2, end == STR_NONE ? end : end - 2);
    d->next = end == STR_NONE ? s->tree->message.n : s->at + end + 2;
    while (line.n && ascii_blank(line.p[line.n - 1]))
        line.n--;
    for (size_t i = s->n; i-- > 0;) {
        str boundary = s->levels[i].boundary;
        d->level = i;
        d->close = line.n == boundary.n + 2 && str_ends(line, S("--"));
        if ((d->close || line.n == boundary.n) && str_starts(line, boundary))
            return true;
    }
    return false;
}

/* Goes to the next delimiter, or to the end and answers false. */
static bool find_delimiter(scanner *s, delimiter *d) {
    while (s->n > 0) {
        if (at_delimiter(s, d))
            return true;
        size_t next = str_find_str(rest_of(s), S("\r\n--"));
        if (next == STR_NONE)
            break;
        move_to(s, s->at + next + 2);
    }
    move_to(s, s->tree->message.n);
    return false;
}

/* Reads the header of the part that begins here, to the empty line, or to a delimiter, which ends a part whose
 * header has no end. True at a delimiter. */
static bool read_header(scanner *s, part *p, delimiter *d) {
    bool delimited = false;
    p->header_at = s->at;
    if (s->n == 0) {
        move_to(s, s->at + header_size(rest_of(s)));
    } else {
        while (!(delimited = at_delimiter(s, d))) {
            size_t end = str_find_str(rest_of(s), S("\r\n"));
            move_to(s, end == STR_NONE ? s->tree->message.n : s->at + end + 2);
            if (end == 0 || end == STR_NONE)
                break;
        }
    }
    p->header_size = s->at - p->header_at;
    p->body_at = s->at;
    p->body_lines = s->lines; /* until its end is known: the lines before it */
    return delimited;
}

/* Ends the open parts inside `until`. Before a delimiter, the CRLF in front of it belongs to it (RFC 2046 5.1.1),
 * unless it also ends the header of the innermost part, which keeps it. */
static void close_parts(scanner *s, const part *until, bool delimited) {
    bool shared = delimited && s->at - 2 < s->open->body_at;
    size_t end = delimited && !shared ? s->at - 2 : s->at;
    uint32_t lines = delimited && !shared ? s->lines - 1 : s->lines;
    while (s->open != until) {
        part *p = s->open;
        p->body_size = end - p->body_at;
        p->body_lines = lines - p->body_lines;
        s->open = p->parent;
        s->depth--;
    }
}

static void append(scanner *s, part *p) {
    part *parent = s->open;
    p->parent = parent;
    if (!parent)
        s->tree->root = p;
    else if (parent->last)
        parent->last->next = p;
    else
        parent->first = p;
    if (parent)
        parent->last = p;
    s->open = p;
    s->depth++;
    s->tree->parts++;
}

/* A budget is spent: all that is left of the message is the body of the part that was begun last. */
static void give_up(scanner *s) {
    part_fields_opaque(s->open);
    s->tree->cut = true;
    s->n = 0;
    move_to(s, s->tree->message.n);
}

/* Begins a part here, below the open one; false when the budget is spent. */
static bool begin_part(scanner *s) {
    part *p = s->tree->parts + 1 < LIMIT_MIME_PARTS ? arena_alloc(s->a, sizeof *p) : NULL;
    append(s, p ? p : s->spare);
    if (p)
        return true;
    s->open->header_at = s->open->body_at = s->at;
    s->open->body_lines = s->lines;
    give_up(s);
    return false;
}

/* Whether the part just read is a container that may be opened; its boundary, if it is a multipart. */
static bool open_container(scanner *s, part *p) {
    str boundary = part_fields_boundary(p);
    bool multipart = boundary.n > 0, message = part_fields_open_message(p);
    if (!multipart && !message)
        return false;
    if (s->depth > LIMIT_MIME_DEPTH) {
        part_fields_opaque(p);
        s->tree->cut = true;
        return false;
    }
    p->multipart = multipart;
    p->message = message;
    if (multipart)
        s->levels[s->n++] = (level){p, boundary};
    return true;
}

/* Reads the part that begins here and, as long as those are messages, the one within. True at a delimiter that
 * stands in a header. */
static bool read_part(scanner *s, delimiter *d) {
    while (begin_part(s)) {
        part *p = s->open;
        bool delimited = read_header(s, p, d);
        if (!part_fields_read(p, str_sub(s->tree->message, p->header_at, p->header_size), s->a)) {
            give_up(s);
            return false;
        }
        if (delimited || !open_container(s, p) || !p->message)
            return delimited;
    }
    return false;
}

static void scan(scanner *s) {
    delimiter d;
    bool delimited = read_part(s, &d);
    while (delimited || find_delimiter(s, &d)) {
        close_parts(s, s->levels[d.level].owner, true);
        s->n = d.close ? d.level : d.level + 1; /* behind the close delimiter is the epilogue */
        move_to(s, d.next);
        delimited = !d.close && read_part(s, &d);
    }
    close_parts(s, NULL, false);
}

err part_tree_parse(str message, arena *a, part_tree *out) {
    scanner s = {.tree = out, .a = a};
    *out = (part_tree){.message = message};
    s.spare = arena_alloc(a, sizeof *s.spare);
    if (!s.spare)
        return err_make(ERR_PEER, ERR_LIMIT, "Message too complex", "");
    scan(&s);
    return OK;
}

/* RFC 9051 6.4.5: part 1 of a message that is no multipart is its body. */
const part *part_find(const part_tree *t, const uint32_t *numbers, size_t n) {
    const part *at = t->root;
    bool message = true; /* `at` is the root of a message, whose number the next one is */
    for (size_t i = 0; i < n && at; i++) {
        if (!message && at->message) {
            at = at->first;
            message = true;
        }
        if (!at || (!at->multipart && !message))
            return NULL;
        uint32_t number = numbers[i];
        if (at->multipart)
            for (at = at->first; at && number > 1; number--)
                at = at->next;
        if (number != 1)
            return NULL;
        message = false;
    }
    return at;
}
