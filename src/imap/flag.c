#include "imap/flag.h"

static err flag(imap_session *s, const store_range *ranges, size_t n, store_flag_change change,
                uint64_t unchanged_since, arena *memory, store_message **changed, size_t *changed_n,
                imap_flagged *out) {
    change.unchanged_since = unchanged_since;
    return store_flag(s->service->store, &s->who, s->box->id, ranges, n, &change, memory, changed, changed_n,
                      &out->conflict, &out->conflict_n);
}

/* Our change's modseq is the next one after what was told: then nothing of others lies between. */
static void take_as_told(imap_box *b, const store_message *calm, size_t n) {
    uint64_t last = 0;
    for (size_t i = 0; i < n; i++)
        last = calm[i].modseq > last ? calm[i].modseq : last;
    if (last != b->changes_since + 1)
        return;
    if (b->expunges_since == b->changes_since)
        b->expunges_since = last;
    b->changes_since = last;
}

/* First on the condition that the messages are as the client knows them; those that are not, in a second step. */
err imap_flag(imap_session *s, const store_range *ranges, size_t n, const store_flag_change *change, arena *memory,
              imap_flagged *out) {
    uint64_t told = s->box->changes_since, wanted = change->unchanged_since;
    *out = (imap_flagged){0};
    TRY(flag(s, ranges, n, *change, wanted < told ? wanted : told, memory, &out->calm, &out->calm_n, out));
    take_as_told(s->box, out->calm, out->calm_n);
    if (out->conflict_n == 0 || wanted <= told)
        return OK;
    return flag(s, out->conflict, out->conflict_n, *change, wanted, memory, &out->torn, &out->torn_n, out);
}
