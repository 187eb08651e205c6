#include "store/armor.h"

#include "base/codec.h"
#include "base/mem.h"

enum {
    WINDOW = 49152, /* decoded bytes worked on at a time, a multiple of 3 */
    WINDOW_TEXT = WINDOW / 3 * 4,
};

static size_t end_size(const armor *how) { return how->lf ? 1 : 2; }

uint64_t armor_size(const armor *how, uint64_t bytes) {
    if (bytes == 0 || bytes > UINT64_C(1) << 48 || how->width == 0)
        return 0;
    uint64_t text = (bytes + 2) / 3 * 4;
    uint64_t lines = (text + how->width - 1) / how->width;
    return text + (lines - 1) * end_size(how);
}

/* ---- opening ---- */

static size_t line_length(str s) {
    size_t n = 0;
    while (n < s.n && s.p[n] != '\r' && s.p[n] != '\n')
        n++;
    return n;
}

static bool find_shape(str body, armor *how) {
    size_t width = line_length(body);
    if (width == 0 || width > UINT32_MAX)
        return false;
    how->width = (uint32_t)width;
    how->lf = width < body.n && body.p[width] == '\n';
    return true;
}

/* The lines of the shape as one run of characters in pieces; `*used` moves behind the last one. */
static bool next_line(str body, const armor *how, size_t *used, str *line) {
    str rest = str_skip(body, *used);
    if (*used) {
        str end = how->lf ? S("\n") : S("\r\n");
        if (!str_starts(rest, end) || line_length(str_skip(rest, end.n)) == 0)
            return false;
        *used += end.n;
        rest = str_skip(rest, end.n);
    }
    *line = str_sub(rest, 0, how->width);
    line->n = line_length(*line);
    *used += line->n;
    return line->n > 0;
}

static bool decode_lines(str body, const armor *how, buf *out, buf *text, size_t *used) {
    bool more = true;
    while (more) {
        str line;
        more = next_line(body, how, used, &line);
        while (more && line.n) {
            str part = str_sub(line, 0, WINDOW_TEXT - text->n);
            line = str_skip(line, part.n);
            buf_add(text, part);
            if (text->n < WINDOW_TEXT)
                continue;
            if (!base64_decode(out, buf_str(text)))
                return false;
            buf_clear(text);
        }
    }
    return base64_decode(out, buf_str(text));
}

static bool only_blanks(str s) {
    for (size_t i = 0; i < s.n; i++) {
        if (!str_has_byte(S(" \t\r\n"), s.p[i]))
            return false;
    }
    return true;
}

static err from_memory(void *arg, uint64_t at, char *to, size_t n) {
    const str *bytes = arg;
    memcpy(to, bytes->p + at, n);
    return OK;
}

/* The proof: what would be served is what came. */
static bool same_text(str text, str bytes, const armor *how) {
    if (armor_size(how, bytes.n) != text.n)
        return false;
    char *window = mem_alloc(WINDOW_TEXT);
    armor_source from = {&bytes, from_memory};
    bool same = true;
    for (size_t at = 0; same && at < text.n; at += WINDOW_TEXT) {
        str part = str_sub(text, at, WINDOW_TEXT);
        err e = armor_print(how, bytes.n, at, window, part.n, from);
        same = !failed(e) && memcmp(window, part.p, part.n) == 0;
    }
    free(window);
    return same;
}

bool armor_open(str body, buf *out, armor *how, size_t *used) {
    *used = 0;
    size_t before = out->n;
    if (!find_shape(body, how))
        return false;
    SCOPED_BUF text;
    buf_init(&text, WINDOW_TEXT);
    bool good = decode_lines(body, how, out, &text, used) && only_blanks(str_skip(body, *used)) &&
                same_text(str_sub(body, 0, *used), str_skip(buf_str(out), before), how);
    if (!good) {
        buf_truncate(out, before);
        out->over = false;
    }
    return good;
}

/* ---- printing ---- */

/* A window of characters: `chars` begins at character `first` of the text without line ends. */
typedef struct printing {
    const armor *how;
    uint64_t bytes, all; /* decoded bytes, characters of all lines */
    armor_source from;
    buf chars;
    char *raw;
    uint64_t first;
} printing;

static err load(printing *p, uint64_t character) {
    uint64_t group = character / 4;
    size_t n = p->bytes - group * 3 < WINDOW ? (size_t)(p->bytes - group * 3) : WINDOW;
    TRY(p->from.read(p->from.arg, group * 3, p->raw, n));
    buf_clear(&p->chars);
    p->first = group * 4;
    return base64_encode(&p->chars, str_of(p->raw, n))
               ? OK
               : err_make(ERR_BUG, ERR_LIMIT, "local error", "window too small");
}

static err copy_line(printing *p, uint64_t character, char *to, size_t n) {
    while (n) {
        if (character < p->first || character >= p->first + p->chars.n)
            TRY(load(p, character));
        size_t skip = (size_t)(character - p->first);
        size_t part = p->chars.n - skip < n ? p->chars.n - skip : n;
        memcpy(to, p->chars.p + skip, part);
        to += part;
        n -= part;
        character += part;
    }
    return OK;
}

/* The part of one line, its end included, that lies in the range. */
static err print_line(printing *p, uint64_t at, char *to, size_t n, size_t *done) {
    uint64_t stride = (uint64_t)p->how->width + end_size(p->how);
    uint64_t line = at / stride, column = at % stride;
    uint64_t character = line * p->how->width + column;
    *done = 0;
    if (column < p->how->width) {
        uint64_t left = p->how->width - column;
        if (left > p->all - character)
            left = p->all - character;
        *done = left < n ? (size_t)left : n;
        TRY(copy_line(p, character, to, *done));
        column += *done;
    }
    const char *end = p->how->lf ? "\n" : "\r\n";
    for (; *done < n && column >= p->how->width && column < stride; column++)
        to[(*done)++] = end[column - p->how->width];
    return OK;
}

static err print_range(printing *p, uint64_t at, char *to, size_t n) {
    for (size_t done; n; at += done, to += done, n -= done) {
        TRY(print_line(p, at, to, n, &done));
        ASSERT(done > 0); /* the range lies inside the text */
    }
    return OK;
}

err armor_print(const armor *how, uint64_t bytes, uint64_t at, char *to, size_t n, armor_source from) {
    uint64_t size = armor_size(how, bytes);
    if (at > size || n > size - at)
        return err_make(ERR_BUG, ERR_LIMIT, "local error", "range beyond a rebuilt part");
    printing p = {.how = how, .bytes = bytes, .all = (bytes + 2) / 3 * 4, .from = from, .raw = mem_alloc(WINDOW)};
    buf_init(&p.chars, WINDOW_TEXT);
    err e = print_range(&p, at, to, n);
    buf_free(&p.chars);
    free(p.raw);
    return e;
}
