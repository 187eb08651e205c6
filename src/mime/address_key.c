/* The one form in which addresses and domains are compared and stored. */
#include <idn2.h>
#include <unicase.h>

#include "base/utf8.h"
#include "mime/address.h"

enum { LABEL_MOST = 63, NAME_MOST = 253, UTF8_MOST = 1020 };

/* Lower-case LDH name in `out`; false when it is none. The length with dots and without a final one. */
static bool ldh_name(str domain, char out[NAME_MOST]) {
    size_t label = 0;
    if (domain.n == 0 || domain.n > NAME_MOST)
        return false;
    for (size_t i = 0; i <= domain.n; i++) {
        if (i == domain.n || domain.p[i] == '.') {
            if (label == 0 || label > LABEL_MOST || domain.p[i - 1] == '-')
                return false;
            label = 0;
        } else if (ascii_alnum(domain.p[i]) || (domain.p[i] == '-' && label > 0)) {
            label++;
        } else {
            return false;
        }
        if (i < domain.n)
            out[i] = ascii_to_lower(domain.p[i]);
    }
    return true;
}

/* RFC 3696 2: no top-level domain is all digits; "192.0.2.1" is an address somebody forgot to bracket. */
static bool ends_in_number(str domain) {
    size_t dot = str_rfind(domain, '.');
    str last = dot == STR_NONE ? domain : str_skip(domain, dot + 1);
    for (size_t i = 0; i < last.n; i++)
        if (!ascii_digit(last.p[i]))
            return false;
    return true;
}

/* The A-label form by UTS 46, as a string of the library to be freed, or NULL. */
static uint8_t *to_ascii(str domain) {
    char text[UTF8_MOST + 1];
    uint8_t *ascii = NULL;
    if (domain.n > UTF8_MOST || str_has_byte(domain, 0) || !utf8_valid(domain))
        return NULL;
    memcpy(text, domain.p, domain.n);
    text[domain.n] = 0;
    int status = idn2_lookup_u8((const uint8_t *)text, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (status == IDN2_OK)
        return ascii;
    idn2_free(ascii);
    return NULL;
}

str domain_key(str domain, arena *a) {
    char name[NAME_MOST];
    uint8_t *ascii = NULL;
    str key = {NULL, 0};
    if (!utf8_is_ascii(domain)) {
        ascii = to_ascii(domain);
        if (!ascii)
            return key;
        domain = str_c((const char *)ascii);
    }
    if (domain.n && domain.p[domain.n - 1] == '.')
        domain.n--;
    /* Checked after the mapping: some characters map to '/', '@' and the like. */
    if (ldh_name(domain, name) && !ends_in_number(domain))
        key = arena_str(a, str_of(name, domain.n));
    idn2_free(ascii);
    return key;
}

/* NFC and case-folded, or p == NULL. */
static str local_key(str local, arena *a) {
    if (utf8_is_ascii(local))
        return arena_lower(a, local);
    size_t n;
    uint8_t *folded =
        utf8_valid(local) ? u8_casefold((const uint8_t *)local.p, local.n, NULL, UNINORM_NFC, NULL, &n) : NULL;
    if (!folded)
        return (str){NULL, 0};
    str key = arena_str(a, str_of((const char *)folded, n));
    free(folded);
    return key;
}

str address_key(const addr_spec *spec, arena *a) {
    str domain = domain_key(spec->domain, a);
    str local = local_key(spec->local, a);
    if (!domain.p || !local.p)
        return (str){NULL, 0};
    char *key = arena_alloc(a, local.n + 1 + domain.n);
    if (!key)
        return (str){NULL, 0};
    if (local.n)
        memcpy(key, local.p, local.n);
    key[local.n] = '@';
    memcpy(key + local.n + 1, domain.p, domain.n);
    return str_of(key, local.n + 1 + domain.n);
}
