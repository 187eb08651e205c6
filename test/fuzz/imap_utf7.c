/* Mailbox names: what decodes encodes to the same bytes (one name, one spelling), and what is UTF-8 survives the way
 * there and back. Patterns: the matcher agrees with itself about a name that is its own pattern. */
#include "base/err.h"
#include "base/utf8.h"
#include "imap/pattern.h"
#include "imap/utf7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void match(str pattern, str name) {
    SCOPED_ARENA memory;
    imap_pattern p;
    arena_init(&memory, 1 << 22);
    if (!imap_pattern_compile(&p, pattern, &memory))
        return;
    bool same = imap_pattern_match(&p, name);
    if (str_eq(pattern, name))
        ASSERT(same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str in = {(const char *)data, size};
    SCOPED_BUF utf8, coded;
    buf_init(&utf8, 1 << 20);
    buf_init(&coded, 1 << 20);
    if (imap_utf7_decode(&utf8, in)) {
        ASSERT(utf8_valid(buf_str(&utf8)));
        ASSERT(imap_utf7_encode(&coded, buf_str(&utf8)) && str_eq(buf_str(&coded), in));
    }
    buf_clear(&utf8);
    buf_clear(&coded);
    if (imap_utf7_encode(&coded, in)) {
        ASSERT(imap_utf7_decode(&utf8, buf_str(&coded)) && str_eq(buf_str(&utf8), in));
    }
    if (size < 2000) {
        match(in, in);
        match(str_sub(in, 0, size / 2), str_skip(in, size / 2));
    }
    return 0;
}
