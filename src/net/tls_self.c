/* Self-signed certificates: for a server without configuration, and for tests. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/rand.h"
#include "net/addr.h"
#include "net/tls_private.h"

enum { SECONDS_BEFORE = 3600, DAY = 86400, HOST_MAX = 253 };

typedef struct parts {
    EVP_PKEY *key;
    X509 *certificate;
    BIO *text;
} parts;

static void parts_free(parts *p) {
    EVP_PKEY_free(p->key);
    X509_free(p->certificate);
    BIO_free(p->text);
}

static bool add_extension(X509 *to, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, to, to, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool added = extension && X509_add_ext(to, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

/* A common name has at most 64 characters; the name that counts is the alternative one. */
static bool set_common_name(X509 *c, str host) {
    X509_NAME *name = X509_get_subject_name(c);
    str common = str_sub(host, 0, 64);
    const unsigned char *text = (const unsigned char *)common.p;
    return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC, text, (int)common.n, -1, 0) == 1 &&
           X509_set_issuer_name(c, name) == 1;
}

static bool add_extensions(X509 *c, str host) {
    char alt[HOST_MAX + 8];
    addr ip;
    snprintf(alt, sizeof alt, "%s:%.*s", addr_parse(host, &ip) ? "IP" : "DNS", STR_ARG(host));
    return add_extension(c, NID_subject_alt_name, alt) &&
           add_extension(c, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(c, NID_ext_key_usage, "serverAuth");
}

static bool fill(X509 *c, EVP_PKEY *key, str host, int days) {
    return X509_set_version(c, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(c), rand_u64() >> 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(c), -SECONDS_BEFORE) &&
           X509_gmtime_adj(X509_getm_notAfter(c), (long)days * DAY) && set_common_name(c, host) &&
           X509_set_pubkey(c, key) == 1 && add_extensions(c, host) && X509_sign(c, key, EVP_sha256()) > 0;
}

static str taken_text(BIO *text, arena *a) {
    char *p;
    long n = BIO_get_mem_data(text, &p);
    str copy = arena_str(a, str_of(p, n > 0 ? (size_t)n : 0));
    (void)BIO_reset(text);
    return copy;
}

/* What stands in an alternative name is a little language: only a plain host or address may get there. */
static bool is_plain(str host) {
    for (size_t i = 0; i < host.n; i++)
        if (!ascii_alnum(host.p[i]) && !str_has_byte(S(".-*:_"), host.p[i]))
            return false;
    return host.n > 0 && host.n <= HOST_MAX;
}

err tls_self_signed(str host, int days, arena *a, str *certificate, str *key) {
    if (!is_plain(host))
        return err_make(ERR_PERM, ERR_SYNTAX, "not a host name", "no certificate for %.*s", STR_ARG(host));
    ERR_clear_error();
    __attribute__((cleanup(parts_free))) parts p = {EVP_EC_gen("P-256"), X509_new(), BIO_new(BIO_s_mem())};
    if (!p.key || !p.certificate || !p.text || !fill(p.certificate, p.key, host, days) ||
        PEM_write_bio_X509(p.text, p.certificate) != 1)
        return err_make(ERR_BUG, ERR_TLS, "local error", "self-signed certificate: %s", tls_reason());
    *certificate = taken_text(p.text, a);
    if (PEM_write_bio_PKCS8PrivateKey(p.text, p.key, NULL, NULL, 0, NULL, NULL) != 1)
        return err_make(ERR_BUG, ERR_TLS, "local error", "self-signed certificate: %s", tls_reason());
    *key = taken_text(p.text, a);
    return certificate->p && key->p ? OK : err_make(ERR_TEMP, ERR_LIMIT, "local error", "no room for a certificate");
}
