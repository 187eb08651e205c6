#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "auth/scram.h"

#include "base/codec.h"
#include "base/mem.h"
#include "base/utf8.h"

static err malformed(const char *what) {
    return err_make(ERR_PEER, ERR_SYNTAX, "Malformed SCRAM message", "SCRAM: %s", what);
}

static str bytes(const uint8_t *p, size_t n) { return (str){(const char *)p, n}; }

/* ---- grammar: RFC 5802 7 ---- */

/* "x=value" from the front of a comma-separated list. */
static bool cut_attribute(str *rest, char name, str *value) {
    str head;
    if (!str_cut(rest, ',', &head) || head.n < 2 || head.p[0] != name || head.p[1] != '=')
        return false;
    *value = str_skip(head, 2);
    return true;
}

/* printable = %x21-2B / %x2D-7E; the comma has been cut at. */
static bool is_printable(str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x21 || s.p[i] > 0x7e)
            return false;
    return s.n > 0;
}

/* cb-name = 1*(ALPHA / DIGIT / "." / "-") */
static bool is_binding_name(str s) {
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_alnum(s.p[i]) && s.p[i] != '.' && s.p[i] != '-')
            return false;
    return s.n > 0;
}

/* value-safe-char and the two escapes, without NUL. */
static bool is_saslname(str s) {
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\0')
            return false;
        str escape = str_sub(s, i, 3);
        if (s.p[i] == '=' && !str_eq(escape, S("=2C")) && !str_eq(escape, S("=3D")))
            return false;
    }
    return s.n > 0;
}

/* extensions = attr-val *("," attr-val), each to be ignored. */
static bool are_extensions(str rest) {
    str one;
    while (str_cut(&rest, ',', &one))
        if (one.n < 3 || !ascii_alpha(one.p[0]) || one.p[1] != '=' || str_has_byte(one, '\0'))
            return false;
    return true;
}

/* gs2-header = gs2-cbind-flag "," [ authzid ] "," */
static err parse_gs2(str message, scram_first *out) {
    str rest = message, flag, authzid;
    if (!str_cut(&rest, ',', &flag) || !str_cut(&rest, ',', &authzid) || !rest.p)
        return malformed("no gs2 header");
    if (str_eq(flag, S("n")))
        out->flag = SCRAM_FLAG_NONE;
    else if (str_eq(flag, S("y")))
        out->flag = SCRAM_FLAG_UNSEEN;
    else if (str_starts(flag, S("p=")) && is_binding_name(str_skip(flag, 2)))
        out->flag = SCRAM_FLAG_BOUND, out->binding = str_skip(flag, 2);
    else
        return malformed("channel binding flag");
    if (authzid.n && (!str_starts(authzid, S("a=")) || !is_saslname(str_skip(authzid, 2))))
        return malformed("authorisation name");
    out->authzid = str_skip(authzid, 2);
    out->gs2 = str_sub(message, 0, message.n - rest.n);
    out->bare = rest;
    return OK;
}

err scram_first_parse(str message, scram_first *out) {
    *out = (scram_first){0};
    if (message.n > SCRAM_MESSAGE_MOST || !utf8_valid(message))
        return malformed("too long, or not UTF-8");
    TRY(parse_gs2(message, out));
    str rest = out->bare;
    if (!cut_attribute(&rest, 'n', &out->name) || !is_saslname(out->name))
        return malformed("name"); /* a reserved "m=" stands before it and ends here */
    if (!cut_attribute(&rest, 'r', &out->nonce) || !is_printable(out->nonce) || out->nonce.n > SCRAM_NONCE_MOST)
        return malformed("nonce");
    return are_extensions(rest) ? OK : malformed("extension");
}

static bool decode_proof(str text, uint8_t out[SCRAM_KEY]) {
    SCOPED_BUF decoded;
    buf_init(&decoded, SCRAM_KEY);
    if (!base64_decode(&decoded, text) || decoded.n != SCRAM_KEY)
        return false;
    memcpy(out, decoded.p, SCRAM_KEY);
    return true;
}

err scram_final_parse(str message, scram_final *out) {
    *out = (scram_final){0};
    if (message.n > SCRAM_MESSAGE_MOST || !utf8_valid(message))
        return malformed("too long, or not UTF-8");
    size_t last = str_rfind(message, ',');
    str proof = str_skip(message, last == STR_NONE ? message.n : last + 1);
    if (!str_starts(proof, S("p=")) || !decode_proof(str_skip(proof, 2), out->proof))
        return malformed("proof");
    out->unproved = str_sub(message, 0, last);
    str rest = out->unproved;
    if (!cut_attribute(&rest, 'c', &out->binding))
        return malformed("channel binding");
    if (!cut_attribute(&rest, 'r', &out->nonce) || !is_printable(out->nonce))
        return malformed("nonce");
    return are_extensions(rest) ? OK : malformed("extension");
}

