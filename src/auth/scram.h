/* SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677, RFC 9266), the server's side: grammar and proof.
 *
 * Called by auth/sasl.c and tests; pure (no clock, no randomness, no store: nonces, bindings and verifiers are given),
 * quick enough for a loop. Slices of a parsed message point into it. */
#ifndef GODWIT_AUTH_SCRAM_H
#define GODWIT_AUTH_SCRAM_H

#include "auth/password.h"

enum {
    SCRAM_MESSAGE_MOST = 4096, /* bytes of one message of the client */
    SCRAM_NONCE_MOST = 256,    /* of the client's part; clients use 18 to 44 */
};

typedef enum scram_flag {
    SCRAM_FLAG_NONE,   /* "n": the client knows no channel binding */
    SCRAM_FLAG_UNSEEN, /* "y": it does, and thinks that we do not */
    SCRAM_FLAG_BOUND,  /* "p=...": it binds */
} scram_flag;

/* client-first-message = gs2-header client-first-message-bare */
typedef struct scram_first {
    scram_flag flag;
    str binding;       /* name of the binding type, with SCRAM_FLAG_BOUND */
    str gs2;           /* the whole gs2-header */
    str bare;          /* what follows it */
    str authzid, name; /* still with =2C and =3D */
    str nonce;
} scram_first;

typedef struct scram_final {
    str binding; /* base64, still encoded */
    str nonce;
    str unproved; /* the message up to ",p=" */
    uint8_t proof[SCRAM_KEY];
} scram_final;

/* ERR_PEER/ERR_SYNTAX for whatever does not follow the grammar, mandatory extensions ("m=") included. */
err scram_first_parse(str message, scram_first *out) MUST_USE;
err scram_final_parse(str message, scram_final *out) MUST_USE;
/* saslname: =2C and =3D back to ',' and '='. False for any other '='. */
bool scram_name_decode(buf *out, str saslname);

/* One exchange after the client's first message. Owns copies of what it needs. */
typedef struct scram {
    scram_verifier verifier;
    buf first;   /* client-first-message-bare */
    buf server;  /* server-first-message */
    buf bound;   /* gs2-header and channel binding data: what "c=" must say */
    buf nonce;   /* both parts */
    buf outcome; /* server-final-message */
} scram;

/* Begins with a parsed first message; `binding` is the channel's data of the type it names, "" without. *server_first
 * lives as long as the exchange. */
void scram_begin(scram *s, const scram_first *first, str binding, const scram_verifier *verifier, str server_nonce,
                 str *server_first);
/* OK when the client has proved that it knows the password for this very exchange: *server_final says that we know it
 * too. ERR_PEER/ERR_SYNTAX or ERR_DENIED. */
err scram_end(scram *s, str client_final, str *server_final) MUST_USE;
void scram_wipe(scram *s);

/* The keys of a prepared password, RFC 5802 3. iterations >= 1. False only when OpenSSL fails. Slow: not on a loop. */
bool scram_derive(str password, scram_verifier *in_out);

/* HMAC-SHA-256, for the keyed values of this folder. */
void scram_hmac(str key, str data, uint8_t out[SCRAM_KEY]);

#endif
