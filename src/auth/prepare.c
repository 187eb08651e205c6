#include <unictype.h>
#include <uninorm.h>

#include "auth/prepare.h"

#include "base/mem.h"
#include "base/utf8.h"

typedef struct span {
    uint32_t first, last;
} span;

/* RFC 3454 C.1.2: spaces that become U+0020. */
static const span spaces[] = {
    {0x00a0, 0x00a0}, {0x1680, 0x1680}, {0x2000, 0x200b}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000},
};

/* RFC 3454 B.1: commonly mapped to nothing. */
static const span vanishing[] = {
    {0x00ad, 0x00ad}, {0x034f, 0x034f}, {0x1806, 0x1806}, {0x180b, 0x180d},
    {0x200c, 0x200d}, {0x2060, 0x2060}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
};

/* RFC 4013 2.3: the tables C.1.2, C.2.1, C.2.2 and C.3 to C.9 of RFC 3454, merged. Surrogates are no UTF-8, and
 * U+xxFFFE and U+xxFFFF are told by arithmetic. */
static const span prohibited[] = {
    {0x0000, 0x001f},   {0x007f, 0x00a0},     {0x0340, 0x0341},   {0x06dd, 0x06dd},   {0x070f, 0x070f},
    {0x1680, 0x1680},   {0x180e, 0x180e},     {0x2000, 0x200f},   {0x2028, 0x202f},   {0x205f, 0x2063},
    {0x206a, 0x206f},   {0x2ff0, 0x2ffb},     {0x3000, 0x3000},   {0xe000, 0xf8ff},   {0xfdd0, 0xfdef},
    {0xfeff, 0xfeff},   {0xfff9, 0xfffd},     {0x1d173, 0x1d17a}, {0xe0001, 0xe0001}, {0xe0020, 0xe007f},
    {0xf0000, 0xffffd}, {0x100000, 0x10fffd},
};

static bool within(const span *table, size_t n, uint32_t c) {
    for (size_t i = 0; i < n; i++)
        if (c >= table[i].first && c <= table[i].last)
            return true;
    return false;
}

#define WITHIN(table, c) within(table, sizeof(table) / sizeof *(table), c)

static err unusable(const char *why) {
    return err_make(ERR_PEER, ERR_SYNTAX, "This password cannot be used", "password: %s", why);
}

void prepared_wipe(prepared *p) {
    mem_wipe(p->p, p->n);
    free(p->p);
    *p = (prepared){0};
}

/* RFC 4013 2.1. Never longer than its input: with that much reserved the buffer does not move and leaves no copy. */
static void map_characters(str typed, buf *mapped) {
    uint32_t c;
    buf_reserve(mapped, typed.n);
    while (utf8_next(&typed, &c))
        if (WITHIN(spaces, c))
            buf_add_byte(mapped, ' ');
        else if (!WITHIN(vanishing, c))
            utf8_add(mapped, c);
}

/* RFC 4013 2.3 to 2.5. */
static err check_characters(str s, prepare_use use) {
    bool any_right = false, any_left = false, first_right = false, last_right = false;
    uint32_t c;
    for (bool first = true; utf8_next(&s, &c); first = false) {
        if (WITHIN(prohibited, c) || (c & 0xfffe) == 0xfffe)
            return unusable("a prohibited character");
        if (use == PREPARE_STORE && uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Cn))
            return unusable("an unassigned character");
        int direction = uc_bidi_category(c);
        last_right = direction == UC_BIDI_R || direction == UC_BIDI_AL;
        any_right |= last_right;
        any_left |= direction == UC_BIDI_L;
        first_right = first ? last_right : first_right;
    }
    if (any_right && (any_left || !first_right || !last_right))
        return unusable("mixed directions");
    return OK;
}

err prepare(str typed, prepare_use use, prepared *out) {
    *out = (prepared){0};
    if (typed.n == 0 || typed.n > PASSWORD_MOST || !utf8_valid(typed))
        return unusable(typed.n == 0 ? "empty" : typed.n > PASSWORD_MOST ? "too long" : "not UTF-8");
    SCOPED_BUF mapped;
    buf_init(&mapped, PASSWORD_MOST);
    map_characters(typed, &mapped);
    SCOPED_PREPARED folded = {0};
    if (mapped.n)
        folded.p = (char *)u8_normalize(UNINORM_NFKC, (const uint8_t *)mapped.p, mapped.n, NULL, &folded.n);
    mem_wipe(mapped.p, mapped.n);
    if (!folded.p || folded.n > PREPARED_MOST)
        return unusable(mapped.n ? "too long" : "empty");
    TRY(check_characters((str){folded.p, folded.n}, use));
    *out = folded;
    folded = (prepared){0};
    return OK;
}
