/* Addresses as text again. */
#include "base/utf8.h"
#include "mime/address.h"
#include "mime/lex.h"
#include "mime/word.h"

static bool print_local(buf *out, str local) {
    return lex_dot_atom(local) ? buf_add(out, local) : lex_quote(out, local);
}

/* A domain that no parser could have read (control characters, blanks, quotes) is not printed. */
static bool print_domain(buf *out, str domain) {
    for (size_t i = 0; i < domain.n; i++)
        if ((unsigned char)domain.p[i] <= ' ' || domain.p[i] == 127)
            return false;
    return buf_add(out, domain);
}

bool address_print(buf *out, const addr_spec *spec) {
    if (spec->local.n == 0 && spec->domain.n == 0)
        return !out->over;
    if (!print_local(out, spec->local))
        return false;
    return spec->domain.n == 0 || (buf_add_byte(out, '@') && print_domain(out, spec->domain));
}

/* Whether s is words of atoms with single blanks between, RFC 5322 3.2.5 phrase. */
static bool plain_phrase(str s) {
    bool atom = false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == ' ' ? !atom : (!lex_atext(s.p[i]) || (unsigned char)s.p[i] > 127))
            return false;
        atom = s.p[i] != ' ';
    }
    return atom;
}

/* Encoded words must not stand in quotes (RFC 2047 5), so a name that has some and needs quotes is encoded anew. */
static bool print_name(buf *out, str name) {
    if (plain_phrase(name))
        return buf_add(out, name);
    if (utf8_is_ascii(name) && str_find_str(name, S("=?")) == STR_NONE)
        return lex_quote(out, name);
    SCOPED_BUF text;
    buf_init(&text, 4 * name.n + 16);
    return word_decode(&text, name) && word_encode_phrase(out, buf_str(&text));
}

static bool print_mailbox(buf *out, const address *item) {
    addr_spec spec = {.local = item->local, .domain = item->domain};
    bool angle = item->name.n || item->route.n || (item->local.n == 0 && item->domain.n == 0);
    if (item->name.n && (!print_name(out, item->name) || !buf_add_byte(out, ' ')))
        return false;
    if (!angle)
        return address_print(out, &spec);
    buf_add_byte(out, '<');
    if (item->route.n && (!print_domain(out, item->route) || !buf_add_byte(out, ':')))
        return false;
    return address_print(out, &spec) && buf_add_byte(out, '>');
}

bool address_list_print(buf *out, const address_list *list) {
    bool first = true; /* of the list, or of the group */
    for (size_t i = 0; i < list->n; i++) {
        const address *item = &list->items[i];
        if (item->kind == ADDRESS_GROUP_END) {
            buf_add_byte(out, ';');
            first = false;
            continue;
        }
        if (!first)
            buf_add(out, S(", "));
        first = item->kind == ADDRESS_GROUP_START;
        if (first && (!print_name(out, item->name) || !buf_add(out, S(": "))))
            return false;
        if (!first && !print_mailbox(out, item))
            return false;
    }
    return !out->over;
}
