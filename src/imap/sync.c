#include "imap/sync.h"

#include <stdatomic.h>

#include "base/log.h"
#include "base/mem.h"
#include "imap/print.h"

enum { PAGE = 500, LINES_A_STEP = 500, SYNC_ARENA = 32 * 1024 * 1024 };

struct imap_sync {
    imap_session *session;
    bool expunges, uids;
    bool (*next)(struct imap_sync *y); /* the phase */
    uint64_t modseq;                   /* of the mailbox when this look began */
    uint32_t uidnext;
    arena memory;
    const store_range *gone; /* UIDs to tell as expunged, told from the last to the first */
    size_t gone_n;
    size_t at;         /* ranges of gone that are not told completely */
    uint32_t at_uid;   /* the next one down, 0: the end of that range */
    uint32_t from_uid; /* changes: the next page begins here */
};

static bool look(imap_sync *y);
static bool find_gone(imap_sync *y);
static bool tell_gone(imap_sync *y);
static bool tell_changes(imap_sync *y);

imap_sync *imap_sync_begin(imap_session *s, bool expunges, bool uids) {
    imap_sync *y = mem_alloc(sizeof *y);
    *y = (imap_sync){.session = s, .expunges = expunges, .uids = uids, .next = look, .from_uid = 1};
    arena_init(&y->memory, SYNC_ARENA);
    atomic_store(&s->box->dirty, false);
    return y;
}

void imap_sync_free(imap_sync *y) {
    if (!y)
        return;
    arena_free(&y->memory);
    free(y);
}

bool imap_sync_step(imap_sync *y) { return y->next(y); }

/* News that cannot be had now stay news: the next command looks again. */
static bool give_up(imap_sync *y, err e) {
    log_warn("imap.look_failed", lf_c("conn", conn_id(y->session->conn)), lf_err(&e));
    atomic_store(&y->session->box->dirty, true);
    return true;
}

/* ---- keywords ---- */

void imap_sync_print_keywords(imap_session *s) {
    static const str system = {"\\Answered \\Flagged \\Deleted \\Seen \\Draft", 40};
    buf *out = conn_out(s->conn);
    for (int i = 0; i < 2; i++) {
        buf_add(out, i == 0 ? S("* FLAGS (") : S("* OK [PERMANENTFLAGS ("));
        if (i == 0 || !s->box->read_only) {
            buf_add(out, system);
            for (size_t k = 0; k < s->box->keywords_n; k++) {
                buf_add_byte(out, ' ');
                buf_add(out, s->box->keywords[k]);
            }
        }
        if (i == 1 && !s->box->read_only && s->box->keywords_n < LIMIT_KEYWORDS)
            buf_add(out, S(" \\*"));
        buf_add(out, i == 0 ? S(")\r\n") : S(")] Flags that are kept\r\n"));
    }
}

void imap_sync_learn_keywords(imap_session *s, uint64_t flags) {
    if (imap_box_knows(s->box, flags))
        return;
    SCOPED_ARENA memory;
    arena_init(&memory, LIMIT_COMMAND_ARENA);
    store_mailbox now;
    err e = store_mailbox_get_id(s->service->store, &s->who, s->box->id, &memory, &now);
    if (!failed(e) && imap_box_keywords(s->box, &now))
        imap_sync_print_keywords(s);
}

/* ---- phases ---- */

static bool vanished(imap_sync *y) {
    imap_session_bye(y->session, S("[NONEXISTENT] The selected mailbox was deleted"));
    return true;
}

static bool look(imap_sync *y) {
    imap_session *s = y->session;
    store_mailbox now;
    err e = store_mailbox_get_id(s->service->store, &s->who, s->box->id, &y->memory, &now);
    if (failed(e))
        return e.kind == ERR_PEER && e.what == ERR_NOT_FOUND ? vanished(y) : give_up(y, e);
    if (imap_box_keywords(s->box, &now))
        imap_sync_print_keywords(s);
    y->modseq = now.modseq;
    y->uidnext = now.uidnext;
    if (y->expunges && s->box->expunges_since < y->modseq)
        y->next = find_gone;
    else
        y->next = tell_changes;
    return s->box->changes_since >= y->modseq && y->next == tell_changes;
}

/* The store remembers expunges only so long; then what is there is compared with what is known. */
static err compare_all(imap_sync *y) {
    imap_session *s = y->session;
    store_mailbox now;
    store_range *there;
    size_t n;
    TRY(store_uids(s->service->store, &s->who, s->box->id, &y->memory, &now, &there, &n));
    store_range *gone = arena_array(&y->memory, n + 1, sizeof *gone);
    if (!gone)
        return err_make(ERR_TEMP, ERR_LIMIT, "Too many changes", "arena of a look");
    uint32_t from = 1;
    for (size_t i = 0; i < n; i++) {
        if (there[i].first > from)
            gone[y->gone_n++] = (store_range){from, there[i].first - 1};
        from = there[i].last + 1;
    }
    if (from != 0 && from <= imap_view_last(&s->box->view))
        gone[y->gone_n++] = (store_range){from, UINT32_MAX};
    y->gone = gone;
    return OK;
}

