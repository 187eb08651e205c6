#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "smtp/client_scram.h"

#include "auth/prepare.h"
#include "base/codec.h"
#include "base/mem.h"

enum { KEY = SHA256_DIGEST_LENGTH };

typedef struct server_first {
    str nonce;
    unsigned char salt[128];
    size_t salt_n;
    uint32_t iterations;
} server_first;

void scram_client_init(scram_client *s) {
    *s = (scram_client){0};
    buf_init(&s->first, SCRAM_MESSAGE);
    buf_init(&s->nonce, SCRAM_MESSAGE);
    buf_init(&s->bound, SCRAM_MESSAGE);
    buf_init(&s->transcript, 3 * SCRAM_MESSAGE);
}

void scram_client_wipe(scram_client *s) {
    buf *const owned[] = {&s->first, &s->nonce, &s->bound, &s->transcript};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        if (owned[i]->p)
            mem_wipe(owned[i]->p, owned[i]->cap);
        buf_free(owned[i]);
    }
    mem_wipe(s->server_signature, sizeof s->server_signature);
}

/* saslname, RFC 5802 5.1. */
static void add_name(buf *out, str user) {
    for (size_t i = 0; i < user.n; i++) {
        if (user.p[i] == ',')
            buf_add(out, S("=2C"));
        else if (user.p[i] == '=')
            buf_add(out, S("=3D"));
        else
            buf_add_byte(out, user.p[i]);
    }
}

err scram_client_first(scram_client *s, str gs2, str binding, str user, str nonce, buf *out) {
    buf_add(&s->bound, gs2);
    buf_add(&s->bound, binding);
    buf_add(&s->nonce, nonce);
    buf_add(&s->first, S("n="));
    add_name(&s->first, user);
    buf_add(&s->first, S(",r="));
    buf_add(&s->first, nonce);
    buf_add(out, gs2);
    if (s->first.over || !buf_add(out, buf_str(&s->first)))
        return err_make(ERR_PERM, ERR_LIMIT, "the user name is too long", "SCRAM user name of %zu bytes", user.n);
    return OK;
}

static err bad_server(const char *what) {
    return err_make(ERR_PEER, ERR_SYNTAX, "the server's SCRAM message makes no sense", "SCRAM: %s", what);
}

/* "r=nonce,s=salt,i=count", extensions behind; RFC 5802 7. An "m=" in front asks for what nobody knows. */
static err parse_server_first(const scram_client *s, str message, server_first *out) {
    str nonce, salt, count;
    if (!str_cut(&message, ',', &nonce) || !str_cut(&message, ',', &salt) || !str_cut(&message, ',', &count))
        return bad_server("server-first-message");
    if (!str_starts(nonce, S("r=")) || !str_starts(salt, S("s=")) || !str_starts(count, S("i=")))
        return bad_server("attributes of server-first-message");
    out->nonce = str_skip(nonce, 2);
    if (!str_starts(out->nonce, buf_str(&s->nonce)) || out->nonce.n == s->nonce.n)
        return bad_server("the nonce is not an addition to ours");
    SCOPED_BUF decoded;
    buf_init(&decoded, sizeof out->salt);
    if (!base64_decode(&decoded, str_skip(salt, 2)) || !decoded.n)
        return bad_server("salt");
    memcpy(out->salt, decoded.p, decoded.n);
    out->salt_n = decoded.n;
    if (!str_to_u32(str_skip(count, 2), UINT32_MAX, &out->iterations))
        return bad_server("iteration count");
    if (out->iterations < SCRAM_LEAST_ITERATIONS || out->iterations > SCRAM_MOST_ITERATIONS)
        return err_make(ERR_PEER, ERR_LIMIT, "the server's SCRAM iteration count is out of range", "SCRAM: i=%u",
                        out->iterations);
    return OK;
}

static void hmac(const unsigned char key[KEY], str data, unsigned char out[KEY]) {
    unsigned n = KEY;
    ASSERT(HMAC(EVP_sha256(), key, KEY, (const unsigned char *)data.p, data.n, out, &n) && n == KEY);
}

/* RFC 5802 3: ClientProof and ServerSignature. */
static void prove(scram_client *s, str secret, const server_first *in, unsigned char proof[KEY]) {
    unsigned char salted[KEY], client_key[KEY], stored[KEY], signature[KEY], server_key[KEY];
    ASSERT(PKCS5_PBKDF2_HMAC(secret.p, (int)secret.n, in->salt, (int)in->salt_n, (int)in->iterations, EVP_sha256(), KEY,
                             salted) == 1);
    hmac(salted, S("Client Key"), client_key);
    SHA256(client_key, KEY, stored);
    hmac(stored, buf_str(&s->transcript), signature);
    for (size_t i = 0; i < KEY; i++)
        proof[i] = client_key[i] ^ signature[i];
    hmac(salted, S("Server Key"), server_key);
    hmac(server_key, buf_str(&s->transcript), s->server_signature);
    mem_wipe(salted, KEY);
    mem_wipe(client_key, KEY);
    mem_wipe(stored, KEY);
    mem_wipe(server_key, KEY);
}

err scram_client_final(scram_client *s, str message, str password, buf *out) {
    server_first in;
    TRY(parse_server_first(s, message, &in));
    SCOPED_PREPARED secret = {0};
    err e = prepare(password, PREPARE_QUERY, &secret);
    if (failed(e))
        return err_make(ERR_PERM, ERR_SYNTAX, "the password has characters it may not have", "SCRAM: SASLprep failed");
    size_t at = out->n;
    buf_add(out, S("c="));
    base64_encode(out, buf_str(&s->bound));
    buf_add(out, S(",r="));
    buf_add(out, in.nonce);
    buf_add(&s->transcript, buf_str(&s->first));
    buf_add_byte(&s->transcript, ',');
    buf_add(&s->transcript, message);
    buf_add_byte(&s->transcript, ',');
    if (!buf_add(&s->transcript, str_skip(buf_str(out), at)))
        return bad_server("too long");
    unsigned char proof[KEY];
    prove(s, (str){secret.p, secret.n}, &in, proof);
    buf_add(out, S(",p="));
    return base64_encode(out, (str){(const char *)proof, KEY}) ? OK : bad_server("too long");
}

bool scram_client_verify(const scram_client *s, str message) {
    str first;
    if (!str_cut(&message, ',', &first) || !str_starts(first, S("v=")))
        return false;
    SCOPED_BUF signature;
    buf_init(&signature, KEY);
    return base64_decode(&signature, str_skip(first, 2)) &&
           mem_equal_ct(buf_str(&signature), (str){(const char *)s->server_signature, KEY});
}
