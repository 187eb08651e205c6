/* A backend against a model: random operations on both must always give the same mailboxes. */
#include "kit.h"

#include "base/mem.h"
#include "base/rand.h"

enum { BOXES = 3, MOST = 400, STEPS = 600, SINCES = 4 };

typedef struct model_message {
    uint32_t uid;
    uint64_t modseq, flags;
    int text;
} model_message;

typedef struct model_box {
    int64_t id;
    uint32_t uidnext;
    uint64_t modseq;
    model_message m[MOST];
    size_t n;
    struct {
        uint32_t uid;
        uint64_t modseq;
    } gone[STEPS * 50];
    size_t gone_n;
} model_box;

typedef struct model {
    kit *k;
    uint64_t seed;
    model_box box[BOXES];
    int texts;
} model;

static uint64_t below(model *m, uint64_t bound) {
    m->seed = m->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (m->seed >> 33) % bound;
}

static str text_of(model *m, int text) {
    return arena_strf(&m->k->a, "Subject: message %d\r\n\r\n%0*d\r\n", text, 1 + text % 50, text);
}

static bool in(store_range r, uint32_t uid) { return uid >= r.first && uid <= r.last; }

static store_range some_range(model *m, const model_box *b) {
    uint32_t first = 1 + (uint32_t)below(m, b->uidnext + 2), n = (uint32_t)below(m, 12);
    return (store_range){first, first + n};
}

/* ---- one operation on both ---- */

static void do_append(model *m, model_box *b) {
    static const uint64_t some[] = {0, FLAG_SEEN, FLAG_DELETED, FLAG_SEEN | FLAG_FLAGGED};
    uint64_t flags = some[below(m, 4)];
    uint32_t uid = kit_append_flags(m->k, &m->k->as_anna, b->id, text_of(m, m->texts), flags);
    assert_int_equal(uid, b->uidnext);
    b->m[b->n++] = (model_message){b->uidnext++, ++b->modseq, flags, m->texts++};
}

static void do_flag(model *m, model_box *b) {
    store_range r = some_range(m, b), *conflict;
    store_flag_change c = {
        .op = (store_flag_op)below(m, 3), .system_flags = below(m, 32), .unchanged_since = UINT64_MAX};
    if (below(m, 3) == 0)
        c.unchanged_since = below(m, b->modseq + 2);
    store_message *changed;
    size_t n, conflicts, expected = 0, refused = 0;
    bool any = false;
    for (size_t i = 0; i < b->n; i++) {
        model_message *x = &b->m[i];
        if (!in(r, x->uid))
            continue;
        if (x->modseq > c.unchanged_since) {
            refused++;
            continue;
        }
        expected++;
        uint64_t now = c.op == FLAGS_SET   ? c.system_flags
                       : c.op == FLAGS_ADD ? x->flags | c.system_flags
                                           : x->flags & ~c.system_flags;
        if (now == x->flags)
            continue;
        x->flags = now;
        x->modseq = b->modseq + 1;
        any = true;
    }
    b->modseq += any;
    assert_ok(store_flag(m->k->s, &m->k->as_anna, b->id, &r, 1, &c, &m->k->a, &changed, &n, &conflict, &conflicts));
    assert_int_equal(n, expected);
    assert_int_equal(conflicts > 0, refused > 0);
}

static void take_out(model_box *b, size_t i) {
    b->gone[b->gone_n].uid = b->m[i].uid;
    b->gone[b->gone_n++].modseq = b->modseq;
    memmove(&b->m[i], &b->m[i + 1], (--b->n - i) * sizeof b->m[0]);
}

static void do_expunge(model *m, model_box *b) {
    store_range r = some_range(m, b), *gone;
    bool any = below(m, 2);
    size_t n, expected = 0;
    assert_ok(store_expunge(m->k->s, &m->k->as_anna, b->id, &r, 1, any, &m->k->a, &gone, &n));
    for (size_t i = 0; i < b->n; i++)
        expected += in(r, b->m[i].uid) && (any || b->m[i].flags & FLAG_DELETED);
    b->modseq += expected > 0;
    for (size_t i = b->n; i-- > 0;) {
        if (in(r, b->m[i].uid) && (any || b->m[i].flags & FLAG_DELETED))
            take_out(b, i);
    }
    size_t given = 0;
    for (size_t i = 0; i < n; i++)
        given += gone[i].last - gone[i].first + 1;
    assert_int_equal(given, expected);
}

static void do_copy(model *m, model_box *from, model_box *to) {
    store_range r = some_range(m, from);
    bool move = below(m, 2);
    store_uid_pair *pairs;
    size_t n, at = 0, before = from->n;
    uint32_t v;
    if (to->n + 13 > MOST)
        return;
    assert_ok(store_copy(m->k->s, &m->k->as_anna, from->id, &r, 1, to->id, move, &m->k->a, &pairs, &n, &v));
    to->modseq += n > 0;
    for (size_t i = 0; i < before; i++) {
        if (!in(r, from->m[i].uid))
            continue;
        assert_int_equal(pairs[at].from, from->m[i].uid);
        assert_int_equal(pairs[at++].to, to->uidnext);
        to->m[to->n++] = (model_message){to->uidnext++, to->modseq, from->m[i].flags, from->m[i].text};
    }
    assert_int_equal(at, n);
    if (!move || !n)
        return;
    from->modseq += from != to;
    for (size_t i = before; i-- > 0;) {
        if (in(r, from->m[i].uid))
            take_out(from, i);
    }
}

