#include <openssl/ssl.h>

#include "serve.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/loop.h"

enum { PATIENCE_MS = 30000 };

_Noreturn static void give_up(const char *what, str got) {
    fprintf(stderr, "%s: \"%.*s\"\n", what, STR_ARG(got));
    abort();
}

/* ---- the server ---- */

static listener *listen_on_loopback(served *s, bool tls) {
    listener_config config = {
        .tls = s->service.tls,
        .implicit_tls = tls,
        .max_connections = 100,
        .max_per_client = 100,
        .busy_text = pop3_busy,
        .first_deadline_ms = 10000,
        .open = pop3_open,
        .ops = &pop3_ops,
        .service = &s->service,
    };
    addr at;
    int fds[2];
    if (!addr_parse_port(S("127.0.0.1:0"), 0, &at))
        abort();
    must(listener_bind(&at, &fds[0]));
    fds[1] = dup(fds[0]);
    listener *l;
    must(listener_open(&l, &config, fds, 2));
    return l;
}

void serve_start(served *s, bool lax) {
    *s = (served){.service = {.host = S("pop.demo.test"), .idle_ms = 600000, .login_ms = 120000, .max_errors = 10}};
    auth_config c = home_auth_config();
    c.plaintext_allowed = lax;
    must(loops_start(2));
    home_open(&s->home, &c);
    s->user = home_add_password(&s->home, S("user@demo.test"), S("pass"));
    s->service.store = s->home.store;
    s->service.auth = s->home.auth;
    tls_pair pair = {.name = S("test")};
    must(tls_self_signed(S("pop.demo.test"), 10, &s->home.memory, &pair.certificate, &pair.key));
    must(tls_server_create(&s->service.tls, &pair, 1));
    s->plain = listen_on_loopback(s, false);
    s->implicit = listen_on_loopback(s, true);
}

void serve_stop(served *s) {
    listener_close(s->plain);
    listener_close(s->implicit);
    home_close(&s->home);
    loops_stop();
    tls_server_free(s->service.tls);
}

/* ---- the client ---- */

void client_dial(client *c, listener *to) {
    struct sockaddr_storage at;
    addr server = listener_address(to);
    unsigned n = addr_to_sockaddr(&server, &at);
    *c = (client){.fd = socket(AF_INET, SOCK_STREAM, 0), .in = {.max = 256 << 20}};
    if (connect(c->fd, (struct sockaddr *)&at, n) != 0)
        give_up("connect", S(""));
}

void client_connect(client *c, listener *to) {
    client_dial(c, to);
    client_says(c, "+OK pop.demo.test ");
}

void client_tls(client *c) { client_tls_version(c, TLS1_3_VERSION); }

void client_tls_version(client *c, int most) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(context, most);
    c->ssl = SSL_new(context);
    SSL_CTX_free(context);
    SSL_set_fd(c->ssl, c->fd);
    if (SSL_connect(c->ssl) != 1)
        give_up("TLS handshake", S(""));
}

static bool try_log_in(client *c, listener *to, str user) {
    client_connect(c, to);
    client_send(c, user);
    client_says(c, "+OK");
    client_send(c, S("PASS pass\r\n"));
    str answer = client_line(c);
    if (str_starts(answer, S("+OK")))
        return true;
    if (!str_starts(answer, S("-ERR [IN-USE]")))
        give_up("PASS", answer);
    client_close(c);
    return false;
}

void client_log_in(client *c, listener *to, const char *name) {
    SCOPED_BUF user = {.max = 1000};
    buf_addf(&user, "USER %s@demo.test\r\n", name);
    int64_t began = time_mono_ms();
    while (!try_log_in(c, to, buf_str(&user))) {
        if (time_mono_ms() - began > PATIENCE_MS)
            give_up("in use for ever", buf_str(&user));
        usleep(5000);
    }
}

void client_quit(client *c) {
    client_ask(c, "QUIT", "+OK");
    client_close(c);
}

void client_close(client *c) {
    SSL_free(c->ssl);
    close(c->fd);
    buf_free(&c->in);
    *c = (client){.fd = -1};
}

void client_send(client *c, str bytes) {
    while (bytes.n) {
        ssize_t n = c->ssl ? SSL_write(c->ssl, bytes.p, (int)bytes.n) : send(c->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n <= 0)
            give_up("send", bytes);
        bytes = str_skip(bytes, (size_t)n);
    }
}

/* False at the end. */
static bool receive(client *c) {
    char *to = buf_reserve(&c->in, 65536);
    struct pollfd ready = {.fd = c->fd, .events = POLLIN};
    if (!(c->ssl && SSL_pending(c->ssl)) && poll(&ready, 1, PATIENCE_MS) != 1)
        give_up("nothing comes behind", buf_str(&c->in));
    ssize_t n = c->ssl ? SSL_read(c->ssl, to, 65536) : recv(c->fd, to, 65536, 0);
    if (n <= 0)
        return false;
    buf_commit(&c->in, (size_t)n);
    return true;
}

str client_line(client *c) {
    static char line[16384];
    size_t end;
    while ((end = str_find_str(buf_str(&c->in), S("\r\n"))) == STR_NONE)
        if (!receive(c))
            return (str){0};
    if (end > sizeof line)
        give_up("a long line", buf_str(&c->in));
    memcpy(line, c->in.p, end);
    buf_consume(&c->in, end + 2);
    return (str){line, end};
}

str client_body(client *c, arena *a) {
    size_t seen = 0, end;
    while (!str_starts(buf_str(&c->in), S(".\r\n")) &&
           (end = str_find_str(str_skip(buf_str(&c->in), seen), S("\r\n.\r\n"))) == STR_NONE) {
        seen = c->in.n > 4 ? c->in.n - 4 : 0;
        if (!receive(c))
            give_up("a body is cut off", str_skip(buf_str(&c->in), seen));
    }
    size_t all = str_starts(buf_str(&c->in), S(".\r\n")) ? 3 : seen + end + 5;
    char *body = arena_alloc(a, all + 1);
    size_t n = 0;
    for (str rest = str_sub(buf_str(&c->in), 0, all - 3), line; rest.n; rest = str_skip(rest, line.n)) {
        size_t crlf = str_find_str(rest, S("\r\n"));
        line = str_sub(rest, 0, crlf + 2);
        str text = line.p[0] == '.' ? str_skip(line, 1) : line;
        memcpy(body + n, text.p, text.n);
        n += text.n;
    }
    buf_consume(&c->in, all);
    return (str){body, n};
}

void client_asks(client *c, str command, str answer, const char *file, int line) {
    client_send(c, command);
    str got = client_line(c);
    if (str_starts(got, answer) && got.p)
        return;
    fprintf(stderr, "%s:%d: \"%.*s\" was answered \"%.*s\", not \"%.*s\"\n", file, line, STR_ARG(str_trim(command)),
            STR_ARG(got), STR_ARG(answer));
    abort();
}

void client_ends(client *c) {
    while (receive(c))
        ;
    if (c->in.n)
        give_up("not the end", buf_str(&c->in));
}
