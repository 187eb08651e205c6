/* Sections of a message (RFC 9051 6.4.5, 6.4.5.1): which bytes an item means. */
#include "imap/fetch.h"

void imap_body_close(imap_body *b) {
    buf_free(&b->made);
    *b = (imap_body){0};
}

static str slice(const imap_message *m, size_t at, size_t n) { return str_sub(m->tree.message, at, n); }

static bool named(const imap_fetch_item *item, str name) {
    for (size_t i = 0; i < item->fields_n; i++)
        if (str_caseeq(item->fields[i], name))
            return true;
    return false;
}

/* HEADER.FIELDS and .NOT: the fields as they stand, then the empty line. */
static void choose_fields(imap_body *out, const imap_fetch_item *item, str header) {
    buf_init(&out->made, header.n + 2);
    bool wanted = item->section == SECTION_FIELDS;
    for (header_field f; header_next(&header, &f);)
        if (named(item, f.name) == wanted)
            buf_add(&out->made, f.raw);
    buf_add(&out->made, S("\r\n"));
    out->from = BODY_BYTES;
    out->bytes = buf_str(&out->made);
}

static void give(imap_body *out, str bytes) {
    out->from = BODY_BYTES;
    out->bytes = bytes;
}

/* HEADER, TEXT and fields of a part are those of the message it holds. */
static void open_nested(const imap_message *m, const imap_fetch_item *item, const part *p, imap_body *out) {
    const part *inner = p->message ? p->first : NULL;
    if (!inner)
        return;
    str header = slice(m, inner->header_at, inner->header_size);
    if (item->section == SECTION_HEADER)
        give(out, header);
    else if (item->section == SECTION_TEXT)
        give(out, slice(m, inner->body_at, inner->body_size));
    else
        choose_fields(out, item, header);
}

static err open_part(imap_message *m, const imap_fetch_item *item, imap_body *out) {
    TRY(imap_message_load(m));
    const part *p = part_find(&m->tree, item->numbers, item->numbers_n);
    if (!p)
        return OK;
    if (item->section == SECTION_ALL)
        give(out, slice(m, p->body_at, p->body_size));
    else if (item->section == SECTION_MIME)
        give(out, slice(m, p->header_at, p->header_size));
    else
        open_nested(m, item, p, out);
    return OK;
}

static err open_message(imap_message *m, const imap_fetch_item *item, imap_body *out) {
    str header;
    switch (item->section) {
    case SECTION_FIELDS:
    case SECTION_FIELDS_NOT:
        TRY(imap_message_header(m, &header));
        choose_fields(out, item, header);
        return OK;
    case SECTION_HEADER:
        *out = (imap_body){.from = BODY_STORE, .left = m->header_size};
        return OK;
    case SECTION_TEXT:
        *out = (imap_body){.from = BODY_STORE, .offset = m->header_size, .left = m->size - m->header_size};
        return OK;
    default:
        *out = (imap_body){.from = BODY_STORE, .left = m->size};
        return OK;
    }
}

/* RFC 9051 6.4.5: a partial beyond the end is the empty string. */
static void cut_partial(imap_body *b, const imap_fetch_item *item) {
    uint64_t skip = item->offset, size = b->from == BODY_STORE ? b->left : b->bytes.n;
    if (skip > size)
        skip = size;
    uint64_t keep = size - skip < item->length ? size - skip : item->length;
    if (b->from == BODY_STORE) {
        b->offset += skip;
        b->left = keep;
    } else if (b->from == BODY_BYTES) {
        b->bytes = str_sub(b->bytes, (size_t)skip, (size_t)keep);
    }
}

err imap_body_decoded(imap_message *m, const imap_fetch_item *item, str *out) {
    TRY(imap_message_load(m));
    const part *p = part_find(&m->tree, item->numbers, item->numbers_n);
    *out = (str){0};
    if (item->numbers_n == 0) {
        *out = m->tree.message;
        return OK;
    }
    return p ? imap_message_decode(m, p, out) : OK;
}

err imap_body_open(imap_message *m, const imap_fetch_item *item, imap_body *out) {
    *out = (imap_body){0};
    if (item->kind == FETCH_BINARY) {
        str bytes;
        TRY(imap_body_decoded(m, item, &bytes));
        if (bytes.p)
            give(out, bytes);
    } else if (item->numbers_n) {
        TRY(open_part(m, item, out));
    } else {
        TRY(open_message(m, item, out));
    }
    if (item->partial)
        cut_partial(out, item);
    return OK;
}
