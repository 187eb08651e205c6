#include <uninorm.h>

#include "store/name.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "store/list.h"

static err bad_name(const char *why) { return err_make(ERR_PEER, ERR_SYNTAX, "not a mailbox name", "%s", why); }
static err long_name(void) { return err_make(ERR_PEER, ERR_LIMIT, "mailbox name too long", ""); }

static err check_characters(str in) {
    if (!utf8_valid(in))
        return bad_name("not UTF-8");
    for (uint32_t c; utf8_next(&in, &c);) {
        if (utf8_unprintable(c))
            return bad_name("control character");
    }
    return OK;
}

static err check_levels(str in) {
    size_t levels = 0;
    for (str level; str_cut(&in, '/', &level); levels++) {
        if (str_empty(level))
            return bad_name("empty level");
    }
    return levels > LIMIT_MAILBOX_LEVELS ? long_name() : OK;
}

static err normal_form(str in, arena *a, str *out) {
    size_t n = 0;
    uint8_t *p = u8_normalize(UNINORM_NFC, (const uint8_t *)in.p, in.n, NULL, &n);
    if (!p)
        return err_make(ERR_TEMP, ERR_LIMIT, "busy, try again", "normalisation failed");
    char *copy = arena_cstr(a, str_of((char *)p, n));
    free(p);
    if (!copy)
        return list_over();
    *out = str_of(copy, n);
    str first = str_sub(*out, 0, str_find(*out, '/'));
    if (str_caseeq(first, S("INBOX")))
        memcpy(copy, "INBOX", 5);
    return OK;
}

err name_mailbox(str in, arena *a, str *out) {
    if (str_empty(in))
        return bad_name("empty");
    if (in.n > LIMIT_MAILBOX_NAME)
        return long_name();
    TRY(check_characters(in));
    TRY(check_levels(in));
    TRY(normal_form(in, a, out));
    return out->n > LIMIT_MAILBOX_NAME ? long_name() : OK;
}

err name_levels(str name, arena *a, str **out, size_t *n) {
    *n = 0;
    for (size_t at = 0; at <= name.n; at++) {
        if (at < name.n && name.p[at] != '/')
            continue;
        str *level = LIST_PUSH(a, out, n);
        if (!level)
            return list_over();
        *level = str_sub(name, 0, at);
    }
    return OK;
}

bool name_is_below(str below, str above) {
    return below.n > above.n && str_starts(below, above) && below.p[above.n] == '/';
}

err name_keywords(const str *keywords, size_t n) {
    if (n > LIMIT_KEYWORDS)
        return err_make(ERR_PEER, ERR_LIMIT, "too many keywords", "%zu keywords", n);
    for (size_t i = 0; i < n; i++) {
        if (keywords[i].n > LIMIT_KEYWORD)
            return err_make(ERR_PEER, ERR_LIMIT, "keyword too long", "%zu bytes", keywords[i].n);
        bool good = keywords[i].n > 0;
        for (size_t k = 0; k < keywords[i].n; k++)
            good &= keywords[i].p[k] > ' ' && keywords[i].p[k] < 0x7F;
        if (!good)
            return err_make(ERR_PEER, ERR_SYNTAX, "not a keyword", "");
    }
    return OK;
}
