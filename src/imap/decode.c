#include "imap/decode.h"

#include "base/codec.h"

enum { PIECE = 48 * 1024 }; /* a multiple of 4 */

bool imap_encoding_is_identity(str encoding) {
    encoding = str_trim(encoding);
    return encoding.n == 0 || str_caseeq(encoding, S("7bit")) || str_caseeq(encoding, S("8bit")) ||
           str_caseeq(encoding, S("binary"));
}

static bool base64_letter(char c) { return ascii_alnum(c) || c == '+' || c == '/'; }

/* Moves letters of whole groups from the front of the body; how much of the body that was. Padding ends everything. */
static size_t take_letters(str body, buf *letters) {
    for (size_t i = 0; i < body.n; i++) {
        if (body.p[i] == '=')
            return body.n;
        if (base64_letter(body.p[i]))
            buf_add_byte(letters, body.p[i]);
        if (letters->n == PIECE)
            return i + 1;
    }
    return body.n;
}

static void decode_base64(spool *to, str body) {
    SCOPED_BUF letters, bytes;
    buf_init(&letters, PIECE);
    buf_init(&bytes, PIECE);
    while (body.n) {
        buf_clear(&letters);
        buf_clear(&bytes);
        body = str_skip(body, take_letters(body, &letters));
        base64_decode_loose(&bytes, buf_str(&letters));
        spool_add(to, buf_str(&bytes));
    }
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* Up to a line end; in a line longer than a piece, to where neither an escape nor blanks are cut in two. */
static size_t qp_piece(str body) {
    if (body.n <= PIECE)
        return body.n;
    size_t newline = str_rfind(str_sub(body, 0, PIECE), '\n');
    if (newline != STR_NONE)
        return newline + 1;
    size_t cut = PIECE;
    while (cut > PIECE / 2 && (is_blank(body.p[cut - 1]) || body.p[cut - 1] == '=' || body.p[cut - 2] == '='))
        cut--;
    return cut;
}

static void decode_qp(spool *to, str body) {
    SCOPED_BUF bytes;
    buf_init(&bytes, PIECE);
    while (body.n) {
        size_t n = qp_piece(body);
        buf_clear(&bytes);
        qp_decode(&bytes, str_sub(body, 0, n));
        spool_add(to, buf_str(&bytes));
        body = str_skip(body, n);
    }
}

bool imap_decode(spool *to, str encoding, str body) {
    encoding = str_trim(encoding);
    if (str_caseeq(encoding, S("base64")))
        decode_base64(to, body);
    else if (str_caseeq(encoding, S("quoted-printable")))
        decode_qp(to, body);
    else
        return false;
    return true;
}
