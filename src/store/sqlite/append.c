#include "store/sqlite/sqlite.h"

#include "base/limits.h"
#include "store/sqlite/boxes.h"
#include "store/sqlite/content.h"

typedef struct append_args {
    int64_t account, mailbox;
    const store_packed *packed;
    uint64_t system_flags;
    const str *keywords;
    size_t keywords_n;
    int64_t date;
    int zone;
    uint32_t *uid, *uidvalidity;
} append_args;

static err append(tx *t, void *arg) {
    append_args *x = arg;
    SCOPED_ARENA a;
    arena_init(&a, LIMIT_COMMAND_ARENA);
    box b;
    uint64_t keywords;
    message_row row = {
        .date = x->date,
        .zone = x->zone,
        .size = x->packed->size,
        .header_size = x->packed->header_size,
    };
    TRY(content_check(t, x->packed));
    TRY(box_load(t->d, x->account, x->mailbox, &a, &b));
    TRY(box_keywords(&b, x->keywords, x->keywords_n, true, &a, &keywords));
    TRY(space_take(t->d, x->account, row.size, 1));
    TRY(content_add(t, x->packed, 1, &row.content));
    row.flags = x->system_flags | keywords;
    TRY(box_put(t, &b, &row, box_step(&b)));
    *x->uid = row.uid;
    *x->uidvalidity = b.uidvalidity;
    return box_save(t, &b);
}

err sqlite_append(void *b, int64_t account, int64_t mailbox, const store_packed *packed, uint64_t system_flags,
                  const str *keywords, size_t keywords_n, int64_t date, int zone, uint32_t *uid,
                  uint32_t *uidvalidity) {
    append_args x = {account, mailbox, packed, system_flags, keywords, keywords_n, date, zone, uid, uidvalidity};
    return sqlite_write(b, append, &x);
}
