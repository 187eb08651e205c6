#include "smtp/client_inside.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "mime/address.h"
#include "mime/header.h"
#include "smtp/grammar.h"
#include "store/store.h"

static const char *const no_utf8_status = "5.6.7", *const utf8_header_status = "5.6.9";

static bool has_control(str s) {
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return true;
    return false;
}

/* The address with its domain as A-labels; p == NULL when only a server with SMTPUTF8 can take it. */
static str ascii_address(str mailbox, arena *a) {
    if (utf8_is_ascii(mailbox))
        return mailbox;
    size_t at = str_rfind(mailbox, '@');
    if (at == STR_NONE || !utf8_is_ascii(str_sub(mailbox, 0, at)))
        return (str){0};
    str domain = domain_key(str_skip(mailbox, at + 1), a);
    return domain.p ? arena_strf(a, "%.*s@%.*s", STR_ARG(str_sub(mailbox, 0, at)), STR_ARG(domain)) : (str){0};
}

/* Whether the message's header has a byte above 127. */
static err header_has_utf8(smtp_transaction *t, bool *utf8) {
    str tail = S(""); /* the end of the block before: the empty line may lie across two */
    char kept[4];
    *utf8 = false;
    for (uint64_t offset = 0; offset < LIMIT_HEADER_BYTES;) {
        str block;
        TRY(t->read(t->source, offset, SMTP_BLOCK, &block));
        if (!block.n)
            break;
        char joint[8];
        memcpy(joint, tail.p, tail.n);
        size_t fore = block.n < 3 ? block.n : 3;
        memcpy(joint + tail.n, block.p, fore);
        bool ended = str_find_str((str){joint, tail.n + fore}, S("\r\n\r\n")) != STR_NONE;
        size_t end = ended ? 0 : str_find_str(block, S("\r\n\r\n"));
        *utf8 = *utf8 || !utf8_is_ascii(str_sub(block, 0, end == STR_NONE ? block.n : end));
        if (ended || end != STR_NONE || *utf8)
            break;
        size_t back = block.n < 3 ? block.n : 3;
        memcpy(kept, block.p + block.n - back, back);
        tail = (str){kept, back};
        offset += block.n;
    }
    return OK;
}

static void refuse_all(smtp_transaction *t, client_plan *plan, unsigned code, const char *status, str text) {
    for (size_t i = 0; i < t->rcpts_n; i++) {
        plan->live[i] = false;
        t->rcpts[i].reply = client_own_reply(code, status, text);
    }
    plan->live_n = 0;
}

static void refuse_one(smtp_transaction *t, client_plan *plan, size_t i, const char *status, str text) {
    plan->live[i] = false;
    plan->live_n--;
    t->rcpts[i].reply = client_own_reply(553, status, text);
}

static void plan_addresses(smtp_transaction *t, arena *a, client_plan *plan) {
    for (size_t i = 0; i < t->rcpts_n; i++) {
        str mailbox = t->rcpts[i].address;
        plan->addresses[i] = plan->utf8 ? mailbox : ascii_address(mailbox, a);
        if (has_control(mailbox))
            refuse_one(t, plan, i, "5.1.3", S("The recipient's address cannot be said"));
        else if (!plan->addresses[i].p)
            refuse_one(t, plan, i, no_utf8_status, S("The server does not take internationalised addresses"));
    }
}

/* RFC 6531 3.2: a message that needs SMTPUTF8 goes to no server without it. One that was only announced so, but is
 * ASCII once its domains are A-labels, goes as any other. */
static err plan_utf8(smtp_client *c, smtp_transaction *t, arena *a, client_plan *plan) {
    plan->utf8 = t->smtputf8 && (c->caps.bits & SMTP_CAP_SMTPUTF8);
    plan->sender = plan->utf8 ? t->sender : ascii_address(t->sender, a);
    if (!plan->sender.p && t->sender.n && (c->caps.bits & SMTP_CAP_SMTPUTF8)) {
        plan->utf8 = true;
        plan->sender = t->sender;
    }
    if (has_control(t->sender))
        refuse_all(t, plan, 553, "5.1.7", S("The sender's address cannot be said"));
    else if (!plan->sender.p && t->sender.n)
        refuse_all(t, plan, 553, no_utf8_status, S("The server does not take internationalised addresses"));
    else if (t->smtputf8 && !plan->utf8) {
        bool utf8;
        TRY(header_has_utf8(t, &utf8));
        if (utf8)
            refuse_all(t, plan, 550, utf8_header_status,
                       S("The server does not take internationalised message headers"));
    }
    return OK;
}

