/* Parameters of MAIL and RCPT, and xtext. */
#include "base/codec.h"
#include "base/utf8.h"
#include "smtp/grammar.h"
#include "store/store.h"

enum {
    ENVID_MOST = 100,        /* RFC 3461 4.4 */
    ORCPT_MOST = 500,        /* RFC 3461 4.2 */
    AUTH_MOST = 500,         /* RFC 4954 3 */
    SIZE_DIGITS = 20,        /* RFC 1870 3 */
    UNICODE_DIGITS_MOST = 6, /* of \x{...}, RFC 6533 3 */
};

static bool keyword_byte(char c) { return ascii_alnum(c) || c == '-'; }
static bool value_byte(char c) { return (unsigned char)c > ' ' && c != '=' && c != 127; }

smtp_param_next smtp_param_take(str *rest, smtp_param *out) {
    size_t n = 0;
    str s = str_trim(*rest);
    if (s.n == 0)
        return SMTP_PARAM_END;
    if (s.p == rest->p) /* "<a@b>SIZE=1": no blank between */
        return SMTP_PARAM_BAD;
    while (n < s.n && keyword_byte(s.p[n]))
        n++;
    *out = (smtp_param){.keyword = str_sub(s, 0, n)};
    s = str_skip(s, n);
    if (n == 0 || out->keyword.p[0] == '-')
        return SMTP_PARAM_BAD;
    if (s.n && s.p[0] == '=') {
        s = str_skip(s, 1);
        for (n = 0; n < s.n && value_byte(s.p[n]);)
            n++;
        out->value = str_sub(s, 0, n);
        s = str_skip(s, n);
        if (n == 0)
            return SMTP_PARAM_BAD;
    }
    if (s.n && s.p[0] != ' ' && s.p[0] != '\t')
        return SMTP_PARAM_BAD;
    *rest = s;
    return SMTP_PARAM_ONE;
}

static err wrong(const char *text) { return err_make(ERR_PEER, ERR_SYNTAX, text, ""); }

/* ---- MAIL ---- */

static bool set_size(smtp_mail_params *p, str v) { return v.n <= SIZE_DIGITS && str_to_u64(v, UINT64_MAX, &p->size); }

static bool set_body(smtp_mail_params *p, str v) {
    static const char *const names[] = {"7BIT", "8BITMIME", "BINARYMIME"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_caseeq(v, str_c(names[i]))) {
            p->body = (smtp_body)i;
            return true;
        }
    return false;
}

static bool set_smtputf8(smtp_mail_params *p, str v) {
    p->smtputf8 = true;
    return v.p == NULL;
}

static bool set_ret(smtp_mail_params *p, str v) {
    p->ret_headers = str_caseeq(v, S("HDRS"));
    return p->ret_headers || str_caseeq(v, S("FULL"));
}

static bool set_envid(smtp_mail_params *p, str v) {
    p->envid = v;
    return v.n && v.n <= ENVID_MOST;
}

static bool set_auth(smtp_mail_params *p, str v) {
    p->auth = v;
    return v.n && v.n <= AUTH_MOST;
}

static const struct mail_param {
    const char *keyword;
    bool (*set)(smtp_mail_params *p, str value);
    const char *wrong;
} mail_params[] = {
    {"SIZE", set_size, "Bad SIZE parameter"},
    {"BODY", set_body, "Bad BODY parameter"},
    {"SMTPUTF8", set_smtputf8, "SMTPUTF8 takes no value"},
    {"RET", set_ret, "Bad RET parameter"},
    {"ENVID", set_envid, "Bad ENVID parameter"},
    {"AUTH", set_auth, "Bad AUTH parameter"},
};

/* Whether a decoded value is clean is found out here, where it can still be refused with the right code. */
static bool xtext_ok(str s, size_t most) {
    SCOPED_BUF out;
    buf_init(&out, most);
    return s.n == 0 || smtp_xtext_decode(&out, s);
}

err smtp_mail_params_parse(str rest, smtp_mail_params *out) {
    smtp_param_next next;
    smtp_param param;
    unsigned seen = 0;
    *out = (smtp_mail_params){.envid = S(""), .auth = S("")};
    while ((next = smtp_param_take(&rest, &param)) == SMTP_PARAM_ONE) {
        size_t i = 0, known = sizeof mail_params / sizeof *mail_params;
        while (i < known && !str_caseeq(param.keyword, str_c(mail_params[i].keyword)))
            i++;
        if (i == known)
            return err_make(ERR_PEER, ERR_UNSUPPORTED, "MAIL parameter not known", "");
        if (seen & 1u << i)
            return wrong("MAIL parameter given twice");
        seen |= 1u << i;
        if (!mail_params[i].set(out, param.value))
            return wrong(mail_params[i].wrong);
    }
    if (next == SMTP_PARAM_BAD)
        return wrong("Bad MAIL parameters");
    if (!xtext_ok(out->envid, ENVID_MOST))
        return wrong("Bad ENVID parameter");
    return xtext_ok(out->auth, AUTH_MOST) ? OK : wrong("Bad AUTH parameter");
}

/* ---- RCPT ---- */

