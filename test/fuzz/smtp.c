/* Command lines: whatever comes in, what is made of it lies inside the line, and nothing decoded can carry a line end.
 */
#include "base/arena.h"
#include "base/err.h"
#include "mime/address.h"
#include "smtp/grammar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(str part, str whole) {
    ASSERT(part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
}

static void no_controls(const buf *b) {
    for (size_t i = 0; i < b->n; i++)
        ASSERT((unsigned char)b->p[i] >= ' ' && b->p[i] != 127);
}

static void check_params(str rest, str line) {
    smtp_mail_params mail_params;
    smtp_rcpt_params rcpt_params;
    SCOPED_BUF decoded;
    buf_init(&decoded, 1 << 16);
    if (!failed(smtp_mail_params_parse(rest, &mail_params))) {
        inside(mail_params.envid, line);
        ASSERT(mail_params.envid.n <= 100);
        ASSERT(smtp_xtext_decode(&decoded, mail_params.envid));
        no_controls(&decoded);
    }
    buf_clear(&decoded);
    if (!failed(smtp_rcpt_params_parse(rest, &rcpt_params)) && rcpt_params.orcpt.n) {
        inside(rcpt_params.orcpt, line);
        ASSERT(smtp_orcpt_decode(&decoded, rcpt_params.orcpt));
        no_controls(&decoded);
    }
}

static void check_path(str args, str line) {
    SCOPED_ARENA a;
    str path, rest;
    addr_spec spec;
    arena_init(&a, 1 << 20);
    if (!smtp_path_argument(args, S("FROM:"), &path) && !smtp_path_argument(args, S("TO:"), &path))
        return;
    inside(path, line);
    if (failed(address_path(path, true, &a, &spec, &rest)))
        return;
    inside(rest, line);
    check_params(rest, line);
}

static void check_line(str line) {
    str verb, args, mechanism, initial;
    uint64_t chunk;
    bool flag;
    smtp_words(line, &verb, &args);
    inside(verb, line);
    inside(args, line);
    check_path(args, line);
    check_params(args, line);
    if (smtp_auth_parse(args, &mechanism, &flag, &initial))
        inside(initial, line);
    (void)smtp_bdat_parse(args, &chunk, &flag);
    (void)smtp_hello_valid(args);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str rest = {(const char *)data, size}, line;
    size_t used;
    for (smtp_line_kind kind; (kind = smtp_line_take(rest, &line, &used)) != SMTP_LINE_NONE;
         rest = str_skip(rest, used)) {
        ASSERT(used > line.n && used <= rest.n);
        if (kind == SMTP_LINE_WHOLE) {
            ASSERT(!str_has_byte(line, '\r') && !str_has_byte(line, '\n') && !str_has_byte(line, 0));
            check_line(line);
        }
    }
    return 0;
}
