#include "imap/fetch_item.h"

#include "imap/print.h"

/* ---- sections: RFC 9051 9, section ---- */

static bool scan_numbers(imap_scan *s, imap_fetch_item *item) {
    uint32_t *numbers = arena_array(s->memory, IMAP_SECTION_DEPTH, sizeof *numbers);
    item->numbers = numbers;
    while (numbers && s->rest.n && ascii_digit(s->rest.p[0])) {
        if (item->numbers_n == IMAP_SECTION_DEPTH || !imap_scan_nz_number(s, &numbers[item->numbers_n++]))
            return false;
        if (!imap_scan_byte(s, '.'))
            return true;
        if (s->rest.n == 0 || s->rest.p[0] == ']')
            return false;
    }
    return numbers != NULL;
}

static bool scan_fields(imap_scan *s, imap_fetch_item *item) {
    if (!imap_scan_sp(s) || !imap_scan_byte(s, '('))
        return false;
    size_t most = 1;
    for (size_t i = 0; i < s->rest.n && s->rest.p[i] != ')' && most < IMAP_SECTION_FIELDS; i++)
        most += s->rest.p[i] == ' ';
    str *fields = arena_array(s->memory, most, sizeof *fields);
    item->fields = fields;
    do {
        if (!fields || item->fields_n == most || !imap_scan_astring(s, &fields[item->fields_n]))
            return false;
        item->fields_n++;
    } while (imap_scan_sp(s));
    return imap_scan_byte(s, ')');
}

static bool scan_section_text(imap_scan *s, imap_fetch_item *item) {
    if (imap_scan_word(s, S("HEADER.FIELDS.NOT"))) {
        item->section = SECTION_FIELDS_NOT;
        return scan_fields(s, item);
    }
    if (imap_scan_word(s, S("HEADER.FIELDS"))) {
        item->section = SECTION_FIELDS;
        return scan_fields(s, item);
    }
    if (imap_scan_word(s, S("HEADER")))
        item->section = SECTION_HEADER;
    else if (imap_scan_word(s, S("TEXT")))
        item->section = SECTION_TEXT;
    else if (item->numbers_n && imap_scan_word(s, S("MIME")))
        item->section = SECTION_MIME;
    return item->section != SECTION_ALL;
}

/* After "[": numbers, then (not for BINARY) a text specifier. */
static bool scan_section(imap_scan *s, imap_fetch_item *item) {
    if (!scan_numbers(s, item))
        return false;
    bool closed = imap_scan_byte(s, ']');
    if (closed)
        return true;
    return item->kind == FETCH_SECTION && scan_section_text(s, item) && imap_scan_byte(s, ']');
}

static bool scan_partial(imap_scan *s, imap_fetch_item *item) {
    if (!imap_scan_byte(s, '<'))
        return true;
    item->partial = true;
    return imap_scan_number64(s, &item->offset) && imap_scan_byte(s, '.') && imap_scan_number64(s, &item->length) &&
           item->length > 0 && imap_scan_byte(s, '>');
}

static void label_section(buf *b, const imap_fetch_item *item) {
    static const str texts[] = {[SECTION_HEADER] = {"HEADER", 6},
                                [SECTION_FIELDS] = {"HEADER.FIELDS", 13},
                                [SECTION_FIELDS_NOT] = {"HEADER.FIELDS.NOT", 17},
                                [SECTION_TEXT] = {"TEXT", 4},
                                [SECTION_MIME] = {"MIME", 4}};
    for (size_t i = 0; i < item->numbers_n; i++)
        buf_addf(b, i ? ".%u" : "%u", item->numbers[i]);
    if (item->section == SECTION_ALL)
        return;
    if (item->numbers_n)
        buf_add_byte(b, '.');
    buf_add(b, texts[item->section]);
    for (size_t i = 0; i < item->fields_n; i++) {
        buf_add(b, i ? S(" ") : S(" ("));
        imap_print_astring(b, item->fields[i]);
    }
    if (item->fields_n)
        buf_add_byte(b, ')');
}

static bool make_label(imap_scan *s, imap_fetch_item *item) {
    SCOPED_BUF b;
    buf_init(&b, 1 << 20);
    buf_add(&b, item->kind == FETCH_SECTION  ? S("BODY[")
                : item->kind == FETCH_BINARY ? S("BINARY[")
                                             : S("BINARY.SIZE["));
    label_section(&b, item);
    buf_add_byte(&b, ']');
    if (item->partial)
        buf_addf(&b, "<%llu>", (unsigned long long)item->offset);
    item->label = arena_str(s->memory, buf_str(&b));
    return !b.over && item->label.p;
}

static bool scan_bracketed(imap_scan *s, imap_fetch_item *item) {
    return scan_section(s, item) && (item->kind == FETCH_BINARY_SIZE || scan_partial(s, item)) && make_label(s, item);
}

/* ---- items ---- */

typedef struct simple_item {
    str name;
    imap_fetch_kind kind;
    imap_section section;
    bool peek;
} simple_item;

