#include "client_kit.h"

#include "../net/on_loop.h"
#include "../net/peer.h"
#include "net/loop.h"

static tls_client *tls;

int client_loops_start(void **state) {
    (void)state;
    check_ok(loops_start(1));
    check_ok(tls_client_create(&tls, S("")));
    return 0;
}

int client_loops_stop(void **state) {
    (void)state;
    loops_stop();
    tls_client_free(tls);
    return 0;
}

void talk_begin(talk *t, const char *keywords) {
    *t = (talk){
        .script = {.keywords = keywords},
        .config = {.helo = S("client.test"),
                   .name = S("sink.test"),
                   .tls = tls,
                   .user = S(""),
                   .password = S(""),
                   .connect_ms = 5000,
                   .banner_ms = 5000,
                   .helo_ms = 5000,
                   .command_ms = 5000,
                   .data_start_ms = 5000,
                   .data_block_ms = 5000,
                   .data_end_ms = 5000,
                   .quit_ms = 2000},
        .sender = "alice@example.org",
        .rcpts = {"bob@example.net"},
        .message = S("Subject: hello\r\n\r\nHello.\r\n"),
    };
    arena_init(&t->memory, 64 << 20);
}

void talk_end(talk *t) {
    sink_stop(t->sink);
    arena_free(&t->memory);
}

static err read_message(void *source, uint64_t offset, size_t max, str *bytes) {
    talk *t = source;
    if (t->read_fails_at && offset >= t->read_fails_at)
        return err_make(ERR_TEMP, ERR_IO, "", "the store is gone");
    size_t most = t->read_fails_at && offset + max > t->read_fails_at ? t->read_fails_at - (size_t)offset : max;
    *bytes = str_sub(t->message, (size_t)offset, most);
    return OK;
}

static void add_rcpt(talk *t, str address) {
    t->results[t->results_n++] = (smtp_rcpt){.address = address, .original = str_c(t->original), .notify = t->notify};
}

static void fill_rcpts(talk *t) {
    t->results_n = 0;
    for (size_t i = 0; i < t->many; i++)
        add_rcpt(t, arena_strf(&t->memory, "rcpt%zu@example.net", i));
    for (size_t i = 0; !t->many && t->rcpts[i]; i++)
        add_rcpt(t, str_c(t->rcpts[i]));
}

static void send_once(talk *t, smtp_client *c, size_t i) {
    fill_rcpts(t);
    smtp_transaction one = {
        .sender = str_c(t->sender),
        .envid = str_c(t->envid),
        .ret_headers = t->ret_headers,
        .smtputf8 = t->smtputf8,
        .body8 = t->body8,
        .binary = t->binary,
        .rcpts = t->results,
        .rcpts_n = t->results_n,
        .size = t->message.n,
        .read = read_message,
        .source = t,
    };
    t->outcome[i] = smtp_client_send(c, &one, &t->memory, &t->why);
    t->usable = smtp_client_usable(c);
}

static void run(void *arg) {
    talk *t = arg;
    addr to = loopback(sink_port(t->sink));
    smtp_client *c;
    t->opened = smtp_client_open(&c, &to, NULL, &t->config, &t->memory, &t->said);
    if (failed(t->opened))
        return;
    snprintf(t->story, sizeof t->story, "%.*s", STR_ARG(smtp_client_story(c)));
    snprintf(t->server_name, sizeof t->server_name, "%.*s", STR_ARG(smtp_client_server_name(c)));
    size_t times = t->times ? t->times : 1;
    for (size_t i = 0; i < times && (i == 0 || t->usable); i++)
        send_once(t, c, i);
    smtp_client_close(c);
}

void talk_run(talk *t) {
    if (!t->sink)
        t->sink = sink_start(&t->script);
    in_fiber(0, run, t);
}
