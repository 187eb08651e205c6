/* FETCH arguments: no input breaks the parser, budgets hold, and every label it makes is read again as the same item.
 * And BODY from BODYSTRUCTURE, whatever stands in the row. */
#include "base/err.h"
#include "imap/envelope.h"
#include "imap/fetch_item.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_label(const imap_fetch_item *item, arena *memory) {
    SCOPED_BUF text;
    imap_fetch again;
    buf_init(&text, 1 << 20);
    buf_add(&text, item->label);
    if (item->partial)
        text.n--; /* "<0>" in the answer is "<0.5>" in the question */
    if (item->partial)
        buf_addf(&text, ".%llu>", (unsigned long long)item->length);
    imap_scan s = {buf_str(&text), memory};
    ASSERT(imap_scan_fetch(&s, &again) && again.n == 1);
    ASSERT(again.items[0].kind == item->kind && again.items[0].section == item->section);
    ASSERT(again.items[0].numbers_n == item->numbers_n && again.items[0].fields_n == item->fields_n);
    ASSERT(str_eq(again.items[0].label, item->label));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    SCOPED_ARENA memory;
    arena_init(&memory, 1 << 24);
    imap_scan s = {{(const char *)data, size}, &memory};
    imap_fetch f;
    if (imap_scan_fetch(&s, &f)) {
        ASSERT(f.n > 0 && f.n <= IMAP_FETCH_ITEMS + 1);
        for (size_t i = 0; i < f.n; i++)
            read_label(&f.items[i], &memory);
    }
    SCOPED_BUF basic, again;
    buf_init(&basic, 1 << 24);
    buf_init(&again, 1 << 24);
    if (imap_structure_basic(&basic, (str){(const char *)data, size})) {
        ASSERT(basic.n <= size);
        ASSERT(imap_structure_basic(&again, buf_str(&basic)) && str_eq(buf_str(&again), buf_str(&basic)));
    }
    imap_envelope e;
    if (imap_envelope_parse((str){(const char *)data, size}, &memory, &e))
        imap_envelope_addresses(&again, e.from, &memory);
    return 0;
}
