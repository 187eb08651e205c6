/* Names that need no DNS: literals, localhost (RFC 6761 6.3), the hosts file as it was at the start. */
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "net/dns_private.h"

enum { FILE_MAX = 4 * 1024 * 1024, HOSTS_MAX = 100000, ADDRESSES_MAX = 64 };

typedef struct host_entry {
    addr address;
    struct host_entry *next;
} host_entry;

/* Written at the start and at the end alone. */
static map hosts;
static arena hosts_memory;

static bool add_name(str name, const addr *address) {
    host_entry *entry = arena_alloc(&hosts_memory, sizeof *entry);
    str key = arena_lower(&hosts_memory, name);
    if (!entry || !key.p)
        return false;
    entry->address = *address;
    host_entry *first = map_get(&hosts, key);
    if (!first)
        return map_put(&hosts, key, entry);
    size_t n = 1;
    for (; first->next; n++)
        first = first->next;
    if (n < ADDRESSES_MAX)
        first->next = entry;
    return n < ADDRESSES_MAX;
}

static bool next_word(str *line, str *word) {
    size_t at = 0;
    while (at < line->n && (line->p[at] == ' ' || line->p[at] == '\t' || line->p[at] == '\r'))
        at++;
    size_t end = at;
    while (end < line->n && line->p[end] != ' ' && line->p[end] != '\t' && line->p[end] != '\r')
        end++;
    *word = str_sub(*line, at, end - at);
    *line = str_skip(*line, end);
    return word->n > 0;
}

/* False when not all of it could be kept. */
static bool read_line(str line) {
    size_t comment = str_find(line, '#');
    if (comment != STR_NONE)
        line = str_sub(line, 0, comment);
    str word;
    addr address;
    bool kept = true;
    if (!next_word(&line, &word) || !addr_parse(word, &address))
        return true;
    while (next_word(&line, &word))
        kept = add_name(word, &address) && kept;
    return kept;
}

static void read_all(int fd, buf *text) {
    for (;;) {
        char *to = buf_reserve(text, 4096);
        ssize_t n = to ? read(fd, to, 4096) : 0;
        if (n <= 0)
            return;
        buf_commit(text, (size_t)n);
    }
}

void dns_hosts_load(str path) {
    map_init(&hosts, HOSTS_MAX);
    arena_init(&hosts_memory, 4 * FILE_MAX);
    SCOPED_FREE char *name = mem_strdup(path);
    SCOPED_FD fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    SCOPED_BUF text;
    buf_init(&text, FILE_MAX);
    read_all(fd, &text);
    bool kept = !text.over;
    str rest = buf_str(&text), line;
    while (str_cut(&rest, '\n', &line))
        kept = read_line(line) && kept;
    if (!kept)
        log_warn("dns.hosts_too_large", lf_str("file", path));
}

void dns_hosts_free(void) {
    map_free(&hosts);
    arena_free(&hosts_memory);
}

static bool is_localhost(str host) {
    str end = str_skip(host, host.n > 10 ? host.n - 10 : host.n);
    return str_caseeq(host, S("localhost")) || str_caseeq(end, S(".localhost"));
}

static bool add_address(const addr *address, arena *a, dns_answer *out) {
    if (!out->addresses)
        out->addresses = arena_array(a, ADDRESSES_MAX, sizeof *out->addresses);
    if (!out->addresses || out->n == ADDRESSES_MAX)
        return false;
    out->addresses[out->n++] = *address;
    return true;
}

static bool find_literal(str host, arena *a, dns_answer *out) {
    addr literal;
    bool brackets = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
    return addr_parse(brackets ? str_sub(host, 1, host.n - 2) : host, &literal) && add_address(&literal, a, out);
}

bool dns_hosts_find(str host, arena *a, dns_answer *out) {
    char lower[DNS_NAME_MAX];
    if (find_literal(host, a, out))
        return true;
    if (host.n && host.p[host.n - 1] == '.')
        host.n--;
    if (is_localhost(host)) {
        addr v6 = {.family = ADDR_V6, .ip = {[15] = 1}}, v4 = {.family = ADDR_V4, .ip = {127, 0, 0, 1}};
        return add_address(&v4, a, out) && add_address(&v6, a, out);
    }
    if (host.n == 0 || host.n > sizeof lower)
        return false;
    for (size_t i = 0; i < host.n; i++)
        lower[i] = ascii_to_lower(host.p[i]);
    for (host_entry *e = map_get(&hosts, str_of(lower, host.n)); e; e = e->next)
        if (!add_address(&e->address, a, out))
            break;
    return out->n > 0;
}
