/* Envelope addresses: the strict grammar of RFC 5321 4.1.2. */
#include <arpa/inet.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "mime/address.h"
#include "mime/lex.h"

enum { LABEL_MOST = 63, DOMAIN_MOST = 255 }; /* RFC 1035 2.3.4, RFC 5321 4.5.3.1.2 */

static err bad(const char *text) { return err_make(ERR_PEER, ERR_SYNTAX, text, ""); }

/* Dot-string, as it stands. */
static err take_dot_string(str *s, str *local) {
    size_t n = 0;
    while (n < s->n && (s->p[n] == '.' || lex_atext(s->p[n])))
        n++;
    *local = str_sub(*s, 0, n);
    *s = str_skip(*s, n);
    return lex_dot_atom(*local) ? OK : bad("Bad local part");
}

/* Quoted-string of RFC 5321, narrower than that of headers: no folds, printable characters only.
 * `local` gets it without quotes and escapes. */
static err take_quoted(str *s, arena *a, str *local) {
    size_t end = 1, escapes = 0;
    while (end < s->n && s->p[end] != '"') {
        if (s->p[end] == '\\') {
            escapes++;
            end++;
        }
        if (end < s->n && ((unsigned char)s->p[end] < ' ' || s->p[end] == 127))
            return bad("Control character in local part");
        end++;
    }
    if (end >= s->n)
        return bad("Unclosed quote in local part");
    str content = str_sub(*s, 1, end - 1);
    *s = str_skip(*s, end + 1);
    *local = content;
    if (escapes == 0)
        return OK;
    char *plain = arena_alloc(a, content.n);
    if (!plain)
        return err_make(ERR_PEER, ERR_LIMIT, "Address too long", "");
    size_t n = 0;
    for (size_t i = 0; i < content.n; i++) {
        if (content.p[i] == '\\')
            i++;
        plain[n++] = content.p[i];
    }
    *local = str_of(plain, n);
    return OK;
}

/* address-literal, RFC 5321 4.1.3. No tag but IPv6 was ever registered. */
static err take_literal(str *s, str *domain) {
    size_t close = str_find(*s, ']');
    char text[INET6_ADDRSTRLEN];
    unsigned char parsed[sizeof(struct in6_addr)];
    if (close == STR_NONE)
        return bad("Bad address literal");
    str content = str_sub(*s, 1, close - 1);
    bool six = str_casestarts(content, S("IPv6:"));
    if (six)
        content = str_skip(content, 5);
    if (content.n >= sizeof text || str_has_byte(content, 0))
        return bad("Bad address literal");
    memcpy(text, content.p, content.n);
    text[content.n] = 0;
    if (inet_pton(six ? AF_INET6 : AF_INET, text, parsed) != 1)
        return bad("Bad address literal");
    *domain = str_sub(*s, 0, close + 1);
    *s = str_skip(*s, close + 1);
    return OK;
}

static bool domain_byte(char c) { return ascii_alnum(c) || c == '-' || c == '.' || (unsigned char)c > 127; }

/* Labels of letters, digits, inner hyphens (and what RFC 6531 adds); the last one not all digits, so that an
 * IPv4 address without brackets is not taken for a name. */
static bool domain_valid(str domain) {
    str label = {0};
    bool digits = true;
    if (domain.n > DOMAIN_MOST)
        return false;
    while (str_cut(&domain, '.', &label)) {
        bool ascii = utf8_is_ascii(label);
        if (label.n == 0 || (ascii && label.n > LABEL_MOST) || label.p[0] == '-' || label.p[label.n - 1] == '-')
            return false;
        digits = true;
        for (size_t i = 0; i < label.n; i++)
            digits = digits && ascii_digit(label.p[i]);
    }
    return !digits;
}

/* A final dot says "absolute name" in DNS and names the same host: it is dropped, so that nothing behind
 * this parser can take one name for two. */
static err take_domain(str *s, str *domain) {
    if (s->n && s->p[0] == '[')
        return take_literal(s, domain);
    size_t n = 0;
    while (n < s->n && domain_byte(s->p[n]))
        n++;
    *domain = str_sub(*s, 0, n);
    *s = str_skip(*s, n);
    if (n && domain->p[n - 1] == '.')
        domain->n--;
    return domain_valid(*domain) ? OK : bad("Bad domain");
}

static err take_mailbox(str *s, arena *a, addr_spec *out) {
    if (s->n && s->p[0] == '"')
        TRY(take_quoted(s, a, &out->local));
    else
        TRY(take_dot_string(s, &out->local));
    if (s->n == 0 || s->p[0] != '@') {
        /* RFC 5321 4.5.1: the one address without a domain. */
        return str_caseeq(out->local, S("postmaster")) ? OK : bad("Address without a domain");
    }
    *s = str_skip(*s, 1);
    TRY(take_domain(s, &out->domain));
    out->literal = out->domain.p[0] == '[';
    return OK;
}

/* "@a,@b:" in front of the mailbox: must be accepted, should be ignored (RFC 5321 C, F.2). */
static err skip_route(str *s) {
    str ignored;
    while (s->n && s->p[0] == '@') {
        *s = str_skip(*s, 1);
        TRY(take_domain(s, &ignored));
        if (s->n && s->p[0] == ':') {
            *s = str_skip(*s, 1);
            return OK;
        }
        if (!str_starts(*s, S(",@")))
            return bad("Bad source route");
        *s = str_skip(*s, 1);
    }
    return OK;
}

/* Characters of the whole text, whatever the grammar made of it. */
static err check_text(str text, bool allow_utf8) {
    uint32_t c;
    if (utf8_is_ascii(text))
        return OK; /* the grammar let no control character through */
    if (!allow_utf8)
        return err_make(ERR_PEER, ERR_UNSUPPORTED, "Address needs SMTPUTF8", "");
    if (!utf8_valid(text))
        return bad("Address is not UTF-8");
    while (utf8_next(&text, &c))
        if (utf8_unprintable(c))
            return bad("Control character in address");
    return OK;
}

static err parse(str *s, bool bracketed, bool allow_utf8, arena *a, addr_spec *out) {
    str whole = *s;
    *out = (addr_spec){.local = S(""), .domain = S("")};
    if (bracketed)
        TRY(skip_route(s));
    str mailbox = *s;
    if (s->n == 0 || (bracketed && s->p[0] == '>'))
        return s->p == whole.p ? OK : bad("Source route without an address");
    TRY(take_mailbox(s, a, out));
    mailbox.n -= s->n;
    if (mailbox.n > LIMIT_ADDRESS)
        return bad("Address too long");
    out->utf8 = !utf8_is_ascii(mailbox);
    return check_text(str_sub(whole, 0, whole.n - s->n), allow_utf8);
}

err address_path(str s, bool allow_utf8, arena *a, addr_spec *out, str *rest) {
    if (s.n == 0 || s.p[0] != '<')
        return bad("Address must stand in angle brackets");
    s = str_skip(s, 1);
    TRY(parse(&s, true, allow_utf8, a, out));
    if (s.n == 0 || s.p[0] != '>')
        return bad("Bad address");
    *rest = str_skip(s, 1);
    return OK;
}

err address_parse(str s, bool allow_utf8, arena *a, addr_spec *out) {
    TRY(parse(&s, false, allow_utf8, a, out));
    return s.n == 0 ? OK : bad("Bad address");
}
