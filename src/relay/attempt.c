#include "relay/inside.h"

enum { STORY = 1500 }; /* bytes about the hosts of one attempt */

void delivery_say(delivery *d, size_t i, queue_said said) {
    d->attempt->said[i] = said;
    d->pending[i] = false;
    d->pending_n--;
}

void delivery_say_all(delivery *d, queue_said said) {
    for (size_t i = 0; i < d->attempt->n; i++)
        if (d->pending[i])
            delivery_say(d, i, said);
}

/* One host less. It is over for good only when no host leaves hope. */
void delivery_note(delivery *d, queue_said said) {
    if (d->failures++)
        buf_add(&d->story, S("; "));
    if (said.remote.n) {
        buf_add(&d->story, said.remote);
        buf_add(&d->story, S(": "));
    }
    buf_add(&d->story, said.text); /* the story of more hosts than fit goes without */
    if (d->failures == 1 || said.fate == SAID_LATER || d->last.fate == SAID_NEVER)
        d->last = said;
}

static void say_failures(delivery *d) {
    if (d->failures > 1) {
        d->last.remote = S("");
        d->last.text = arena_str(d->attempt->arena, buf_str(&d->story));
    }
    delivery_say_all(d, d->last);
}

queue_said delivery_here(queue_fate fate, const char *status, str text) {
    return (queue_said){.fate = fate, .status = str_c(status), .remote = S(""), .text = text};
}

static void try_hosts(delivery *d, const relay_destination *to) {
    delivery_step next = STEP_NEXT_HOST;
    for (size_t i = 0; i < to->n && i < d->relay->config.max_mx && next == STEP_NEXT_HOST && !d->ourselves; i++)
        next = delivery_try_host(d, &to->hosts[i], to->implicit);
    if (!d->pending_n)
        return;
    if (d->ourselves) /* what is left is of equal or worse preference: RFC 5321 5.1 */
        delivery_note(d, delivery_here(SAID_NEVER, "5.4.6", S("mail for the domain loops back to this server")));
    say_failures(d);
}

static bool delivery_begin(delivery *d) {
    arena *a = d->attempt->arena;
    d->pending = arena_array(a, d->attempt->n, sizeof *d->pending);
    d->rcpts = arena_array(a, RELAY_RCPTS, sizeof *d->rcpts);
    d->index = arena_array(a, RELAY_RCPTS, sizeof *d->index);
    buf_init(&d->story, STORY);
    return d->pending && d->rcpts && d->index;
}

/* The recipients that go the same way as the first of `from`: with a smarthost all, else those of its domain. */
static void choose(delivery *d, const bool *done, size_t from) {
    const queue_entry *entries = d->attempt->entries;
    for (size_t i = from; i < d->attempt->n; i++) {
        d->pending[i] = !done[i] && (d->relay->smarthost.name.n || str_eq(entries[i].domain, entries[from].domain));
        d->pending_n += d->pending[i];
    }
}

static void deliver(delivery *d, str domain) {
    relay_destination to;
    buf_clear(&d->story);
    d->failures = 0;
    d->ourselves = false;
    relay_destination_find(d->relay, domain, d->attempt->arena, &to, deadline_in(RELAY_DNS_MS));
    if (to.n)
        try_hosts(d, &to);
    else
        delivery_say_all(d, to.why);
}

void relay_attempt(void *self, queue_attempt *attempt) {
    delivery d = {.relay = self, .attempt = attempt};
    bool *done = arena_array(attempt->arena, attempt->n, sizeof *done);
    if (!done || !delivery_begin(&d))
        return; /* the queue's own words stand: later */
    relay_source_init(&d.source, attempt->store, attempt->entries[0].id);
    for (size_t i = 0; i < attempt->n; i++) {
        if (done[i])
            continue;
        choose(&d, done, i);
        for (size_t k = i; k < attempt->n; k++)
            done[k] = done[k] || d.pending[k];
        deliver(&d, attempt->entries[i].domain);
    }
    relay_source_free(&d.source);
    buf_free(&d.story);
}
