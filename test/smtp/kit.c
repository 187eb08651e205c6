#include <openssl/ssl.h>

#include "kit.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/mem.h"

enum { ARENA_MOST = 64 << 20, REPLY_MOST = 1 << 20 };

/* ---- the server ---- */

void kit_init(kit *k, smtp_role role) {
    *k = (kit){0};
    house_init(&k->house);
    const auth_config ac = {.scram_iterations = 4096,
                            .failures_per_client = 100,
                            .failures_per_account = 100,
                            .failure_window_ms = 60000,
                            .failure_delay_ms = 1,
                            .plaintext_allowed = true,
                            .secret = S("secret")};
    k->auth = auth_create(k->house.store, &ac);
    k->config = (smtp_config){
        .host = S("mail.demo.test"),
        .max_size = 1 << 20,
        .max_recipients = 100,
        .max_transactions = 1000,
        .max_line = 2048,
        .max_errors = 1000,
        .max_junk = 1000,
        .command_ms = 300000,
        .data_ms = 180000,
        .data_total_ms = 3600000,
        .greeting_ms = 60000,
        .spool = str_c(k->house.folder),
        .spool_least = 65536,
        .check_sender = true,
    };
    k->service = (smtp_service){.config = &k->config,
                                .role = role,
                                .listener = S("it"),
                                .store = k->house.store,
                                .mail = &k->house.mail,
                                .auth = k->auth,
                                .require_auth = role == SMTP_SUBMIT};
    k->listening = (listener_config){.name = "smtp",
                                     .first_deadline_ms = 60000,
                                     .open = smtp_open,
                                     .ops = &smtp_ops,
                                     .service = &k->service,
                                     .busy_text = smtp_busy};
    tls_pair pair = {.name = S("self-signed")};
    check_ok(tls_self_signed(S("mail.demo.test"), 2, &k->house.memory, &pair.certificate, &pair.key));
    check_ok(tls_server_create(&k->tls, &pair, 1));
    k->service.tls = k->tls;
}

void kit_open(kit *k) { k->listener = peer_listen(&k->listening); }

void kit_free(kit *k) {
    if (k->listener)
        listener_close(k->listener);
    auth_free(k->auth);
    tls_server_free(k->tls);
    house_free(&k->house);
}

int kit_loops_start(void **state) { return failed(loops_start(2)) ? -1 : 0; }

int kit_loops_stop(void **state) {
    loops_stop();
    return 0;
}

/* ---- the client ---- */

caller *caller_open(kit *k) {
    caller *c = mem_alloc(sizeof *c);
    addr at = listener_address(k->listener);
    c->fd = peer_connect(&at);
    buf_init(&c->in, REPLY_MOST);
    arena_init(&c->memory, ARENA_MOST);
    return c;
}

caller *caller_greeted(kit *k) {
    caller *c = caller_open(k);
    caller_expect(c, "220 mail.demo.test ");
    caller_talk(c, k->service.role == SMTP_LMTP ? "LHLO client.example" : "EHLO client.example", "250 ");
    return c;
}

caller *caller_authenticated(kit *k) {
    caller *c = caller_greeted(k);
    caller_talk(c, "AUTH PLAIN AHVzZXJAZGVtby50ZXN0AHBhc3M=", "235 ");
    return c;
}

void caller_close(caller *c) {
    SSL_free(c->ssl);
    close(c->fd);
    buf_free(&c->in);
    arena_free(&c->memory);
    free(c);
}

void caller_tls(caller *c) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, c->fd);
    check(SSL_connect(ssl) == 1);
    SSL_CTX_free(context);
    c->ssl = ssl;
}

void caller_say(caller *c, str bytes) {
    if (!c->ssl) {
        peer_send(c->fd, bytes);
        return;
    }
    while (bytes.n) {
        int n = SSL_write(c->ssl, bytes.p, (int)bytes.n);
        check(n > 0);
        bytes = str_skip(bytes, (size_t)n);
    }
}

void caller_end(caller *c, int how) {
    struct linger hard = {.l_onoff = 1};
    if (how < 2)
        SSL_shutdown(c->ssl);
    if (how == 1)
        (void)!send(c->fd, "x", 1, MSG_NOSIGNAL);
    if (how == 2)
        shutdown(c->fd, SHUT_WR);
    if (how == 3)
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    SSL_set_quiet_shutdown(c->ssl, 1);
}

static bool receive(caller *c) {
    char *to = buf_reserve(&c->in, 4096);
    check(to != NULL);
    ssize_t n = c->ssl ? SSL_read(c->ssl, to, 4096) : recv(c->fd, to, 4096, 0);
    if (n < 0 && !c->ssl)
        check(errno == ECONNRESET);
    if (n > 0)
        buf_commit(&c->in, (size_t)n);
    return n > 0;
}

/* Length of the whole reply at the front, 0 when there is none. */
static size_t reply_length(str in, str *last) {
    for (str rest = in; str_cut_line(&rest, last);) {
        check(last->n >= 6 && str_ends(*last, S("\r\n")));
        if (last->p[3] == ' ')
            return in.n - rest.n;
        check(last->p[3] == '-');
    }
    return 0;
}

static str take_reply(caller *c, str *last) {
    size_t n;
    while ((n = reply_length(buf_str(&c->in), last)) == 0)
        if (!receive(c))
            return *last = S("");
    str whole = arena_str(&c->memory, str_sub(buf_str(&c->in), 0, n));
    *last = str_sub(whole, n - last->n, last->n);
    buf_consume(&c->in, n);
    return whole;
}

str caller_reply(caller *c) {
    str last;
    return take_reply(c, &last);
}

void caller_expect_at(caller *c, const char *beginning, const char *file, int line) {
    str last;
    take_reply(c, &last);
    if (str_starts(last, str_c(beginning)))
        return;
    fprintf(stderr, "%s:%d: expected \"%s\", got \"%.*s\"\n", file, line, beginning, STR_ARG(last));
    abort();
}

void caller_expect_end(caller *c) {
    str last;
    check_str(take_reply(c, &last), S(""));
}

void caller_talk_at(caller *c, const char *text, const char *beginning, const char *file, int line) {
    caller_say(c, arena_strf(&c->memory, "%s\r\n", text));
    caller_expect_at(c, beginning, file, line);
}

void caller_mail_at(caller *c, const char *from, const char *to, const char *message, const char *beginning,
                    const char *file, int line) {
    caller_say(c, arena_strf(&c->memory, "MAIL FROM:<%s>\r\n", from));
    caller_expect_at(c, "250 ", file, line);
    caller_say(c, arena_strf(&c->memory, "RCPT TO:<%s>\r\n", to));
    caller_expect_at(c, "250 ", file, line);
    caller_talk_at(c, "DATA", "354 ", file, line);
    caller_say(c, str_c(message));
    caller_expect_at(c, beginning, file, line);
}
