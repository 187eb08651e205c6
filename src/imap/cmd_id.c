/* ID, RFC 2971: who we are; what the client says of itself goes into the log. */
#include "base/log.h"
#include "imap/cmd.h"
#include "imap/print.h"

enum { FIELDS_MOST = 30 }; /* RFC 2971 3.3 */

/* NIL, or ("name" "value" ...) */
static bool scan_fields(imap_scan *s, str *name, str *version) {
    if (imap_scan_word(s, S("NIL")))
        return imap_scan_end(s);
    if (!imap_scan_byte(s, '('))
        return false;
    for (size_t i = 0; !imap_scan_byte(s, ')'); i++) {
        str field, value;
        bool nil;
        if (i == FIELDS_MOST || !imap_scan_string(s, &field) || !imap_scan_sp(s) || !imap_scan_nstring(s, &value, &nil))
            return false;
        if (str_caseeq(field, S("name")))
            *name = value;
        if (str_caseeq(field, S("version")))
            *version = value;
        imap_scan_sp(s);
    }
    return imap_scan_end(s);
}

static void run(imap_command *c) {
    str name = S(""), version = S("");
    if (!scan_fields(&c->args, &name, &version)) {
        imap_bad(c);
        return;
    }
    log_info("imap.client", lf_c("conn", conn_id(c->session->conn)), lf_str("name", name), lf_str("version", version));
    buf *out = imap_out(c);
    buf_add(out, S("* ID (\"name\" \"Godwit\" \"version\" "));
    imap_print_string(out, c->session->service->version);
    buf_add(out, S(")\r\n"));
    imap_ok(c, "ID done");
}

const imap_entry imap_cmd_id = {IMAP_WORD("ID"), IMAP_GREETED | IMAP_AUTHENTICATED | IMAP_SELECTED, 0,
                                IMAP_WORD("ID (\"name\" \"value\" ...) or NIL"), run};
