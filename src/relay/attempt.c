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
    queue_attempt *at = d->attempt;
    d->pending = arena_array(at->arena, at->n, sizeof *d->pending);
    d->rcpts = arena_array(at->arena, RELAY_RCPTS, sizeof *d->rcpts);
    d->index = arena_array(at->arena, RELAY_RCPTS, sizeof *d->index);
    if (!d->pending || !d->rcpts || !d->index)
        return false;
    for (size_t i = 0; i < at->n; i++)
        d->pending[i] = true;
    d->pending_n = at->n;
    return true;
}

void relay_attempt(void *self, queue_attempt *attempt) {
    relay *r = self;
    delivery d = {.relay = r, .attempt = attempt};
    if (!delivery_begin(&d))
        return; /* the queue's own words stand: later */
    buf_init(&d.story, STORY);
    relay_source_init(&d.source, attempt->store, attempt->entries[0].id);
    relay_destination to;
    relay_destination_find(r, attempt->entries[0].domain, attempt->arena, &to, deadline_in(RELAY_DNS_MS));
    if (to.n)
        try_hosts(&d, &to);
    else
        delivery_say_all(&d, to.why);
    relay_source_free(&d.source);
    buf_free(&d.story);
}