/* ---- comparing ---- */

static void compare_counts(model *m, const model_box *b) {
    store_mailbox shown;
    store_range *ranges;
    size_t n, given = 0;
    uint64_t unseen = 0, deleted = 0, bytes = 0;
    assert_ok(store_uids(m->k->s, &m->k->as_anna, b->id, &m->k->a, &shown, &ranges, &n));
    for (size_t i = 0; i < n; i++)
        given += ranges[i].last - ranges[i].first + 1;
    for (size_t i = 0; i < b->n; i++) {
        unseen += !(b->m[i].flags & FLAG_SEEN);
        deleted += (b->m[i].flags & FLAG_DELETED) != 0;
        bytes += text_of(m, b->m[i].text).n;
    }
    assert_int_equal(given, b->n);
    assert_true(shown.messages == b->n && shown.unseen == unseen && shown.deleted == deleted && shown.bytes == bytes);
    assert_int_equal(shown.uidnext, b->uidnext);
    assert_int_equal(shown.modseq, b->modseq);
}

static void compare_since(model *m, const model_box *b, uint64_t since) {
    size_t n, at = 0;
    store_message *got = kit_messages(m->k, &m->k->as_anna, b->id, since, &n);
    for (size_t i = 0; i < b->n; i++) {
        const model_message *x = &b->m[i];
        if (x->modseq <= since)
            continue;
        assert_true(at < n);
        assert_int_equal(got[at].uid, x->uid);
        assert_int_equal(got[at].modseq, x->modseq);
        assert_int_equal(got[at].flags, x->flags);
        assert_int_equal(got[at++].size, text_of(m, x->text).n);
    }
    assert_int_equal(at, n);
}

static void compare_gone(model *m, const model_box *b, uint64_t since) {
    store_range *ranges;
    size_t n, expected = 0, given = 0;
    bool complete;
    assert_ok(store_expunged(m->k->s, &m->k->as_anna, b->id, since, &m->k->a, &ranges, &n, &complete));
    assert_true(complete);
    for (size_t i = 0; i < n; i++) {
        given += ranges[i].last - ranges[i].first + 1;
        assert_true(i == 0 || ranges[i].first > ranges[i - 1].last + 1);
    }
    for (size_t i = 0; i < b->gone_n; i++) {
        if (b->gone[i].modseq <= since)
            continue;
        expected++;
        bool found = false;
        for (size_t k = 0; k < n; k++)
            found |= in(ranges[k], b->gone[i].uid);
        assert_true(found);
    }
    assert_int_equal(given, expected);
}

static void compare(model *m) {
    for (size_t i = 0; i < BOXES; i++) {
        const model_box *b = &m->box[i];
        compare_counts(m, b);
        compare_since(m, b, 0);
        for (int k = 0; k < SINCES; k++) {
            uint64_t since = 1 + below(m, b->modseq + 1);
            compare_since(m, b, since);
            compare_gone(m, b, since);
        }
        if (b->n) {
            const model_message *x = &b->m[below(m, b->n)];
            assert_str(kit_read(m->k, &m->k->as_anna, b->id, x->uid), text_of(m, x->text));
        }
    }
}

static void random_operations(void **state) {
    static const char *const names[BOXES] = {"INBOX", "Archive", "Trash"};
    model *m = mem_alloc(sizeof *m);
    m->k = *state;
    rand_bytes(&m->seed, sizeof m->seed);
    print_message("# seed %llu\n", (unsigned long long)m->seed);
    for (size_t i = 0; i < BOXES; i++) {
        m->box[i].id = kit_box(m->k, &m->k->as_anna, names[i]);
        m->box[i].uidnext = 1;
        m->box[i].modseq = 1;
    }
    for (int step = 0; step < STEPS; step++) {
        model_box *b = &m->box[below(m, BOXES)], *other = &m->box[below(m, BOXES)];
        uint64_t what = below(m, 10);
        if (what < 4 && b->n + 1 < MOST)
            do_append(m, b);
        else if (what < 7)
            do_flag(m, b);
        else if (what < 8)
            do_expunge(m, b);
        else
            do_copy(m, b, other);
        if (step % 10 == 0)
            compare(m);
        if (step == STEPS / 2)
            kit_reopen(m->k);
        kit_clear(m->k);
    }
    compare(m);
    kit_check(m->k);
    free(m);
}

static const struct CMUnitTest tests[] = {CASE(random_operations)};

KIT_MAIN(tests)
