#include "base/str.h"

#include "base/mem.h"

str str_of(const char *p, size_t n) { return (str){p, n}; }

str str_c(const char *z) { return z ? (str){z, strlen(z)} : (str){"", 0}; }

bool str_eq(str a, str b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }

bool str_caseeq(str a, str b) { return a.n == b.n && str_casecmp(a, b) == 0; }

int str_cmp(str a, str b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

int str_casecmp(str a, str b) {
    size_t n = a.n < b.n ? a.n : b.n;
    for (size_t i = 0; i < n; i++) {
        unsigned char x = (unsigned char)ascii_to_lower(a.p[i]);
        unsigned char y = (unsigned char)ascii_to_lower(b.p[i]);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (a.n > b.n) - (a.n < b.n);
}

bool str_starts(str s, str prefix) { return s.n >= prefix.n && str_eq(str_sub(s, 0, prefix.n), prefix); }

bool str_casestarts(str s, str prefix) { return s.n >= prefix.n && str_caseeq(str_sub(s, 0, prefix.n), prefix); }

bool str_ends(str s, str suffix) { return s.n >= suffix.n && str_eq(str_skip(s, s.n - suffix.n), suffix); }

str str_sub(str s, size_t from, size_t n) {
    s = str_skip(s, from);
    if (s.n > n)
        s.n = n;
    return s;
}

str str_skip(str s, size_t n) {
    if (n > s.n)
        n = s.n;
    return n ? (str){s.p + n, s.n - n} : s;
}

str str_trim(str s) {
    while (s.n && ascii_blank(s.p[0]))
        s = str_skip(s, 1);
    while (s.n && ascii_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

size_t str_find(str s, char c) {
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
    return at ? (size_t)(at - s.p) : STR_NONE;
}

size_t str_rfind(str s, char c) {
    const char *at = s.n ? memrchr(s.p, c, s.n) : NULL;
    return at ? (size_t)(at - s.p) : STR_NONE;
}

size_t str_find_str(str s, str needle) {
    if (needle.n == 0)
        return 0;
    /* glibc's memmem is two-way: linear in the worst case */
    const char *at = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
    return at ? (size_t)(at - s.p) : STR_NONE;
}

/* Knuth, Morris, Pratt: border[i] is the length of the longest proper prefix of the needle that ends at i. */
static void find_borders(str needle, size_t *border) {
    border[0] = 0;
    for (size_t i = 1, k = 0; i < needle.n; i++) {
        while (k && ascii_to_lower(needle.p[k]) != ascii_to_lower(needle.p[i]))
            k = border[k - 1];
        k += ascii_to_lower(needle.p[k]) == ascii_to_lower(needle.p[i]);
        border[i] = k;
    }
}

size_t str_casefind(str s, str needle) {
    if (needle.n == 0)
        return 0;
    if (needle.n > s.n)
        return STR_NONE;
    SCOPED_FREE size_t *border = mem_array(needle.n, sizeof *border);
    find_borders(needle, border);
    for (size_t i = 0, k = 0; i < s.n; i++) {
        while (k && ascii_to_lower(needle.p[k]) != ascii_to_lower(s.p[i]))
            k = border[k - 1];
        k += ascii_to_lower(needle.p[k]) == ascii_to_lower(s.p[i]);
        if (k == needle.n)
            return i + 1 - k;
    }
    return STR_NONE;
}

bool str_has_byte(str s, char c) { return str_find(s, c) != STR_NONE; }

bool str_cut(str *rest, char sep, str *head) {
    if (!rest->p)
        return false;
    size_t at = str_find(*rest, sep);
    if (at == STR_NONE) {
        *head = *rest;
        *rest = (str){NULL, 0};
    } else {
        *head = str_sub(*rest, 0, at);
        *rest = str_skip(*rest, at + 1);
    }
    return true;
}

bool str_cut_line(str *rest, str *line) {
    size_t at = str_find(*rest, '\n');
    if (at == STR_NONE)
        return false;
    *line = str_sub(*rest, 0, at + 1);
    *rest = str_skip(*rest, at + 1);
    return true;
}

bool str_to_u64(str s, uint64_t max, uint64_t *out) {
    uint64_t value = 0;
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_digit(s.p[i]) || __builtin_mul_overflow(value, 10U, &value) ||
            __builtin_add_overflow(value, (uint64_t)(s.p[i] - '0'), &value))
            return false;
    }
    if (value > max)
        return false;
    *out = value;
    return true;
}

bool str_to_u32(str s, uint32_t max, uint32_t *out) {
    uint64_t value;
    if (!str_to_u64(s, max, &value))
        return false;
    *out = (uint32_t)value;
    return true;
}
