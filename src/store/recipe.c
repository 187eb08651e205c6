#include "store/recipe.h"

enum { RECIPE_VERSION = 1 };

static const uint64_t blob_most = UINT64_C(1) << 40; /* far beyond any message; keeps sums inside 64 bits */

static bool add_number(buf *out, uint64_t v) {
    for (; v >= 0x80; v >>= 7)
        buf_add_byte(out, (char)(v | 0x80));
    return buf_add_byte(out, (char)v);
}

/* At most nine bytes, 63 bits; no needless bytes, so that a recipe has one form. */
static bool cut_number(str *rest, uint64_t *v) {
    *v = 0;
    for (unsigned shift = 0; shift < 63 && rest->n; shift += 7) {
        unsigned char c = (unsigned char)rest->p[0];
        *rest = str_skip(*rest, 1);
        *v |= (uint64_t)(c & 0x7F) << shift;
        if (!(c & 0x80))
            return c || shift == 0;
    }
    return false;
}

static bool cut_bytes(str *rest, uint64_t n, str *out) {
    if (rest->n < n)
        return false;
    *out = str_sub(*rest, 0, (size_t)n);
    *rest = str_skip(*rest, (size_t)n);
    return true;
}

uint64_t recipe_blocks(uint64_t blob_size) { return blob_size / BLOB_BLOCK + (blob_size % BLOB_BLOCK != 0); }

armor recipe_armor(const piece *p) { return (armor){.width = p->width, .lf = p->kind == PIECE_BASE64_LF}; }

static bool is_base64(piece_kind kind) { return kind == PIECE_BASE64_CRLF || kind == PIECE_BASE64_LF; }

bool recipe_begin(buf *out) { return buf_add_byte(out, RECIPE_VERSION); }

bool recipe_add(buf *out, const piece *p) {
    buf_add_byte(out, (char)p->kind);
    add_number(out, p->n);
    if (p->kind == PIECE_INLINE)
        return !out->over;
    buf_add(out, str_of((const char *)p->blob.id.bytes, BLOB_ID));
    add_number(out, p->blob.size);
    if (is_base64(p->kind))
        add_number(out, p->width);
    return buf_add(out, p->crcs);
}

static err corrupt(void) { return err_make(ERR_TEMP, ERR_CORRUPT, "local error", "a message's recipe is damaged"); }

err recipe_open(str recipe, str *rest) {
    if (str_empty(recipe) || recipe.p[0] != RECIPE_VERSION)
        return corrupt();
    *rest = str_skip(recipe, 1);
    return OK;
}

static bool cut_blob(str *rest, piece *out) {
    str id;
    uint64_t width = 0;
    if (!cut_bytes(rest, BLOB_ID, &id) || !cut_number(rest, &out->blob.size))
        return false;
    memcpy(out->blob.id.bytes, id.p, BLOB_ID);
    if (out->blob.size == 0 || out->blob.size > blob_most)
        return false;
    if (is_base64(out->kind) && (!cut_number(rest, &width) || width == 0 || width > UINT32_MAX))
        return false;
    out->width = (uint32_t)width;
    armor how = recipe_armor(out);
    uint64_t n = is_base64(out->kind) ? armor_size(&how, out->blob.size) : out->blob.size;
    return out->n == n && cut_bytes(rest, recipe_blocks(out->blob.size) * 4, &out->crcs);
}

err recipe_next(str *rest, piece *out) {
    str kind;
    *out = (piece){0};
    if (!cut_bytes(rest, 1, &kind) || (unsigned char)kind.p[0] > PIECE_BASE64_LF)
        return corrupt();
    out->kind = (piece_kind)kind.p[0];
    if (!cut_number(rest, &out->n) || out->n == 0 || out->n > blob_most * 3)
        return corrupt();
    return out->kind == PIECE_INLINE || cut_blob(rest, out) ? OK : corrupt();
}
