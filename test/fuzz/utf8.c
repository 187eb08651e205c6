/* UTF-8: repairing gives valid text and changes only bad text; cutting never breaks a character; what the log and
 * JSON print holds no byte that could steer a terminal. */
#include "base/err.h"
#include "base/json.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_printable(str s) {
    ASSERT(utf8_valid(s));
    uint32_t c;
    while (utf8_next(&s, &c))
        ASSERT(!utf8_unprintable(c));
}

static void check_quoted(str in) {
    SCOPED_BUF quoted;
    buf_init(&quoted, 1 << 24);
    ASSERT(json_quote(&quoted, in));
    check_printable(buf_str(&quoted));
    buf_clear(&quoted);
    ASSERT(utf8_escape(&quoted, in, false));
    check_printable(buf_str(&quoted));
    buf_clear(&quoted);
    ASSERT(utf8_escape(&quoted, in, true));
    check_printable(buf_str(&quoted));
    ASSERT(utf8_is_ascii(buf_str(&quoted)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str in = {(const char *)data, size};
    SCOPED_BUF repaired, again;
    buf_init(&repaired, 1 << 24);
    buf_init(&again, 1 << 24);
    ASSERT(utf8_repair(&repaired, in));
    ASSERT(utf8_valid(buf_str(&repaired)));
    ASSERT(!utf8_valid(in) || str_eq(in, buf_str(&repaired)));
    ASSERT(!utf8_is_ascii(in) || utf8_valid(in));

    str rest = buf_str(&repaired);
    uint32_t c;
    while (utf8_next(&rest, &c))
        ASSERT(utf8_add(&again, c));
    ASSERT(str_eq(buf_str(&repaired), buf_str(&again)));

    for (size_t n = 0; n <= in.n && n < 64; n++) {
        str cut = utf8_prefix(buf_str(&again), n);
        ASSERT(cut.n <= n && n - cut.n <= (again.n < n ? n : 3) && utf8_valid(cut));
        ASSERT(utf8_prefix(in, n).n <= n);
    }
    check_quoted(in);
    return 0;
}
