/* Arguments that several commands have. */
#include "imap/cmd.h"
#include "imap/name.h"
#include "imap/print.h"

bool imap_arg_mailbox(imap_command *c, str *name) {
    str wire;
    if (!imap_scan_astring(&c->args, &wire)) {
        imap_bad(c);
        return false;
    }
    if (!imap_name_read(wire, imap_session_utf8(c->session), &c->memory, name)) {
        imap_no(c, "[CANNOT] This is no mailbox name");
        return false;
    }
    return true;
}

static size_t count_words(str s) {
    size_t n = 1;
    for (size_t i = 0; i < s.n && s.p[i] != ')'; i++)
        n += s.p[i] == ' ';
    return n;
}

bool imap_arg_flags(imap_command *c, bool bare, uint64_t *system, str **keywords, size_t *n) {
    imap_scan *s = &c->args;
    bool list = imap_scan_byte(s, '(');
    *system = 0;
    *n = 0;
    *keywords = arena_array(s->memory, count_words(s->rest), sizeof **keywords);
    if (!*keywords || (!list && !bare))
        return false;
    if (list && imap_scan_byte(s, ')'))
        return true;
    do {
        str flag;
        if (!imap_scan_flag(s, &flag))
            return false;
        uint64_t known = imap_flag_of(flag);
        *system |= known;
        if (!known && flag.p[0] == '\\')
            return false; /* \Recent and what we never heard of */
        if (!known)
            (*keywords)[(*n)++] = flag;
    } while (imap_scan_sp(s));
    return !list || imap_scan_byte(s, ')');
}
