#include "relay/inside.h"

static smtp_transaction transaction_of(delivery *d, size_t most) {
    const queue_entry *e = &d->attempt->entries[0];
    size_t n = 0;
    for (size_t i = 0; i < d->attempt->n && n < most; i++) {
        if (!d->pending[i])
            continue;
        const queue_entry *to = &d->attempt->entries[i];
        d->rcpts[n] = (smtp_rcpt){.address = to->recipient, .original = to->original, .notify = to->notify};
        d->index[n++] = i;
    }
    return (smtp_transaction){
        .sender = e->sender,
        .envid = e->envid,
        .ret_headers = e->ret_headers,
        .smtputf8 = e->smtputf8,
        .body8 = e->body8,
        .binary = e->binary,
        .rcpts = d->rcpts,
        .rcpts_n = n,
        .size = e->size,
        .read = relay_source_read,
        .source = &d->source,
    };
}

/* RFC 5321 4.5.3.1.10: the server takes no more recipients with this message, but will with the next copy. */
static bool too_many(const smtp_reply *r, bool lmtp) {
    if (r->code != 452 && r->code != 552)
        return false;
    return str_ends(str_c(r->status), S(".5.3")) || (!r->status[0] && !lmtp && r->code == 452);
}

static bool any_taken(const smtp_transaction *t) {
    for (size_t i = 0; i < t->rcpts_n; i++)
        if (t->rcpts[i].reply.code / 100 == 2)
            return true;
    return false;
}

static void take_replies(delivery *d, const relay_host *host, const smtp_client *c, const smtp_transaction *t) {
    relay *r = d->relay;
    bool dsn = smtp_client_offers_dsn(c), progress = any_taken(t);
    for (size_t i = 0; i < t->rcpts_n; i++) {
        const smtp_reply *reply = &t->rcpts[i].reply;
        if (progress && too_many(reply, r->config.lmtp))
            continue;
        delivery_say(d, d->index[i], relay_verdict(r, host->name, reply, dsn, d->attempt->arena));
    }
}

/* Nothing was sent: what servers said of single recipients for good stays said. */
static delivery_step not_sent(delivery *d, const relay_host *host, const smtp_client *c, const smtp_transaction *t,
                              const err *why, bool reused) {
    relay *r = d->relay;
    if (d->source.failed) {
        delivery_say_all(d, delivery_here(SAID_LATER, "4.3.0", S("the message could not be read from the store")));
        return STEP_DONE;
    }
    const smtp_reply *heard = NULL;
    for (size_t i = 0; i < t->rcpts_n; i++) {
        const smtp_reply *reply = &t->rcpts[i].reply;
        if (reply->code / 100 == 5)
            delivery_say(d, d->index[i], relay_verdict(r, host->name, reply, false, d->attempt->arena));
        else if (reply->code)
            heard = reply;
    }
    /* A connection that rested may have been closed the moment we used it: that says nothing about the host. */
    if (reused && !heard && why->what == ERR_CLOSED)
        return STEP_SAME_HOST;
    if (heard)
        delivery_note(d, relay_verdict(r, host->name, heard, false, d->attempt->arena));
    else
        delivery_note(d, relay_failure(r, host->name, smtp_client_story(c), why, &(smtp_reply){0}, d->attempt->arena));
    return STEP_NEXT_HOST;
}

/* RFC 5321 4.1.1.4 leaves it open whether a server that fell silent after the data has the message. To ask another one
 * now would make two of it for certain; later this one may know better. */
static void maybe_sent(delivery *d, const relay_host *host, const smtp_client *c, const smtp_transaction *t,
                       const err *why) {
    arena *a = d->attempt->arena;
    queue_said open = delivery_here(SAID_LATER, "4.4.2", S("connection lost after the data"));
    str story = smtp_client_story(c);
    open.text = arena_strf(a, "%.*s: %s; it may have the message", STR_ARG(story), why->log);
    for (size_t i = 0; i < t->rcpts_n; i++) {
        const smtp_reply *reply = &t->rcpts[i].reply;
        delivery_say(d, d->index[i],
                     reply->code ? relay_verdict(d->relay, host->name, reply, smtp_client_offers_dsn(c), a) : open);
    }
}

static size_t most_rcpts(const smtp_client *c) {
    uint64_t told = smtp_client_rcpt_max(c);
    return told && told < RELAY_RCPTS ? (size_t)told : RELAY_RCPTS;
}

delivery_step delivery_exchange(delivery *d, const relay_host *host, str key, smtp_client *c, bool reused) {
    while (d->pending_n) {
        smtp_transaction t = transaction_of(d, most_rcpts(c));
        err why;
        smtp_outcome outcome = smtp_client_send(c, &t, d->attempt->arena, &why);
        if (outcome == SMTP_NOT_SENT) {
            delivery_step next = not_sent(d, host, c, &t, &why, reused);
            relay_pool_drop(d->relay, c);
            return d->pending_n ? next : STEP_DONE;
        }
        if (outcome == SMTP_MAYBE_SENT) {
            maybe_sent(d, host, c, &t, &why);
            delivery_note(d, d->attempt->said[d->index[t.rcpts_n - 1]]);
            relay_pool_drop(d->relay, c);
            return d->pending_n ? STEP_NEXT_HOST : STEP_DONE; /* for those who were not part of this transaction */
        }
        take_replies(d, host, c, &t);
        reused = true; /* from here on it may be closed between two messages, as one that rested */
        if (!smtp_client_usable(c) || smtp_client_transactions(c) >= d->relay->config.pool_messages)
            break;
    }
    relay_pool_put(d->relay, key, c);
    return d->pending_n ? STEP_SAME_HOST : STEP_DONE;
}
