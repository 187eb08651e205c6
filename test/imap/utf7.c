#include "check.h"

#include "base/utf8.h"
#include "imap/utf7.h"

static void round_trips(void **state) {
    static const struct {
        str utf8, coded;
    } pairs[] = {
        {{"INBOX", 5}, {"INBOX", 5}},
        {{"", 0}, {"", 0}},
        {{"Tom & Jerry", 11}, {"Tom &- Jerry", 12}},
        {{"Entw\xc3\xbcrfe", 9}, {"Entw&APw-rfe", 12}},
        {{"~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 28},
         {"~peter/mail/&U,BTFw-/&ZeVnLIqe-", 31}}, /* RFC 3501 5.1.3 */
        {{"\xf0\x9f\x98\x80", 4}, {"&2D3eAA-", 8}},
        {{"a\xc3\xa4&\xc3\xa4", 6}, {"a&AOQ-&-&AOQ-", 13}},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        SCOPED_BUF out;
        buf_init(&out, 200);
        assert_true(imap_utf7_encode(&out, pairs[i].utf8));
        assert_str(buf_str(&out), pairs[i].coded);
        buf_clear(&out);
        assert_true(imap_utf7_decode(&out, pairs[i].coded));
        assert_str(buf_str(&out), pairs[i].utf8);
    }
}

/* One mailbox has one name: anything else is refused. */
static void refused(void **state) {
    static const str bad[] = {
        {"&", 1},                        /* no end */
        {"&APw", 4},        {"&AP-", 4}, /* bits left over that are not zero, or too few */
        {"&APx-", 5},                    /* left-over bits not zero */
        {"&AGE-", 5},                    /* printable ASCII in base64 */
        {"&AC8-", 5},                    /* "/" in base64 */
        {"&APw-&APw-", 10},              /* two shifts where one does */
        {"&2AA-", 5},                    /* half a surrogate pair */
        {"&3gA-", 5},                    /* the wrong half first */
        {"&APw=-", 6},      {"a\x01", 2}, {"a\xc3\xa4", 3},
        {"&AP/-", 5},       {"a\0b", 3},  {"&APwA-", 6}, /* six bits too many */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        SCOPED_BUF out;
        buf_init(&out, 200);
        if (imap_utf7_decode(&out, bad[i]))
            fail_msg("accepted %zu: %.*s", i, STR_ARG(bad[i]));
    }
    SCOPED_BUF out;
    buf_init(&out, 200);
    assert_false(imap_utf7_encode(&out, S("\xff")));
}

static void every_character(void **state) {
    for (uint32_t c = 1; c <= 0x10FFFF; c += c < 0x3000 ? 1 : 97) {
        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        SCOPED_BUF name, coded, back;
        buf_init(&name, 100);
        buf_init(&coded, 100);
        buf_init(&back, 100);
        buf_add_byte(&name, 'a');
        utf8_add(&name, c);
        utf8_add(&name, 0xE4);
        buf_add_byte(&name, 'b');
        assert_true(imap_utf7_encode(&coded, buf_str(&name)));
        assert_true(imap_utf7_decode(&back, buf_str(&coded)));
        assert_str(buf_str(&back), buf_str(&name));
    }
}

static void full_buffers(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 3);
    assert_false(imap_utf7_encode(&out, S("abcd")));
    buf_clear(&out);
    assert_false(imap_utf7_decode(&out, S("abcd")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),
        cmocka_unit_test(refused),
        cmocka_unit_test(every_character),
        cmocka_unit_test(full_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
