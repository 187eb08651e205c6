#include <ini.h>

#include "app/config.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/map.h"
#include "base/mem.h"

enum { CONFIG_MEMORY = 4 << 20, CONFIG_FILE = 1 << 20, CONFIG_SET_ONCE = 10000 };

/* A list option: it may be given over several lines, or several times, and is set when all of it is there. */
typedef struct list_text {
    struct list_text *next;
    const option *row;
    void *target;
    unsigned line;
    buf words;
} list_text;

/* State of one reading: libinih tells names and values, we count lines as it takes them from us. */
typedef struct reading {
    config *c;
    config_mistakes *mistakes;
    str rest;
    unsigned line;
    map given; /* "section name" -> line, to find what is written twice */
    list_text *lists;
} reading;

/* Without memory for its text a mistake is one all the same: half a configuration must never pass for a whole one. */
static void mistake(reading *r, unsigned line, str text) {
    if (r->mistakes->n < CONFIG_MISTAKES)
        r->mistakes->items[r->mistakes->n++] = (config_mistake){line, text.p ? text : S("configuration too large")};
}

#define MISTAKE(r, line, ...) mistake(r, line, arena_strf(&(r)->c->memory, __VA_ARGS__))

/* ---- sections ---- */

/* `listener "mx"` into its kind and its instance; an instance is "" for a plain section. */
static bool section_split(str section, str *kind, str *instance) {
    size_t quote = str_find(section, '"');
    if (quote == STR_NONE) {
        *kind = str_trim(section);
        *instance = S("");
        return true;
    }
    *kind = str_trim(str_sub(section, 0, quote));
    *instance = str_skip(section, quote + 1);
    if (!str_ends(*instance, S("\"")) || instance->n < 2)
        return false;
    instance->n--;
    return !str_has_byte(*instance, '"');
}

static bool section_known(str kind) {
    for (size_t i = 0; i < config_options_n; i++)
        if (str_eq(str_c(config_options[i].section), kind))
            return true;
    return false;
}

static void defaults(reading *r, const char *section, void *target) {
    err e = options_defaults(config_options, config_options_n, section, target, &r->c->memory);
    ASSERT(!failed(e)); /* the table's own defaults follow its own grammar */
}

static config_listener *listener_of(reading *r, str name) {
    config *c = r->c;
    for (size_t i = 0; i < c->listeners_n; i++)
        if (str_eq(c->listeners[i].name, name))
            return &c->listeners[i];
    if (c->listeners_n == CONFIG_LISTENERS)
        return NULL;
    config_listener *l = &c->listeners[c->listeners_n++];
    defaults(r, "listener", l);
    l->name = arena_str(&c->memory, name);
    l->line = r->line;
    return l;
}

static config_certificate *certificate_of(reading *r, str name) {
    config *c = r->c;
    for (size_t i = 0; i < c->certificates_n; i++)
        if (str_eq(c->certificates[i].name, name))
            return &c->certificates[i];
    if (c->certificates_n == CONFIG_CERTIFICATES)
        return NULL;
    config_certificate *t = &c->certificates[c->certificates_n++];
    defaults(r, "tls", t);
    t->name = arena_str(&c->memory, name);
    t->line = r->line;
    return t;
}

/* The structure that options of this section are written to; NULL after naming the mistake. */
static void *section_target(reading *r, str section, str *kind) {
    str instance;
    if (!section_split(section, kind, &instance)) {
        MISTAKE(r, r->line, "section [%.*s]: write it as [name] or [name \"instance\"]", STR_ARG(section));
        return NULL;
    }
    if (!section_known(*kind)) {
        MISTAKE(r, r->line, "unknown section [%.*s]", STR_ARG(section));
        return NULL;
    }
    bool is_listener = str_eq(*kind, S("listener")), is_tls = str_eq(*kind, S("tls"));
    if (is_listener && str_empty(instance)) {
        MISTAKE(r, r->line, "a listener needs a name: [listener \"mx\"]");
        return NULL;
    }
    if (!is_listener && !is_tls && !str_empty(instance)) {
        MISTAKE(r, r->line, "section [%.*s] takes no name in quotes", STR_ARG(*kind));
        return NULL;
    }
    void *target = is_listener ? (void *)listener_of(r, instance)
                   : is_tls    ? (void *)certificate_of(r, instance)
                               : (void *)r->c;
    if (!target)
        MISTAKE(r, r->line, "too many [%.*s] sections", STR_ARG(*kind));
    return target;
}

/* ---- values ---- */

