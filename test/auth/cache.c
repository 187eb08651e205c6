#include "auth/cache.h"

#include "../base/check.h"
#include "base/time.h"

static void remembers(void **state) {
    login_cache *c = login_cache_create(1000);
    assert_false(login_cache_has(c, S("a"), S("cred"), S("pass")));
    login_cache_add(c, S("a"), S("cred"), S("pass"));
    assert_true(login_cache_has(c, S("a"), S("cred"), S("pass")));
    assert_false(login_cache_has(c, S("a"), S("cred"), S("pasS")));
    assert_false(login_cache_has(c, S("a"), S("creD"), S("pass"))); /* the password was changed */
    assert_false(login_cache_has(c, S("b"), S("cred"), S("pass")));
    assert_false(login_cache_has(c, S("a"), S("credp"), S("ass"))); /* no two triples look alike */
    login_cache_add(c, S("a"), S("new"), S("other"));
    assert_false(login_cache_has(c, S("a"), S("cred"), S("pass")));
    assert_true(login_cache_has(c, S("a"), S("new"), S("other")));
    login_cache_free(c);
}

static void forgets(void **state) {
    login_cache *c = login_cache_create(1000);
    login_cache_add(c, S("a"), S("cred"), S("pass"));
    time_test_advance(900);
    assert_true(login_cache_has(c, S("a"), S("cred"), S("pass")));
    time_test_advance(100);
    assert_false(login_cache_has(c, S("a"), S("cred"), S("pass")));
    login_cache_free(c);
    c = login_cache_create(0);
    login_cache_add(c, S("a"), S("cred"), S("pass"));
    assert_false(login_cache_has(c, S("a"), S("cred"), S("pass")));
    login_cache_free(c);
    login_cache_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(remembers), cmocka_unit_test(forgets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
