/* The command collector and the tokens over what it collected: any split of the input tells the same story, what is
 * kept stays in its limits, and scanning ends. The first byte chooses the split. */
#include "base/err.h"
#include "imap/collect.h"
#include "imap/grammar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_LINE = 300, MAX_COMMAND = 600, STORY = 1 << 22 };

static void scan_all(str command) {
    SCOPED_ARENA memory;
    arena_init(&memory, 1 << 20);
    imap_scan s = {command, &memory};
    str word;
    bool nil;
    while (s.rest.n) {
        size_t before = s.rest.n;
        if (imap_scan_nstring(&s, &word, &nil) || imap_scan_astring(&s, &word) || imap_scan_list_mailbox(&s, &word))
            ASSERT(!str_has_byte(word, '\0'));
        else
            s.rest = str_skip(s.rest, 1);
        ASSERT(s.rest.n < before || word.n == 0);
        if (s.rest.n == before)
            s.rest = str_skip(s.rest, 1);
    }
}

static void answer_literal(imap_collect *c, buf *story) {
    buf_addf(story, "[%llu%s]", (unsigned long long)c->literal, c->sync ? "" : "+");
    if (c->literal % 3 == 1)
        imap_collect_stream(c);
    else if (c->literal % 3 == 0 && imap_collect_fits(c))
        imap_collect_keep(c);
    else if (c->literal < 100000)
        imap_collect_drop(c);
    else
        imap_collect_reset(c);
}

static void tell(str in, size_t piece, buf *story) {
    imap_collect c;
    imap_event event;
    imap_collect_init(&c, MAX_LINE, MAX_COMMAND);
    for (size_t at = 0; at < in.n;) {
        size_t taken = imap_collect_feed(&c, str_sub(in, at, piece - at % piece), &event);
        ASSERT(taken > 0);
        at += taken;
        if (event == IMAP_LITERAL) {
            answer_literal(&c, story);
        } else if (event == IMAP_CHUNK) {
            buf_add(story, c.chunk);
        } else if (event == IMAP_COMMAND) {
            buf_add(story, c.dropped ? S("<dropped>") : buf_str(&c.text));
            if (!c.dropped)
                scan_all(buf_str(&c.text));
            imap_collect_reset(&c);
        }
        ASSERT(c.text.cap <= MAX_COMMAND && c.text.n <= MAX_COMMAND);
    }
    imap_collect_free(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    str in = {(const char *)data + 1, size - 1};
    SCOPED_BUF whole, split;
    buf_init(&whole, STORY);
    buf_init(&split, STORY);
    tell(in, size, &whole);
    tell(in, 1 + data[0] % 17, &split);
    ASSERT(str_eq(buf_str(&whole), buf_str(&split)));
    return 0;
}
