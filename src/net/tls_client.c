/* Client contexts: who is believed, and the check of a name. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "net/addr.h"
#include "net/tls_private.h"

struct tls_client {
    SSL_CTX *context;
};

err tls_client_create(tls_client **out, str ca_file) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    ASSERT(context);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    int loaded;
    ERR_clear_error();
    if (ca_file.n) {
        char *path = mem_strdup(ca_file);
        loaded = SSL_CTX_load_verify_file(context, path);
        free(path);
    } else {
        loaded = SSL_CTX_set_default_verify_paths(context);
    }
    if (loaded != 1) {
        SSL_CTX_free(context);
        return err_make(ERR_PERM, ERR_TLS, "no certificate authorities", "%.*s: %s", STR_ARG(ca_file), tls_reason());
    }
    tls_client *t = mem_alloc(sizeof *t);
    t->context = context;
    *out = t;
    return OK;
}

void tls_client_free(tls_client *t) {
    if (!t)
        return;
    SSL_CTX_free(t->context);
    free(t);
}

/* Who must carry the name: also checked, though not enforced, without verification, so that tls_info can say it. */
static bool set_name(SSL *ssl, str name) {
    char host[256];
    addr ip;
    if (name.n && name.p[name.n - 1] == '.')
        name.n--;
    if (name.n == 0 || name.n >= sizeof host || str_has_byte(name, '\0'))
        return false;
    memcpy(host, name.p, name.n);
    host[name.n] = '\0';
    X509_VERIFY_PARAM *rules = SSL_get0_param(ssl);
    if (addr_parse(name, &ip))
        return X509_VERIFY_PARAM_set1_ip_asc(rules, host) == 1;
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(rules, host, name.n) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

err tls_client_connection(tls_client *t, str name, tls_verify verify, SSL **out) {
    SSL *ssl = SSL_new(t->context);
    ASSERT(ssl);
    ERR_clear_error();
    if (!set_name(ssl, name) && verify == TLS_VERIFY_NAME) {
        SSL_free(ssl);
        return err_make(ERR_TEMP, ERR_TLS, "TLS verification impossible", "not a name to verify: %.*s", STR_ARG(name));
    }
    ERR_clear_error();
    SSL_set_verify(ssl, verify == TLS_VERIFY_NAME ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    *out = ssl;
    return OK;
}
