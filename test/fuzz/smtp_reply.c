/* Replies of a server: lines as wire_read_line gives them. Whatever comes, the words kept are bounded and printable,
 * and the reply ends. */
#include "base/utf8.h"
#include "smtp/client_caps.h"
#include "smtp/client_reply.h"
#include "base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_words(const smtp_reply_parse *p) {
    str words = buf_str(&p->words);
    ASSERT(words.n <= SMTP_REPLY_TEXT && utf8_valid(words));
    uint32_t c;
    while (utf8_next(&words, &c))
        ASSERT(!utf8_unprintable(c));
    str status = str_c(p->status);
    ASSERT(!status.n || smtp_status_size(status) == status.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str rest = {(const char *)data, size}, line, text;
    smtp_reply_parse p;
    smtp_reply_init(&p);
    smtp_caps caps = {0};
    smtp_reply_state state = SMTP_REPLY_MORE;
    while (state == SMTP_REPLY_MORE && str_cut(&rest, '\n', &line)) {
        state = smtp_reply_line(&p, line, &text);
        if (state != SMTP_REPLY_BAD) {
            ASSERT(p.code >= 200 && p.code <= 599);
            smtp_caps_line(&caps, text);
        }
        ASSERT(p.lines <= SMTP_REPLY_LINES + 1);
        check_words(&p);
    }
    smtp_reply_free(&p);
    return 0;
}
