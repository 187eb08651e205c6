#include "smtp/client_inside.h"

#include "base/codec.h"
#include "base/mem.h"
#include "base/rand.h"
#include "net/offload.h"
#include "smtp/client_scram.h"

enum { INITIAL_LEAST = 400 }; /* RFC 5321 4.5.3.1.4: with more than this the line could exceed 512 bytes */

static err auth_failed(const smtp_client *c, const char *mechanism) {
    return err_make(ERR_TEMP, ERR_DENIED, "the server refused our login", "AUTH %s: %u", mechanism, c->reply.code);
}

static void wipe_out(smtp_client *c) {
    if (c->out.p)
        mem_wipe(c->out.p, c->out.cap);
}

/* Sends one message in base64, an empty one as an empty line (RFC 4954 4). */
static err send_message(smtp_client *c, str message) {
    bool fits = base64_encode(&c->out, message);
    client_add(c, S("\r\n"));
    err e = fits ? client_flush(c, c->config.command_ms) : OK;
    wipe_out(c);
    TRY(e);
    return client_reply(c, "AUTH", c->config.command_ms, NULL);
}

/* "AUTH mechanism", with the first message when the line stays short enough, else after the server's 334. */
static err begin(smtp_client *c, const char *mechanism, str first) {
    client_add(c, S("AUTH "));
    client_add(c, str_c(mechanism));
    if (first.n / 3 * 4 < INITIAL_LEAST) {
        client_add(c, S(" "));
        return send_message(c, first);
    }
    TRY(client_ask(c, S(""), "AUTH", c->config.command_ms));
    return c->reply.code == 334 ? send_message(c, first) : OK;
}

static err finish(const smtp_client *c, const char *mechanism) {
    return client_class(c) == 2 ? OK : auth_failed(c, mechanism);
}

static void wipe_buf(buf *b) {
    if (b->p)
        mem_wipe(b->p, b->cap);
    buf_free(b);
}
#define SECRET_BUF __attribute__((cleanup(wipe_buf))) buf

static err auth_plain(smtp_client *c) { /* RFC 4616 */
    SECRET_BUF message;
    buf_init(&message, SCRAM_MESSAGE);
    buf_add_byte(&message, '\0');
    buf_add(&message, c->config.user);
    buf_add_byte(&message, '\0');
    if (!buf_add(&message, c->config.password))
        return err_make(ERR_PERM, ERR_LIMIT, "the password is too long", "AUTH PLAIN: too long");
    TRY(begin(c, "PLAIN", buf_str(&message)));
    return finish(c, "PLAIN");
}

/* Never written down as a standard: two questions, whose words do not matter. */
static err auth_login(smtp_client *c) {
    TRY(client_ask(c, S("AUTH LOGIN"), "AUTH", c->config.command_ms));
    if (c->reply.code == 334)
        TRY(send_message(c, c->config.user));
    if (c->reply.code == 334)
        TRY(send_message(c, c->config.password));
    return finish(c, "LOGIN");
}

typedef struct scram_job {
    scram_client *scram;
    str challenge, password;
    buf *answer;
    err result;
} scram_job;

static void run_scram(void *thread_state, void *arg) {
    scram_job *job = arg;
    job->result = scram_client_final(job->scram, job->challenge, job->password, job->answer);
}

/* The challenge of a 334: its words are base64 and nothing else. */
static bool challenge(const smtp_client *c, buf *out) {
    buf_clear(out);
    return c->reply.code == 334 && base64_decode(out, buf_str(&c->reply.words));
}

/* How this channel is bound: RFC 5802 6, RFC 9266. "y" says that we could but were not offered it, so that a server
 * that did offer it sees that somebody took it out. */
typedef struct binding {
    const char *mechanism;
    str gs2;
    uint8_t data[64];
    size_t n;
} binding;

static binding bind_channel(const smtp_client *c) {
    binding b = {.mechanism = "SCRAM-SHA-256", .gs2 = S("n,,")};
    if (!wire_channel_binding(c->wire, S("tls-exporter"), b.data, &b.n))
        return b;
    b.gs2 = S("y,,");
    if (c->caps.mechanisms & SMTP_AUTH_SCRAM_PLUS) {
        b.mechanism = "SCRAM-SHA-256-PLUS";
        b.gs2 = S("p=tls-exporter,,");
    } else {
        b.n = 0;
    }
    return b;
}

static err scram_steps(smtp_client *c, scram_client *scram) {
    char nonce[RAND_ID];
    rand_id(nonce);
    const binding b = bind_channel(c);
    SECRET_BUF message, said;
    buf_init(&message, SCRAM_MESSAGE);
    buf_init(&said, SCRAM_MESSAGE);
    TRY(scram_client_first(scram, b.gs2, (str){(const char *)b.data, b.n}, c->config.user, (str){nonce, RAND_ID},
                           &message));
    TRY(begin(c, b.mechanism, buf_str(&message)));
    if (!challenge(c, &said))
        return auth_failed(c, b.mechanism);
    buf_clear(&message);
    scram_job job = {.scram = scram, .challenge = buf_str(&said), .password = c->config.password, .answer = &message};
    TRY(offload(offload_shared(), run_scram, &job, deadline_in(c->config.command_ms)));
    TRY(job.result);
    TRY(send_message(c, buf_str(&message)));
    /* RFC 4954 4: the server's last word comes as a challenge, which an empty message answers. Without its proof that
     * it knows the password it may be anybody: no success then, whatever code it says. */
    if (!challenge(c, &said))
        return auth_failed(c, b.mechanism);
    if (!scram_client_verify(scram, buf_str(&said)))
        return err_make(ERR_TEMP, ERR_DENIED, "the server could not prove who it is", "AUTH %s: bad signature",
                        b.mechanism);
    TRY(send_message(c, S("")));
    return finish(c, b.mechanism);
}

static err auth_scram(smtp_client *c) {
    scram_client scram;
    scram_client_init(&scram);
    err e = scram_steps(c, &scram);
    scram_client_wipe(&scram);
    return e;
}

err client_auth(smtp_client *c) {
    if (str_empty(c->config.user))
        return OK;
    bool hidden = wire_is_tls(c->wire); /* RFC 4954 4: a password never goes in clear */
    if (c->caps.mechanisms & SMTP_AUTH_SCRAM)
        return auth_scram(c);
    if (hidden && (c->caps.mechanisms & SMTP_AUTH_PLAIN))
        return auth_plain(c);
    if (hidden && (c->caps.mechanisms & SMTP_AUTH_LOGIN))
        return auth_login(c);
    return err_make(ERR_TEMP, ERR_DENIED, "the server offers no login that we would use",
                    "AUTH: no mechanism but in clear, TLS %s", hidden ? "yes" : "no");
}
