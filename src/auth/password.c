#include <crypt.h>

#include "auth/password.h"

#include "auth/prepare.h"
#include "auth/scram.h"
#include "base/codec.h"
#include "base/mem.h"
#include "base/rand.h"

enum {
    SALT_MADE = 16,
    ITERATIONS_MOST = 10000000, /* of a stored credential: some seconds of work */
};

static const str scheme = {"SCRAM-SHA-256$", 14};

static str bytes(const uint8_t *p, size_t n) { return (str){(const char *)p, n}; }

/* base64 of 1 to `room` bytes. */
static bool decode(str text, uint8_t *out, size_t room, size_t *n) {
    SCOPED_BUF decoded;
    buf_init(&decoded, room);
    if (!base64_decode(&decoded, text) || decoded.n == 0)
        return false;
    memcpy(out, decoded.p, decoded.n);
    *n = decoded.n;
    mem_wipe(decoded.p, decoded.n);
    return true;
}

/* RFC 5803 3: scheme "$" iterations ":" salt "$" StoredKey ":" ServerKey */
bool password_scram(str credential, scram_verifier *out) {
    *out = (scram_verifier){0};
    if (!str_starts(credential, scheme))
        return false;
    str rest = str_skip(credential, scheme.n), work, salt, stored;
    if (!str_cut(&rest, '$', &work) || !rest.p || !str_cut(&work, ':', &salt) || !work.p ||
        !str_cut(&rest, ':', &stored) || !rest.p)
        return false;
    size_t stored_n, server_n;
    return str_to_u32(salt, ITERATIONS_MOST, &out->iterations) && out->iterations > 0 &&
           decode(work, out->salt, sizeof out->salt, &out->salt_n) &&
           decode(stored, out->stored_key, SCRAM_KEY, &stored_n) && stored_n == SCRAM_KEY &&
           decode(rest, out->server_key, SCRAM_KEY, &server_n) && server_n == SCRAM_KEY;
}

void password_print(const scram_verifier *v, buf *out) {
    buf_add(out, scheme);
    buf_add_u64(out, v->iterations);
    buf_add_byte(out, ':');
    base64_encode(out, bytes(v->salt, v->salt_n));
    buf_add_byte(out, '$');
    base64_encode(out, bytes(v->stored_key, SCRAM_KEY));
    buf_add_byte(out, ':');
    base64_encode(out, bytes(v->server_key, SCRAM_KEY));
}

err password_make(str password, uint32_t iterations, arena *a, str *credential) {
    SCOPED_PREPARED ready = {0};
    TRY(prepare(password, PREPARE_STORE, &ready));
    scram_verifier v = {.iterations = iterations, .salt_n = SALT_MADE};
    rand_bytes(v.salt, v.salt_n);
    if (iterations == 0 || iterations > ITERATIONS_MOST || !scram_derive((str){ready.p, ready.n}, &v))
        return err_make(ERR_BUG, ERR_WHAT_OTHER, "Internal error", "PBKDF2 with %u iterations failed", iterations);
    SCOPED_BUF text;
    buf_init(&text, 256);
    password_print(&v, &text);
    mem_wipe(&v, sizeof v);
    *credential = arena_str(a, buf_str(&text));
    return credential->p ? OK : err_make(ERR_TEMP, ERR_LIMIT, "Out of memory", "arena full in password_make");
}

static bool verify_scram(const scram_verifier *kept, str password) {
    SCOPED_PREPARED ready = {0};
    if (failed(prepare(password, PREPARE_QUERY, &ready)))
        return false;
    scram_verifier given = *kept;
    bool same = scram_derive((str){ready.p, ready.n}, &given) &&
                mem_equal_ct(bytes(given.stored_key, SCRAM_KEY), bytes(kept->stored_key, SCRAM_KEY));
    mem_wipe(&given, sizeof given);
    return same;
}

/* The password goes to crypt(3) as it came: nobody prepared it when the hash was made. */
static bool verify_crypt(str credential, str password) {
    if (!str_starts(credential, S("$")) || credential.n >= CRYPT_OUTPUT_SIZE || password.n == 0 ||
        password.n >= CRYPT_MAX_PASSPHRASE_SIZE || str_has_byte(password, '\0') || str_has_byte(credential, '\0'))
        return false;
    struct crypt_data *work = mem_alloc(sizeof *work); /* 32 KB: too much for a stack */
    char *phrase = mem_strdup(password), *setting = mem_strdup(credential);
    const char *hashed = crypt_rn(phrase, setting, work, sizeof *work);
    bool same = hashed && mem_equal_ct(str_c(hashed), credential);
    mem_wipe(phrase, password.n);
    mem_wipe(work, sizeof *work);
    mem_wipe(setting, credential.n);
    free(phrase);
    free(setting);
    free(work);
    return same;
}

bool password_verify(str credential, str password) {
    scram_verifier kept;
    bool same = password_scram(credential, &kept) ? verify_scram(&kept, password) : verify_crypt(credential, password);
    mem_wipe(&kept, sizeof kept);
    return same;
}
