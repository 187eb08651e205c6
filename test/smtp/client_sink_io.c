#include <openssl/ssl.h>

#include "../net/check.h"

#include "client_sink_io.h"

#include <errno.h>
#include <sys/socket.h>

#include "net/tls.h"

enum { PIECE = 65536, MOST = 64 << 20 };

void sink_io_begin(sink_io *io, int fd) {
    *io = (sink_io){.fd = fd};
    buf_init(&io->in, MOST);
}

void sink_io_end(sink_io *io) {
    SSL_free(io->ssl);
    buf_free(&io->in);
}

bool sink_io_more(sink_io *io) {
    char *to = buf_reserve(&io->in, PIECE);
    check(to != NULL);
    ssize_t n;
    do
        n = io->ssl ? SSL_read(io->ssl, to, PIECE) : recv(io->fd, to, PIECE, 0);
    while (!io->ssl && n < 0 && errno == EINTR);
    io->gone = n <= 0;
    if (n > 0)
        buf_commit(&io->in, (size_t)n);
    return n > 0;
}

bool sink_io_line(sink_io *io, buf *line) {
    size_t at;
    while ((at = str_find(buf_str(&io->in), '\n')) == STR_NONE)
        if (!sink_io_more(io))
            return false;
    buf_clear(line);
    buf_add(line, str_sub(buf_str(&io->in), 0, at && io->in.p[at - 1] == '\r' ? at - 1 : at));
    buf_consume(&io->in, at + 1);
    return true;
}

void sink_io_say(sink_io *io, str bytes) {
    while (bytes.n && !io->gone) {
        ssize_t n = io->ssl ? SSL_write(io->ssl, bytes.p, (int)bytes.n) : send(io->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        io->gone = n <= 0;
        bytes = str_skip(bytes, n > 0 ? (size_t)n : 0);
    }
}

bool sink_io_tls(sink_io *io, void *context) {
    buf_clear(&io->in); /* what was pipelined behind STARTTLS */
    SSL *ssl = SSL_new(context);
    check(ssl && SSL_set_fd(ssl, io->fd) == 1);
    if (SSL_accept(ssl) != 1) {
        SSL_free(ssl);
        return false;
    }
    io->ssl = ssl;
    return true;
}

static BIO *memory_of(str s) {
    BIO *b = BIO_new_mem_buf(s.p, (int)s.n);
    check(b != NULL);
    return b;
}

void *sink_tls_context(const char *host) {
    SCOPED_ARENA a;
    arena_init(&a, 1 << 20);
    str certificate, key;
    check_ok(tls_self_signed(str_c(host), 10, &a, &certificate, &key));
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    BIO *c = memory_of(certificate), *k = memory_of(key);
    X509 *x = PEM_read_bio_X509(c, NULL, NULL, NULL);
    EVP_PKEY *p = PEM_read_bio_PrivateKey(k, NULL, NULL, NULL);
    check(SSL_CTX_use_certificate(context, x) == 1 && SSL_CTX_use_PrivateKey(context, p) == 1);
    X509_free(x);
    EVP_PKEY_free(p);
    BIO_free(c);
    BIO_free(k);
    return context;
}

void sink_tls_context_free(void *context) { SSL_CTX_free(context); }