static bool parse_notify(str value, unsigned *out) {
    static const struct {
        const char *word;
        unsigned bit;
    } words[] = {
        {"NEVER", NOTIFY_NEVER}, {"SUCCESS", NOTIFY_SUCCESS}, {"FAILURE", NOTIFY_FAILURE}, {"DELAY", NOTIFY_DELAY}};
    str word;
    *out = 0;
    while (str_cut(&value, ',', &word)) {
        unsigned bit = 0;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (str_caseeq(word, str_c(words[i].word)))
                bit = words[i].bit;
        if (bit == 0 || *out & bit)
            return false;
        *out |= bit;
    }
    /* RFC 3461 4.1: NEVER stands alone. */
    return *out != 0 && (!(*out & NOTIFY_NEVER) || *out == NOTIFY_NEVER);
}

static bool orcpt_ok(str s) {
    SCOPED_BUF out;
    buf_init(&out, ORCPT_MOST);
    return s.n <= ORCPT_MOST && smtp_orcpt_decode(&out, s);
}

err smtp_rcpt_params_parse(str rest, smtp_rcpt_params *out) {
    smtp_param_next next;
    smtp_param param;
    *out = (smtp_rcpt_params){.orcpt = S("")};
    while ((next = smtp_param_take(&rest, &param)) == SMTP_PARAM_ONE) {
        if (str_caseeq(param.keyword, S("NOTIFY"))) {
            if (out->notify || !parse_notify(param.value, &out->notify))
                return wrong("Bad NOTIFY parameter");
        } else if (str_caseeq(param.keyword, S("ORCPT"))) {
            if (out->orcpt.n || !orcpt_ok(param.value))
                return wrong("Bad ORCPT parameter");
            out->orcpt = param.value;
        } else {
            return err_make(ERR_PEER, ERR_UNSUPPORTED, "RCPT parameter not known", "");
        }
    }
    return next == SMTP_PARAM_BAD ? wrong("Bad RCPT parameters") : OK;
}

/* ---- xtext ---- */

/* Two hexadecimal digits at the front, or -1. */
static int hex_pair(str s) {
    if (s.n < 2 || hex_value(s.p[0]) < 0 || hex_value(s.p[1]) < 0)
        return -1;
    return hex_value(s.p[0]) * 16 + hex_value(s.p[1]);
}

bool smtp_xtext_decode(buf *out, str in) {
    for (size_t i = 0; i < in.n; i++) {
        char c = in.p[i];
        if (c <= ' ' || c > '~' || c == '=')
            return false;
        if (c == '+') {
            int value = hex_pair(str_skip(in, i + 1));
            if (value < ' ' || value > '~')
                return false;
            c = (char)value;
            i += 2;
        }
        if (!buf_add_byte(out, c))
            return false;
    }
    return true;
}

bool smtp_xtext_encode(buf *out, str in) {
    for (size_t i = 0; i < in.n; i++) {
        char c = in.p[i];
        if (c > ' ' && c <= '~' && c != '+' && c != '=')
            buf_add_byte(out, c);
        else
            buf_addf(out, "+%02X", (unsigned)(unsigned char)c);
    }
    return !out->over;
}

/* One "\x{HEX}" at the front of `s` (RFC 6533 3 EmbeddedUnicodeChar): its length, or 0. */
static size_t embedded_unicode(str s, uint32_t *c) {
    size_t close = str_find(s, '}');
    *c = 0;
    if (!str_starts(s, S("\\x{")) || close == STR_NONE || close < 5 || close > 3 + UNICODE_DIGITS_MOST)
        return 0;
    for (size_t i = 3; i < close; i++) {
        int digit = hex_value(s.p[i]);
        if (digit < 0)
            return 0;
        *c = *c * 16 + (uint32_t)digit;
    }
    bool surrogate = *c >= 0xd800 && *c <= 0xdfff;
    return utf8_unprintable(*c) || surrogate || *c > 0x10ffff || *c < ' ' || *c == 127 ? 0 : close + 1;
}

static bool utf8_address_decode(buf *out, str in) {
    uint32_t c;
    if (!utf8_valid(in))
        return false;
    for (size_t used; in.n; in = str_skip(in, used)) {
        if (in.p[0] == '\\') {
            used = embedded_unicode(in, &c);
            if (used == 0)
                return false;
        } else {
            str rest = in;
            if (!utf8_next(&rest, &c) || c <= ' ' || c == '=' || c == 127 || utf8_unprintable(c))
                return false;
            used = in.n - rest.n;
        }
        utf8_add(out, c);
    }
    return !out->over;
}

bool smtp_orcpt_decode(buf *out, str in) {
    size_t semicolon = str_find(in, ';');
    if (semicolon == STR_NONE || semicolon == 0 || semicolon + 1 == in.n)
        return false;
    str type = str_sub(in, 0, semicolon);
    for (size_t i = 0; i < type.n; i++)
        if (!keyword_byte(type.p[i]))
            return false;
    str address = str_skip(in, semicolon + 1);
    buf_add(out, str_sub(in, 0, semicolon + 1));
    return str_caseeq(type, S("utf-8")) ? utf8_address_decode(out, address) : smtp_xtext_decode(out, address);
}
