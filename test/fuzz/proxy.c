/* PROXY headers: what is accepted is accepted at the same length whatever follows, asks for more at every shorter
 * length, and is never longer than a header may be. */
#include "base/err.h"
#include "net/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { V1_MOST = 107, V2_MOST = 16 + 520 };

static void check_accepted(str in, size_t n, const proxy_header *header) {
    proxy_header again;
    ASSERT(n <= in.n && n <= (in.p[0] == 'P' ? V1_MOST : V2_MOST));
    ASSERT(proxy_parse(str_sub(in, 0, n), &again) == (long)n);
    ASSERT(memcmp(header, &again, sizeof again) == 0);
    for (size_t shorter = 0; shorter < n; shorter++)
        ASSERT(proxy_parse(str_sub(in, 0, shorter), &again) == 0);
    if (header->local)
        return;
    ASSERT(header->source.family == ADDR_V4 || header->source.family == ADDR_V6);
    ASSERT(header->source.family == header->destination.family);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str in = {(const char *)data, size};
    proxy_header header;
    long n = proxy_parse(in, &header);
    ASSERT(n >= -1);
    if (n > 0)
        check_accepted(in, (size_t)n, &header);
    else if (n == 0)
        ASSERT(size < V2_MOST); /* more never helps a parser that is still undecided here */
    return 0;
}
