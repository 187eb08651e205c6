#include <unicase.h>
#include <uninorm.h>

#include "imap/contains.h"

/* Longer texts are folded in pieces that overlap by the needle, so that folding never needs three times a message. */
enum { PIECE = 256 * 1024 };

static str folded(str s, uint8_t **owned) {
    size_t n = 0;
    *owned = u8_casefold((const uint8_t *)s.p, s.n, NULL, UNINORM_NFC, NULL, &n);
    return *owned ? str_of((const char *)*owned, n) : S("");
}

static bool in_piece(str piece, str folded_needle) {
    uint8_t *owned;
    bool found = str_find_str(folded(piece, &owned), folded_needle) != STR_NONE;
    free(owned);
    return found;
}

/* The longest a text may be, in bytes, that folds to the needle: a folded letter is at least a third of what it was. */
static size_t widest(str needle) { return 3 * needle.n + 16; }

bool imap_contains(str text, str needle, bool ascii_needle) {
    if (needle.n == 0)
        return true;
    if (ascii_needle)
        return str_casefind(text, needle) != STR_NONE;
    uint8_t *owned;
    str wanted = folded(needle, &owned);
    bool found = false;
    while (!found && wanted.n) {
        str piece = utf8_prefix(text, PIECE + widest(wanted));
        found = in_piece(piece, wanted);
        if (piece.n == text.n)
            break;
        text = str_skip(text, utf8_prefix(text, PIECE).n);
    }
    free(owned);
    return found;
}
