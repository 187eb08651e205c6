/* Records of the DNS, as hostile as they come: the first byte chooses a type, then each record follows with a length of
 * two bytes. Names in the answer hold nothing that could end a line or a word. */
#include <unbound.h>

#include "net/dns_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORDS = 8 };

static void check_name(str name) {
    for (size_t i = 0; i < name.n; i++)
        ASSERT(name.p[i] > ' ' && name.p[i] < 0x7f);
}

static void check_answer(const dns_answer *out, int type) {
    for (size_t i = 0; i < out->n; i++) {
        if (type == DNS_MX)
            check_name(out->mx[i].host);
        else if (type == DNS_PTR)
            check_name(out->texts[i]);
        else if (type == DNS_TLSA)
            ASSERT(out->tlsa[i].data.n > 0);
        else if (type == DNS_A || type == DNS_AAAA)
            ASSERT(out->addresses[i].family == (type == DNS_A ? ADDR_V4 : ADDR_V6));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const int types[] = {DNS_A, DNS_AAAA, DNS_MX, DNS_TXT, DNS_PTR, DNS_TLSA};
    str in = {(const char *)data, size};
    char *records[RECORDS + 1] = {0};
    int lengths[RECORDS];
    size_t n = 0;
    int type = types[size ? data[0] % 6 : 0];
    for (in = str_skip(in, 1); in.n > 2 && n < RECORDS; n++) {
        size_t length = (size_t)((unsigned char)in.p[0] << 8 | (unsigned char)in.p[1]);
        str record = str_sub(in, 2, length);
        records[n] = (char *)record.p;
        lengths[n] = (int)record.n;
        in = str_skip(in, 2 + record.n);
    }
    struct ub_result result = {.data = records, .len = lengths};
    dns_answer out = {0};
    SCOPED_ARENA memory = {0};
    arena_init(&memory, 65536);
    err e = dns_answer_add(&result, type, &memory, &out);
    ASSERT(out.n <= n && (!failed(e) || e.kind == ERR_TEMP));
    check_answer(&out, type);
    return 0;
}
