#include "../net/check.h"

#include "client_sink.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "client_sink_auth.h"
#include "client_sink_io.h"

enum { CONNECTIONS = 20000, MESSAGES = 100000, LOG = 64 << 20 };

struct sink {
    sink_script script;
    int fd;
    uint16_t port;
    pthread_t acceptor;
    pthread_mutex_t lock;
    pthread_cond_t left;
    int fds[CONNECTIONS]; /* -1: over */
    size_t connections, open;
    sink_message *messages[MESSAGES];
    size_t messages_n;
    buf log;
    void *tls;
};

typedef struct session {
    sink *sink;
    sink_io io;
    size_t number;
    sink_message *message; /* being told */
    size_t taken;          /* messages of this connection */
} session;

/* ---- words ---- */

static void say_line(session *s, const char *text) {
    SCOPED_BUF line; /* in one piece: Nagle would hold back the second */
    buf_init(&line, 1 << 20);
    buf_addf(&line, "%s\r\n", text);
    sink_io_say(&s->io, buf_str(&line));
}

/* What a stage asks for before its answer. False: the connection is to be closed. */
static bool pass(session *s, sink_stage stage) {
    const sink_script *k = &s->sink->script;
    if (k->slow_at == stage)
        usleep((useconds_t)k->slow_ms * 1000);
    return !(k->close_at == stage && (!k->close_times || s->number <= k->close_times));
}

static const char *reply_for(const sink_reply *replies, const char *line) {
    for (size_t i = 0; i < SINK_REPLIES && replies[i].part; i++)
        if (strstr(line, replies[i].part))
            return replies[i].reply;
    return NULL;
}

static bool ok(const char *reply) { return !reply || reply[0] == '2'; }

static void say_ehlo(session *s) {
    const sink_script *k = &s->sink->script;
    SCOPED_BUF out;
    buf_init(&out, 65536);
    str rest = str_c(k->keywords ? k->keywords : ""), word;
    const char *name = k->name ? k->name : "sink.test";
    buf_addf(&out, "250%c%s greets you\r\n", rest.n ? '-' : ' ', name);
    while (rest.n && str_cut(&rest, '\n', &word))
        buf_addf(&out, "250%c%.*s\r\n", rest.p && rest.n ? '-' : ' ', STR_ARG(word));
    sink_io_say(&s->io, buf_str(&out));
}

/* ---- messages ---- */

static void forget(sink_message *m) {
    if (!m)
        return;
    free(m->mail);
    free(m->raw);
    for (size_t i = 0; i < m->rcpts_n; i++)
        free(m->rcpts[i]);
    free(m);
}

static void begin_message(session *s, const char *line) {
    forget(s->message);
    s->message = mem_alloc(sizeof *s->message);
    s->message->mail = mem_strdup(str_c(line));
    s->message->connection = s->number;
    s->message->tls = s->io.ssl != NULL;
}

static void keep_message(session *s, buf *raw) {
    sink *k = s->sink;
    sink_message *m = take(s->message);
    m->raw = mem_strdup(buf_str(raw));
    m->raw_n = raw->n;
    s->taken++;
    pthread_mutex_lock(&k->lock);
    check(k->messages_n < MESSAGES);
    k->messages[k->messages_n++] = m;
    pthread_mutex_unlock(&k->lock);
}

/* The answer to a whole message. False: close. */
static bool answer_end(session *s, buf *raw) {
    const sink_script *k = &s->sink->script;
    if (!pass(s, SINK_END))
        return false;
    sink_message *m = s->message;
    const char *usual = k->end ? k->end : "250 2.0.0 taken";
    bool any = !k->lmtp && ok(usual);
    SCOPED_BUF out;
    buf_init(&out, 1 << 20);
    if (!k->lmtp)
        buf_addf(&out, "%s\r\n", usual);
    for (size_t i = 0; k->lmtp && i < m->rcpts_n; i++) {
        const char *reply = reply_for(k->lmtp_end, m->rcpts[i]);
        any = any || ok(reply ? reply : usual);
        buf_addf(&out, "%s\r\n", reply ? reply : usual);
    }
    if (any)
        keep_message(s, raw);
    sink_io_say(&s->io, buf_str(&out));
    return !(k->messages_each && s->taken >= k->messages_each);
}

static bool take_data(session *s) {
    sink *k = s->sink;
    if (!pass(s, SINK_DATA))
        return false;
    if (k->script.data) {
        say_line(s, k->script.data);
        return true;
    }
    if (!s->message || !s->message->rcpts_n) {
        say_line(s, "554 5.5.1 no valid recipients");
        return true;
    }
    say_line(s, "354 go on");
    SCOPED_BUF raw;
    buf_init(&raw, 64 << 20);
    size_t end, seen = 0;
    for (;;) {
        str in = buf_str(&s->io.in);
        if (str_starts(in, S(".\r\n"))) {
            end = 0;
            break;
        }
        size_t at = str_find_str(str_skip(in, seen), S("\r\n.\r\n"));
        end = at == STR_NONE ? STR_NONE : seen + at + 2;
        if (end != STR_NONE)
            break;
        seen = in.n > 4 ? in.n - 4 : 0;
        if (!pass(s, SINK_MIDDLE) || !sink_io_more(&s->io))
            return false;
    }
    buf_add(&raw, str_sub(buf_str(&s->io.in), 0, end));
    buf_consume(&s->io.in, end + 3);
    return answer_end(s, &raw);
}

