#include "kit.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "../net/on_loop.h"
#include "../net/zone.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/dns.h"
#include "net/loop.h"

static const principal admin = {.role = ROLE_ADMIN}, rules = {.role = ROLE_DELIVER};

static const zone_source zones[] = {
    {.name = "example.test",
     .records = "@ IN MX 20 mx2\n@ IN MX 10 mx1\nmx1 IN A 127.0.0.2\nmx2 IN A 127.0.0.3\n"
                "null IN MX 0 .\n"
                "alone IN A 127.0.0.2\n"
                "nothing IN TXT \"no mail here\"\n"
                "own IN MX 10 better\nown IN MX 20 relay.test.\nown IN MX 20 mx2\nown IN MX 30 mx1\n"
                "better IN A 127.0.0.4\n"
                "loops IN MX 10 relay.test.\n"
                "homeless IN MX 10 nowhere\n"
                "half IN MX 10 nowhere\nhalf IN MX 20 mx2\n"
                "two IN MX 10 both\nboth IN A 127.0.0.2\nboth IN A 127.0.0.3\n"
                "self IN MX 10 zero\nzero IN A 0.0.0.0\n"},
    {.name = "many.test", .records = "* IN MX 10 mx\nmx IN A 127.0.0.2\n"},
    {.name = "broken.test", .is_signed = true, .wrong_anchor = true, .records = "@ IN MX 10 mx\nmx IN A 127.0.0.2\n"},
};
static zone_server server;

int kit_group_begin(void **state) {
    (void)state;
    log_setup(LOG_LOGFMT, getenv("TEST_LOG") ? LOG_DEBUG : LOG_ERROR, 2);
    zone_start(&server, zones, sizeof zones / sizeof *zones);
    const dns_config config = {.forward = &server.forward,
                               .forward_n = 1,
                               .trust_anchor_file = S("none"),
                               .trust_anchors = server.anchors,
                               .trust_anchors_n = server.anchors_n,
                               .timeout_ms = 5000};
    check_ok(dns_start(&config));
    check_ok(loops_start(2));
    return 0;
}

int kit_group_end(void **state) {
    (void)state;
    loops_stop();
    dns_stop();
    zone_stop(&server);
    return 0;
}

static void open_store(kit *k) {
    SCOPED_BUF blobs;
    buf_init(&blobs, 200);
    buf_addf(&blobs, "%s/blobs", k->dir);
    const store_config c = {
        .kind = S("sqlite"), .path = str_c(k->dir), .blob_path = buf_str(&blobs), .blob_least = 65536, .readers = 2};
    int64_t id;
    check_ok(store_open(&k->store, &c));
    check_ok(store_domain_add(k->store, &admin, S("example.org"), &id));
    const store_account anna = {.name = S("anna@example.org"), .credential = S("x")};
    check_ok(store_account_add(k->store, &admin, &anna, &k->anna));
}

static int reserve(const char *ip, uint16_t *port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t n = sizeof at;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(fd >= 0 && inet_pton(AF_INET, ip, &at.sin_addr) == 1);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, n) != 0) {
        close(fd);
        return -1;
    }
    check(getsockname(fd, (struct sockaddr *)&at, &n) == 0);
    *port = ntohs(at.sin_port);
    return fd;
}

/* One port on both hosts, ours until the end: the sinks may share it, other tests that run now do not get it. */
static void reserve_port(kit *k) {
    for (;;) {
        uint16_t port = 0;
        k->reserved[0] = reserve("127.0.0.2", &port);
        check(k->reserved[0] >= 0);
        k->reserved[1] = reserve("127.0.0.3", &port);
        k->config.port = port;
        if (k->reserved[1] >= 0)
            return;
        close(k->reserved[0]);
    }
}

int kit_begin(void **state) {
    kit *k = *state = mem_alloc(sizeof *k);
    snprintf(k->dir, sizeof k->dir, "/tmp/godwit-relay-XXXXXX");
    check(mkdtemp(k->dir));
    arena_init(&k->memory, 256 << 20);
    open_store(k);
    const smtp_client_config times = {.connect_ms = 3000,
                                      .banner_ms = 2000,
                                      .helo_ms = 2000,
                                      .command_ms = 2000,
                                      .data_start_ms = 2000,
                                      .data_block_ms = 2000,
                                      .data_end_ms = 2000,
                                      .quit_ms = 1000};
    k->config = (relay_config){.helo = S("relay.test"),
                               .tls = 1,

                               .max_mx = 5,
                               .pool_per_host = 4,
                               .pool_idle_ms = 60000,
                               .pool_messages = 100,
                               .allow_loopback = true,
                               .times = times};
    reserve_port(k);
    k->message = S("Subject: hello\r\n\r\nHello.\r\n");
    k->sender = "anna@example.org";
    return 0;
}

