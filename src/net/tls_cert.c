#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/tls_cert.h"
#include "net/tls_private.h"

enum { NAMES_MAX = 1000, CHAIN_MAX = 20 };

static void bio_free(BIO **b) { BIO_free(*b); }
static void x509_free(X509 **c) { X509_free(*c); }
static void pkey_free(EVP_PKEY **k) { EVP_PKEY_free(*k); }
static void names_free(GENERAL_NAMES **n) { GENERAL_NAMES_free(*n); }
#define SCOPED(type, function) __attribute__((cleanup(function))) type

/* Without this OpenSSL would ask the terminal for the pass phrase of an encrypted key. */
static int no_pass_phrase(char *to, int n, int writing, void *arg) {
    (void)to, (void)n, (void)writing, (void)arg;
    return -1;
}

static err refuse(const tls_pair *pair, const char *what) {
    const char *reason = tls_reason();
    return err_make(ERR_PERM, ERR_TLS, "bad certificate or key", "%.*s: %s: %s", STR_ARG(pair->name), what, reason);
}

static err too_long(const tls_pair *pair) {
    return err_make(ERR_PERM, ERR_LIMIT, "bad certificate or key", "%.*s: more than %d certificates behind the first",
                    STR_ARG(pair->name), CHAIN_MAX);
}

static BIO *pem_reader(str pem) { return BIO_new_mem_buf(pem.p ? pem.p : "", pem.n > INT32_MAX ? 0 : (int)pem.n); }

err tls_cert_use(SSL_CTX *context, const tls_pair *pair) {
    ERR_clear_error();
    SCOPED(BIO *, bio_free) certificates = pem_reader(pair->certificate);
    SCOPED(X509 *, x509_free) leaf = PEM_read_bio_X509_AUX(certificates, NULL, no_pass_phrase, NULL);
    if (!leaf)
        return refuse(pair, "no certificate in PEM form");
    if (SSL_CTX_use_certificate(context, leaf) != 1)
        return refuse(pair, "certificate");
    for (int i = 0;; i++) {
        X509 *above = PEM_read_bio_X509(certificates, NULL, no_pass_phrase, NULL);
        if (!above)
            break;
        if (i == CHAIN_MAX || SSL_CTX_add0_chain_cert(context, above) != 1) {
            X509_free(above);
            return i == CHAIN_MAX ? too_long(pair) : refuse(pair, "chain");
        }
    }
    ERR_clear_error();
    SCOPED(BIO *, bio_free) keys = pem_reader(pair->key);
    SCOPED(EVP_PKEY *, pkey_free) key = PEM_read_bio_PrivateKey(keys, NULL, no_pass_phrase, NULL);
    if (!key)
        return refuse(pair, "no private key in PEM form, or one with a pass phrase");
    if (SSL_CTX_use_PrivateKey(context, key) != 1 || SSL_CTX_check_private_key(context) != 1)
        return refuse(pair, "the key does not fit the certificate");
    return OK;
}

/* ---- names ---- */

static str common_name(const X509 *certificate) {
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0)
        return S("");
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    return str_of((const char *)ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
}

/* A certificate is trusted input of the operator, but a NUL in a name never means well. */
static err add_name(arena *a, str name, str *names, size_t *n) {
    if (name.n == 0 || name.n > 255 || str_has_byte(name, '\0') || *n == NAMES_MAX)
        return OK;
    names[*n] = arena_lower(a, name);
    if (!names[*n].p)
        return err_make(ERR_PERM, ERR_LIMIT, "certificate too large", "too many names in certificates");
    ++*n;
    return OK;
}

err tls_cert_names(const X509 *certificate, arena *a, str **names, size_t *n) {
    SCOPED(GENERAL_NAMES *, names_free) all = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int count = sk_GENERAL_NAME_num(all); /* -1 when there are none */
    *n = 0;
    *names = arena_array(a, count > 0 ? (size_t)count + 1 : 1, sizeof **names);
    if (!*names)
        return err_make(ERR_PERM, ERR_LIMIT, "certificate too large", "too many names in certificates");
    for (int i = 0; i < count; i++) {
        const GENERAL_NAME *one = sk_GENERAL_NAME_value(all, i);
        if (one->type != GEN_DNS)
            continue;
        const ASN1_IA5STRING *value = one->d.dNSName;
        str name = str_of((const char *)ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
        TRY(add_name(a, name, *names, n));
    }
    return count > 0 ? OK : add_name(a, common_name(certificate), *names, n);
}

err tls_certificate_info(str pem, arena *a, int64_t *not_after, str *names) {
    ERR_clear_error();
    SCOPED(BIO *, bio_free) reader = pem_reader(pem);
    SCOPED(X509 *, x509_free) leaf = PEM_read_bio_X509_AUX(reader, NULL, no_pass_phrase, NULL);
    struct tm end;
    if (!leaf || ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &end) != 1)
        return err_make(ERR_PERM, ERR_TLS, "not a certificate", "%s", tls_reason());
    *not_after = (int64_t)timegm(&end);
    str *list;
    size_t n;
    TRY(tls_cert_names(leaf, a, &list, &n));
    *names = S("");
    for (size_t i = 0; i < n; i++)
        *names = arena_strf(a, "%.*s%s%.*s", STR_ARG(*names), i ? " " : "", STR_ARG(list[i]));
    return names->p ? OK : err_make(ERR_PERM, ERR_LIMIT, "certificate too large", "too many names in the certificate");
}
