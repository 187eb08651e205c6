#include "check.h"

#include "zone.h"

#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/time.h"

extern char **environ;

/* Starts a program in the directory, its output in a file there. */
static pid_t start(const zone_server *z, const char *const *arguments, const char *output) {
    posix_spawn_file_actions_t actions;
    pid_t child;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, z->directory);
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    check(posix_spawnp(&child, arguments[0], &actions, NULL, (char *const *)arguments, environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    return child;
}

static void run(const zone_server *z, const char *const *arguments, const char *output) {
    int status;
    pid_t child = start(z, arguments, output);
    check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static char *path_of(zone_server *z, str name) {
    str path = arena_strf(&z->memory, "%s/%.*s", z->directory, STR_ARG(name));
    return arena_cstr(&z->memory, path);
}

static void write_file(zone_server *z, str name, str text) {
    int fd = open(path_of(z, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    check(fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n);
    close(fd);
}

static str read_line_of(zone_server *z, str name) {
    char text[512];
    int fd = open(path_of(z, name), O_RDONLY | O_CLOEXEC);
    check(fd >= 0);
    ssize_t n = read(fd, text, sizeof text);
    close(fd);
    check(n > 0);
    size_t end = str_find(str_of(text, (size_t)n), '\n');
    return arena_str(&z->memory, str_of(text, end == STR_NONE ? (size_t)n : end));
}

/* The wrong anchor has the right shape and another digest. */
static str spoil(zone_server *z, str ds) {
    char *copy = arena_cstr(&z->memory, ds);
    copy[ds.n - 1] = copy[ds.n - 1] == '0' ? '1' : '0';
    return str_of(copy, ds.n);
}

static void sign(zone_server *z, const zone_source *zone) {
    char *name = arena_cstr(&z->memory, str_c(zone->name));
    run(z, (const char *[]){"ldns-keygen", "-a", "ECDSAP256SHA256", "-k", name, NULL}, "key");
    str key = read_line_of(z, S("key"));
    run(z, (const char *[]){"ldns-signzone", "-n", name, arena_cstr(&z->memory, key), NULL}, "log");
    str ds = read_line_of(z, arena_strf(&z->memory, "%.*s.ds", STR_ARG(key)));
    z->anchors[z->anchors_n++] = zone->wrong_anchor ? spoil(z, ds) : ds;
}

static uint16_t free_port(void) {
    for (;;) {
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t n = sizeof at;
        SCOPED_FD udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        SCOPED_FD tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        check(bind(udp, (struct sockaddr *)&at, n) == 0 && getsockname(udp, (struct sockaddr *)&at, &n) == 0);
        if (bind(tcp, (struct sockaddr *)&at, n) == 0)
            return ntohs(at.sin_port);
    }
}

static void await_server(const zone_server *z) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(z->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    deadline until = deadline_in(20000);
    for (;;) {
        SCOPED_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
            return;
        check(!deadline_passed(until));
        usleep(10000);
    }
}

static void write_configuration(zone_server *z, const zone_source *zones, size_t n) {
    SCOPED_BUF text;
    buf_init(&text, 65536);
    buf_addf(&text,
             "server:\n  ip-address: 127.0.0.1@%u\n  username: \"\"\n  zonesdir: \"%s\"\n  database: \"\"\n"
             "  pidfile: \"%s/pid\"\n  xfrdfile: \"%s/xfrd\"\n  zonelistfile: \"%s/list\"\n  rrl-ratelimit: 0\n"
             "  server-count: 1\nremote-control:\n  control-enable: no\n",
             z->port, z->directory, z->directory, z->directory, z->directory);
    for (size_t i = 0; i < n; i++)
        buf_addf(&text, "zone:\n  name: %s\n  zonefile: %s%s\n", zones[i].name, zones[i].name,
                 zones[i].is_signed ? ".signed" : "");
    write_file(z, S("nsd.conf"), buf_str(&text));
}

void zone_start(zone_server *z, const zone_source *zones, size_t n) {
    char directory[] = "/tmp/godwit-zone-XXXXXX";
    *z = (zone_server){0};
    arena_init(&z->memory, 1 << 20);
    check(mkdtemp(directory));
    z->directory = arena_cstr(&z->memory, str_c(directory));
    z->anchors = arena_array(&z->memory, n, sizeof *z->anchors);
    z->port = free_port();
    z->forward = arena_strf(&z->memory, "127.0.0.1@%u", z->port);
    for (size_t i = 0; i < n; i++) {
        str text = arena_strf(&z->memory,
                              "$ORIGIN %s.\n$TTL 300\n@ IN SOA ns.%s. root.%s. 1 3600 600 86400 300\n@ IN NS ns.%s.\n"
                              "ns IN A 127.0.0.1\n%s",
                              zones[i].name, zones[i].name, zones[i].name, zones[i].name, zones[i].records);
        write_file(z, str_c(zones[i].name), text);
        if (zones[i].is_signed)
            sign(z, &zones[i]);
    }
    write_configuration(z, zones, n);
    /* A test that is aborted cannot stop it. */
    z->child = start(z, (const char *[]){"timeout", "300", "/usr/sbin/nsd", "-d", "-c", "nsd.conf", NULL}, "log");
    await_server(z);
}

static int remove_one(const char *path, const struct stat *what, int kind, struct FTW *at) {
    (void)what, (void)kind, (void)at;
    return remove(path);
}

void zone_stop(zone_server *z) {
    int status;
    kill(z->child, SIGTERM);
    waitpid(z->child, &status, 0);
    nftw(z->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    arena_free(&z->memory);
}
