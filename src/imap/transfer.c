#include "imap/transfer.h"

#include "imap/pick.h"

/* Both sets in the order of the pairs; a run is told as a range only where both sides run. */
static void print_side(buf *out, const store_uid_pair *pairs, size_t n, bool to) {
    for (size_t i = 0; i < n;) {
        size_t end = i;
        while (end + 1 < n && pairs[end + 1].from == pairs[end].from + 1 && pairs[end + 1].to == pairs[end].to + 1)
            end++;
        buf_addf(out, i ? ",%u" : "%u", to ? pairs[i].to : pairs[i].from);
        if (end > i)
            buf_addf(out, ":%u", to ? pairs[end].to : pairs[end].from);
        i = end + 1;
    }
}

static void print_copyuid(buf *out, uint32_t uidvalidity, const store_uid_pair *pairs, size_t n) {
    buf_addf(out, "OK [COPYUID %u ", uidvalidity);
    print_side(out, pairs, n, false);
    buf_add_byte(out, ' ');
    print_side(out, pairs, n, true);
    buf_add(out, S("] "));
}

/* RFC 9051 6.4.8: MOVE tells COPYUID in an untagged OK, before the EXPUNGEs. */
static void answer(imap_command *c, bool move, uint32_t uidvalidity, const store_uid_pair *pairs, size_t n) {
    SCOPED_BUF b;
    buf_init(&b, IMAP_ARENA);
    if (n == 0) {
        imap_ok(c, "%.*s done, there was nothing to do", STR_ARG(c->entry->name));
        return;
    }
    if (move)
        buf_add(&b, S("* "));
    print_copyuid(&b, uidvalidity, pairs, n);
    if (!move) {
        buf_add(&b, S("COPY done"));
        imap_answer(c, &b);
        return;
    }
    buf_add(&b, S("Moved\r\n"));
    buf_add(imap_out(c), buf_str(&b));
    imap_ok(c, "MOVE done");
}

static bool find_target(imap_command *c, str name, int64_t *id) {
    imap_session *s = c->session;
    store_mailbox m;
    err e = store_mailbox_get(s->service->store, &s->who, name, &c->memory, &m);
    if (!failed(e))
        *id = m.id;
    else if (e.kind == ERR_PEER && e.what == ERR_NOT_FOUND)
        imap_no(c, "[TRYCREATE] There is no such mailbox");
    else
        imap_fail(c, e);
    return !failed(e);
}

void imap_transfer(imap_command *c, bool move) {
    imap_session *s = c->session;
    imap_pick pick;
    str name;
    int64_t target;
    if (!imap_pick_scan(c, &pick))
        return;
    if (!imap_scan_sp(&c->args)) {
        imap_bad(c);
        return;
    }
    if (!imap_arg_mailbox(c, &name))
        return;
    if (!imap_scan_end(&c->args)) {
        imap_bad(c);
        return;
    }
    if (move && s->box->read_only) {
        imap_no(c, "[NOPERM] The mailbox is selected read-only");
        return;
    }
    if (!find_target(c, name, &target))
        return;
    store_range *uids = arena_array(&c->memory, pick.n + 1, sizeof *uids);
    size_t n = uids ? imap_pick_take(&pick, &s->box->view, UINT64_MAX, uids, pick.n) : 0, pairs_n = 0;
    store_uid_pair *pairs = NULL;
    uint32_t uidvalidity = 0;
    err e = OK;
    if (n)
        e = store_copy(s->service->store, &s->who, s->box->id, uids, n, target, move, &c->memory, &pairs, &pairs_n,
                       &uidvalidity);
    if (failed(e))
        imap_fail(c, e);
    else
        answer(c, move, uidvalidity, pairs, pairs_n);
}
