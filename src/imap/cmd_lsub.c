/* LSUB, RFC 3501 6.3.9: IMAP4rev1's LIST (SUBSCRIBED). */
#include "imap/list.h"
#include "imap/print.h"

static void print_name(imap_command *c, const imap_list_name *one, bool selectable) {
    buf *out = imap_out(c);
    buf_add(out, selectable ? S("* LSUB () \"/\" ") : S("* LSUB (\\Noselect) \"/\" "));
    imap_print_mailbox(out, one->name, imap_session_utf8(c->session));
    buf_add(out, S("\r\n"));
}

/* RFC 3501 6.3.9: "%" shows a level above subscribed names as \Noselect when it is not subscribed to itself. */
static void step(imap_command *c) {
    imap_list_run *r = c->own;
    for (size_t n = 0; n < 100 && r->at < r->n; n++) {
        const imap_list_name *one = &r->names[r->at++];
        if ((one->subscribed || (r->recursive && one->child_subscribed)) && imap_list_matches(r, one->name))
            print_name(c, one, one->subscribed);
    }
    if (r->at == r->n)
        imap_ok(c, "LSUB done");
}

static void run(imap_command *c) {
    imap_list_run *r = arena_alloc(&c->memory, sizeof *r);
    str reference, pattern;
    r->patterns = arena_array(&c->memory, 1, sizeof *r->patterns);
    if (!imap_scan_astring(&c->args, &reference) || !imap_scan_sp(&c->args) ||
        !imap_scan_list_mailbox(&c->args, &pattern) || !imap_scan_end(&c->args)) {
        imap_bad(c);
        return;
    }
    if (!imap_list_pattern(c, r, reference, pattern))
        return;
    r->recursive = str_has_byte(pattern, '%');
    err e = imap_list_names(c, r);
    if (failed(e)) {
        imap_fail(c, e);
        return;
    }
    c->own = r;
    c->step = step;
}

const imap_entry imap_cmd_lsub = {IMAP_WORD("LSUB"), IMAP_AUTHENTICATED | IMAP_SELECTED, 0,
                                  IMAP_WORD("LSUB reference pattern"), run};
