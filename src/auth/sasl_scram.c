#include "auth/mechanism.h"

#include "base/codec.h"
#include "base/mem.h"
#include "base/rand.h"

enum { NONCE_BYTES = 18 }; /* 144 bits, 24 characters without padding */

static sasl_state refuse(sasl *s, err_what what, const char *text) {
    return sasl_fail(s, err_make(ERR_PEER, what, text, "%.*s", STR_ARG(s->mechanism->name)));
}

/* The flag must fit the mechanism. */
static sasl_state find_binding(sasl *s, const scram_first *first, uint8_t data[BINDING_MOST], size_t *n) {
    *n = 0;
    if ((first->flag == SCRAM_FLAG_BOUND) != s->mechanism->binds)
        return refuse(s, ERR_SYNTAX, "Channel binding goes with the -PLUS mechanism");
    if (s->mechanism->binds && !s->channel.binding(s->channel.of, first->binding, data, n))
        return refuse(s, ERR_UNSUPPORTED, "Channel binding type not supported");
    return SASL_CONTINUE;
}

/* Name and authorisation name of the message, without their escapes. */
static bool names_of(const scram_first *first, buf *name, buf *authzid) {
    return scram_name_decode(name, first->name) &&
           (first->authzid.n == 0 || scram_name_decode(authzid, first->authzid));
}

/* What no proof can make good; NULL for nothing. */
static const char *fault_of(const sasl *s, const scram_first *first, str name, str authzid) {
    if (first->flag == SCRAM_FLAG_UNSEEN && s->channel.tls) /* RFC 5802 6: somebody took -PLUS from our offer */
        return "channel binding hidden";
    return login_same_name(s->auth, authzid, name) ? NULL : "acting for another";
}

static void make_nonce(buf *out) {
    char random[NONCE_BYTES];
    rand_bytes(random, sizeof random);
    base64_encode(out, (str){random, sizeof random});
}

static sasl_state take_first(sasl *s, str message, str *challenge) {
    scram_first first;
    err e = scram_first_parse(message, &first);
    if (failed(e))
        return sasl_fail(s, e);
    uint8_t binding[BINDING_MOST];
    size_t binding_n;
    if (find_binding(s, &first, binding, &binding_n) == SASL_FAILED)
        return SASL_FAILED;
    SCOPED_BUF name, authzid, nonce;
    buf_init(&name, SCRAM_MESSAGE_MOST);
    buf_init(&authzid, SCRAM_MESSAGE_MOST);
    buf_init(&nonce, NONCE_BYTES * 2);
    if (!names_of(&first, &name, &authzid))
        return refuse(s, ERR_SYNTAX, "Malformed name");
    e = login_begin(&s->login, s->auth, &s->channel.client, s->mechanism->name, buf_str(&name));
    if (failed(e))
        return sasl_fail(s, e);
    const char *fault = fault_of(s, &first, buf_str(&name), buf_str(&authzid));
    if (fault)
        return sasl_fail(s, login_end(&s->login, false, fault, &s->user));
    scram_verifier verifier;
    login_verifier(&s->login, &verifier);
    make_nonce(&nonce);
    scram_begin(&s->scram, &first, (str){(const char *)binding, binding_n}, &verifier, buf_str(&nonce), challenge);
    mem_wipe(&verifier, sizeof verifier);
    return SASL_CONTINUE;
}

/* The account is known to be in order before the client learns that its proof was right. */
static sasl_state take_final(sasl *s, str message, str *challenge) {
    err proof = scram_end(&s->scram, message, challenge);
    if (failed(proof) && proof.what == ERR_SYNTAX)
        return sasl_fail(s, proof);
    err e = login_end(&s->login, !failed(proof), proof.log, &s->user);
    return failed(e) ? sasl_fail(s, e) : SASL_CONTINUE;
}

sasl_state scram_step(sasl *s, str message, str *challenge) {
    switch (s->messages) {
    case 0:
        return take_first(s, message, challenge);
    case 1:
        return take_final(s, message, challenge);
    default: /* the answer to our proof, which has nothing to say */
        return message.n == 0 ? SASL_DONE : refuse(s, ERR_SYNTAX, "An empty message was expected");
    }
}
