#include "imap/status.h"

#include "imap/print.h"

static const str names[] = {
    IMAP_WORD("MESSAGES"), IMAP_WORD("UIDNEXT"),     IMAP_WORD("UIDVALIDITY"),
    IMAP_WORD("UNSEEN"),   IMAP_WORD("DELETED"),     IMAP_WORD("SIZE"),
    IMAP_WORD("RECENT"),   IMAP_WORD("APPENDLIMIT"), IMAP_WORD("HIGHESTMODSEQ"),
};
enum { ITEMS = sizeof names / sizeof *names, MODSEQ_ITEM = ITEMS - 1 };

bool imap_scan_status(imap_scan *s, unsigned *items) {
    *items = 0;
    if (!imap_scan_byte(s, '('))
        return false;
    do {
        str name;
        size_t i = 0;
        if (!imap_scan_atom(s, &name))
            return false;
        while (i < ITEMS && !str_caseeq(names[i], name))
            i++;
        if (i == ITEMS)
            return false;
        *items |= 1U << i;
    } while (imap_scan_sp(s));
    return imap_scan_byte(s, ')');
}

bool imap_status_has_modseq(unsigned items) { return items >> MODSEQ_ITEM & 1; }

void imap_print_status(imap_command *c, const store_mailbox *m, unsigned items) {
    const uint64_t values[ITEMS] = {
        m->messages, m->uidnext, m->uidvalidity, m->unseen, m->deleted, m->bytes, 0, c->session->service->max_append,
        m->modseq};
    buf *out = imap_out(c);
    const char *blank = " (";
    buf_add(out, S("* STATUS "));
    imap_print_mailbox(out, m->name, imap_session_utf8(c->session));
    for (size_t i = 0; i < ITEMS; i++) {
        if (!(items >> i & 1))
            continue;
        buf_addf(out, "%s%.*s %llu", blank, STR_ARG(names[i]), (unsigned long long)values[i]);
        blank = " ";
    }
    buf_add(out, S(")\r\n"));
}
