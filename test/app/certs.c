#include "app/certs.h"

#include "../base/check.h"
#include "app/files.h"

static char folder[] = "/tmp/godwit-certs-XXXXXX";
static arena memory;

static int setup(void **state) {
    arena_init(&memory, 8 << 20);
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state) {
    str command = arena_strf(&memory, "rm -rf %s", folder);
    int said = system(command.p);
    arena_free(&memory);
    return said;
}

static err load(certs *out, const char *more) {
    config c;
    config_mistakes m;
    str text = arena_strf(&memory, "[server]\nhost = a.test\ndata = %s\n%s", folder, more);
    assert_true(config_read_text(&c, S("x"), text, &m));
    err e = certs_load(out, &c);
    config_free(&c);
    return e;
}

static void the_password_is_the_first_line(void **state) {
    static const char *const texts[] = {"secret word\n", "secret word", "secret word\r\nmore\n", "  secret word \n"};
    for (size_t i = 0; i < 4; i++) {
        certs got;
        str path = arena_strf(&memory, "%s/password", folder);
        assert_false(failed(file_write(path, str_c(texts[i]), 0600)));
        str more = arena_strf(&memory, "[relay]\nuser = u\npassword-file = %.*s\n", STR_ARG(path));
        assert_false(failed(load(&got, more.p)));
        assert_str(got.smarthost_password, S("secret word"));
        certs_free(&got);
        assert_int_equal(got.smarthost_password.n, 0);
    }
}

static void faults_name_the_file(void **state) {
    certs got;
    str empty = arena_strf(&memory, "%s/empty", folder);
    assert_false(failed(file_write(empty, S("\n"), 0600)));
    err e = load(&got, arena_strf(&memory, "[relay]\nuser = u\npassword-file = %.*s\n", STR_ARG(empty)).p);
    assert_true(failed(e) && str_find_str(str_c(e.log), S("empty")) != STR_NONE);
    certs_free(&got);
    e = load(&got, "[tls]\ncertificate = /nonexistent/c.pem\nkey = /nonexistent/k.pem\n");
    assert_true(failed(e) && str_find_str(str_c(e.log), S("/nonexistent/c.pem")) != STR_NONE);
    certs_free(&got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_password_is_the_first_line),
        cmocka_unit_test(faults_name_the_file),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
