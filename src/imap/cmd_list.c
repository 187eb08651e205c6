/* LIST with its options (RFC 9051 6.3.9; RFC 5258, 5819, 6154). */
#include "imap/list.h"
#include "imap/print.h"
#include "imap/status.h"

/* ---- arguments ---- */

static bool select_option(imap_list_run *r, str name) {
    if (str_caseeq(name, S("SUBSCRIBED")))
        return r->select_subscribed = r->return_subscribed = true;
    if (str_caseeq(name, S("SPECIAL-USE")))
        return r->select_special = true;
    if (str_caseeq(name, S("RECURSIVEMATCH")))
        return r->recursive = true;
    return str_caseeq(name, S("REMOTE")); /* there are none */
}

/* "(" options ")" SP before the reference; RECURSIVEMATCH needs an option that selects. */
static bool scan_selection(imap_scan *s, imap_list_run *r) {
    if (!imap_scan_byte(s, '('))
        return true;
    r->extended = true;
    for (str name; !imap_scan_byte(s, ')'); imap_scan_sp(s))
        if (!imap_scan_atom(s, &name) || !select_option(r, name))
            return false;
    return (!r->recursive || r->select_subscribed || r->select_special) && imap_scan_sp(s);
}

static bool return_option(imap_scan *s, imap_list_run *r) {
    str name;
    if (!imap_scan_atom(s, &name))
        return false;
    if (str_caseeq(name, S("STATUS")))
        return imap_scan_sp(s) && imap_scan_status(s, &r->status);
    if (str_caseeq(name, S("SUBSCRIBED")))
        return r->return_subscribed = true;
    return str_caseeq(name, S("CHILDREN")) || str_caseeq(name, S("SPECIAL-USE")); /* always returned */
}

static bool scan_return(imap_scan *s, imap_list_run *r) {
    if (imap_scan_end(s))
        return true;
    r->extended = true;
    if (!imap_scan_word(s, S("RETURN (")))
        return false;
    for (; !imap_scan_byte(s, ')'); imap_scan_sp(s))
        if (!return_option(s, r))
            return false;
    return imap_scan_end(s);
}

/* One pattern, or several in parentheses. */
static bool scan_patterns(imap_scan *s, imap_list_run *r, str *patterns, size_t *n) {
    bool list = imap_scan_byte(s, '(');
    r->extended |= list;
    do {
        if (*n == IMAP_LIST_PATTERNS || !imap_scan_list_mailbox(s, &patterns[(*n)++]))
            return false;
    } while (list && imap_scan_sp(s));
    if (list && !imap_scan_byte(s, ')'))
        return false;
    return s->rest.n == 0 || imap_scan_sp(s);
}

/* ---- output ---- */

static void add_attribute(buf *out, str name, const char **blank) {
    buf_addf(out, "%s%.*s", *blank, STR_ARG(name));
    *blank = " ";
}

static void print_attributes(imap_command *c, const imap_list_run *r, const imap_list_name *one) {
    buf *out = imap_out(c);
    const char *blank = "";
    if (!one->box) /* RFC 9051 7.3.1: \NonExistent implies \Noselect; RFC 3501 knows only that */
        add_attribute(out, r->extended || (c->session->enabled & ENABLED_REV2) ? S("\\NonExistent") : S("\\Noselect"),
                      &blank);
    if (r->return_subscribed && one->subscribed)
        add_attribute(out, S("\\Subscribed"), &blank);
    add_attribute(out, one->has_children ? S("\\HasChildren") : S("\\HasNoChildren"), &blank);
    if (one->box && one->box->special != SPECIAL_NONE)
        add_attribute(out, imap_special_name(one->box->special), &blank);
}

static void print_name(imap_command *c, const imap_list_run *r, const imap_list_name *one, bool child_info) {
    buf *out = imap_out(c);
    buf_add(out, S("* LIST ("));
    print_attributes(c, r, one);
    buf_add(out, S(") \"/\" "));
    imap_print_mailbox(out, one->name, imap_session_utf8(c->session));
    buf_add(out, child_info ? S(" (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n") : S("\r\n"));
    if (r->status && one->box)
        imap_print_status(c, one->box, r->status);
}

/* A name that does not exist is shown where a wildcard stops above mailboxes that do (RFC 9051 6.3.9.6), or when it is
 * subscribed to and that was asked for. */
static void consider(imap_command *c, const imap_list_run *r, const imap_list_name *one) {
    bool selected = !r->select_subscribed || one->subscribed;
    bool special = !r->select_special || (one->box && one->box->special != SPECIAL_NONE);
    bool there = one->box || one->has_children || (r->select_subscribed && one->subscribed);
    bool child_info = r->recursive && r->select_subscribed && one->child_subscribed;
    if (((selected && special && there) || child_info) && imap_list_matches(r, one->name))
        print_name(c, r, one, child_info);
}

static void step(imap_command *c) {
    imap_list_run *r = c->own;
    for (size_t n = 0; n < 100 && r->at < r->n; n++)
        consider(c, r, &r->names[r->at++]);
    if (r->at == r->n)
        imap_ok(c, "LIST done");
}

static bool scan(imap_command *c, imap_list_run *r, str *reference, str *patterns, size_t *n) {
    imap_scan *s = &c->args;
    return scan_selection(s, r) && imap_scan_astring(s, reference) && imap_scan_sp(s) &&
           scan_patterns(s, r, patterns, n) && scan_return(s, r);
}

static void run(imap_command *c) {
    imap_list_run *r = arena_alloc(&c->memory, sizeof *r);
    str reference, patterns[IMAP_LIST_PATTERNS];
    size_t n = 0;
    r->patterns = arena_array(&c->memory, IMAP_LIST_PATTERNS, sizeof *r->patterns);
    if (!scan(c, r, &reference, patterns, &n)) {
        imap_bad(c);
        return;
    }
    if (n == 1 && patterns[0].n == 0 && !r->extended) { /* RFC 9051 6.3.9: which separator? */
        buf_add(imap_out(c), S("* LIST (\\Noselect) \"/\" \"\"\r\n"));
        imap_ok(c, "LIST done");
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (!imap_list_pattern(c, r, reference, patterns[i]))
            return;
    if (imap_status_has_modseq(r->status))
        imap_condstore(c->session);
    err e = imap_list_names(c, r);
    if (failed(e)) {
        imap_fail(c, e);
        return;
    }
    c->own = r;
    c->step = step;
}

const imap_entry imap_cmd_list = {IMAP_WORD("LIST"), IMAP_AUTHENTICATED | IMAP_SELECTED, 0,
                                  IMAP_WORD("LIST [(options)] reference pattern [RETURN (options)]"), run};
