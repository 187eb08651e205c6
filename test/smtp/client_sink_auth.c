#include <openssl/ssl.h>

#include "../net/check.h"

#include "client_sink_auth.h"

#include "auth/scram.h"
#include "base/codec.h"

static bool say(sink_io *io, const char *code, str text) {
    SCOPED_BUF line;
    buf_init(&line, 65536);
    buf_addf(&line, "%s ", code);
    base64_encode(&line, text);
    buf_add(&line, S("\r\n"));
    sink_io_say(io, buf_str(&line));
    return true;
}

static bool end(sink_io *io, bool good) {
    sink_io_say(io, good ? S("235 2.7.0 welcome\r\n") : S("535 5.7.8 no\r\n"));
    return true;
}

/* One message of the client: the initial response, or asked for with 334. */
static bool hear(sink_io *io, const char *initial, str challenge, buf *out) {
    SCOPED_BUF line;
    buf_init(&line, 65536);
    buf_clear(out);
    if (initial)
        return base64_decode(out, str_c(initial));
    say(io, "334", challenge);
    return sink_io_line(io, &line) && base64_decode(out, buf_str(&line));
}

static bool plain(sink_io *io, const sink_script *k, const char *initial) {
    SCOPED_BUF got, want;
    buf_init(&got, 65536);
    buf_init(&want, 65536);
    buf_addf(&want, "%c%s%c%s", 0, k->user, 0, k->password);
    return end(io, hear(io, initial, S(""), &got) && str_eq(buf_str(&got), buf_str(&want)));
}

static bool login(sink_io *io, const sink_script *k) {
    SCOPED_BUF user, password;
    buf_init(&user, 65536);
    buf_init(&password, 65536);
    bool heard = hear(io, NULL, S("Username:"), &user) && hear(io, NULL, S("Password:"), &password);
    return end(io, heard && str_eq(buf_str(&user), str_c(k->user)) && str_eq(buf_str(&password), str_c(k->password)));
}

static void make_verifier(const sink_script *k, scram_verifier *v) {
    *v = (scram_verifier){.iterations = 4096, .salt_n = 16};
    memset(v->salt, 's', v->salt_n);
    check(scram_derive(str_c(k->scram_lies ? "something else" : k->password), v));
}

static bool scram_dialogue(sink_io *io, const sink_script *k, const char *initial, str binding) {
    SCOPED_BUF first, last, empty;
    buf_init(&first, 65536);
    buf_init(&last, 65536);
    buf_init(&empty, 65536);
    scram_first parsed;
    if (!hear(io, initial, S(""), &first) || failed(scram_first_parse(buf_str(&first), &parsed)))
        return end(io, false);
    scram_verifier v;
    make_verifier(k, &v);
    scram s;
    str challenge, outcome;
    scram_begin(&s, &parsed, binding, &v, S("servernonce"), &challenge);
    bool heard = hear(io, NULL, challenge, &last);
    bool proved = heard && !failed(scram_end(&s, buf_str(&last), &outcome));
    if (k->scram_lies)
        outcome = S("v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    SCOPED_BUF name;
    buf_init(&name, 65536);
    bool good =
        (proved && scram_name_decode(&name, parsed.name) && str_eq(buf_str(&name), str_c(k->user))) || k->scram_lies;
    if (good)
        good = hear(io, NULL, outcome, &empty) && empty.n == 0;
    scram_wipe(&s);
    return end(io, good);
}

bool sink_auth(sink_io *io, const sink_script *k, const char *line) {
    str rest = str_c(line), word, mechanism;
    check(str_cut(&rest, ' ', &word) && str_cut(&rest, ' ', &mechanism) && k->user);
    const char *initial = rest.p;
    if (str_eq(mechanism, S("PLAIN")))
        return plain(io, k, initial);
    if (str_eq(mechanism, S("LOGIN")))
        return login(io, k);
    unsigned char data[32];
    bool bound = str_eq(mechanism, S("SCRAM-SHA-256-PLUS"));
    if (bound) /* RFC 9266 */
        check(io->ssl &&
              SSL_export_keying_material(io->ssl, data, 32, "EXPORTER-Channel-Binding", 24, NULL, 0, 0) == 1);
    return scram_dialogue(io, k, initial, bound ? str_of((char *)data, 32) : S(""));
}
