#include "check.h"

#include "wires.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "net/conn.h"
#include "peer.h"

deadline soon(void) { return deadline_in(10000); }

void wire_expect(wire *w, str expected) {
    str line;
    check_ok(wire_read_line(w, 1000, &line, soon()));
    check_str(line, expected);
}

void wire_say(wire *w, str line) {
    check_ok(wire_write(w, line, soon()));
    check_ok(wire_write(w, S("\r\n"), soon()));
}

static void say_all(const scripted *s, int fd) {
    for (str rest = s->says; rest.n; rest = str_skip(rest, s->piece)) {
        peer_send(fd, str_sub(rest, 0, s->piece));
        usleep(200);
    }
    if (s->keeps_open)
        check(peer_is_gone(fd));
    close(fd);
}

static void *serve_one(void *arg) {
    scripted *s = arg;
    int fd = accept(s->listening, NULL, NULL), on = 1;
    check(fd >= 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (s->serve)
        s->serve(fd);
    else
        say_all(s, fd);
    return NULL;
}

void scripted_start(scripted *s) {
    addr any = loopback(0);
    struct sockaddr_storage name;
    socklen_t n = sizeof name;
    check_ok(listener_bind(&any, &s->listening));
    check(fcntl(s->listening, F_SETFL, 0) == 0 && listen(s->listening, 5) == 0);
    check(getsockname(s->listening, (struct sockaddr *)&name, &n) == 0);
    check(addr_from_sockaddr((struct sockaddr *)&name, &s->at));
    check(pthread_create(&s->thread, NULL, serve_one, s) == 0);
}

void scripted_end(scripted *s) {
    pthread_join(s->thread, NULL);
    close(s->listening);
}
