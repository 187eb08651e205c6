#include <openssl/ssl.h>

#include "serve.h"

#include <poll.h>
#include <sys/socket.h>

#include "net/loop.h"

enum { PATIENCE_MS = 30000, IN_MOST = 512 << 20 };

_Noreturn static void give_up(const char *what, str got, const char *file, int line) {
    fprintf(stderr, "%s:%d: %s: \"%.*s\"\n", file, line, what, STR_ARG(got));
    abort();
}
#define GIVE_UP(what, got) give_up((what), (got), __FILE__, __LINE__)

/* ---- the server ---- */

static listener *listen_on_loopback(served *s) {
    listener_config config = {
        .name = "imap",
        .max_connections = 5000,
        .max_per_client = 5000,
        .busy_text = imap_busy,
        .first_deadline_ms = 10000,
        .open = imap_open,
        .ops = &imap_ops,
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
    *s = (served){.service = {.host = S("imap.demo.test"),
                              .version = S("1.2.3"),
                              .login_ms = 120000,
                              .idle_ms = 1800000,
                              .idle_keepalive_ms = 240000,
                              .max_append = 64 << 20,
                              .max_line = 60000,
                              .max_command = 1 << 20,
                              .max_errors = 1000,
                              .spool_least = 256 * 1024}};
    auth_config c = home_auth_config();
    c.plaintext_allowed = lax;
    c.cache_ms = 60000;
    must(loops_start(2));
    home_open(&s->home, &c);
    s->user = (principal){ROLE_ACCOUNT, home_add_password(&s->home, S("user@demo.test"), S("pass"))};
    s->inbox = home_inbox(&s->home, s->user.account);
    s->service.store = s->home.store;
    s->service.auth = s->home.auth;
    s->service.spool = str_c(s->home.folder);
    tls_pair pair = {.name = S("test")};
    must(tls_self_signed(S("imap.demo.test"), 10, &s->home.memory, &pair.certificate, &pair.key));
    must(tls_server_create(&s->service.tls, &pair, 1));
    s->listener = listen_on_loopback(s);
}

void serve_stop(served *s) {
    listener_close(s->listener);
    home_close(&s->home);
    loops_stop();
    tls_server_free(s->service.tls);
}

store_mailbox serve_look(served *s, const char *mailbox) {
    store_mailbox box;
    must(store_mailbox_get(s->home.store, &s->user, str_c(mailbox), &s->home.memory, &box));
    return box;
}

uint32_t serve_append_to(served *s, const char *mailbox, str message, uint64_t flags) {
    store_content content;
    uint32_t uid, uidvalidity;
    SCOPED_ARENA memory;
    arena_init(&memory, 64 << 20);
    must(store_content_of(message, &memory, &content));
    must(store_append(s->home.store, &s->user, serve_look(s, mailbox).id, &content, flags, NULL, 0, 1700000000, 60,
                      &uid, &uidvalidity));
    return uid;
}

uint32_t serve_append(served *s, str message) { return serve_append_to(s, "INBOX", message, 0); }

void serve_fill(served *s, size_t n) {
    for (size_t i = 1; i <= n; i++) {
        char text[200];
        int size = snprintf(text, sizeof text, "From: Anna <anna@x.test>\r\nSubject: %zu\r\n\r\nbody %zu\r\n", i, i);
        serve_append(s, str_of(text, (size_t)size));
    }
}

/* ---- the client ---- */

void client_connect(client *c, served *s) {
    struct sockaddr_storage at;
    addr server = listener_address(s->listener);
    unsigned n = addr_to_sockaddr(&server, &at);
    *c = (client){.fd = socket(AF_INET, SOCK_STREAM, 0), .in = {.max = IN_MOST}};
    arena_init(&c->memory, IN_MOST);
    if (connect(c->fd, (struct sockaddr *)&at, n) != 0)
        GIVE_UP("connect", S(""));
    client_says(c, "* OK [CAPABILITY IMAP4rev1 ");
}

void client_tls(client *c) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    c->ssl = SSL_new(context);
    SSL_CTX_free(context);
    SSL_set_fd(c->ssl, c->fd);
    if (SSL_connect(c->ssl) != 1)
        GIVE_UP("TLS handshake", S(""));
}

void client_log_in(client *c, served *s) {
    client_connect(c, s);
    client_well(c, "LOGIN user@demo.test pass");
}

void client_select(client *c, served *s) {
    client_log_in(c, s);
    client_well(c, "SELECT INBOX");
}

