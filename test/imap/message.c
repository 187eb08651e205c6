/* What a message costs to look at, in a session without a connection. */
#include <openssl/ssl.h>

#include "serve.h"

#include "imap/message.h"

static served s;
static imap_box box;
static imap_session session;
static arena memory;

static int begin(void **state) {
    serve_start(&s, true);
    arena_init(&memory, 64 << 20);
    box = (imap_box){.id = s.inbox};
    session = (imap_session){.service = &s.service, .who = s.user, .box = &box};
    return 0;
}

static int finish(void **state) {
    serve_stop(&s);
    arena_free(&memory);
    return 0;
}

static store_message row_of(uint32_t uid) {
    store_range one = {uid, uid};
    store_message *rows;
    size_t n;
    must(store_messages(s.home.store, &s.user, s.inbox, &one, 1, 0, WANT_FLAGS, 1, &memory, &rows, &n));
    assert_int_equal(n, 1);
    return rows[0];
}

static void header_alone(void **state) {
    store_message row = row_of(serve_append(&s, S("Subject: x\r\nA: b\r\n\r\nbody")));
    imap_message m;
    str header;
    imap_message_open(&m, &session, &row);
    must(imap_message_header(&m, &header));
    assert_str(header, S("Subject: x\r\nA: b\r\n\r\n"));
    assert_false(m.loaded);
    imap_message_close(&m);
    imap_message_close(&m);
}

static void in_a_file(void **state) {
    s.service.spool_least = 1000;
    char *bytes = arena_alloc(&memory, 200000);
    memset(bytes, 'x', 200000);
    memcpy(bytes, "Subject: x\r\n\r\n", 14);
    store_message row = row_of(serve_append(&s, str_of(bytes, 200000)));
    imap_message m;
    imap_message_open(&m, &session, &row);
    must(imap_message_load(&m));
    assert_true(m.bytes.fd >= 0); /* not in memory */
    assert_int_equal(m.bytes.memory.n, 0);
    assert_true(str_eq(m.tree.message, str_of(bytes, 200000)));
    must(imap_message_load(&m)); /* once */
    imap_message_close(&m);
}

static void gone(void **state) {
    store_message row = row_of(serve_append(&s, S("Subject: x\r\n\r\n")));
    store_range *expunged;
    size_t n;
    must(store_expunge(s.home.store, &s.user, s.inbox, NULL, 0, true, &memory, &expunged, &n));
    imap_message m;
    str header;
    imap_message_open(&m, &session, &row);
    err e = imap_message_header(&m, &header);
    assert_true(e.kind == ERR_PEER && e.what == ERR_NOT_FOUND);
    e = imap_message_load(&m);
    assert_true(e.kind == ERR_PEER && e.what == ERR_NOT_FOUND);
    imap_message_close(&m);
}

static void decoding(void **state) {
    store_message row = row_of(serve_append(&s, S("Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n")));
    imap_message m;
    str bytes;
    imap_message_open(&m, &session, &row);
    must(imap_message_load(&m));
    const uint32_t first = 1;
    const part *p = part_find(&m.tree, &first, 1);
    assert_non_null(p);
    must(imap_message_decode(&m, p, &bytes));
    assert_str(bytes, S("\0\1\2"));
    must(imap_message_decode(&m, p, &bytes)); /* again, and nothing leaks */
    assert_str(bytes, S("\0\1\2"));
    imap_message_close(&m);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, begin, finish)

int main(void) {
    const struct CMUnitTest tests[] = {CASE(header_alone), CASE(in_a_file), CASE(gone), CASE(decoding)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
