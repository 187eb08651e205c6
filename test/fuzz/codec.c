/* Encodings: whatever decodes strictly encodes to the same text, and whatever is encoded decodes to the same bytes. */
#include "base/codec.h"
#include "base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef bool strict(buf *out, str in);
typedef bool equal(str a, str b);

static void loose_base64(buf *out, str in) { base64_decode_loose(out, in); }
static void loose_qp(buf *out, str in) { qp_decode(out, in); }
static bool lines(buf *out, str in) { return base64_encode_lines(out, in, 76); }

static void round_trip(strict *encode, strict *decode, str in, equal *same) {
    SCOPED_BUF text, bytes;
    buf_init(&text, 1 << 24);
    buf_init(&bytes, 1 << 24);
    ASSERT(encode(&text, in));
    ASSERT(decode(&bytes, buf_str(&text)));
    ASSERT(str_eq(buf_str(&bytes), in));
    buf_clear(&text);
    buf_clear(&bytes);
    if (decode(&bytes, in)) {
        ASSERT(encode(&text, buf_str(&bytes)));
        ASSERT(same(buf_str(&text), in));
    }
}

static void loose_round_trip(strict *encode, void (*decode)(buf *out, str in), str in) {
    SCOPED_BUF text, bytes;
    buf_init(&text, 1 << 24);
    buf_init(&bytes, 1 << 24);
    ASSERT(encode(&text, in));
    decode(&bytes, buf_str(&text));
    ASSERT(!bytes.over && str_eq(buf_str(&bytes), in));
    for (str rest = buf_str(&text), line; str_cut_line(&rest, &line);)
        ASSERT(line.n <= 78 && str_ends(line, S("\r\n")));
    buf_clear(&bytes);
    decode(&bytes, in);
    ASSERT(!bytes.over && bytes.n <= in.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str in = {(const char *)data, size};
    round_trip(hex_encode, hex_decode, in, str_caseeq);
    round_trip(base64_encode, base64_decode, in, str_eq);
    round_trip(base64url_encode, base64url_decode, in, str_eq);
    loose_round_trip(lines, loose_base64, in);
    loose_round_trip(qp_encode, loose_qp, in);
    return 0;
}