err client_plan_make(smtp_client *c, smtp_transaction *t, arena *a, client_plan *plan) {
    *plan = (client_plan){.live_n = t->rcpts_n, .pipelined = c->caps.bits & SMTP_CAP_PIPELINING};
    plan->bdat = c->caps.bits & SMTP_CAP_CHUNKING;
    plan->addresses = arena_array(a, t->rcpts_n, sizeof *plan->addresses);
    plan->live = arena_array(a, t->rcpts_n, sizeof *plan->live);
    if (!plan->addresses || !plan->live)
        return err_make(ERR_TEMP, ERR_LIMIT, "local error", "no room for %zu recipients", t->rcpts_n);
    for (size_t i = 0; i < t->rcpts_n; i++) {
        plan->live[i] = true;
        t->rcpts[i].reply = (smtp_reply){0};
    }
    /* RFC 3030 3: binary content cannot go through a server that knows lines only. */
    if (t->binary && !(plan->bdat && (c->caps.bits & SMTP_CAP_BINARYMIME)))
        refuse_all(t, plan, 554, "5.6.3", S("The server does not take binary messages (BINARYMIME)"));
    else if (c->caps.size && t->size > c->caps.size) /* RFC 1870 6.1 */
        refuse_all(t, plan, 552, "5.3.4", S("The message is larger than the server takes"));
    else
        TRY(plan_utf8(c, t, a, plan));
    if (plan->live_n)
        plan_addresses(t, a, plan);
    return OK;
}

/* RFC 6533 3: printable ASCII but "+", "=" and "\\" as it is; the rest as \x{HEX}, or as it is where the server takes
 * UTF-8. */
static void add_utf8_address(buf *out, str mailbox, bool utf8) {
    uint32_t c;
    str before = mailbox;
    for (; utf8_next(&mailbox, &c); before = mailbox) {
        bool plain = c > 0x20 && c < 0x7f && c != '+' && c != '=' && c != '\\';
        if (plain || (utf8 && c > 0x9f && !utf8_unprintable(c)))
            buf_add(out, str_sub(before, 0, before.n - mailbox.n));
        else
            buf_addf(out, "\\x{%X}", c);
    }
}

/* ORCPT as it came, or none when it no longer fits its grammar (RFC 3461 4.2, 500 characters). */
static void add_original(smtp_client *c, str original, bool utf8) {
    str type, mailbox = original;
    SCOPED_BUF encoded;
    buf_init(&encoded, 500);
    if (!original.n || !str_cut(&mailbox, ';', &type) || !mailbox.n)
        return;
    bool international = str_caseeq(type, S("utf-8")) || !utf8_is_ascii(mailbox);
    buf_add(&encoded, international ? S("utf-8") : type);
    buf_add_byte(&encoded, ';');
    if (international)
        add_utf8_address(&encoded, mailbox, utf8);
    else if (!smtp_xtext_encode(&encoded, mailbox))
        return;
    if (encoded.over || has_control(type) || str_has_byte(type, ' '))
        return;
    client_add(c, S(" ORCPT="));
    client_add(c, buf_str(&encoded));
}

static void add_envid(smtp_client *c, str envid) {
    SCOPED_BUF encoded;
    buf_init(&encoded, 100 * 3); /* RFC 3461 4.4: at most 100 characters */
    if (envid.n && utf8_is_ascii(envid) && smtp_xtext_encode(&encoded, envid)) {
        client_add(c, S(" ENVID="));
        client_add(c, buf_str(&encoded));
    }
}

void client_add_mail(smtp_client *c, const smtp_transaction *t, const client_plan *plan) {
    unsigned caps = c->caps.bits;
    client_add(c, S("MAIL FROM:<"));
    client_add(c, plan->sender);
    client_add(c, S(">"));
    if (caps & SMTP_CAP_SIZE)
        buf_addf(&c->out, " SIZE=%llu", (unsigned long long)t->size);
    /* 8-bit content goes to a server without 8BITMIME as it is: to convert it would break signatures, to return it
     * would lose mail that practically every server takes (src/relay/README.md; RFC 6152 3 allows the return, users do
     * not expect it). */
    if (t->binary)
        client_add(c, S(" BODY=BINARYMIME"));
    else if (t->body8 && (caps & SMTP_CAP_8BITMIME))
        client_add(c, S(" BODY=8BITMIME"));
    if (plan->utf8)
        client_add(c, S(" SMTPUTF8"));
    if (caps & SMTP_CAP_DSN) {
        if (t->ret_headers)
            client_add(c, S(" RET=HDRS"));
        add_envid(c, t->envid);
    }
    client_add(c, S("\r\n"));
}

static void add_notify(smtp_client *c, unsigned notify) {
    static const struct {
        unsigned bit;
        str name;
    } names[] = {{NOTIFY_SUCCESS, {"SUCCESS", 7}}, {NOTIFY_FAILURE, {"FAILURE", 7}}, {NOTIFY_DELAY, {"DELAY", 5}}};
    client_add(c, S(" NOTIFY="));
    if (notify & NOTIFY_NEVER) {
        client_add(c, S("NEVER"));
        return;
    }
    bool first = true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!(notify & names[i].bit))
            continue;
        client_add(c, first ? S("") : S(","));
        client_add(c, names[i].name);
        first = false;
    }
}

void client_add_rcpt(smtp_client *c, const smtp_rcpt *rcpt, str mailbox, const client_plan *plan) {
    client_add(c, S("RCPT TO:<"));
    client_add(c, mailbox);
    client_add(c, S(">"));
    if (c->caps.bits & SMTP_CAP_DSN) {
        if (rcpt->notify != NOTIFY_DEFAULT)
            add_notify(c, rcpt->notify);
        add_original(c, rcpt->original, plan->utf8);
    }
    client_add(c, S("\r\n"));
}
