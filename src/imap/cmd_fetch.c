/* FETCH, RFC 9051 6.4.5; CHANGEDSINCE of RFC 7162 3.1.4.1; BINARY of RFC 3516. */
#include "base/log.h"
#include "imap/fetch.h"
#include "imap/sync.h"

enum { TURN_BYTES = 16 * 1024 }; /* printed from rows before looking at the queue again */

static void note_trouble(imap_fetch_run *r, const err *e) {
    if (!failed(r->trouble))
        r->trouble = *e;
}

/* ---- bytes ---- */

static err next_bytes(imap_session *s, imap_fetch_run *r, arena *step, str *out) {
    imap_body *b = &r->body;
    if (b->from == BODY_BYTES) {
        *out = str_sub(b->bytes, 0, FETCH_STEP);
        b->bytes = str_skip(b->bytes, out->n);
        return OK;
    }
    *out = S("");
    if (b->left == 0)
        return OK;
    uint64_t n = b->left < FETCH_STEP ? b->left : FETCH_STEP;
    TRY(store_read(s->service->store, &s->who, s->box->id, r->message.uid, b->offset, n, step, out));
    if (out->n == 0)
        return err_make(ERR_TEMP, ERR_CORRUPT, "The message cannot be read", "message ends before its size");
    b->offset += out->n;
    b->left -= out->n;
    return OK;
}

static uint64_t bytes_left(const imap_body *b) { return b->from == BODY_BYTES ? b->bytes.n : b->left; }

static void end_body(imap_fetch_run *r) {
    imap_body_close(&r->body);
    r->sending = false;
    r->item++;
}

/* In the middle of a literal there is no way to say that something is wrong but to hang up. */
static void send_more(imap_command *c, imap_fetch_run *r) {
    SCOPED_ARENA step;
    arena_init(&step, 8 * FETCH_STEP);
    str bytes;
    err e = next_bytes(c->session, r, &step, &bytes);
    if (failed(e)) {
        log_warn("imap.broken_literal", lf_c("conn", conn_id(c->session->conn)), lf_err(&e));
        conn_abort(c->session->conn);
        return;
    }
    buf_add(imap_out(c), bytes);
    if (bytes_left(&r->body) == 0)
        end_body(r);
}

/* The first bytes are read before the size is announced, so that a message that is gone is answered NIL. */
static void begin_body(imap_command *c, imap_fetch_run *r, const imap_fetch_item *item) {
    SCOPED_ARENA step;
    arena_init(&step, 8 * FETCH_STEP);
    str bytes = S("");
    uint64_t size = 0;
    err e = imap_body_open(&r->message, item, &r->body);
    if (!failed(e)) {
        size = bytes_left(&r->body);
        e = next_bytes(c->session, r, &step, &bytes);
    }
    buf *out = imap_out(c);
    imap_fetch_begin_item(c, r, item->label);
    if (failed(e))
        note_trouble(r, &e);
    if (failed(e) || r->body.from == BODY_NIL) {
        buf_add(out, S("NIL"));
        end_body(r);
        return;
    }
    buf_addf(out, item->kind == FETCH_BINARY ? "~{%llu}\r\n" : "{%llu}\r\n", (unsigned long long)size);
    buf_add(out, bytes);
    r->sending = true;
    if (bytes_left(&r->body) == 0)
        end_body(r);
}

static void print_decoded_size(imap_command *c, imap_fetch_run *r, const imap_fetch_item *item) {
    str bytes = {0};
    err e = imap_body_decoded(&r->message, item, &bytes);
    if (failed(e))
        note_trouble(r, &e);
    imap_fetch_begin_item(c, r, item->label);
    buf_add_u64(imap_out(c), bytes.n);
    r->item++;
}

/* ---- rows ---- */

