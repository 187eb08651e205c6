#include "imap/list.h"

#include "imap/name.h"

static bool is_below(str name, str parent) {
    return name.n > parent.n && name.p[parent.n] == '/' && str_starts(name, parent);
}

static bool in_inbox(str name) { return str_eq(name, S("INBOX")) || is_below(name, S("INBOX")); }

/* By level: "a/b" comes after "a" and before "a-b", so that everything below a name follows it. INBOX is first. */
static int by_level(const void *a, const void *b) {
    const imap_list_name *x = a, *y = b;
    if (in_inbox(x->name) != in_inbox(y->name))
        return in_inbox(x->name) ? -1 : 1;
    for (size_t i = 0; i < x->name.n && i < y->name.n; i++) {
        int p = x->name.p[i] == '/' ? 0 : (unsigned char)x->name.p[i] + 1;
        int q = y->name.p[i] == '/' ? 0 : (unsigned char)y->name.p[i] + 1;
        if (p != q)
            return p - q;
    }
    return (x->name.n > y->name.n) - (x->name.n < y->name.n);
}

/* Names that are there twice (mailbox, subscription, level above) become one. */
static size_t merge(imap_list_name *names, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        imap_list_name *last = kept ? &names[kept - 1] : NULL;
        if (last && str_eq(last->name, names[i].name)) {
            last->box = last->box ? last->box : names[i].box;
            last->subscribed |= names[i].subscribed;
        } else {
            names[kept++] = names[i];
        }
    }
    return kept;
}

static size_t count_levels(str name) {
    size_t n = 1;
    for (size_t i = 0; i < name.n; i++)
        n += name.p[i] == '/';
    return n;
}

/* The name and every level above it. */
static void add_levels(imap_list_run *r, str name, const store_mailbox *box, bool subscribed) {
    r->names[r->n++] = (imap_list_name){.name = name, .box = box, .subscribed = subscribed};
    for (size_t at; (at = str_rfind(name, '/')) != STR_NONE && at > 0;) {
        name = str_sub(name, 0, at);
        r->names[r->n++] = (imap_list_name){.name = name};
    }
}

/* Children follow their parent, so one walk with the open levels on a stack tells each what is below it. */
static void note_children(imap_list_run *r) {
    size_t open[LIMIT_MAILBOX_LEVELS + 1], depth = 0;
    for (size_t i = 0; i < r->n; i++) {
        const imap_list_name *one = &r->names[i];
        while (depth && !is_below(one->name, r->names[open[depth - 1]].name))
            depth--;
        for (size_t k = 0; k < depth; k++) {
            r->names[open[k]].has_children |= one->box != NULL;
            r->names[open[k]].child_subscribed |= one->subscribed;
        }
        if (depth <= LIMIT_MAILBOX_LEVELS)
            open[depth++] = i;
    }
}

err imap_list_names(imap_command *c, imap_list_run *r) {
    imap_session *s = c->session;
    store_mailbox *boxes;
    str *subscribed;
    size_t boxes_n, subscribed_n, most = 0;
    TRY(store_mailbox_list(s->service->store, &s->who, &c->memory, &boxes, &boxes_n));
    TRY(store_subscription_list(s->service->store, &s->who, &c->memory, &subscribed, &subscribed_n));
    for (size_t i = 0; i < boxes_n; i++)
        most += count_levels(boxes[i].name);
    for (size_t i = 0; i < subscribed_n; i++)
        most += count_levels(subscribed[i]);
    r->names = arena_array(&c->memory, most, sizeof *r->names);
    if (!r->names)
        return err_make(ERR_TEMP, ERR_LIMIT, "Too many mailboxes", "arena of a list");
    for (size_t i = 0; i < boxes_n; i++)
        add_levels(r, boxes[i].name, &boxes[i], boxes[i].subscribed);
    for (size_t i = 0; i < subscribed_n; i++)
        add_levels(r, subscribed[i], NULL, true);
    if (r->n > 1)
        qsort(r->names, r->n, sizeof *r->names, by_level);
    r->n = merge(r->names, r->n);
    note_children(r);
    return OK;
}

bool imap_list_pattern(imap_command *c, imap_list_run *r, str reference, str pattern) {
    SCOPED_BUF joined;
    buf_init(&joined, 2 * LIMIT_MAILBOX_NAME);
    buf_add(&joined, reference);
    buf_add(&joined, pattern);
    str text;
    if (r->patterns_n == IMAP_LIST_PATTERNS || joined.over ||
        !imap_name_read_pattern(buf_str(&joined), imap_session_utf8(c->session), &c->memory, &text) ||
        !imap_pattern_compile(&r->patterns[r->patterns_n++], text, &c->memory)) {
        imap_no(c, "[CANNOT] This pattern cannot be searched for");
        return false;
    }
    return true;
}

bool imap_list_matches(const imap_list_run *r, str name) {
    for (size_t i = 0; i < r->patterns_n; i++)
        if (imap_pattern_match(&r->patterns[i], name))
            return true;
    return false;
}
