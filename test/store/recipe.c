#include "kit.h"

#include "store/recipe.h"

static piece blob_piece(piece_kind kind, uint64_t size, uint32_t width) {
    static char crcs[4096];
    piece p = {.kind = kind, .blob.size = size, .width = width, .crcs = str_of(crcs, (size_t)recipe_blocks(size) * 4)};
    for (int i = 0; i < BLOB_ID; i++)
        p.blob.id.bytes[i] = (unsigned char)(i + kind);
    armor how = recipe_armor(&p);
    p.n = kind == PIECE_BLOB ? size : armor_size(&how, size);
    return p;
}

static void make(buf *out, piece pieces[4]) {
    pieces[0] = (piece){.kind = PIECE_INLINE, .n = 300};
    pieces[1] = blob_piece(PIECE_BASE64_CRLF, 70000, 76);
    pieces[2] = blob_piece(PIECE_BLOB, 65536, 0);
    pieces[3] = blob_piece(PIECE_BASE64_LF, 1, 1000000);
    recipe_begin(out);
    for (int i = 0; i < 4; i++)
        assert_true(recipe_add(out, &pieces[i]));
}

static void round_trip(void **state) {
    (void)state;
    SCOPED_BUF b;
    buf_init(&b, 10000);
    piece pieces[4], p;
    make(&b, pieces);
    str rest;
    assert_ok(recipe_open(buf_str(&b), &rest));
    for (int i = 0; i < 4; i++) {
        assert_ok(recipe_next(&rest, &p));
        assert_int_equal(p.kind, pieces[i].kind);
        assert_int_equal(p.n, pieces[i].n);
        assert_int_equal(p.blob.size, pieces[i].blob.size);
        assert_memory_equal(p.blob.id.bytes, pieces[i].blob.id.bytes, BLOB_ID);
        assert_int_equal(p.crcs.n, pieces[i].crcs.n);
        if (i == 1 || i == 3)
            assert_int_equal(p.width, pieces[i].width);
    }
    assert_int_equal(rest.n, 0);
    assert_int_equal(recipe_blocks(0), 0);
    assert_int_equal(recipe_blocks(1), 1);
    assert_int_equal(recipe_blocks(BLOB_BLOCK), 1);
    assert_int_equal(recipe_blocks(BLOB_BLOCK + 1), 2);
}

/* Walks what there is; errors are fine, going on forever or beyond the end is not. */
static bool walks(str recipe) {
    str rest;
    if (failed(recipe_open(recipe, &rest)))
        return false;
    while (rest.n) {
        piece p;
        size_t before = rest.n;
        err e = recipe_next(&rest, &p);
        if (failed(e)) {
            assert_int_equal(e.what, ERR_CORRUPT);
            return false;
        }
        assert_true(rest.n < before);
    }
    return true;
}

static void cut_anywhere(void **state) {
    (void)state;
    SCOPED_BUF b;
    buf_init(&b, 10000);
    piece pieces[4];
    make(&b, pieces);
    size_t whole = 0;
    for (size_t n = 0; n <= b.n; n++)
        whole += walks(str_sub(buf_str(&b), 0, n));
    assert_int_equal(whole, 5); /* between pieces: from none to four */
}

static void damaged(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
    } bad[] = {
        {"", 0},
        {"\x02", 1},         /* another version */
        {"\x01\x04\x05", 3}, /* no such kind */
        {"\x01\xFF\x05", 3},
        {"\x01\x00\x00", 3},     /* an empty piece */
        {"\x01\x00\x80\x00", 4}, /* a number with needless bytes */
        {"\x01\x00\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 12},
        {"\x01\x00\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", 11}, /* more than there can be */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(walks(str_of(bad[i].bytes, bad[i].n)));
    SCOPED_BUF b;
    buf_init(&b, 10000);
    recipe_begin(&b);
    piece p = blob_piece(PIECE_BASE64_CRLF, 1000, 76);
    p.n++; /* not the length that rebuilding gives */
    recipe_add(&b, &p);
    assert_false(walks(buf_str(&b)));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(round_trip), cmocka_unit_test(cut_anywhere),
                                       cmocka_unit_test(damaged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
