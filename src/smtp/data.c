#include "smtp/data.h"

void smtp_line_ends_feed(smtp_line_ends *e, str piece) {
    if (piece.n == 0)
        return;
    e->nul = e->nul || str_has_byte(piece, 0);
    while (piece.n && !e->bare) {
        if (e->after_cr) {
            e->after_cr = false;
            e->bare = piece.p[0] != '\n';
            piece = str_skip(piece, 1);
            continue;
        }
        size_t cr = str_find(piece, '\r');
        e->bare = str_has_byte(str_sub(piece, 0, cr), '\n');
        e->after_cr = cr != STR_NONE;
        piece = e->after_cr ? str_skip(piece, cr + 1) : S("");
    }
}

void smtp_line_ends_finish(smtp_line_ends *e) { e->bare = e->bare || e->after_cr; }

void smtp_data_begin(smtp_data *d) {
    /* The CRLF of the DATA command itself counts as the one before the dot (RFC 5321 4.1.1.4). */
    *d = (smtp_data){.state = SMTP_DATA_LINE};
}

/* State behind content that ends in `last`; `before` is the state in front of it, for a piece of one byte. */
static void after_content(smtp_data *d, char last, bool after_cr) {
    if (last == '\r')
        d->state = SMTP_DATA_CR;
    else
        d->state = last == '\n' && after_cr ? SMTP_DATA_LINE : SMTP_DATA_TEXT;
}

/* The bytes of `in` up to the next line that begins with a dot: content as it stands. */
static size_t plain_length(str in, bool at_line) {
    size_t n = 0;
    while (n < in.n) {
        if (at_line && in.p[n] == '.')
            return n;
        size_t lf = str_find(str_skip(in, n), '\n');
        if (lf == STR_NONE)
            return in.n;
        n += lf + 1;
        at_line = n >= 2 && in.p[n - 2] == '\r';
    }
    return n;
}

static bool give(smtp_data *d, str *in, size_t n, bool after_cr, str *piece) {
    *piece = str_sub(*in, 0, n);
    after_content(d, piece->p[n - 1], n > 1 ? piece->p[n - 2] == '\r' : after_cr);
    *in = str_skip(*in, n);
    return true;
}

bool smtp_data_next(smtp_data *d, str *in, str *piece) {
    while (in->n && d->state != SMTP_DATA_END) {
        char c = in->p[0];
        switch (d->state) {
        case SMTP_DATA_LINE:
            if (c != '.')
                return give(d, in, plain_length(*in, false), false, piece);
            d->state = SMTP_DATA_DOT;
            *in = str_skip(*in, 1);
            break;
        case SMTP_DATA_DOT:
            if (c != '\r') /* RFC 5321 4.5.2: the first dot goes, the rest stays */
                return give(d, in, plain_length(*in, false), false, piece);
            d->state = SMTP_DATA_DOT_CR;
            *in = str_skip(*in, 1);
            break;
        case SMTP_DATA_DOT_CR:
            if (c != '\n') { /* that CR was content after all, and a bare one */
                *piece = S("\r");
                d->state = SMTP_DATA_CR;
                return true;
            }
            d->state = SMTP_DATA_END;
            *in = str_skip(*in, 1);
            break;
        case SMTP_DATA_CR:
            if (c == '\n') /* alone, so that a dot behind it is seen */
                return give(d, in, 1, true, piece);
            return give(d, in, plain_length(*in, false), true, piece);
        default:
            return give(d, in, plain_length(*in, false), false, piece);
        }
    }
    return false;
}
