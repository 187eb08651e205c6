#include "queue/judge.h"

#include "base/utf8.h"

enum { HISTORY_LINE = 600 }; /* bytes; the store bounds the whole */

int64_t queue_backoff(const queue_config *c, uint32_t attempts, uint64_t random) {
    int64_t wait = c->retry_first_s > 0 ? c->retry_first_s : 1;
    for (uint32_t i = 1; i < attempts && wait < c->retry_most_s; i++)
        wait *= 2;
    if (wait > c->retry_most_s && c->retry_most_s > 0)
        wait = c->retry_most_s;
    /* Jitter of a quarter either way: what failed together does not come again together. */
    int64_t spread = wait / 2;
    wait += (int64_t)(random % (uint64_t)(spread + 1)) - spread / 2;
    return wait > 0 ? wait : 1;
}

/* RFC 3461 4.1: without NOTIFY failures are told, and delays if we like; NEVER stands alone. */
static bool wants(const queue_entry *e, unsigned what) {
    if (!e->sender.n) /* RFC 5321 4.5.5: never in answer to a null reverse path */
        return false;
    return e->notify == NOTIFY_DEFAULT ? what != NOTIFY_SUCCESS : !(e->notify & NOTIFY_NEVER) && (e->notify & what);
}

/* The last try is at the very end of its life. */
static int64_t next_try(const queue_config *c, const queue_entry *e, const queue_said *said, int64_t now,
                        int64_t expires, uint64_t random) {
    int64_t at = now + queue_backoff(c, e->attempts + 1, random);
    if (said->not_before > at)
        at = said->not_before;
    return at > expires ? expires : at;
}

queue_verdict queue_judge(const queue_config *c, const queue_entry *e, const queue_said *said, int64_t now,
                          int64_t expires, uint64_t random) {
    switch (said->fate) {
    case SAID_DELIVERED:
    case SAID_RELAYED:
        return (queue_verdict){.done = true, .tell = wants(e, NOTIFY_SUCCESS), .notice = QUEUE_NOTICE_SUCCESS};
    case SAID_PASSED_ON:
        return (queue_verdict){.done = true};
    case SAID_NEVER:
        return (queue_verdict){.done = true, .tell = wants(e, NOTIFY_FAILURE), .notice = QUEUE_NOTICE_FAILED};
    case SAID_LATER:
        break;
    }
    if (now >= expires)
        return (queue_verdict){
            .done = true, .expired = true, .tell = wants(e, NOTIFY_FAILURE), .notice = QUEUE_NOTICE_FAILED};
    bool late = c->delay_notice_s > 0 && !e->delay_notice && now >= e->created + c->delay_notice_s;
    return (queue_verdict){
        .next_try = next_try(c, e, said, now, expires, random),
        .tell = late && wants(e, NOTIFY_DELAY),
        .notice = QUEUE_NOTICE_DELAYED,
    };
}

static void add_words(buf *line, const queue_said *said) {
    utf8_escape(line, said->remote.n ? said->remote : S("here"), false);
    buf_add(line, S(": "));
    if (said->status.n && str_find_str(said->text, said->status) == STR_NONE) {
        utf8_escape(line, said->status, false);
        buf_add_byte(line, ' ');
    }
    utf8_escape(line, said->text, false); /* what does not fit is left out */
}

str queue_words(const queue_said *said, arena *a) {
    SCOPED_BUF line;
    buf_init(&line, HISTORY_LINE);
    add_words(&line, said);
    return arena_str(a, buf_str(&line));
}

str queue_history_line(const queue_said *said, int64_t at, arena *a) {
    civil c = civil_of(at);
    SCOPED_BUF line;
    buf_init(&line, HISTORY_LINE);
    buf_addf(&line, "%04d-%02d-%02d %02d:%02d:%02d UTC ", c.year, c.month, c.day, c.hour, c.minute, c.second);
    add_words(&line, said);
    return arena_str(a, buf_str(&line));
}
