#include "app/config.h"

#include "../base/check.h"

/* Every row's default follows its own grammar and range, its help is one sentence, no name stands twice. */
static void every_row_is_sound(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 4 << 20);
    config *c = arena_alloc(&a, sizeof *c);
    config_listener l;
    config_certificate t;
    for (size_t i = 0; i < config_options_n; i++) {
        const option *o = &config_options[i];
        bool listener_row = strcmp(o->section, "listener") == 0, tls_row = strcmp(o->section, "tls") == 0;
        void *target = listener_row ? (void *)&l : tls_row ? (void *)&t : (void *)c;
        err e = options_set(config_options, config_options_n, str_c(o->section), str_c(o->name), str_c(o->initial),
                            target, &a);
        if (failed(e))
            fail_msg("%s.%s: %s", o->section, o->name, e.log);
        size_t n = strlen(o->help);
        assert_true(n > 10 && o->help[n - 1] == '.');
        for (size_t k = 0; k < i; k++)
            assert_false(strcmp(config_options[k].section, o->section) == 0 &&
                         strcmp(config_options[k].name, o->name) == 0);
    }
}

static void what_is_printed_can_be_read_again(void **state) {
    config c;
    config_mistakes m;
    SCOPED_ARENA a;
    arena_init(&a, 4 << 20);
    assert_true(config_read_text(&c, S(""), S(""), &m));
    for (size_t i = 0; i < config_options_n; i++) {
        const option *o = &config_options[i];
        if (strcmp(o->section, "listener") == 0 || strcmp(o->section, "tls") == 0)
            continue;
        str text = options_print(o, &c, &a);
        assert_false(
            failed(options_set(config_options, config_options_n, str_c(o->section), str_c(o->name), text, &c, &a)));
        assert_str(options_print(o, &c, &a), text);
    }
    config_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_sound),
        cmocka_unit_test(what_is_printed_can_be_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
