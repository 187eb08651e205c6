/* Dates: what is read prints to something that reads the same. */
#include "base/err.h"
#include "mime/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const mime_date *d) {
    SCOPED_BUF out;
    mime_date back;
    buf_init(&out, 100);
    if (!date_print(&out, *d))
        return; /* its local year is not one of four digits */
    ASSERT(date_parse(buf_str(&out), &back) && back.at == d->at && back.zone == d->zone);
    buf_clear(&out);
    ASSERT(date_print_imap(&out, *d));
    ASSERT(date_parse_imap(buf_str(&out), &back) && back.at == d->at && back.zone == d->zone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str in = {(const char *)data, size};
    mime_date d;
    if (date_parse(in, &d))
        check(&d);
    if (date_parse_imap(in, &d))
        check(&d);
    return 0;
}
