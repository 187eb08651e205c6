#include <pthread.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "net/tls_private.h"
#include "net/transport_tls.h"

/* Handshake flights with long chains, and answers to key updates; a peer that makes us queue more is hostile. */
enum { SEALED_MAX = 512 * 1024 };

struct transport_tls {
    SSL *ssl;
    tls_set *set; /* server */
    bool server, secured, goodbye;
    str feed;   /* ciphertext not yet read by OpenSSL; empty but during transport_tls_feed */
    buf sealed; /* ciphertext it wrote */
    tls_info *info; /* made when asked for */
    const char *failure;
};

/* ---- OpenSSL's view of us: a BIO over `feed` and `sealed` ---- */

static int bio_read(BIO *bio, char *to, int n) {
    struct transport_tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (tls->feed.n == 0 || n <= 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t take = tls->feed.n < (size_t)n ? tls->feed.n : (size_t)n;
    memcpy(to, tls->feed.p, take);
    tls->feed = str_skip(tls->feed, take);
    return (int)take;
}

static int bio_write(BIO *bio, const char *from, int n) {
    struct transport_tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    return n > 0 && buf_add(&tls->sealed, str_of(from, (size_t)n)) ? n : -1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer) {
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *bio_method;
static pthread_once_t bio_once = PTHREAD_ONCE_INIT;

static void make_bio_method(void) {
    bio_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "transport");
    ASSERT(bio_method);
    BIO_meth_set_read(bio_method, bio_read);
    BIO_meth_set_write(bio_method, bio_write);
    BIO_meth_set_ctrl(bio_method, bio_ctrl);
}

static struct transport_tls *make(SSL *ssl, tls_set *set, bool server) {
    struct transport_tls *tls = mem_alloc(sizeof *tls);
    *tls = (struct transport_tls){.ssl = ssl, .set = set, .server = server};
    buf_init(&tls->sealed, SEALED_MAX);
    pthread_once(&bio_once, make_bio_method);
    BIO *bio = BIO_new(bio_method);
    ASSERT(bio);
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    if (server)
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
    return tls;
}

struct transport_tls *transport_tls_server(tls_server *with) {
    tls_set *set;
    SSL *ssl = tls_server_connection(with, &set);
    return make(ssl, set, true);
}

err transport_tls_client(struct transport_tls **out, tls_client *with, str name, tls_verify verify) {
    SSL *ssl;
    TRY(tls_client_connection(with, name, verify, &ssl));
    *out = make(ssl, NULL, false);
    return OK;
}

void transport_tls_free(struct transport_tls *tls) {
    if (!tls)
        return;
    SSL_free(tls->ssl);
    tls_set_release(tls->set);
    buf_free(&tls->sealed);
    free(tls->info);
    free(tls);
}

/* ---- bytes ---- */

static void fail(transport *t, int result) {
    struct transport_tls *tls = t->tls;
    int why = SSL_get_error(tls->ssl, result);
    if (why == SSL_ERROR_WANT_READ)
        return;
    tls->failure = tls->sealed.over ? "peer does not read" : tls_reason();
    long verified = SSL_get_verify_result(tls->ssl);
    if (SSL_get_verify_mode(tls->ssl) == SSL_VERIFY_PEER && verified != X509_V_OK)
        tls->failure = X509_verify_cert_error_string(verified);
    transport_flush(t); /* the alert */
    transport_break(t, UV_EPROTO);
}

static void shake_hands(transport *t) {
    ERR_clear_error();
    int result = SSL_do_handshake(t->tls->ssl);
    if (result == 1)
        t->tls->secured = true;
    else
        fail(t, result);
}

static void open_records(transport *t) {
    struct transport_tls *tls = t->tls;
    while (!t->broken && !t->eof) {
        ERR_clear_error();
        int n = SSL_read(tls->ssl, t->home->plain_bytes, LOOP_PLAIN_BYTES);
        if (n > 0) {
            ASSERT(buf_add(&t->in, str_of(t->home->plain_bytes, (size_t)n)));
        } else if (SSL_get_error(tls->ssl, n) == SSL_ERROR_ZERO_RETURN) {
            t->eof = true;
        } else {
            fail(t, n);
            return;
        }
    }
}

void transport_tls_feed(transport *t, str bytes) {
    struct transport_tls *tls = t->tls;
    if (t->broken)
        return;
    tls->feed = bytes;
    if (!tls->secured)
        shake_hands(t);
    if (tls->secured)
        open_records(t);
    tls->feed = S("");
    transport_flush(t);
}

void transport_tls_seal(transport *t, size_t most) {
    struct transport_tls *tls = t->tls;
    while (tls->secured && !tls->failure && !t->broken && t->out.n > t->out_at && tls->sealed.n < most) {
        size_t n = t->out.n - t->out_at, chunk = n < LOOP_PLAIN_BYTES ? n : LOOP_PLAIN_BYTES;
        ERR_clear_error();
        int written = SSL_write(tls->ssl, t->out.p + t->out_at, (int)chunk);
        if (written <= 0) {
            tls->failure = tls_reason();
            transport_break(t, UV_EPROTO);
            return;
        }
        t->out_at += (size_t)written;
    }
    if (t->out_at && t->out_at == t->out.n) {
        buf_free(&t->out);
        t->out_at = 0;
    }
}

buf *transport_tls_sealed(const transport *t) { return &t->tls->sealed; }

void transport_tls_goodbye(transport *t) {
    struct transport_tls *tls = t->tls;
    if (tls->goodbye || !tls->secured || t->broken)
        return;
    tls->goodbye = true;
    ERR_clear_error();
    SSL_shutdown(tls->ssl);
}

/* ---- what is known of it ---- */

bool transport_is_secured(const transport *t) { return t->tls && t->tls->secured; }
const char *transport_tls_failure(const transport *t) { return t->tls ? t->tls->failure : NULL; }

const tls_info *transport_tls_info(const transport *t) {
    if (!transport_is_secured(t))
        return NULL;
    struct transport_tls *tls = t->tls;
    if (tls->info)
        return tls->info;
    tls_info *info = tls->info = mem_alloc(sizeof *info);
    snprintf(info->version, sizeof info->version, "%s", SSL_get_version(tls->ssl));
    snprintf(info->cipher, sizeof info->cipher, "%s", SSL_get_cipher_name(tls->ssl));
    SSL_get_cipher_bits(tls->ssl, &info->bits);
    const char *sni = SSL_get_servername(tls->ssl, TLSEXT_NAMETYPE_host_name);
    snprintf(info->sni, sizeof info->sni, "%s", sni ? sni : "");
    info->verified = !tls->server && SSL_get_verify_result(tls->ssl) == X509_V_OK && SSL_get0_peername(tls->ssl);
    return info;
}

/* RFC 5929 4: a hash of the certificate, by the hash of its signature, SHA-256 for the weak ones. */
static bool end_point(const struct transport_tls *tls, uint8_t out[64], size_t *n) {
    X509 *certificate = tls->server ? SSL_get_certificate(tls->ssl) : SSL_get0_peer_certificate(tls->ssl);
    int hash_nid;
    if (!certificate || !OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &hash_nid, NULL))
        return false;
    if (hash_nid == NID_md5 || hash_nid == NID_sha1)
        hash_nid = NID_sha256;
    const EVP_MD *md = EVP_get_digestbynid(hash_nid);
    unsigned length = 64;
    if (!md || EVP_MD_get_size(md) > 64 || !X509_digest(certificate, md, out, &length))
        return false;
    *n = length;
    return true;
}

bool transport_channel_binding(const transport *t, str type, uint8_t out[64], size_t *n) {
    if (!transport_is_secured(t))
        return false;
    const struct transport_tls *tls = t->tls;
    bool newest = SSL_version(tls->ssl) >= TLS1_3_VERSION;
    if (str_eq(type, S("tls-exporter"))) { /* RFC 9266 */
        static const char label[] = "EXPORTER-Channel-Binding";
        *n = 32;
        return newest && SSL_export_keying_material(tls->ssl, out, 32, label, sizeof label - 1, NULL, 0, 0) == 1;
    }
    if (str_eq(type, S("tls-server-end-point")))
        return end_point(tls, out, n);
    /* RFC 5929 3: the first Finished message; not defined for TLS 1.3, and worth nothing without RFC 7627. */
    if (!str_eq(type, S("tls-unique")) || newest || !SSL_get_extms_support(tls->ssl))
        return false;
    bool ours_first = tls->server == (SSL_session_reused(tls->ssl) == 1);
    *n = ours_first ? SSL_get_finished(tls->ssl, out, 64) : SSL_get_peer_finished(tls->ssl, out, 64);
    return *n > 0 && *n <= 64;
}