void client_close(client *c) {
    SSL_free(c->ssl);
    close(c->fd);
    buf_free(&c->in);
    arena_free(&c->memory);
    *c = (client){.fd = -1};
}

void client_send(client *c, str bytes) {
    while (bytes.n) {
        ssize_t n = c->ssl ? SSL_write(c->ssl, bytes.p, (int)bytes.n) : send(c->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n <= 0)
            GIVE_UP("send", str_sub(bytes, 0, 200));
        bytes = str_skip(bytes, (size_t)n);
    }
}

static bool readable(client *c, int ms) {
    struct pollfd ready = {.fd = c->fd, .events = POLLIN};
    return (c->ssl && SSL_pending(c->ssl)) || poll(&ready, 1, ms) == 1;
}

static bool receive(client *c) {
    char *to = buf_reserve(&c->in, 65536);
    if (!readable(c, PATIENCE_MS))
        GIVE_UP("nothing comes behind", str_sub(buf_str(&c->in), 0, 2000));
    ssize_t n = c->ssl ? SSL_read(c->ssl, to, 65536) : recv(c->fd, to, 65536, 0);
    if (n <= 0)
        return false;
    buf_commit(&c->in, (size_t)n);
    return true;
}

/* Bytes of the first response with its literals and CRLF; 0 when it is not there yet. */
static size_t response_length(str in) {
    size_t at = 0;
    for (;;) {
        size_t end = str_find_str(str_skip(in, at), S("\r\n"));
        if (end == STR_NONE)
            return 0;
        str line = str_sub(in, at, end);
        at += end + 2;
        size_t open = str_rfind(line, '{');
        uint64_t size;
        if (open == STR_NONE || !str_ends(line, S("}")) ||
            !str_to_u64(str_sub(line, open + 1, line.n - open - 2), SIZE_MAX, &size))
            return at;
        if (in.n - at < size)
            return 0;
        at += size;
    }
}

str client_line(client *c) {
    size_t n;
    while ((n = response_length(buf_str(&c->in))) == 0)
        if (!receive(c))
            return (str){0};
    str line = arena_str(&c->memory, str_sub(buf_str(&c->in), 0, n - 2));
    buf_consume(&c->in, n);
    return line;
}

bool client_is_silent(client *c, int ms) { return c->in.n == 0 && !readable(c, ms); }

str client_rest(client *c, str tag) {
    SCOPED_BUF all;
    buf_init(&all, IN_MOST);
    for (;;) {
        str line = client_line(c);
        if (!line.p)
            return arena_strf(&c->memory, "%.*s(closed)", STR_ARG(buf_str(&all)));
        if (str_starts(line, tag) && line.n > tag.n && line.p[tag.n] == ' ') {
            buf_add(&all, str_skip(line, tag.n + 1));
            return arena_str(&c->memory, buf_str(&all));
        }
        buf_add(&all, line);
        buf_add_byte(&all, '\n');
    }
}

str client_ask(client *c, const char *command) {
    str tag = arena_strf(&c->memory, "t%u", ++c->tags);
    client_send(c, arena_strf(&c->memory, "%.*s %s\r\n", STR_ARG(tag), command));
    return client_rest(c, tag);
}

str client_askf(client *c, const char *format, ...) {
    static _Thread_local char command[65536];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    return client_ask(c, command);
}

str client_expect(client *c, const char *command, const char *answer, const char *file, int line) {
    str got = client_ask(c, command);
    size_t last = str_rfind(got, '\n');
    if (!str_starts(last == STR_NONE ? got : str_skip(got, last + 1), str_c(answer))) {
        fprintf(stderr, "%s ... not %s\n", command, answer);
        give_up("was answered", got, file, line);
    }
    return got;
}

void client_compare(client *c, const char *command, const char *answer, const char *file, int line) {
    str got = client_ask(c, command);
    if (str_eq(got, str_c(answer)))
        return;
    fprintf(stderr, "%s\nexpected \"%s\"\n", command, answer);
    give_up("got", got, file, line);
}

str client_expect_line(client *c, const char *beginning, const char *file, int line) {
    str got = client_line(c);
    if (!got.p || !str_starts(got, str_c(beginning))) {
        fprintf(stderr, "expected \"%s\"\n", beginning);
        give_up("got", got, file, line);
    }
    return got;
}

void client_ends(client *c) {
    for (str line; (line = client_line(c)).p;)
        if (!str_starts(line, S("* BYE ")))
            GIVE_UP("not the end", line);
}