static bool find_gone(imap_sync *y) {
    imap_session *s = y->session;
    store_range *gone = NULL;
    bool complete = false;
    err e = store_expunged(s->service->store, &s->who, s->box->id, s->box->expunges_since, &y->memory, &gone,
                           &y->gone_n, &complete);
    if (!failed(e) && complete) {
        y->gone_n = imap_ranges_normalize(gone, y->gone_n);
        y->gone = gone;
    } else if (!failed(e)) {
        y->gone_n = 0;
        e = compare_all(y);
    }
    if (failed(e))
        return give_up(y, e);
    y->at = y->gone_n;
    y->next = tell_gone;
    return false;
}

static void end_gone(imap_sync *y) {
    imap_box *b = y->session->box;
    imap_view_remove(&b->view, y->gone, y->gone_n);
    b->expunges_since = y->modseq;
    y->next = tell_changes;
}

/* From the highest down: so every number told is the number in the view as it still is. */
static bool tell_gone(imap_sync *y) {
    const imap_view *view = &y->session->box->view;
    buf *out = conn_out(y->session->conn);
    for (size_t lines = 0; y->at > 0 && lines < LINES_A_STEP;) {
        store_range seqs, range = y->gone[y->at - 1];
        if (y->at_uid)
            range.last = y->at_uid;
        y->at_uid = 0;
        if (!imap_view_seqs(view, range, &seqs)) {
            y->at--;
            continue;
        }
        while (seqs.last >= seqs.first && lines < LINES_A_STEP) {
            buf_addf(out, "* %u EXPUNGE\r\n", seqs.last--);
            lines++;
        }
        if (seqs.last >= seqs.first)
            y->at_uid = imap_view_uid(view, seqs.last);
        else
            y->at--;
    }
    if (y->at == 0)
        end_gone(y);
    return false;
}

void imap_sync_print_flags(imap_session *s, const store_message *m, bool uid, bool flags) {
    uint32_t seq = imap_view_seq(&s->box->view, m->uid);
    if (seq == 0)
        return;
    buf *out = conn_out(s->conn);
    const char *blank = "";
    buf_addf(out, "* %u FETCH (", seq);
    if (uid) {
        buf_addf(out, "UID %u", m->uid);
        blank = " ";
    }
    if (flags) {
        buf_addf(out, "%sFLAGS (", blank);
        imap_print_flags(out, m->flags, s->box->keywords, s->box->keywords_n);
        buf_add_byte(out, ')');
        blank = " ";
    }
    if (s->enabled & ENABLED_CONDSTORE)
        buf_addf(out, "%sMODSEQ (%llu)", blank, (unsigned long long)m->modseq);
    buf_add(out, S(")\r\n"));
}

/* One page is one moment of the store: what it shows beyond the modseq of the look need not be told again. */
static void end_changes(imap_sync *y, const store_message *rows, size_t n) {
    imap_box *b = y->session->box;
    if (y->uidnext > b->uidnext)
        b->uidnext = y->uidnext;
    b->changes_since = y->modseq;
    for (size_t i = 0; y->from_uid == 1 && i < n; i++)
        if (rows[i].modseq > b->changes_since)
            b->changes_since = rows[i].modseq;
}

/* A message that is new has no FETCH: the client asks for what it wants of it. */
static void take_row(imap_sync *y, const store_message *m, bool *arrived) {
    imap_box *b = y->session->box;
    if (m->uid < b->uidnext) {
        imap_sync_learn_keywords(y->session, m->flags);
        imap_sync_print_flags(y->session, m, y->uids, true);
        return;
    }
    imap_view_append(&b->view, m->uid);
    b->uidnext = m->uid + 1;
    *arrived = true;
}

static bool tell_changes(imap_sync *y) {
    imap_session *s = y->session;
    SCOPED_ARENA page;
    arena_init(&page, SYNC_ARENA);
    store_range rest = {y->from_uid, UINT32_MAX};
    store_message *rows;
    size_t n;
    err e = store_messages(s->service->store, &s->who, s->box->id, &rest, 1, s->box->changes_since, WANT_FLAGS, PAGE,
                           &page, &rows, &n);
    if (failed(e))
        return give_up(y, e);
    bool arrived = false;
    for (size_t i = 0; i < n; i++)
        take_row(y, &rows[i], &arrived);
    if (arrived)
        buf_addf(conn_out(s->conn), "* %u EXISTS\r\n", imap_view_count(&s->box->view));
    if (n == PAGE && rows[n - 1].uid < UINT32_MAX) {
        y->from_uid = rows[n - 1].uid + 1;
        return false;
    }
    end_changes(y, rows, n);
    return true;
}
