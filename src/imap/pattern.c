#include "imap/pattern.h"

/* Position i means: the first i characters of the pattern are matched. A wildcard may be passed at any time (advance)
 * and stays while it takes bytes; folding leaves no two of them beside each other, so passing once is enough. */

static void put(uint64_t *set, size_t i) { set[i / 64] |= UINT64_C(1) << (i % 64); }

static bool has(const uint64_t *set, size_t i) { return set[i / 64] >> (i % 64) & 1; }

static bool wild(char c) { return c == '*' || c == '%'; }

/* "**", "*%" and "%*" mean "*"; "%%" means "%". */
static str fold(str text, arena *memory) {
    char *p = arena_alloc(memory, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; p && i < text.n; i++) {
        if (n && wild(p[n - 1]) && wild(text.p[i]))
            p[n - 1] = p[n - 1] == '*' ? '*' : text.p[i];
        else
            p[n++] = text.p[i];
    }
    return (str){p, n};
}

bool imap_pattern_compile(imap_pattern *p, str text, arena *memory) {
    *p = (imap_pattern){.text = fold(text, memory)};
    p->words = (p->text.n + 1 + 63) / 64;
    p->bytes = arena_array(memory, 256 * p->words, sizeof *p->bytes);
    p->star = arena_array(memory, 4 * p->words, sizeof *p->star);
    if (!p->text.p || !p->bytes || !p->star)
        return false;
    p->percent = p->star + p->words;
    p->now = p->percent + p->words;
    p->next = p->now + p->words;
    for (size_t i = 0; i < p->text.n; i++) {
        char c = p->text.p[i];
        if (wild(c))
            put(c == '*' ? p->star : p->percent, i);
        else
            put(p->bytes + (unsigned char)c * p->words, i);
    }
    return true;
}

/* Adds the positions behind wildcards. */
static void pass_wildcards(const imap_pattern *p, uint64_t *set) {
    uint64_t carry = 0;
    for (size_t w = 0; w < p->words; w++) {
        uint64_t at_wild = set[w] & (p->star[w] | p->percent[w]);
        set[w] |= at_wild << 1 | carry;
        carry = at_wild >> 63;
    }
}

static bool take_byte(const imap_pattern *p, const uint64_t *from, uint64_t *to, char c) {
    const uint64_t *same = p->bytes + (unsigned char)c * p->words;
    uint64_t carry = 0, any = 0;
    for (size_t w = 0; w < p->words; w++) {
        uint64_t taken = from[w] & same[w];
        uint64_t stays = from[w] & (p->star[w] | (c == '/' ? 0 : p->percent[w]));
        to[w] = taken << 1 | carry | stays;
        carry = taken >> 63;
        any |= to[w];
    }
    pass_wildcards(p, to);
    return any != 0;
}

bool imap_pattern_match(const imap_pattern *p, str name) {
    uint64_t *now = p->now, *next = p->next;
    memset(now, 0, p->words * sizeof *now);
    put(now, 0);
    pass_wildcards(p, now);
    for (size_t i = 0; i < name.n; i++) {
        if (!take_byte(p, now, next, name.p[i]))
            return false;
        uint64_t *spare = now;
        now = next;
        next = spare;
    }
    return has(now, p->text.n);
}
