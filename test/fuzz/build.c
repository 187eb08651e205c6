/* Building: whatever is put in, what comes out is one message with the fields and parts that were asked for. */
#include "base/err.h"
#include "mime/build.h"
#include "mime/part.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_message(str message, size_t parts) {
    SCOPED_ARENA a;
    part_tree t;
    str rest = message, line;
    arena_init(&a, 1 << 24);
    while (str_cut_line(&rest, &line))
        ASSERT(str_ends(line, S("\r\n")) && str_find(line, '\r') == line.n - 2 && !str_has_byte(line, 0));
    ASSERT(rest.n == 0);
    ASSERT(!failed(part_tree_parse(message, &a, &t)) && t.parts == parts);
    ASSERT(header_count(message, S("Bcc")) == 0 && header_count(message, S("Subject")) <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str in = {(const char *)data, size}, first = str_sub(in, 0, size / 2), second = str_skip(in, size / 2);
    SCOPED_BUF out;
    build b;
    buf_init(&out, 1 << 24);
    build_begin(&b, &out);
    build_text_header(&b, S("Subject"), first);
    build_body_text(&b, second);
    ASSERT(build_end(&b));
    check_message(buf_str(&out), 1);

    buf_clear(&out);
    build_begin(&b, &out);
    build_header(&b, S("X-Any"), first);
    build_message_id(&b, second);
    build_multipart(&b, S("mixed"), S(""));
    build_part_text(&b, first);
    build_part(&b, S("application/octet-stream"), second);
    if (build_end(&b))
        check_message(buf_str(&out), 3);
    return 0;
}