static bool take_chunk(session *s, const char *line, buf *raw) {
    char *rest;
    size_t n = strtoul(line + 5, &rest, 10);
    bool last = strstr(rest, "LAST") != NULL;
    while (s->io.in.n < n)
        if (!pass(s, SINK_MIDDLE) || !sink_io_more(&s->io))
            return false;
    buf_add(raw, str_sub(buf_str(&s->io.in), 0, n));
    buf_consume(&s->io.in, n);
    if (!s->message || !s->message->rcpts_n) {
        say_line(s, "503 5.5.1 no transaction");
        return true;
    }
    s->message->bdat = true;
    s->message->chunks++;
    const char *refusal = s->sink->script.bdat;
    if (refusal) {
        forget(take(s->message));
        say_line(s, refusal);
        return true;
    }
    if (last)
        return answer_end(s, raw);
    say_line(s, "250 2.0.0 chunk");
    return true;
}

/* ---- commands ---- */

static bool take_rcpt(session *s, const char *line) {
    const sink_script *k = &s->sink->script;
    if (!pass(s, SINK_RCPT))
        return false;
    const char *reply = reply_for(k->rcpt, line);
    if (!s->message)
        reply = "503 5.5.1 MAIL first";
    else if (k->most_rcpts && s->message->rcpts_n >= k->most_rcpts)
        reply = "452 4.5.3 too many recipients";
    if (ok(reply)) {
        check(s->message->rcpts_n < SINK_RCPTS);
        s->message->rcpts[s->message->rcpts_n++] = mem_strdup(str_c(line));
    }
    say_line(s, reply ? reply : "250 2.1.5 ok");
    return true;
}

static bool take_mail(session *s, const char *line) {
    const sink_script *k = &s->sink->script;
    if (!pass(s, SINK_MAIL))
        return false;
    if (ok(k->mail))
        begin_message(s, line);
    say_line(s, k->mail ? k->mail : "250 2.1.0 ok");
    return true;
}

static bool take_starttls(session *s) {
    sink *k = s->sink;
    if (!pass(s, SINK_STARTTLS))
        return false;
    sink_io_say(&s->io, k->script.tls_injects ? S("220 go\r\n250 injected\r\n") : S("220 go\r\n"));
    if (k->script.tls_broken) {
        sink_io_say(&s->io, S("this is no handshake"));
        return false;
    }
    return sink_io_tls(&s->io, k->tls);
}

static bool take_hello(session *s, const char *line) {
    const sink_script *k = &s->sink->script;
    if (!pass(s, SINK_EHLO))
        return false;
    bool extended = strncmp(line, "HELO", 4) != 0;
    if (extended && k->ehlo_refused)
        say_line(s, k->ehlo_refused);
    else if (extended)
        say_ehlo(s);
    else
        say_line(s, "250 sink.test");
    return true;
}

static bool starts(const char *line, const char *verb) { return strncasecmp(line, verb, strlen(verb)) == 0; }

/* False: the connection is over. */
static bool command(session *s, const char *line, buf *raw) {
    const sink_script *k = &s->sink->script;
    if (!starts(line, "BDAT"))
        buf_clear(raw);
    if (starts(line, k->lmtp ? "LHLO" : "EHLO") || (starts(line, "HELO") && !k->lmtp))
        return take_hello(s, line);
    if (starts(line, "STARTTLS"))
        return take_starttls(s);
    if (starts(line, "AUTH"))
        return sink_auth(&s->io, k, line);
    if (starts(line, "MAIL"))
        return take_mail(s, line);
    if (starts(line, "RCPT"))
        return take_rcpt(s, line);
    if (starts(line, "DATA"))
        return take_data(s);
    if (starts(line, "BDAT"))
        return take_chunk(s, line, raw);
    if (starts(line, "QUIT")) {
        if (pass(s, SINK_QUIT))
            say_line(s, "221 bye");
        return false;
    }
    if (starts(line, "RSET"))
        forget(take(s->message));
    say_line(s, starts(line, "RSET") ? (k->rset ? k->rset : "250 forgotten") : "500 5.5.1 what?");
    return true;
}

/* ---- connections ---- */

static void note_line(sink *k, str line) {
    pthread_mutex_lock(&k->lock);
    buf_add(&k->log, line);
    buf_add(&k->log, S("\n"));
    pthread_mutex_unlock(&k->lock);
}

