/* Addresses: whatever is read prints to something that reads the same, and lists are balanced. */
#include "base/err.h"
#include "mime/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_spec(str in) {
    SCOPED_ARENA a;
    SCOPED_BUF out;
    addr_spec spec, back;
    str rest;
    arena_init(&a, 1 << 20);
    buf_init(&out, 1 << 20);
    if (failed(address_path(in, true, &a, &spec, &rest)) && failed(address_parse(in, true, &a, &spec)))
        return;
    ASSERT(address_print(&out, &spec));
    ASSERT(!failed(address_parse(buf_str(&out), true, &a, &back)));
    ASSERT(str_eq(back.local, spec.local) && str_eq(back.domain, spec.domain));
    ASSERT(back.literal == spec.literal && back.utf8 == spec.utf8);
    str key = address_key(&spec, &a), again = address_key(&back, &a);
    ASSERT(str_eq(key, again));
    str domain = domain_key(spec.domain, &a);
    ASSERT(!domain.p || str_eq(domain_key(domain, &a), domain));
}

static void check_clean(str s) { ASSERT(!str_has_byte(s, '\r') && !str_has_byte(s, '\n') && !str_has_byte(s, 0)); }

/* Printing is stable from the first time on. */
static void check_list(str in) {
    SCOPED_ARENA a;
    SCOPED_BUF out, twice;
    address_list list, back;
    bool group = false;
    arena_init(&a, 1 << 24);
    buf_init(&out, 1 << 24);
    buf_init(&twice, 1 << 24);
    if (failed(address_list_parse(in, &a, &list)))
        return;
    for (size_t i = 0; i < list.n; i++) {
        check_clean(list.items[i].name);
        check_clean(list.items[i].local);
        check_clean(list.items[i].domain);
        ASSERT(list.items[i].kind == ADDRESS_MAILBOX || group == (list.items[i].kind == ADDRESS_GROUP_END));
        group = list.items[i].kind == ADDRESS_MAILBOX ? group : list.items[i].kind == ADDRESS_GROUP_START;
    }
    ASSERT(!group);
    if (!address_list_print(&out, &list))
        return;
    check_clean(buf_str(&out));
    ASSERT(!failed(address_list_parse(buf_str(&out), &a, &back)));
    if (!list.damaged) {
        ASSERT(address_list_print(&twice, &back));
        ASSERT(str_eq(buf_str(&twice), buf_str(&out)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str in = {(const char *)data, size};
    check_spec(in);
    check_list(in);
    return 0;
}
