/* SEARCH programs: no input breaks the parser, budgets hold, and what it parsed can be evaluated against a message. */
#include "base/err.h"
#include "imap/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t depth_of(const imap_search_key *key) {
    size_t deepest = 0;
    for (const imap_search_key *child = key->first; child; child = child->next) {
        size_t below = depth_of(child);
        deepest = below > deepest ? below : deepest;
    }
    return deepest + 1;
}

static void resolve(imap_search_key *key) {
    imap_set_resolve(&key->set, 10);
    for (imap_search_key *child = key->first; child; child = child->next)
        resolve(child);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const str message = {"Subject: hello\r\nFrom: a@b\r\n\r\nbody text", 39};
    SCOPED_ARENA memory;
    arena_init(&memory, 1 << 24);
    imap_scan s = {{(const char *)data, size}, &memory};
    imap_search q;
    if (!imap_scan_search(&s, &q) || q.bad_charset)
        return 0;
    ASSERT(q.keys <= IMAP_SEARCH_KEYS && depth_of(q.root) <= 2 * IMAP_SEARCH_DEPTH + 2);
    resolve(q.root);
    str header = str_sub(message, 0, 29);
    part_tree tree;
    imap_envelope envelope = {.subject = {"hello", 5}, .from = {"((NIL NIL \"a\" \"b\"))", 19}};
    store_message row = {.uid = 3, .modseq = 9, .flags = FLAG_SEEN, .size = message.n};
    if (failed(part_tree_parse(message, &memory, &tree)))
        return 0;
    imap_candidate c = {.row = &row, .seq = 3, .now = 1, .memory = &memory};
    imap_verdict early = imap_match(q.root, &c);
    c.envelope = &envelope;
    c.header = &header;
    c.tree = &tree;
    imap_verdict late = imap_match(q.root, &c);
    ASSERT(late != MATCH_MAYBE && (early == MATCH_MAYBE || early == late));
    buf_free(&c.text);
    return 0;
}