static void serve(session *s) {
    const sink_script *k = &s->sink->script;
    if (k->tls_first && !sink_io_tls(&s->io, s->sink->tls))
        return;
    if (!pass(s, SINK_CONNECT))
        return;
    say_line(s, k->greeting ? k->greeting : "220 sink.test ready");
    SCOPED_BUF line, raw;
    buf_init(&line, 1 << 20);
    buf_init(&raw, 64 << 20);
    while (sink_io_line(&s->io, &line)) {
        note_line(s->sink, buf_str(&line));
        buf_add_byte(&line, '\0');
        if (!command(s, line.p, &raw))
            break;
    }
}

static void *run(void *arg) {
    session *s = arg;
    sink *k = s->sink;
    serve(s);
    forget(s->message);
    int fd = s->io.fd;
    sink_io_end(&s->io);
    pthread_mutex_lock(&k->lock);
    k->fds[s->number - 1] = -1;
    close(fd);
    k->open--;
    pthread_cond_signal(&k->left);
    pthread_mutex_unlock(&k->lock);
    free(s);
    return NULL;
}

static void start_session(sink *k, int fd) {
    session *s = mem_alloc(sizeof *s);
    s->sink = k;
    sink_io_begin(&s->io, fd);
    pthread_mutex_lock(&k->lock);
    check(k->connections < CONNECTIONS);
    k->fds[k->connections] = fd;
    s->number = ++k->connections;
    k->open++;
    pthread_mutex_unlock(&k->lock);
    pthread_t thread;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 256 * 1024);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    check(pthread_create(&thread, &small, run, s) == 0);
    pthread_attr_destroy(&small);
}

static void *accept_all(void *arg) {
    sink *k = arg;
    int fd;
    while ((fd = accept4(k->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
        start_session(k, fd);
    return NULL;
}

/* ---- the sink ---- */

sink *sink_start_at(const sink_script *script, const char *ip, uint16_t port) {
    sink *k = mem_alloc(sizeof *k);
    k->script = *script;
    pthread_mutex_init(&k->lock, NULL);
    pthread_cond_init(&k->left, NULL);
    buf_init(&k->log, LOG);
    k->tls = sink_tls_context(script->tls_host ? script->tls_host : "sink.test");
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t n = sizeof at;
    int on = 1;
    check(inet_pton(AF_INET, ip, &at.sin_addr) == 1);
    k->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(k->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    check(bind(k->fd, (struct sockaddr *)&at, n) == 0 && listen(k->fd, 4096) == 0);
    check(getsockname(k->fd, (struct sockaddr *)&at, &n) == 0);
    k->port = ntohs(at.sin_port);
    check(pthread_create(&k->acceptor, NULL, accept_all, k) == 0);
    return k;
}

sink *sink_start(const sink_script *script) { return sink_start_at(script, "127.0.0.1", 0); }

void sink_stop(sink *k) {
    shutdown(k->fd, SHUT_RDWR);
    pthread_join(k->acceptor, NULL);
    close(k->fd);
    pthread_mutex_lock(&k->lock);
    for (size_t i = 0; i < k->connections; i++)
        if (k->fds[i] >= 0)
            shutdown(k->fds[i], SHUT_RDWR);
    while (k->open)
        pthread_cond_wait(&k->left, &k->lock);
    pthread_mutex_unlock(&k->lock);
    for (size_t i = 0; i < k->messages_n; i++)
        forget(k->messages[i]);
    buf_free(&k->log);
    sink_tls_context_free(k->tls);
    pthread_mutex_destroy(&k->lock);
    free(k);
}

uint16_t sink_port(const sink *k) { return k->port; }

static size_t read_count(sink *k, const size_t *count) {
    pthread_mutex_lock(&k->lock);
    size_t n = *count;
    pthread_mutex_unlock(&k->lock);
    return n;
}

size_t sink_connections(sink *k) { return read_count(k, &k->connections); }
size_t sink_messages(sink *k) { return read_count(k, &k->messages_n); }

const sink_message *sink_message_at(sink *k, size_t i) {
    pthread_mutex_lock(&k->lock);
    check(i < k->messages_n);
    const sink_message *m = k->messages[i];
    pthread_mutex_unlock(&k->lock);
    return m;
}

char *sink_log(sink *k) {
    pthread_mutex_lock(&k->lock);
    char *text = mem_strdup(buf_str(&k->log));
    pthread_mutex_unlock(&k->lock);
    return text;
}

size_t sink_said(sink *k, const char *part) {
    SCOPED_FREE char *text = sink_log(k);
    str rest = str_c(text), line;
    size_t n = 0;
    while (str_cut(&rest, '\n', &line))
        n += str_find_str(line, str_c(part)) != STR_NONE;
    return n;
}

char *sink_text(const sink_message *m) {
    SCOPED_BUF out;
    buf_init(&out, 64 << 20);
    str rest = {m->raw, m->raw_n}, line;
    while (!m->bdat && str_cut_line(&rest, &line))
        buf_add(&out, str_starts(line, S(".")) ? str_skip(line, 1) : line);
    buf_add(&out, rest);
    return mem_strdup(buf_str(&out));
}
