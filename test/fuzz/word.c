/* Encoded words: decoding gives valid UTF-8 of bounded size, and encoding any text decodes to it. */
#include "base/err.h"
#include "base/utf8.h"
#include "mime/word.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_encode(str text, bool (*encode)(buf *out, str text)) {
    SCOPED_BUF out, back;
    buf_init(&out, 1 << 24);
    buf_init(&back, 1 << 24);
    ASSERT(encode(&out, text));
    for (size_t i = 0; i < out.n; i++)
        ASSERT((out.p[i] >= ' ' && out.p[i] < 127) || out.p[i] == '\t');
    ASSERT(word_decode(&back, buf_str(&out)));
    ASSERT(encode != word_encode_phrase || str_eq(buf_str(&back), text));
    ASSERT(str_eq(str_trim(buf_str(&back)), str_trim(text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str in = {(const char *)data, size};
    SCOPED_BUF out;
    buf_init(&out, 1 << 24);
    ASSERT(word_decode(&out, in));
    ASSERT(utf8_valid(buf_str(&out)) && out.n <= 8 * in.n);
    if (size > 0) {
        static const char *const charsets[] = {"utf-8",   "iso-2022-jp", "utf-7",  "big5",
                                               "gb18030", "utf-16",      "euc-kr", "koi8-r"};
        buf_clear(&out);
        ASSERT(charset_to_utf8(&out, str_c(charsets[data[0] % 8]), str_skip(in, 1)));
        ASSERT(utf8_valid(buf_str(&out)));
    }
    buf_clear(&out);
    utf8_repair(&out, in);
    for (size_t i = 0; i < out.n; i++)
        if (out.p[i] == '\r' || out.p[i] == '\n' || out.p[i] == 0)
            out.p[i] = ' ';
    check_encode(buf_str(&out), word_encode);
    check_encode(buf_str(&out), word_encode_phrase);
    return 0;
}