static void add_to_list(reading *r, const option *row, void *target, str value) {
    list_text *l = r->lists;
    while (l && (l->row != row || l->target != target))
        l = l->next;
    if (!l) {
        l = mem_alloc(sizeof *l);
        *l = (list_text){.next = r->lists, .row = row, .target = target};
        buf_init(&l->words, 2 * CONFIG_FILE);
        r->lists = l;
    }
    l->line = r->line;
    buf_add(&l->words, value);
    buf_add_byte(&l->words, ' ');
}

static void set_option(reading *r, unsigned line, str kind, str name, str value, void *target) {
    err e = options_set(config_options, config_options_n, kind, name, value, target, &r->c->memory);
    if (failed(e))
        MISTAKE(r, line, "%s", e.log[0] ? e.log : e.text);
}

static void set_lists(reading *r) {
    for (list_text *l; (l = r->lists);) {
        r->lists = l->next;
        set_option(r, l->line, str_c(l->row->section), str_c(l->row->name), buf_str(&l->words), l->target);
        buf_free(&l->words);
        free(l);
    }
}

static void set_value(reading *r, str section, str name, str value) {
    str kind;
    void *target = section_target(r, section, &kind);
    if (!target)
        return;
    const option *row = options_find(config_options, config_options_n, kind, name, NULL);
    if (row && row->type == OPTION_LIST) {
        add_to_list(r, row, target, value);
        return;
    }
    str key = arena_strf(&r->c->memory, "%.*s %.*s", STR_ARG(section), STR_ARG(name));
    uintptr_t before = (uintptr_t)map_get(&r->given, key);
    if (before)
        MISTAKE(r, r->line, "%.*s is given twice, first in line %u", STR_ARG(name), (unsigned)before);
    map_put(&r->given, key, (void *)(uintptr_t)r->line);
    set_option(r, r->line, kind, name, value, target);
}

static int on_value(void *user, const char *section, const char *name, const char *value) {
    set_value(user, str_c(section), str_c(name), str_c(value));
    return 1;
}

/* Gives libinih one line like fgets does; a line longer than it can take is a mistake, never two lines. A file that is
 * no configuration ends at its last mistake that is kept: that bounds the memory of all of them. */
static char *give_line(char *into, int size, void *user) {
    reading *r = user;
    if (r->rest.n == 0 || r->mistakes->n == CONFIG_MISTAKES)
        return NULL;
    str line;
    if (!str_cut_line(&r->rest, &line)) {
        line = r->rest;
        r->rest = S("");
    }
    r->line++;
    size_t room = (size_t)size - 1;
    if (line.n > room) {
        MISTAKE(r, r->line, "this line is longer than %zu bytes; a list may go on in the next line, indented",
                room - 1);
        line = S("\n");
    }
    if (str_has_byte(line, '\0')) {
        MISTAKE(r, r->line, "this line has a NUL byte");
        line = S("\n");
    }
    memcpy(into, line.p, line.n);
    into[line.n] = '\0';
    return into;
}

/* ---- what no single option can say ---- */

static const struct builtin {
    const char *name, *address;
    int protocol, tls;
} builtins[] = {
    {"mx", "127.0.0.1:2525", PROTOCOL_MX, LISTEN_STARTTLS},
    {"submission", "127.0.0.1:2587", PROTOCOL_SUBMISSION, LISTEN_STARTTLS},
    {"submissions", "127.0.0.1:2465", PROTOCOL_SUBMISSION, LISTEN_IMPLICIT},
    {"lmtp", "127.0.0.1:2424", PROTOCOL_LMTP, LISTEN_PLAIN},
    {"imap", "127.0.0.1:2143", PROTOCOL_IMAP, LISTEN_STARTTLS},
    {"imaps", "127.0.0.1:2993", PROTOCOL_IMAP, LISTEN_IMPLICIT},
    {"pop3", "127.0.0.1:2110", PROTOCOL_POP3, LISTEN_STARTTLS},
    {"pop3s", "127.0.0.1:2995", PROTOCOL_POP3, LISTEN_IMPLICIT},
};

static void builtin_listeners(reading *r) {
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++) {
        config_listener *l = listener_of(r, str_c(builtins[i].name));
        str *address = arena_alloc(&r->c->memory, sizeof *address);
        *address = str_c(builtins[i].address);
        l->line = 0;
        l->protocol = builtins[i].protocol;
        l->tls = builtins[i].tls;
        l->addresses = (option_list){address, 1};
    }
}

static void check_networks(reading *r, unsigned line, const char *what, const option_list *networks) {
    addr_net net;
    for (size_t i = 0; i < networks->n; i++)
        if (!addr_net_parse(networks->items[i], &net))
            MISTAKE(r, line, "%s: \"%.*s\" is no network; write 192.0.2.0/24, 2001:db8::/32 or one address", what,
                    STR_ARG(networks->items[i]));
}

