#include "store/sqlite/sqlite.h"

#include "base/limits.h"
#include "store/sqlite/boxes.h"
#include "store/sqlite/content.h"
#include "store/sqlite/queue.h"

/* First every account is asked for space, which may refuse one copy without harm to the others. */
static err reserve(tx *t, const store_letter *letter, size_t *copies) {
    const store_accepted *m = letter->m;
    *copies = 0;
    for (size_t i = 0; i < m->locals_n; i++) {
        err e = space_take(t->d, m->locals[i].account, letter->packed.size + m->locals[i].header.n, 1);
        if (failed(e) && e.kind != ERR_PEER)
            return e;
        letter->results[i] = e;
        *copies += !failed(e);
    }
    return OK;
}

static err find_box(tx *t, int64_t account, str name, arena *a, box *out) {
    bool found;
    TRY(box_load_name(t->d, account, name, a, out, &found));
    if (!found)
        TRY(box_load_name(t->d, account, S("INBOX"), a, out, &found));
    return found ? OK
                 : err_make(ERR_BUG, ERR_NOT_FOUND, "local error", "account %lld has no INBOX", (long long)account);
}

static err deliver(tx *t, const store_letter *letter, size_t i, int64_t content) {
    const store_local *local = &letter->m->locals[i];
    SCOPED_ARENA a;
    arena_init(&a, LIMIT_COMMAND_ARENA);
    box b;
    TRY(find_box(t, local->account, letter->mailboxes[i], &a, &b));
    message_row row = {
        .flags = local->system_flags,
        .date = letter->m->date,
        .size = letter->packed.size + local->header.n,
        .header_size = letter->packed.header_size + (uint32_t)local->header.n,
        .content = content,
        .prefix = local->header,
    };
    TRY(box_put(t, &b, &row, box_step(&b)));
    return box_save(t, &b);
}

err sqlite_letter(tx *t, const store_letter *letter) {
    const store_accepted *m = letter->m;
    size_t copies;
    int64_t content;
    TRY(reserve(t, letter, &copies));
    size_t owners = copies + (m->recipients_n > 0);
    if (owners == 0)
        return OK;
    TRY(content_add(t, &letter->packed, owners, &content));
    for (size_t i = 0; i < m->locals_n; i++) {
        if (!failed(letter->results[i]))
            TRY(deliver(t, letter, i, content));
    }
    return m->recipients_n ? queue_rows_add(t, letter, content) : OK;
}

static err accept_one(tx *t, void *arg) {
    const store_letter *letter = arg;
    TRY(content_check(t, &letter->packed));
    return sqlite_letter(t, letter);
}

err sqlite_accept(void *b, const store_letter *letter) { return sqlite_write(b, accept_one, (void *)letter); }
