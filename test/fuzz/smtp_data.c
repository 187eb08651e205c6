/* The reader of DATA finds what the plain reading of the whole finds, wherever the input is cut: the first byte says
 * where. */
#include "../smtp/data_plain.h"
#include "base/err.h"
#include "smtp/data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct reading {
    smtp_data d;
    smtp_line_ends ends;
    buf out;
    size_t used;
} reading;

static void feed(reading *r, str in) {
    str rest = in, piece;
    while (smtp_data_next(&r->d, &rest, &piece)) {
        ASSERT(piece.n > 0);
        smtp_line_ends_feed(&r->ends, piece);
        ASSERT(buf_add(&r->out, piece));
    }
    r->used += in.n - rest.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    str in = {(const char *)data + 1, size - 1};
    size_t step = data[0] ? data[0] : 1;
    SCOPED_BUF content;
    reading r = {0};
    buf_init(&content, 1 << 24);
    buf_init(&r.out, 1 << 24);
    smtp_data_begin(&r.d);
    plain_data plain = plain_read(in, &content);
    for (size_t at = 0; at < in.n; at += step)
        feed(&r, str_sub(in, at, step));
    smtp_line_ends_finish(&r.ends);
    ASSERT((r.d.state == SMTP_DATA_END) == plain.ended && r.used == plain.used);
    ASSERT(r.ends.bare == plain.bare && r.ends.nul == plain.nul);
    ASSERT(str_eq(buf_str(&r.out), buf_str(&content)));
    buf_free(&r.out);
    return 0;
}