static void check_listener(reading *r, const config_listener *l) {
    addr at;
    if (l->addresses.n == 0)
        MISTAKE(r, l->line, "listener \"%.*s\" has no address", STR_ARG(l->name));
    for (size_t i = 0; i < l->addresses.n; i++)
        if (!addr_parse_port(l->addresses.items[i], 0, &at))
            MISTAKE(
                r, l->line,
                "listener \"%.*s\": \"%.*s\" is no address; write 192.0.2.1:25, [2001:db8::1]:25, *:25 or unix:/path",
                STR_ARG(l->name), STR_ARG(l->addresses.items[i]));
    if (l->tls == LISTEN_PLAIN && l->require_tls)
        MISTAKE(r, l->line, "listener \"%.*s\": require-tls needs tls = starttls or implicit", STR_ARG(l->name));
    check_networks(r, l->line, "proxies", &l->proxies);
}

static bool addresses_meet(str one, str two) {
    addr a, b;
    if (!addr_parse_port(one, 0, &a) || !addr_parse_port(two, 0, &b) || a.family != b.family)
        return false;
    if (a.family == ADDR_UNIX)
        return strcmp(a.path, b.path) == 0;
    return a.port && a.port == b.port && addr_ip_equal(&a, &b);
}

/* Sockets of one port are shared among our loops, so the system itself would not mind two listeners on it. */
static void check_taken(reading *r, const config_listener *l, str address, size_t before) {
    for (size_t i = 0; i <= before; i++) {
        const config_listener *other = &r->c->listeners[i];
        for (size_t k = 0; k < other->addresses.n; k++) {
            if (other->addresses.items[k].p == address.p)
                return; /* itself */
            if (addresses_meet(other->addresses.items[k], address))
                MISTAKE(r, l->line, "listener \"%.*s\": %.*s is taken by listener \"%.*s\"", STR_ARG(l->name),
                        STR_ARG(address), STR_ARG(other->name));
        }
    }
}

static void check_certificate(reading *r, const config_certificate *t) {
    if (str_empty(t->certificate) != str_empty(t->key))
        MISTAKE(r, t->line, "[tls \"%.*s\"] needs both certificate and key", STR_ARG(t->name));
}

static void check_whole(reading *r) {
    config *c = r->c;
    addr at;
    for (size_t i = 0; i < c->listeners_n; i++) {
        check_listener(r, &c->listeners[i]);
        for (size_t k = 0; k < c->listeners[i].addresses.n; k++)
            check_taken(r, &c->listeners[i], c->listeners[i].addresses.items[k], i);
    }
    for (size_t i = 0; i < c->certificates_n; i++)
        check_certificate(r, &c->certificates[i]);
    check_networks(r, 0, "smtp.trusted", &c->trusted);
    if (c->retry_most_ms < c->retry_first_ms)
        MISTAKE(r, 0, "queue.retry-most is less than queue.retry-first");
    if (!str_empty(c->source_address) && !addr_parse(c->source_address, &at))
        MISTAKE(r, 0, "relay.source \"%.*s\" is no address", STR_ARG(c->source_address));
    if (!str_empty(c->smarthost_user) && str_empty(c->smarthost_password_file))
        MISTAKE(r, 0, "relay.user needs relay.password-file");
}

/* ---- values that depend on the machine ---- */

static str machine_host(arena *a) {
    char name[256] = "";
    if (gethostname(name, sizeof name - 1) != 0 || !name[0])
        return S("localhost");
    return arena_str(a, str_c(name));
}

static str default_data(arena *a) {
    const char *base = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (geteuid() == 0)
        return S("/var/lib/godwit");
    if (base && base[0])
        return arena_strf(a, "%s/godwit", base);
    return arena_strf(a, "%s/.local/share/godwit", home ? home : "/tmp");
}

static void fill_in(config *c) {
    if (str_empty(c->host))
        c->host = machine_host(&c->memory);
    if (str_empty(c->data))
        c->data = default_data(&c->memory);
    if (str_empty(c->blobs))
        c->blobs = arena_strf(&c->memory, "%.*s/blobs", STR_ARG(c->data));
}

/* ---- the doors ---- */