/* The longer name before its prefix. */
static const simple_item simple_items[] = {
    {{"FLAGS", 5}, FETCH_FLAGS, SECTION_ALL, true},
    {{"INTERNALDATE", 12}, FETCH_INTERNALDATE, SECTION_ALL, true},
    {{"ENVELOPE", 8}, FETCH_ENVELOPE, SECTION_ALL, true},
    {{"BODYSTRUCTURE", 13}, FETCH_STRUCTURE, SECTION_ALL, true},
    {{"UID", 3}, FETCH_UID, SECTION_ALL, true},
    {{"MODSEQ", 6}, FETCH_MODSEQ, SECTION_ALL, true},
    {{"RFC822.SIZE", 11}, FETCH_SIZE, SECTION_ALL, true},
    {{"RFC822.HEADER", 13}, FETCH_SECTION, SECTION_HEADER, true},
    {{"RFC822.TEXT", 11}, FETCH_SECTION, SECTION_TEXT, false},
    {{"RFC822", 6}, FETCH_SECTION, SECTION_ALL, false},
    {{"BODY", 4}, FETCH_BASIC, SECTION_ALL, true},
};

static bool item_ends(const imap_scan *s) { return s->rest.n == 0 || str_has_byte(S(" )"), s->rest.p[0]); }

static bool scan_item(imap_scan *s, imap_fetch_item *item) {
    *item = (imap_fetch_item){.kind = FETCH_SECTION};
    if (imap_scan_word(s, S("BODY[")))
        return scan_bracketed(s, item);
    item->peek = imap_scan_word(s, S("BODY.PEEK["));
    if (item->peek)
        return scan_bracketed(s, item);
    item->kind = FETCH_BINARY;
    if (imap_scan_word(s, S("BINARY[")))
        return scan_bracketed(s, item);
    item->peek = true;
    if (imap_scan_word(s, S("BINARY.PEEK[")))
        return scan_bracketed(s, item);
    item->kind = FETCH_BINARY_SIZE;
    if (imap_scan_word(s, S("BINARY.SIZE[")))
        return scan_bracketed(s, item);
    for (size_t i = 0; i < sizeof simple_items / sizeof *simple_items; i++) {
        const simple_item *known = &simple_items[i];
        if (!imap_scan_word(s, known->name))
            continue;
        *item = (imap_fetch_item){known->kind, known->section, .peek = known->peek, .label = known->name};
        return item_ends(s);
    }
    return false;
}

static void note(imap_fetch *f, const imap_fetch_item *item) {
    f->has_uid |= item->kind == FETCH_UID;
    f->has_flags |= item->kind == FETCH_FLAGS;
    f->has_modseq |= item->kind == FETCH_MODSEQ;
    f->wants_envelope |= item->kind == FETCH_ENVELOPE;
    f->wants_structure |= item->kind == FETCH_STRUCTURE || item->kind == FETCH_BASIC;
    f->sets_seen |= !item->peek;
}

void imap_fetch_add(imap_fetch *f, imap_fetch_kind kind) {
    static const str labels[] = {[FETCH_FLAGS] = {"FLAGS", 5},       [FETCH_INTERNALDATE] = {"INTERNALDATE", 12},
                                 [FETCH_SIZE] = {"RFC822.SIZE", 11}, [FETCH_ENVELOPE] = {"ENVELOPE", 8},
                                 [FETCH_BASIC] = {"BODY", 4},        [FETCH_UID] = {"UID", 3},
                                 [FETCH_MODSEQ] = {"MODSEQ", 6}};
    f->items[f->n] = (imap_fetch_item){.kind = kind, .peek = true, .label = labels[kind]};
    note(f, &f->items[f->n++]);
}

/* RFC 9051 6.4.5: ALL, FAST and FULL stand alone. */
static bool scan_macro(imap_scan *s, imap_fetch *f) {
    bool all = imap_scan_word(s, S("ALL")), full = !all && imap_scan_word(s, S("FULL"));
    if (!all && !full && !imap_scan_word(s, S("FAST")))
        return false;
    imap_fetch_add(f, FETCH_FLAGS);
    imap_fetch_add(f, FETCH_INTERNALDATE);
    imap_fetch_add(f, FETCH_SIZE);
    if (all || full)
        imap_fetch_add(f, FETCH_ENVELOPE);
    if (full)
        imap_fetch_add(f, FETCH_BASIC);
    return true;
}

static bool scan_items(imap_scan *s, imap_fetch *f) {
    if (scan_macro(s, f))
        return true;
    bool list = imap_scan_byte(s, '(');
    do {
        if (f->n == IMAP_FETCH_ITEMS || !scan_item(s, &f->items[f->n]))
            return false;
        note(f, &f->items[f->n++]);
    } while (list && imap_scan_sp(s));
    return !list || imap_scan_byte(s, ')');
}

/* RFC 4466 fetch-modifiers; RFC 7162 3.1.4.1: CHANGEDSINCE brings MODSEQ with it. */
static bool scan_modifiers(imap_scan *s, imap_fetch *f) {
    if (imap_scan_end(s))
        return true;
    if (!imap_scan_byte(s, '(') || !imap_scan_word(s, S("CHANGEDSINCE ")) || !imap_scan_number64(s, &f->changed_since))
        return false;
    if (f->changed_since && !f->has_modseq)
        imap_fetch_add(f, FETCH_MODSEQ);
    return f->changed_since && imap_scan_byte(s, ')') && imap_scan_end(s);
}

bool imap_scan_fetch(imap_scan *s, imap_fetch *out) {
    *out = (imap_fetch){0};
    /* room for UID, FLAGS and MODSEQ, which an answer may have to carry unasked */
    out->items = arena_array(s->memory, IMAP_FETCH_ITEMS + 4, sizeof *out->items);
    if (!out->items || !scan_items(s, out))
        return false;
    bool blank = imap_scan_sp(s);
    return (blank || s->rest.n == 0) && scan_modifiers(s, out);
}
