#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "scram_client.h"

#include "base/codec.h"

static void hmac(const unsigned char key[32], str data, unsigned char out[32]) {
    unsigned n = 32;
    HMAC(EVP_sha256(), key, 32, (const unsigned char *)data.p, data.n, out, &n);
}

void scram_client_begin(scram_client *c, str gs2, str name, str password, str nonce, buf *first) {
    *c = (scram_client){.password = password};
    buf_init(&c->gs2, 5000);
    buf_init(&c->bare, 5000);
    buf_init(&c->server_signature, 100);
    buf_add(&c->gs2, gs2);
    buf_addf(&c->bare, "n=%.*s,r=%.*s", STR_ARG(name), STR_ARG(nonce));
    buf_addf(first, "%.*s%.*s", STR_ARG(gs2), STR_ARG(buf_str(&c->bare)));
}

static bool prove(scram_client *c, str salt, uint32_t iterations, str server_first, str unproved, buf *final) {
    unsigned char salted[32], client_key[32], server_key[32], stored_key[32], signature[32];
    if (PKCS5_PBKDF2_HMAC(c->password.p, (int)c->password.n, (const unsigned char *)salt.p, (int)salt.n,
                          (int)iterations, EVP_sha256(), 32, salted) != 1)
        return false;
    hmac(salted, S("Client Key"), client_key);
    hmac(salted, S("Server Key"), server_key);
    EVP_Digest(client_key, 32, stored_key, NULL, EVP_sha256(), NULL);
    SCOPED_BUF message;
    buf_init(&message, 20000);
    buf_addf(&message, "%.*s,%.*s,%.*s", STR_ARG(buf_str(&c->bare)), STR_ARG(server_first), STR_ARG(unproved));
    hmac(stored_key, buf_str(&message), signature);
    for (int i = 0; i < 32; i++)
        client_key[i] ^= signature[i];
    buf_addf(final, "%.*s,p=", STR_ARG(unproved));
    base64_encode(final, (str){(char *)client_key, 32});
    hmac(server_key, buf_str(&message), signature);
    buf_clear(&c->server_signature);
    return base64_encode(&c->server_signature, (str){(char *)signature, 32});
}

bool scram_client_answer(scram_client *c, str server_first, str binding, buf *final) {
    str rest = server_first, nonce, salt, count;
    uint32_t iterations;
    if (!str_cut(&rest, ',', &nonce) || !str_cut(&rest, ',', &salt) || !str_cut(&rest, ',', &count) ||
        !str_starts(nonce, S("r=")) || !str_starts(salt, S("s=")) || !str_starts(count, S("i=")) ||
        !str_to_u32(str_skip(count, 2), 100000000, &iterations))
        return false;
    SCOPED_BUF bound, unproved, salt_bytes;
    buf_init(&bound, 5000);
    buf_init(&unproved, 10000);
    buf_init(&salt_bytes, 1000);
    buf_add(&bound, buf_str(&c->gs2));
    buf_add(&bound, binding);
    buf_add(&unproved, S("c="));
    base64_encode(&unproved, buf_str(&bound));
    buf_addf(&unproved, ",%.*s", STR_ARG(nonce));
    return base64_decode(&salt_bytes, str_skip(salt, 2)) &&
           prove(c, buf_str(&salt_bytes), iterations, server_first, buf_str(&unproved), final);
}

bool scram_client_trusts(const scram_client *c, str server_final) {
    return str_starts(server_final, S("v=")) && str_eq(str_skip(server_final, 2), buf_str(&c->server_signature));
}

void scram_client_free(scram_client *c) {
    buf_free(&c->gs2);
    buf_free(&c->bare);
    buf_free(&c->server_signature);
}
