/* SCRAM: messages of a client. What parses has parts inside the message; no bytes prove anything to an exchange. */
#include "auth/scram.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool inside(str part, str whole) {
    return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void decode_name(str saslname) {
    SCOPED_BUF name = {.max = SCRAM_MESSAGE_MOST};
    if (scram_name_decode(&name, saslname))
        ASSERT(name.n <= saslname.n);
}

static void exchange(const scram_first *first, str final) {
    scram s;
    scram_verifier v = {.iterations = 1, .salt_n = 16, .stored_key = {1}, .server_key = {2}};
    str server_first, server_final;
    scram_begin(&s, first, S("binding"), &v, S("nonce"), &server_first);
    ASSERT(str_starts(server_first, S("r=")));
    ASSERT(failed(scram_end(&s, final, &server_final)));
    scram_wipe(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str in = {(const char *)data, size}, rest = in, head;
    str_cut(&rest, '\n', &head); /* a seed is a first message, LF, a final one */
    scram_first first;
    if (!failed(scram_first_parse(head, &first))) {
        ASSERT(inside(first.gs2, head) && inside(first.bare, head) && first.gs2.n + first.bare.n == head.n);
        ASSERT(inside(first.name, head) && inside(first.authzid, head) && inside(first.nonce, head));
        ASSERT(first.name.n > 0 && first.nonce.n > 0 && first.nonce.n <= SCRAM_NONCE_MOST);
        decode_name(first.name);
        decode_name(first.authzid);
        exchange(&first, rest);
    }
    decode_name(in);
    scram_final final;
    if (!failed(scram_final_parse(rest, &final)))
        ASSERT(inside(final.binding, rest) && inside(final.nonce, rest) && inside(final.unproved, rest));
    scram_verifier kept;
    if (password_scram(in, &kept)) {
        SCOPED_BUF text = {.max = 1000};
        password_print(&kept, &text);
        ASSERT(kept.iterations > 0 && kept.salt_n <= sizeof kept.salt && text.n <= in.n);
    }
    return 0;
}
