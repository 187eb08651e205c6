/* Addresses: what can be read can be printed, and reads back to the same. */
#include <sys/socket.h>

#include "base/err.h"
#include "net/addr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_ip(str in) {
    addr a, again;
    char text[ADDR_TEXT];
    if (!addr_parse(in, &a))
        return;
    addr_print(&a, text);
    ASSERT(addr_parse(str_c(text), &again) && addr_ip_equal(&a, &again));
}

static void check_port(str in) {
    addr a, again, back;
    struct sockaddr_storage storage;
    SCOPED_BUF text = {.max = 256};
    if (!addr_parse_port(in, 25, &a))
        return;
    ASSERT(addr_print_port(&text, &a));
    ASSERT(addr_parse_port(buf_str(&text), 26, &again));
    ASSERT(again.port == a.port && strcmp(again.path, a.path) == 0);
    ASSERT(a.family == ADDR_UNIX ? again.family == ADDR_UNIX : addr_ip_equal(&a, &again));
    ASSERT(addr_to_sockaddr(&a, &storage) > 0);
    ASSERT(addr_from_sockaddr((struct sockaddr *)&storage, &back));
    ASSERT(back.family == a.family && back.port == a.port);
}

static void check_net(str in) {
    addr_net net;
    if (!addr_net_parse(in, &net))
        return;
    addr loopback = {.family = ADDR_V4, .ip = {127, 0, 0, 1}};
    ASSERT(addr_in_net(&net.base, &net) || net.base.family == ADDR_V6); /* a short v6 network has no mapped addresses */
    addr_in_net(&loopback, &net);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str in = {(const char *)data, size};
    check_ip(in);
    check_port(in);
    check_net(in);
    return 0;
}
