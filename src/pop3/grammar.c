#include "pop3/grammar.h"

#include "base/utf8.h"

pop3_cut pop3_line(str in, size_t most, str *line, size_t *used) {
    size_t end = str_find(in, '\n');
    bool whole = end != STR_NONE;
    *used = whole ? end + 1 : in.n;
    *line = str_sub(in, 0, whole ? end : 0);
    if (*used > most)
        return POP3_CUT_LONG;
    if (!whole) {
        *used = 0;
        return POP3_CUT_MORE;
    }
    if (str_ends(*line, S("\r")))
        line->n--;
    return POP3_CUT_LINE;
}

size_t pop3_line_most(str in, bool in_sasl) {
    return in_sasl || str_casestarts(in, S("AUTH ")) ? POP3_SASL_LINE_MOST : POP3_LINE_MOST;
}

bool pop3_parse(str line, pop3_words *out) {
    for (size_t i = 0; i < line.n; i++)
        if ((unsigned char)line.p[i] < ' ' || line.p[i] == 0x7f)
            return false;
    if (!utf8_valid(line))
        return false;
    size_t space = str_find(line, ' ');
    *out = (pop3_words){.keyword = str_sub(line, 0, space), .argument = S("")};
    if (space != STR_NONE) {
        out->argument = str_skip(line, space + 1);
        out->has_argument = out->argument.n > 0;
    }
    return out->keyword.n > 0;
}

bool pop3_numbers(str argument, size_t n, uint32_t *out) {
    str rest = str_trim(argument), word;
    size_t have = 0;
    while (rest.n && str_cut(&rest, ' ', &word)) {
        if (have == n || !str_to_u32(word, UINT32_MAX, &out[have]))
            return false;
        have++;
        rest = str_trim(rest);
    }
    return have == n;
}

/* ---- bodies ---- */

void pop3_body_all(pop3_body *b) { *b = (pop3_body){.at_start = true, .empty = true, .in_header = true}; }

void pop3_body_top(pop3_body *b, uint64_t lines) {
    pop3_body_all(b);
    b->top = true;
    b->lines_left = lines;
}

/* A line has ended: TOP counts. */
static void count_line(pop3_body *b, bool empty) {
    if (!b->top)
        return;
    if (b->in_header)
        b->in_header = !empty;
    else
        b->lines_left--;
    b->done = !b->in_header && b->lines_left == 0;
}

void pop3_body_add(pop3_body *b, str piece, buf *out) {
    while (piece.n && !b->done) {
        size_t end = str_find(piece, '\n');
        str part = str_sub(piece, 0, end == STR_NONE ? piece.n : end + 1);
        if (b->at_start && part.p[0] == '.')
            buf_add_byte(out, '.');
        buf_add(out, part);
        char before = part.n > 1 ? part.p[part.n - 2] : b->last;
        b->last = part.p[part.n - 1];
        b->at_start = end != STR_NONE && before == '\r';
        str text = end == STR_NONE ? part : str_sub(part, 0, part.n - 1);
        b->empty = b->empty && (text.n == 0 || (text.n == 1 && text.p[0] == '\r'));
        if (end != STR_NONE) {
            count_line(b, b->empty);
            b->empty = true;
        }
        piece = str_skip(piece, part.n);
    }
}

void pop3_body_end(pop3_body *b, buf *out) {
    if (!b->at_start)
        buf_add(out, S("\r\n"));
    buf_add(out, S(".\r\n"));
}
