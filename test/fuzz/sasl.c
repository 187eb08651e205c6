/* SASL: a dialogue of arbitrary messages. The first byte chooses mechanism and channel, 0xff parts the messages (it is
 * in no UTF-8). Nobody gets in but the one account, by its password; SCRAM, whose proof depends on our nonce, lets
 * nobody in at all. */
#include "../auth/dialogue.h"
#include "../auth/home.h"
#include "auth/password.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static home h;

static void leave(void) { home_close(&h); }

static void arrive(void) {
    auth_config c = home_auth_config();
    c.scram_iterations = 1;
    home_open(&h, &c);
    str credential;
    must(password_make(S("pass"), 1, &h.memory, &credential));
    home_add(&h, S("user@demo.test"), credential);
    atexit(leave);
}

static void check(const dialogue *d, bool scram) {
    ASSERT(d->state != SASL_FAILED || failed(d->why));
    ASSERT(d->state == SASL_DONE || d->user.who.role == ROLE_NOBODY);
    if (d->state == SASL_DONE)
        ASSERT(!scram && str_eq(str_c(d->user.name), S("user@demo.test")) && d->user.who.role == ROLE_ACCOUNT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const str mechanisms[] = {{"PLAIN", 5}, {"LOGIN", 5}, {"SCRAM-SHA-256", 13}, {"SCRAM-SHA-256-PLUS", 18}};
    if (!h.store)
        arrive();
    if (size == 0)
        return 0;
    str binding = S("0123456789abcdef"), rest = {(const char *)data + 1, size - 1}, message;
    size_t which = data[0] % 4;
    dialogue d;
    if (failed(dialogue_begin(&d, h.auth, mechanisms[which], data[0] & 4 ? &binding : NULL)))
        return 0;
    if (data[0] & 8)
        dialogue_listen(&d);
    while (d.state == SASL_CONTINUE && str_cut(&rest, '\xff', &message)) {
        dialogue_say(&d, message);
        check(&d, which >= 2);
    }
    dialogue_end(&d);
    return 0;
}
