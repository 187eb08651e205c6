#include "base/utf8.h"
#include "mail/bounce_parts.h"
#include "mime/header.h"

/* What a status means to somebody who does not read RFC 3463. The class digit does not matter here. */
static const struct {
    const char *detail;
    const char *meaning;
} meanings[] = {
    {".1.1", "There is no such address there. Please check how it is spelt."},
    {".1.2", "The part of the address after the @ does not exist. Please check how it is spelt."},
    {".1.3", "The address is not written as addresses are."},
    {".1.6", "The recipient has moved and left no new address."},
    {".1.8", "The receiving server does not accept your address as a sender."},
    {".1.10", "This domain declares that it receives no mail."},
    {".2.1", "The mailbox is switched off."},
    {".2.2", "The mailbox is full. The recipient has to make room first."},
    {".2.3", "The message is too large for this mailbox."},
    {".3.4", "The message is larger than the receiving server takes. Please send less at once, or a link."},
    {".4.1", "The receiving server does not answer."},
    {".4.2", "The connection to the receiving server broke off."},
    {".4.4", "No server could be found that receives mail for this domain."},
    {".4.6", "The message went round in a circle. The administrator of the domain has to mend this."},
    {".4.7", "It could not be delivered in all the time it was tried."},
    {".6.3", "The receiving server cannot take this kind of content."},
    {".6.7", "The receiving server does not take addresses with characters outside ASCII."},
    {".6.9", "The receiving server does not take headers with characters outside ASCII."},
    {".7.1", "The receiving server's rules do not allow this message."},
    {".7.8", "The receiving server refused our login; our administrator has to mend this."},
};

static const char *meaning_of(str status) {
    for (size_t i = 0; status.n && i < sizeof meanings / sizeof *meanings; i++)
        if (str_eq(str_skip(status, 1), str_c(meanings[i].detail)))
            return meanings[i].meaning;
    return NULL;
}

static bool all_of(const bounce *b, bounce_kind kind) {
    for (size_t i = 0; i < b->n; i++)
        if (b->recipients[i].kind != kind)
            return false;
    return true;
}

str bounce_subject(const bounce *b) {
    if (all_of(b, BOUNCE_DELAYED))
        return S("Your message is delayed");
    for (size_t i = 0; i < b->n; i++)
        if (b->recipients[i].kind == BOUNCE_FAILED)
            return S("Your message could not be delivered");
    return all_of(b, BOUNCE_RELAYED) ? S("Your message was handed on") : S("Your message was delivered");
}

static void add_escaped(buf *out, str s) { utf8_escape(out, s, false); }

static void add_time(buf *out, int64_t at) {
    civil c = civil_of(at);
    buf_addf(out, "%04d-%02d-%02d %02d:%02d:%02d UTC", c.year, c.month, c.day, c.hour, c.minute, c.second);
}

static void add_opening(buf *out, const bounce *b) {
    buf_addf(out, "This is the mail system at %.*s.\n\n", STR_ARG(b->config->host));
    if (all_of(b, BOUNCE_DELAYED))
        buf_add(out, S("Your message has not been delivered yet. You need not do anything: it is tried again\n"
                       "and again, and you will be told if that comes to nothing.\n"));
    else if (all_of(b, BOUNCE_FAILED))
        buf_add(out, S("Your message could not be delivered to the recipients below. It will not be tried again.\n"));
    else
        buf_add(out, S("You asked to be told what became of your message.\n"));
}

static void add_fate(buf *out, const bounce_recipient *r) {
    switch (r->kind) {
    case BOUNCE_FAILED:
        buf_add(out, S("could not be delivered.\n"));
        break;
    case BOUNCE_DELAYED:
        buf_add(out, S("is delayed.\n"));
        break;
    case BOUNCE_DELIVERED:
        buf_add(out, S("was delivered.\n"));
        break;
    case BOUNCE_RELAYED:
        buf_add(out, S("was handed on to a server that sends no such reports.\n"));
        break;
    }
    const char *meaning = r->kind == BOUNCE_FAILED || r->kind == BOUNCE_DELAYED ? meaning_of(r->status) : NULL;
    if (meaning)
        buf_addf(out, "    %s\n", meaning);
}

/* Every attempt, a line each, as the queue wrote them down. */
static void add_history(buf *out, str history) {
    str line;
    if (history.n)
        buf_add(out, S("    What was tried:\n"));
    while (str_cut(&history, '\n', &line)) {
        if (!line.n)
            continue;
        buf_add(out, S("        "));
        add_escaped(out, line);
        buf_add_byte(out, '\n');
    }
}

static void add_recipient(buf *out, const bounce_recipient *r) {
    buf_add(out, S("\n<"));
    add_escaped(out, r->address);
    buf_add(out, S("> "));
    add_fate(out, r);
    if (r->diagnostic.n) {
        buf_add(out, S("    "));
        if (r->remote.n)
            add_escaped(out, r->remote);
        else
            buf_add(out, S("This server"));
        buf_add(out, S(" said: "));
        add_escaped(out, r->diagnostic);
        buf_add_byte(out, '\n');
    }
    if (r->kind == BOUNCE_DELAYED && r->retry_until) {
        buf_add(out, S("    It will be tried until "));
        add_time(out, r->retry_until);
        buf_add(out, S(".\n"));
    }
    add_history(out, r->history);
}

/* Which message this is about, for people who sent more than one. */
static void add_message(buf *out, const bounce *b, arena *a) {
    header_field field;
    str subject = header_find(b->original, S("Subject"), &field) ? header_text(field.value, a) : S("");
    buf_add(out, S("\nThe message"));
    if (subject.n) {
        buf_add(out, S(" \""));
        add_escaped(out, utf8_prefix(subject, 200));
        buf_add(out, S("\""));
    }
    buf_add(out, S(" arrived here at "));
    add_time(out, b->arrived);
    buf_add(out, S(". Details for programs and the message, or its header, follow.\n"));
}

void bounce_text(buf *out, const bounce *b) {
    SCOPED_ARENA a;
    arena_init(&a, 256 * 1024);
    add_opening(out, b);
    for (size_t i = 0; i < b->n; i++)
        add_recipient(out, &b->recipients[i]);
    add_message(out, b, &a);
}
