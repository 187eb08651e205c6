#include "pop3/session.h"

#include "base/limits.h"
#include "base/log.h"
#include "net/fiber.h"

enum {
    READ_STEP = 32 * 1024, /* bytes of a message in memory at once */
    LIST_STEP = 500,       /* lines made at once */
};

static maildrop_message *find(pop3 *s, str argument) {
    uint32_t number;
    maildrop_message *m = pop3_numbers(argument, 1, &number) ? maildrop_get(s->drop, number) : NULL;
    if (!m)
        pop3_refuse(s, "", "No such message");
    return m;
}

static void begin(pop3 *s) {
    pop3_enter(s, POP3_SENDING);
    pop3_pump(s);
}

/* ---- LIST and UIDL: RFC 1939 5 and 7 ---- */

/* "number size" or "number unique-id". */
static void add_row(pop3 *s, buf *out, bool uids, const maildrop_message *m) {
    buf_add_u64(out, (uint64_t)(m - s->drop->messages) + 1);
    buf_add_byte(out, ' ');
    buf_add_u64(out, uids ? s->drop->uidvalidity : m->size);
    if (uids) {
        buf_add_byte(out, '.');
        buf_add_u64(out, m->uid);
    }
    buf_add(out, S("\r\n"));
}

static void answer_rows(pop3 *s, str argument, bool uids) {
    if (str_trim(argument).n) {
        const maildrop_message *m = find(s, argument);
        if (m) {
            conn_write(s->c, S("+OK "));
            add_row(s, conn_out(s->c), uids, m);
        }
        return;
    }
    pop3_say(s, "+OK %zu messages", s->drop->left);
    s->cursor = (pop3_cursor){.kind = uids ? CURSOR_UIDS : CURSOR_SIZES};
    begin(s);
}

void pop3_list(pop3 *s, str argument) { answer_rows(s, argument, false); }
void pop3_uidl(pop3 *s, str argument) { answer_rows(s, argument, true); }

/* True at the end. */
static bool send_rows(pop3 *s) {
    pop3_cursor *cursor = &s->cursor;
    buf *out = conn_out(s->c);
    for (size_t lines = 0; cursor->at < s->drop->n && lines < LIST_STEP; cursor->at++, lines++) {
        const maildrop_message *m = &s->drop->messages[cursor->at];
        if (!m->deleted)
            add_row(s, out, cursor->kind == CURSOR_UIDS, m);
    }
    if (cursor->at < s->drop->n)
        return false;
    buf_add(out, S(".\r\n"));
    return true;
}

/* ---- RETR and TOP ---- */

static err read_piece(pop3 *s, arena *a, str *piece) {
    return maildrop_read(s->drop, s->cursor.message, s->cursor.offset, READ_STEP, a, piece);
}

static void add_piece(pop3 *s, str piece) {
    pop3_body_add(&s->cursor.body, piece, conn_out(s->c));
    s->cursor.offset += piece.n;
}

static bool is_last(const pop3 *s) { return s->cursor.body.done || s->cursor.offset >= s->cursor.message->size; }

/* The first piece is read before +OK is said: what cannot be read is an ordinary error then. */
static void answer_body(pop3 *s, const maildrop_message *m, const pop3_body *body) {
    s->cursor = (pop3_cursor){.kind = CURSOR_BODY, .message = m, .body = *body};
    SCOPED_ARENA a;
    arena_init(&a, LIMIT_COMMAND_ARENA);
    str piece;
    err e = read_piece(s, &a, &piece);
    if (failed(e)) {
        pop3_refuse_err(s, &e);
        return;
    }
    if (body->top)
        pop3_say(s, "+OK Top of message follows");
    else
        pop3_say(s, "+OK %llu octets", (unsigned long long)m->size);
    s->retrieved += !body->top;
    add_piece(s, piece);
    begin(s);
}

void pop3_retr(pop3 *s, str argument) {
    const maildrop_message *m = find(s, argument);
    pop3_body body;
    pop3_body_all(&body);
    if (m)
        answer_body(s, m, &body);
}

void pop3_top(pop3 *s, str argument) {
    uint32_t numbers[2];
    if (!pop3_numbers(argument, 2, numbers)) {
        pop3_bad(s, "", "TOP wants a message and a number of lines");
        return;
    }
    const maildrop_message *m = maildrop_get(s->drop, numbers[0]);
    pop3_body body;
    pop3_body_top(&body, numbers[1]);
    if (m)
        answer_body(s, m, &body);
    else
        pop3_refuse(s, "", "No such message");
}

/* A message that cannot be read to its end must not look whole: the connection ends without the final dot. */
static bool send_piece(pop3 *s) {
    if (!is_last(s)) {
        SCOPED_ARENA a;
        arena_init(&a, LIMIT_COMMAND_ARENA);
        str piece = {0};
        err e = read_piece(s, &a, &piece);
        if (failed(e) || piece.n == 0) {
            log_error("pop3.cut_off", lf_c("conn", conn_id(s->c)), lf_u64("uid", s->cursor.message->uid), lf_err(&e));
            pop3_end(s);
            return true;
        }
        add_piece(s, piece);
    }
    if (!is_last(s))
        return false;
    pop3_body_end(&s->cursor.body, conn_out(s->c));
    return true;
}

/* ---- the pump ---- */

void pop3_pump(pop3 *s) {
    while (!conn_is_closing(s->c)) {
        if (conn_queued(s->c) >= POP3_REFILL_BELOW)
            conn_flush(s->c);
        if (conn_queued(s->c) >= POP3_REFILL_BELOW) {
            conn_want_drain(s->c);
            return;
        }
        if (s->cursor.kind == CURSOR_BODY ? send_piece(s) : send_rows(s)) {
            if (s->state == POP3_SENDING)
                pop3_enter(s, POP3_TRANSACTION);
            return;
        }
        fiber_yield();
    }
}