static void open_item(imap_command *c, imap_fetch_run *r, const imap_fetch_item *item) {
    if (!r->message.session)
        imap_message_open(&r->message, c->session, &r->rows[r->row]);
    if (item->kind == FETCH_BINARY_SIZE)
        print_decoded_size(c, r, item);
    else
        begin_body(c, r, item);
}

static void end_row(imap_command *c, imap_fetch_run *r) {
    static const imap_fetch_item flags = {.kind = FETCH_FLAGS, .label = {"FLAGS", 5}};
    static const imap_fetch_item modseq = {.kind = FETCH_MODSEQ, .label = {"MODSEQ", 6}};
    if (r->told[r->row] && !r->what.has_flags)
        imap_fetch_print(c, r, &flags);
    if (r->told[r->row] && !r->what.has_modseq && (c->session->enabled & ENABLED_CONDSTORE))
        imap_fetch_print(c, r, &modseq);
    buf_add(imap_out(c), S(")\r\n"));
    imap_message_close(&r->message);
    r->begun = false;
    r->row++;
}

/* One item, or the begin or end of a row. */
static void go_on_row(imap_command *c, imap_fetch_run *r) {
    if (!r->begun) {
        uint32_t seq = imap_view_seq(&c->session->box->view, r->rows[r->row].uid);
        buf_addf(imap_out(c), "* %u FETCH (", seq);
        r->begun = r->first = true;
        r->item = 0;
    }
    if (r->item == r->what.n)
        end_row(c, r);
    else if (imap_fetch_print(c, r, &r->what.items[r->item]))
        r->item++;
    else
        open_item(c, r, &r->what.items[r->item]);
}

static void finish(imap_command *c, imap_fetch_run *r, err e) {
    bool gone = failed(r->trouble) && r->trouble.kind == ERR_PEER && r->trouble.what == ERR_NOT_FOUND;
    if (failed(e))
        imap_fail(c, e);
    else if (failed(r->trouble) && r->trouble.what == ERR_UNSUPPORTED)
        imap_no(c, "[UNKNOWN-CTE] %s", r->trouble.text);
    else if (failed(r->trouble) && !gone)
        imap_fail(c, r->trouble);
    else if (gone || (!c->uid && r->what.changed_since == 0 && r->given < r->wanted))
        imap_ok(c, "[EXPUNGEISSUED] Some messages are no more"); /* RFC 5530 */
    else
        imap_ok(c, "FETCH done");
}

static void step(imap_command *c) {
    imap_fetch_run *r = c->own;
    if (r->sending) {
        send_more(c, r);
        return;
    }
    if (r->row == r->rows_n) {
        err e;
        if (!imap_fetch_page(c, r, &e))
            finish(c, r, e);
        return;
    }
    size_t before = conn_queued(c->session->conn);
    while (r->row < r->rows_n && !r->sending && conn_queued(c->session->conn) < before + TURN_BYTES)
        go_on_row(c, r);
}

static void end(imap_command *c) {
    imap_fetch_run *r = c->own;
    imap_body_close(&r->body);
    imap_message_close(&r->message);
    arena_free(&r->page);
}

static void run(imap_command *c) {
    imap_fetch_run *r = arena_alloc(&c->memory, sizeof *r);
    if (!imap_pick_scan(c, &r->pick))
        return;
    if (!imap_scan_sp(&c->args) || !imap_scan_fetch(&c->args, &r->what)) {
        imap_bad(c);
        return;
    }
    if (c->uid && !r->what.has_uid)
        imap_fetch_add(&r->what, FETCH_UID);
    if (r->what.has_modseq)
        imap_condstore(c->session);
    r->wanted = imap_pick_left(&r->pick);
    c->own = r;
    c->end = end;
    c->step = step;
}

const imap_entry imap_cmd_fetch = {IMAP_WORD("FETCH"), IMAP_SELECTED, ENTRY_UID | ENTRY_QUIET,
                                   IMAP_WORD("FETCH messages items [(CHANGEDSINCE modseq)]"), run};
