/* The part tree: parts lie within their parents and behind their elders; everything IMAP shows can be printed. */
#include "base/err.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "mime/part.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_part(const part_tree *t, const part *p) {
    ASSERT(p->header_at + p->header_size <= p->body_at && p->body_at + p->body_size <= t->message.n);
    ASSERT(p->type.n && p->subtype.n && p->encoding.n && p->body_lines <= p->body_size);
    ASSERT(!p->message || (p->first && p->first == p->last));
    ASSERT(!p->next || p->next->header_at >= p->body_at + p->body_size);
    if (p->parent) {
        ASSERT(p->header_at >= p->parent->body_at);
        ASSERT(p->body_at + p->body_size <= p->parent->body_at + p->parent->body_size);
    }
}

static void check_tree(const part_tree *t) {
    size_t n = 0;
    const part *p = t->root;
    while (p) {
        check_part(t, p);
        n++;
        if (p->first) {
            p = p->first;
            continue;
        }
        while (p && !p->next)
            p = p->parent;
        p = p ? p->next : NULL;
    }
    ASSERT(n == t->parts && n <= LIMIT_MIME_PARTS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str message = {(const char *)data, size};
    SCOPED_ARENA a;
    SCOPED_BUF out;
    part_tree t;
    /* the first byte may take the arena away */
    arena_init(&a, size && data[0] == '!' ? 4000 : 1 << 24);
    buf_init(&out, 1 << 24);
    ASSERT(!failed(part_tree_parse(message, &a, &t)));
    check_tree(&t);
    ASSERT(structure_print(&out, &t, t.root, false));
    ASSERT(structure_print(&out, &t, t.root, true));
    ASSERT(envelope_print(&out, message, &a));
    ASSERT(!str_has_byte(buf_str(&out), 0));
    for (uint32_t i = 0; i < 3; i++)
        part_find(&t, (const uint32_t[]){1, i, i}, i);
    buf_clear(&out);
    ASSERT(part_decode(&out, &t, t.root));
    SCOPED_BUF text;
    buf_init(&text, size / 2 + 10);
    message_text(&text, &t);
    ASSERT(!text.over && utf8_valid(buf_str(&text)));
    return 0;
}