bool config_read_text(config *c, str path, str text, config_mistakes *mistakes) {
    *c = (config){0};
    *mistakes = (config_mistakes){0};
    arena_init(&c->memory, CONFIG_MEMORY);
    c->path = arena_str(&c->memory, path);
    c->text = arena_str(&c->memory, text);
    c->listeners = arena_array(&c->memory, CONFIG_LISTENERS, sizeof *c->listeners);
    c->certificates = arena_array(&c->memory, CONFIG_CERTIFICATES, sizeof *c->certificates);
    reading r = {.c = c, .mistakes = mistakes, .rest = text};
    map_init(&r.given, CONFIG_SET_ONCE);
    const char *last = "";
    for (size_t i = 0; i < config_options_n; i++) {
        const char *section = config_options[i].section;
        if (strcmp(section, last) != 0 && strcmp(section, "listener") != 0 && strcmp(section, "tls") != 0)
            defaults(&r, section, c);
        last = section;
    }
    int fault = ini_parse_stream(give_line, &r, on_value, &r);
    if (fault)
        MISTAKE(&r, (unsigned)fault, "cannot read this line; write `name = value` or `[section]`");
    set_lists(&r);
    if (c->listeners_n == 0)
        builtin_listeners(&r);
    check_whole(&r);
    fill_in(c);
    map_free(&r.given);
    return mistakes->n == 0;
}

static err read_file(str path, arena *a, str *text) {
    char *name = arena_cstr(a, path);
    SCOPED_FD fd = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return err_errno("open");
    struct stat info;
    if (fstat(fd, &info) != 0)
        return err_errno("stat");
    if (info.st_size > CONFIG_FILE)
        return err_make(ERR_PERM, ERR_LIMIT, "too large", "larger than %d bytes", CONFIG_FILE);
    char *bytes = arena_alloc(a, (size_t)info.st_size + 1);
    ssize_t n = bytes ? read(fd, bytes, (size_t)info.st_size) : -1;
    if (n < 0)
        return err_errno("read");
    *text = str_of(bytes, (size_t)n);
    return OK;
}

bool config_read(config *c, str path, config_mistakes *mistakes) {
    if (str_empty(path))
        return config_read_text(c, path, S(""), mistakes);
    SCOPED_ARENA file;
    arena_init(&file, CONFIG_FILE + 65536);
    str text = S("");
    err e = read_file(path, &file, &text);
    bool fine = config_read_text(c, path, text, mistakes);
    if (!failed(e))
        return fine;
    mistakes->n = 1;
    mistakes->items[0] = (config_mistake){0, arena_strf(&c->memory, "cannot read it: %s", e.log)};
    return false;
}

/* A DS record has blanks, which a list cannot hold: the operator writes underscores. */
static str anchor_line(arena *a, str words) {
    char *line = arena_cstr(a, words);
    for (char *at = line; at && *at; at++)
        if (*at == '_')
            *at = ' ';
    return str_c(line);
}

dns_config config_dns(config *c) {
    str *anchors = arena_array(&c->memory, c->dns_anchors.n + 1, sizeof *anchors);
    for (size_t i = 0; i < c->dns_anchors.n; i++)
        anchors[i] = anchor_line(&c->memory, c->dns_anchors.items[i]);
    return (dns_config){
        .forward = c->dns_forward.items,
        .forward_n = c->dns_forward.n,
        .trust_anchor_file = c->dns_anchor_file,
        .trust_anchors = anchors,
        .trust_anchors_n = c->dns_anchors.n,
        .timeout_ms = c->dns_timeout_ms,
    };
}

void config_free(config *c) { arena_free(&c->memory); }

str config_mistake_print(const config *c, const config_mistake *m, arena *a) {
    str path = str_empty(c->path) ? S("(no file)") : c->path;
    if (m->line)
        return arena_strf(a, "%.*s:%u: %.*s", STR_ARG(path), m->line, STR_ARG(m->text));
    return arena_strf(a, "%.*s: %.*s", STR_ARG(path), STR_ARG(m->text));
}

str config_default_path(arena *a) {
    const char *named = getenv("GODWIT_CONFIG"), *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    str own = S("");
    if (named)
        return str_c(named);
    if (base && base[0])
        own = arena_strf(a, "%s/godwit/godwit.conf", base);
    else if (home && home[0])
        own = arena_strf(a, "%s/.config/godwit/godwit.conf", home);
    if (geteuid() != 0 && !str_empty(own) && access(own.p, F_OK) == 0)
        return own;
    return access("/etc/godwit/godwit.conf", F_OK) == 0 ? S("/etc/godwit/godwit.conf") : S("");
}

str config_new_path(arena *a) {
    const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (geteuid() == 0 || !home)
        return S("/etc/godwit/godwit.conf");
    return base && base[0] ? arena_strf(a, "%s/godwit/godwit.conf", base)
                           : arena_strf(a, "%s/.config/godwit/godwit.conf", home);
}
