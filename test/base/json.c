#include "base/json.h"

#include "check.h"

static void nested(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 1000);
    json j = json_begin(&out);
    json_object(&j);
    json_put_str(&j, "from", S("a@b"));
    json_put_u64(&j, "size", UINT64_MAX);
    json_put_i64(&j, "least", INT64_MIN);
    json_put_bool(&j, "seen", true);
    json_put_null(&j, "none");
    json_key(&j, S("list"));
    json_array(&j);
    json_i64(&j, -1);
    json_object(&j);
    json_end(&j);
    json_array(&j);
    json_end(&j);
    json_bool(&j, false);
    json_null(&j);
    json_u64(&j, 0);
    json_raw(&j, S("1.5"));
    json_end(&j);
    json_key(&j, S("deep"));
    json_object(&j);
    json_put_str(&j, "a", S(""));
    json_end(&j);
    json_end(&j);
    assert_str(buf_str(&out), S("{\"from\":\"a@b\",\"size\":18446744073709551615,\"least\":-9223372036854775808,"
                                "\"seen\":true,\"none\":null,\"list\":[-1,{},[],false,null,0,1.5],"
                                "\"deep\":{\"a\":\"\"}}"));
}

static void a_value_alone(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 100);
    json j = json_begin(&out);
    json_str(&j, S("x"));
    assert_str(buf_str(&out), S("\"x\""));
}

static void strings(void **state) {
    static const struct {
        str raw, quoted;
    } cases[] = {
        {{"", 0}, {"\"\"", 2}},
        {{"a\"b\\c/", 6}, {"\"a\\\"b\\\\c/\"", 10}},
        {{"\n\r\t\b\0\x1f\x7f", 7}, {"\"\\n\\r\\t\\u0008\\u0000\\u001f\\u007f\"", 32}},
        {{"gr\xc3\xbcn", 5}, {"\"gr\xc3\xbcn\"", 7}},
        {{"\xff\xc3(", 3}, {"\"\xef\xbf\xbd\xef\xbf\xbd(\"", 9}},
        {{"\xe2\x80\xa8\xc2\x9b", 5}, {"\"\\u2028\\u009b\"", 14}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED_BUF out;
        buf_init(&out, 100);
        assert_true(json_quote(&out, cases[i].raw));
        assert_str(buf_str(&out), cases[i].quoted);
    }
}

/* The buffer may be emptied while the document grows. */
static void streams(void **state) {
    SCOPED_BUF out, sent;
    buf_init(&out, 64);
    buf_init(&sent, 10000);
    json j = json_begin(&out);
    json_array(&j);
    for (unsigned i = 0; i < 100; i++) {
        json_u64(&j, i);
        buf_add(&sent, buf_str(&out));
        buf_consume(&out, out.n);
    }
    json_end(&j);
    buf_add(&sent, buf_str(&out));
    assert_false(out.over);
    assert_true(str_starts(buf_str(&sent), S("[0,1,2,3,")));
    assert_true(str_ends(buf_str(&sent), S(",98,99]")));
}

static void overflow(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 8);
    json j = json_begin(&out);
    json_array(&j);
    for (int i = 0; i < 10; i++)
        json_str(&j, S("abc"));
    json_end(&j);
    assert_true(out.over);
    assert_true(out.n <= 8);
}

static json broken(void) {
    static buf out;
    buf_init(&out, 10000);
    json j = json_begin(&out);
    json_object(&j);
    return j;
}

static void value_without_key(void) {
    json j = broken();
    json_u64(&j, 1);
}

static void key_without_value(void) {
    json j = broken();
    json_key(&j, S("a"));
    json_end(&j);
}

static void two_keys(void) {
    json j = broken();
    json_key(&j, S("a"));
    json_key(&j, S("b"));
}

static void one_end_too_many(void) {
    json j = broken();
    json_end(&j);
    json_end(&j);
}

static void two_documents(void) {
    json j = broken();
    json_end(&j);
    json_object(&j);
}

static void key_in_array(void) {
    json j = broken();
    json_key(&j, S("a"));
    json_array(&j);
    json_key(&j, S("b"));
}

static void too_deep(void) {
    json j = broken();
    json_key(&j, S("a"));
    for (int i = 0; i < JSON_DEPTH; i++)
        json_array(&j);
}

static void misuse_is_our_bug(void **state) {
    assert_true(aborts(value_without_key));
    assert_true(aborts(key_without_value));
    assert_true(aborts(two_keys));
    assert_true(aborts(one_end_too_many));
    assert_true(aborts(two_documents));
    assert_true(aborts(key_in_array));
    assert_true(aborts(too_deep));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nested),  cmocka_unit_test(a_value_alone), cmocka_unit_test(strings),
        cmocka_unit_test(streams), cmocka_unit_test(overflow),      cmocka_unit_test(misuse_is_our_bug),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