static int remove_one(const char *path, const struct stat *what, int kind, struct FTW *at) {
    (void)what, (void)kind, (void)at;
    return remove(path);
}

int kit_end(void **state) {
    kit *k = *state;
    relay_free(k->relay);
    if (k->first)
        sink_stop(k->first);
    if (k->second)
        sink_stop(k->second);
    close(k->reserved[0]);
    close(k->reserved[1]);
    store_close(k->store);
    nftw(k->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    arena_free(&k->memory);
    free(k);
    return 0;
}

static void start_sink(const kit *k, sink **s, const sink_script *script, const char *ip) {
    if (*s)
        sink_stop(*s);
    *s = sink_start_at(script, ip, k->config.port);
}

void kit_first(kit *k, const sink_script *script) { start_sink(k, &k->first, script, "127.0.0.2"); }
void kit_second(kit *k, const sink_script *script) { start_sink(k, &k->second, script, "127.0.0.3"); }

void kit_accept(kit *k, const char *id, const char *recipients, int64_t lifetime_s) {
    SCOPED_ARENA a;
    arena_init(&a, 64 << 20);
    store_recipient *list = arena_array(&a, KIT_RCPTS, sizeof *list);
    size_t n = 0;
    str rest = str_c(recipients), one;
    while (str_cut(&rest, ' ', &one)) {
        check(n < KIT_RCPTS);
        list[n++] = (store_recipient){.address = one, .original = S(""), .notify = k->notify, .target = S("relay")};
    }
    store_content content;
    check_ok(store_content_of(k->message, &a, &content));
    int64_t now = time_wall();
    const store_accepted m = {.id = str_c(id),
                              .sender = str_c(k->sender),
                              .envid = S(""),
                              .binary = k->binary,
                              .expires = now + lifetime_s,
                              .first_try = now,
                              .content = &content,
                              .recipients = list,
                              .recipients_n = n,
                              .date = now};
    check_ok(store_accept(k->store, &rules, &m, NULL));
}

typedef struct call {
    kit *kit;
    queue_attempt attempt;
} call;

static void run(void *arg) {
    call *c = arg;
    relay_attempt(c->kit->relay, &c->attempt);
}

void kit_try(kit *k, const char *recipients) {
    static unsigned number;
    char id[32];
    snprintf(id, sizeof id, "message%u", ++number);
    kit_accept(k, id, recipients, 86400);
    if (!k->relay)
        check_ok(relay_create(&k->relay, &k->config));
    queue_entry *entries;
    arena *a = &k->memory;
    check_ok(queue_claim(k->store, &rules, S("test"), time_wall(), 3600, KIT_RCPTS, a, &entries, &k->n));
    for (size_t i = 0; i < k->n; i++)
        k->said[i] = (queue_said){.fate = SAID_LATER};
    call c = {k, {.entries = entries, .n = k->n, .said = k->said, .store = k->store, .arena = a}};
    in_fiber(0, run, &c);
}

void kit_try_many(kit *k, size_t n) {
    SCOPED_BUF list;
    buf_init(&list, 1 << 20);
    for (size_t i = 0; i < n; i++)
        buf_addf(&list, "%srcpt%zu@example.test", i ? " " : "", i);
    buf_add_byte(&list, '\0');
    kit_try(k, list.p);
}

void check_said_at(kit *k, size_t i, queue_fate fate, const char *status, check_place at) {
    const queue_said *s = &k->said[i];
    if (i < k->n && s->fate == fate && str_eq(s->status, str_c(status)))
        return;
    fprintf(stderr, "recipient %zu of %zu: fate %d, status \"%.*s\", remote \"%.*s\", text \"%.*s\"; not %d, \"%s\"\n",
            i, k->n, (int)s->fate, STR_ARG(s->status), STR_ARG(s->remote), STR_ARG(s->text), (int)fate, status);
    check_failed("said", at, "");
}

bool kit_has(str text, const char *part) { return str_find_str(text, str_c(part)) != STR_NONE; }

size_t kit_inbox(kit *k, str *first) {
    const principal anna = {.role = ROLE_ACCOUNT, .account = k->anna};
    store_mailbox mailbox;
    store_message *messages;
    size_t n;
    check_ok(store_mailbox_get(k->store, &anna, S("INBOX"), &k->memory, &mailbox));
    check_ok(store_messages(k->store, &anna, mailbox.id, NULL, 0, 0, WANT_FLAGS, 100, &k->memory, &messages, &n));
    if (n)
        check_ok(store_read(k->store, &anna, mailbox.id, messages[0].uid, 0, messages[0].size, &k->memory, first));
    return n;
}
