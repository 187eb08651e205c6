#include "app/frame.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

static err send_all(int fd, const char *p, size_t n) {
    while (n) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return err_make(ERR_TEMP, ERR_CLOSED, "closed", "send to our other process failed");
        p += sent;
        n -= (size_t)sent;
    }
    return OK;
}

err frame_send(int fd, frame_type type, str payload) {
    if (payload.n > FRAME_MOST)
        return err_make(ERR_BUG, ERR_LIMIT, "too large", "frame of %zu bytes", payload.n);
    char head[5];
    uint32_t n = (uint32_t)payload.n;
    memcpy(head, &n, 4);
    head[4] = (char)type;
    TRY(send_all(fd, head, sizeof head));
    return send_all(fd, payload.p, payload.n);
}

static err receive_all(int fd, char *p, size_t n, deadline until) {
    while (n) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int said = poll(&ready, 1, (int)deadline_left(until));
        if (said < 0 && errno == EINTR)
            continue;
        if (said == 0)
            return err_make(ERR_TEMP, ERR_TIMEOUT, "no answer", "our other process does not answer");
        ssize_t got = recv(fd, p, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return err_make(ERR_TEMP, ERR_CLOSED, "closed", "our other process is gone");
        p += got;
        n -= (size_t)got;
    }
    return OK;
}

err frame_receive(int fd, frame_type *type, buf *payload, deadline until) {
    char head[5];
    uint32_t n;
    TRY(receive_all(fd, head, sizeof head, until));
    memcpy(&n, head, 4);
    *type = (frame_type)(unsigned char)head[4];
    buf_clear(payload);
    char *to = n <= FRAME_MOST ? buf_reserve(payload, n) : NULL;
    if (!to)
        return err_make(ERR_PEER, ERR_LIMIT, "too large", "frame of %u bytes refused", n);
    TRY(receive_all(fd, to, n, until));
    buf_commit(payload, n);
    return OK;
}

void frame_put(buf *payload, str value) {
    uint32_t n = (uint32_t)value.n;
    buf_add(payload, str_of((const char *)&n, 4));
    buf_add(payload, value);
}

bool frame_take(str *payload, str *value) {
    uint32_t n;
    if (payload->n < 4)
        return false;
    memcpy(&n, payload->p, 4);
    if (payload->n - 4 < n)
        return false;
    *value = str_sub(*payload, 4, n);
    *payload = str_skip(*payload, 4 + (size_t)n);
    return true;
}
