/* Server contexts: certificates by name, swapped as a whole on reload. */
#include <pthread.h>
#include <stdatomic.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "base/rand.h"
#include "net/tls_cert.h"
#include "net/tls_private.h"

enum { TICKET_KEY_BYTES = 80, NAMES_ARENA = 1024 * 1024 };

typedef struct name_entry {
    str name; /* lower case; a wildcard begins with "*." */
    SSL_CTX *context;
    size_t pair; /* of several for one name the first is used */
} name_entry;

struct tls_set {
    atomic_size_t references;
    SSL_CTX **contexts;
    size_t contexts_n;
    name_entry *names; /* sorted by name, then pair */
    size_t names_n;
    arena memory;
};

struct tls_server {
    pthread_mutex_t lock;
    tls_set *now; /* under lock */
};

/* One key for all contexts of the process: tickets survive a reload, and no restart. */
static unsigned char ticket_key[TICKET_KEY_BYTES];
static pthread_once_t ticket_once = PTHREAD_ONCE_INIT;
static void make_ticket_key(void) { rand_bytes(ticket_key, sizeof ticket_key); }

const char *tls_reason(void) {
    unsigned long code = ERR_peek_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    return reason ? reason : "TLS error";
}

/* ---- names ---- */

static int compare_names(const void *a, const void *b) {
    const name_entry *x = a, *y = b;
    int order = str_cmp(x->name, y->name);
    return order ? order : (x->pair > y->pair) - (x->pair < y->pair);
}

static SSL_CTX *find_name(const tls_set *set, str name) {
    size_t low = 0, high = set->names_n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_cmp(set->names[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < set->names_n && str_eq(set->names[low].name, name) ? set->names[low].context : NULL;
}

/* A wildcard stands for exactly one label, the first (RFC 6125 6.4.3). */
static SSL_CTX *choose(const tls_set *set, const char *asked) {
    char name[256];
    str lower = str_c(asked);
    if (lower.n && lower.p[lower.n - 1] == '.')
        lower.n--;
    if (lower.n + 1 > sizeof name)
        return NULL;
    for (size_t i = 0; i < lower.n; i++)
        name[i] = ascii_to_lower(lower.p[i]);
    lower.p = name;
    SSL_CTX *found = find_name(set, lower);
    size_t dot = str_find(lower, '.');
    if (found || dot == STR_NONE || dot == 0)
        return found;
    name[dot - 1] = '*';
    return find_name(set, str_skip(lower, dot - 1));
}

/* Unknown names get the default certificate: clients that mind will say so, mail servers mostly do not. */
static int on_server_name(SSL *ssl, int *alert, void *arg) {
    (void)alert;
    const char *asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    SSL_CTX *context = asked ? choose(arg, asked) : NULL;
    if (!context)
        return SSL_TLSEXT_ERR_NOACK;
    SSL_set_SSL_CTX(ssl, context);
    return SSL_TLSEXT_ERR_OK;
}

/* ---- building ---- */

static SSL_CTX *new_context(void) {
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    ASSERT(context);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA);
    /* Forward secrecy and authenticated encryption first; plain CBC with ECDHE stays for old clients of submission. */
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!AESCCM:!SHA256:!SHA384:!aNULL:!PSK:!DSS");
    SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384");
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
    pthread_once(&ticket_once, make_ticket_key);
    SSL_CTX_set_tlsext_ticket_keys(context, ticket_key, sizeof ticket_key);
    return context;
}

static err add_pair(tls_set *set, size_t i, const tls_pair *pair, size_t *names_cap) {
    SSL_CTX *context = set->contexts[i] = new_context();
    set->contexts_n = i + 1;
    TRY(tls_cert_use(context, pair));
    str *names;
    size_t n;
    TRY(tls_cert_names(SSL_CTX_get0_certificate(context), &set->memory, &names, &n));
    while (set->names_n + n > *names_cap) {
        *names_cap = *names_cap ? *names_cap * 2 : 16;
        set->names = mem_grow(set->names, *names_cap, sizeof *set->names);
    }
    for (size_t k = 0; k < n; k++)
        set->names[set->names_n++] = (name_entry){names[k], context, i};
    return OK;
}

void tls_set_release(tls_set *set) {
    if (!set || atomic_fetch_sub(&set->references, 1) > 1)
        return;
    for (size_t i = 0; i < set->contexts_n; i++)
        SSL_CTX_free(set->contexts[i]);
    free(set->contexts);
    free(set->names);
    arena_free(&set->memory);
    free(set);
}

static err make_set(tls_set **out, const tls_pair *pairs, size_t n) {
    if (n == 0)
        return err_make(ERR_PERM, ERR_TLS, "no certificate", "no certificate configured");
    tls_set *set = mem_alloc(sizeof *set);
    atomic_init(&set->references, 1);
    arena_init(&set->memory, NAMES_ARENA);
    set->contexts = mem_array(n, sizeof *set->contexts);
    size_t names_cap = 0;
    for (size_t i = 0; i < n; i++) {
        err e = add_pair(set, i, &pairs[i], &names_cap);
        if (failed(e)) {
            tls_set_release(set);
            return e;
        }
    }
    if (set->names_n)
        qsort(set->names, set->names_n, sizeof *set->names, compare_names);
    SSL_CTX_set_tlsext_servername_callback(set->contexts[0], on_server_name);
    SSL_CTX_set_tlsext_servername_arg(set->contexts[0], set);
    *out = set;
    return OK;
}

/* ---- the public face ---- */

err tls_server_create(tls_server **out, const tls_pair *pairs, size_t n) {
    tls_set *set;
    TRY(make_set(&set, pairs, n));
    tls_server *t = mem_alloc(sizeof *t);
    pthread_mutex_init(&t->lock, NULL);
    t->now = set;
    *out = t;
    return OK;
}

err tls_server_reload(tls_server *t, const tls_pair *pairs, size_t n) {
    tls_set *set, *before;
    TRY(make_set(&set, pairs, n));
    pthread_mutex_lock(&t->lock);
    before = t->now;
    t->now = set;
    pthread_mutex_unlock(&t->lock);
    tls_set_release(before);
    return OK;
}

void tls_server_free(tls_server *t) {
    if (!t)
        return;
    tls_set_release(t->now);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

SSL *tls_server_connection(tls_server *t, tls_set **set) {
    pthread_mutex_lock(&t->lock);
    tls_set *now = t->now;
    atomic_fetch_add(&now->references, 1);
    pthread_mutex_unlock(&t->lock);
    SSL *ssl = SSL_new(now->contexts[0]);
    ASSERT(ssl);
    *set = now;
    return ssl;
}