bool scram_name_decode(buf *out, str saslname) {
    if (!is_saslname(saslname))
        return false;
    for (size_t i = 0; i < saslname.n; i++) {
        bool escape = saslname.p[i] == '=';
        buf_add_byte(out, !escape ? saslname.p[i] : saslname.p[i + 1] == '2' ? ',' : '=');
        i += escape ? 2 : 0;
    }
    return !out->over;
}

/* ---- keys: RFC 5802 3 ---- */

void scram_hmac(str key, str data, uint8_t out[SCRAM_KEY]) {
    unsigned n = 0;
    const uint8_t *done = HMAC(EVP_sha256(), key.p ? key.p : "", (int)key.n, (const uint8_t *)data.p, data.n, out, &n);
    ASSERT(done && n == SCRAM_KEY);
}

bool scram_derive(str password, scram_verifier *v) {
    uint8_t salted[SCRAM_KEY], client[SCRAM_KEY];
    bool done = PKCS5_PBKDF2_HMAC(password.p, (int)password.n, v->salt, (int)v->salt_n, (int)v->iterations,
                                  EVP_sha256(), sizeof salted, salted) == 1;
    scram_hmac(bytes(salted, sizeof salted), S("Client Key"), client);
    scram_hmac(bytes(salted, sizeof salted), S("Server Key"), v->server_key);
    SHA256(client, sizeof client, v->stored_key);
    mem_wipe(salted, sizeof salted);
    mem_wipe(client, sizeof client);
    return done;
}

/* ---- one exchange ---- */

void scram_begin(scram *s, const scram_first *first, str binding, const scram_verifier *verifier, str server_nonce,
                 str *server_first) {
    *s = (scram){.verifier = *verifier};
    buf *all[] = {&s->first, &s->server, &s->bound, &s->nonce, &s->outcome};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        buf_init(all[i], SCRAM_MESSAGE_MOST * 2);
    buf_add(&s->first, first->bare);
    buf_add(&s->bound, first->gs2);
    buf_add(&s->bound, binding);
    buf_add(&s->nonce, first->nonce);
    buf_add(&s->nonce, server_nonce);
    buf_add(&s->server, S("r="));
    buf_add(&s->server, buf_str(&s->nonce));
    buf_add(&s->server, S(",s="));
    base64_encode(&s->server, bytes(verifier->salt, verifier->salt_n));
    buf_add(&s->server, S(",i="));
    buf_add_u64(&s->server, verifier->iterations);
    *server_first = buf_str(&s->server);
}

/* "c=" must be base64 of exactly the header and binding that the exchange began with. */
static bool is_bound(const scram *s, str claimed) {
    SCOPED_BUF decoded;
    buf_init(&decoded, SCRAM_MESSAGE_MOST);
    return base64_decode(&decoded, claimed) && mem_equal_ct(buf_str(&decoded), buf_str(&s->bound));
}

/* RFC 5802 3: ClientKey = ClientProof XOR HMAC(StoredKey, AuthMessage), and H(ClientKey) must be StoredKey. */
static bool is_proved(const scram *s, const scram_final *final, str auth_message) {
    uint8_t key[SCRAM_KEY], hash[SCRAM_KEY];
    scram_hmac(bytes(s->verifier.stored_key, SCRAM_KEY), auth_message, key);
    for (size_t i = 0; i < SCRAM_KEY; i++)
        key[i] ^= final->proof[i];
    SHA256(key, sizeof key, hash);
    bool proved = mem_equal_ct(bytes(hash, sizeof hash), bytes(s->verifier.stored_key, SCRAM_KEY));
    mem_wipe(key, sizeof key);
    return proved;
}

err scram_end(scram *s, str client_final, str *server_final) {
    scram_final final;
    TRY(scram_final_parse(client_final, &final));
    SCOPED_BUF message;
    buf_init(&message, SCRAM_MESSAGE_MOST * 6);
    buf_add(&message, buf_str(&s->first));
    buf_add_byte(&message, ',');
    buf_add(&message, buf_str(&s->server));
    buf_add_byte(&message, ',');
    buf_add(&message, final.unproved);
    bool same_nonce = mem_equal_ct(final.nonce, buf_str(&s->nonce));
    bool bound = is_bound(s, final.binding);
    if (!is_proved(s, &final, buf_str(&message)) || !same_nonce || !bound || message.over)
        return err_make(ERR_PEER, ERR_DENIED, "Authentication failed", "SCRAM: %s",
                        !same_nonce ? "wrong nonce"
                        : !bound    ? "wrong channel binding"
                                    : "wrong proof");
    uint8_t signature[SCRAM_KEY];
    scram_hmac(bytes(s->verifier.server_key, SCRAM_KEY), buf_str(&message), signature);
    buf_add(&s->outcome, S("v="));
    base64_encode(&s->outcome, bytes(signature, sizeof signature));
    *server_final = buf_str(&s->outcome);
    return OK;
}

void scram_wipe(scram *s) {
    buf_free(&s->first);
    buf_free(&s->server);
    buf_free(&s->bound);
    buf_free(&s->nonce);
    buf_free(&s->outcome);
    mem_wipe(&s->verifier, sizeof s->verifier);
}
