/* Headers: the walk covers every byte, sizes agree, printing is read back, parameters are clean. */
#include "base/err.h"
#include "base/utf8.h"
#include "mime/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_params(str value, arena *a) {
    header_params params;
    if (failed(header_params_parse(value, a, &params)))
        return;
    for (size_t i = 0; i < params.n; i++) {
        const header_param *p = &params.params[i];
        ASSERT(p->name.n > 0 && p->raw_name.n >= p->name.n);
        ASSERT(utf8_valid(p->value));
        ASSERT(!str_has_byte(p->value, '\n') && !str_has_byte(p->raw, '\n') && !str_has_byte(p->raw, 0));
        ASSERT(header_param_get(&params, p->name).p != NULL);
    }
}

static void check_field(const header_field *f) {
    SCOPED_ARENA a;
    SCOPED_BUF out;
    header_field back;
    arena_init(&a, 1 << 24);
    buf_init(&out, 1 << 24);
    str plain = header_unfold(f->value, &a);
    str text = header_text(f->value, &a);
    ASSERT(plain.p && text.p && utf8_valid(text));
    check_params(f->value, &a);
    if (!header_print(&out, f->name, plain))
        return;
    str rest = buf_str(&out);
    ASSERT(header_next(&rest, &back) && rest.n == 0);
    ASSERT(str_eq(back.name, f->name));
    ASSERT(plain.n > 200 || str_eq(header_unfold(back.value, &a), plain)); /* longer ones may be broken */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str in = {(const char *)data, size}, rest = in;
    header_field f;
    size_t sum = 0;
    while (header_next(&rest, &f)) {
        sum += f.raw.n;
        check_field(&f);
    }
    ASSERT(header_size(in) == in.n - rest.n);
    ASSERT(sum == in.n - rest.n || sum + 2 == in.n - rest.n);
    return 0;
}
