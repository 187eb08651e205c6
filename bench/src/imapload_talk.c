#include "imapload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PATIENCE = 120 }; /* seconds without a byte */

static bool fail(imap *c, const char *why) {
    if (!c->error[0]) {
        snprintf(c->error, sizeof c->error, "%.150s", why);
        bench_quote_free(c->error);
    }
    return false;
}

long imap_random(imap *c, long bound) {
    c->random = c->random * 1664525U + 1013904223U;
    return bound > 0 ? (long)((c->random >> 8) % (unsigned long)bound) : 0;
}

/* ---- reading ---- */

static bool fill(imap *c) {
    if (c->at == c->n)
        c->at = c->n = 0;
    if (c->n == sizeof c->in) {
        memmove(c->in, c->in + c->at, c->n - c->at);
        c->n -= c->at;
        c->at = 0;
    }
    ssize_t r = c->n == sizeof c->in ? 0 : read(c->fd, c->in + c->n, sizeof c->in - c->n);
    if (r <= 0)
        return fail(c, c->n == sizeof c->in ? "a line without an end" : "closed by the server");
    c->n += (size_t)r;
    c->received += r;
    return true;
}

static bool pass_over(imap *c, size_t n) {
    while (n > 0) {
        if (c->at == c->n && !fill(c))
            return false;
        size_t have = c->n - c->at;
        have = have < n ? have : n;
        c->at += have;
        n -= have;
    }
    return true;
}

/* The size of the literal that a line announces at its end (RFC 9051 4.3), or -1. */
static long literal_of(const char *line, size_t n) {
    size_t digits = 0;
    if (n < 3 || line[n - 1] != '}')
        return -1;
    while (digits < n - 2 && line[n - 2 - digits] >= '0' && line[n - 2 - digits] <= '9')
        digits++;
    return digits && line[n - 2 - digits] == '{' ? strtol(line + n - 1 - digits, NULL, 10) : -1;
}

bool imap_line(imap *c) {
    for (size_t kept = 0;;) {
        const char *start = c->in + c->at, *lf = memchr(start, '\n', c->n - c->at);
        if (!lf) {
            if (!fill(c))
                return false;
            continue;
        }
        size_t n = (size_t)(lf - start), room = sizeof c->line - 1 - kept;
        c->at += n + 1;
        n -= n && start[n - 1] == '\r';
        size_t piece = n < room ? n : room;
        memcpy(c->line + kept, start, piece);
        kept += piece;
        c->line[kept] = 0;
        long literal = literal_of(start, n);
        if (literal < 0)
            return true;
        if (!pass_over(c, (size_t)literal))
            return false;
    }
}

/* ---- writing ---- */

static bool put(imap *c, const char *p, size_t n) {
    while (n > 0) {
        ssize_t w = write(c->fd, p, n);
        if (w <= 0)
            return fail(c, "write");
        p += w;
        n -= (size_t)w;
    }
    return true;
}

bool imap_send(imap *c, const char *text) { return put(c, text, strlen(text)); }

/* Reads to the tagged reply, which must be OK. */
static bool finish(imap *c, const char *tag) {
    while (imap_line(c)) {
        const char *exists = c->line[0] == '*' ? strstr(c->line, " EXISTS") : NULL;
        if (exists && !exists[strlen(" EXISTS")])
            c->exists = strtol(c->line + 2, NULL, 10);
        if (strncmp(c->line, tag, strlen(tag)) != 0)
            continue;
        return strncmp(c->line + strlen(tag), "OK", 2) == 0 || fail(c, c->line);
    }
    return false;
}

static const char *next_tag(imap *c, char tag[16]) {
    snprintf(tag, 16, "a%u ", c->tag++);
    return tag;
}

bool imap_command(imap *c, const char *text) {
    char line[512], tag[16];
    snprintf(line, sizeof line, "%s%s\r\n", next_tag(c, tag), text);
    return imap_send(c, line) && finish(c, tag);
}

bool imap_open(imap *c, const struct sockaddr_in *server, const char *user, const char *password) {
    char text[300];
    c->n = c->at = 0;
    c->fd = bench_connect(server, false);
    if (c->fd < 0)
        return fail(c, "connect");
    struct timeval patience = {PATIENCE, 0};
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (!imap_line(c))
        return false;
    if (strncmp(c->line, "* OK", 4) != 0)
        return fail(c, c->line);
    snprintf(text, sizeof text, "LOGIN %s %s", user, password);
    return imap_command(c, text);
}

void imap_close(imap *c) {
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

/* ---- messages ---- */

/* English words that repeat, lines of 72. */
static size_t body_of(char *at, size_t size, long number) {
    static const char words[][9] = {"account ", "meeting ", "invoice ", "release ",
                                    "storage ", "gateway ", "network ", "holiday "};
    unsigned x = (unsigned)number * 2654435761U + 1;
    size_t n = 0;
    for (int column = 1; n < size; column++) {
        x = x * 1664525U + 1013904223U;
        memcpy(at + n, words[x >> 29], 8);
        n += 8;
        if (column % 9 == 0) {
            memcpy(at + n, "\r\n", 2);
            n += 2;
        }
    }
    memcpy(at + n, "\r\n", 2);
    return n + 2;
}

static char *message(size_t size, long number, size_t *n) {
    enum { HEADER = 1024 };
    char *text = bench_alloc(size + 2 * HEADER, 1);
    int header = snprintf(text, HEADER,
                          "Return-Path: <sender@bench.test>\r\n"
                          "Received: from a.bench.test by b.bench.test; Sat, 21 Nov 2026 00:00:00 +0000\r\n"
                          "From: \"Bench Sender %ld\" <sender%ld@bench.test>\r\nTo: \"A User\" <user0@bench.test>\r\n"
                          "Cc: other@bench.test\r\nSubject: benchmark message %ld\r\n"
                          "Date: Sat, 21 Nov 2026 00:%02ld:%02ld +0000\r\nMessage-ID: <%ld.%d@bench.test>\r\n"
                          "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n",
                          number % 97, number % 97, number, number / 60 % 60, number % 60, number, (int)getpid());
    *n = (size_t)header;
    *n += body_of(text + *n, size > *n ? size - *n : 0, number);
    return text;
}

bool imap_append(imap *c, const char *mailbox, size_t size, long number) {
    char line[200], tag[16];
    size_t n;
    char *text = message(size, number, &n);
    snprintf(line, sizeof line, "%sAPPEND %s (\\Flagged) {%zu}\r\n", next_tag(c, tag), mailbox, n);
    bool fine = imap_send(c, line);
    do
        fine = fine && imap_line(c);
    while (fine && c->line[0] == '*');
    if (fine && c->line[0] != '+')
        fine = fail(c, c->line);
    memcpy(text + n, "\r\n", 2);
    fine = fine && put(c, text, n + 2) && finish(c, tag);
    free(text);
    return fine;
}
