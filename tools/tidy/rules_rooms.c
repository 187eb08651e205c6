/* The rule about what may be called and included where. */
#include "tidy.h"

/* What may be called, or included, only somewhere. A name with a star stands for all that begin so. `room` lists,
 * with blanks between, the paths (or how they begin) that may; "" is nowhere. */
typedef struct room_rule {
    const char *name, *room, *instead;
} room_rule;

#define NOWHERE ""
#define DROP    "src/app/drop"
#define EDGES   "src/base/ src/net/ src/app/ src/ctl/" /* ctl: the process of the operator, not the server */

static const room_rule room_rules[] = {
    /* lost mail, memory or a machine to somebody */
    {"strcpy", NOWHERE, "str and buf"},
    {"strcat", NOWHERE, "buf"},
    {"strncpy", NOWHERE, "str and buf"},
    {"strncat", NOWHERE, "buf"},
    {"stpcpy", NOWHERE, "buf"},
    {"sprintf", NOWHERE, "buf_addf"},
    {"vsprintf", NOWHERE, "buf_addf"},
    {"strtok", NOWHERE, "str_cut"},
    {"strtok_r", NOWHERE, "str_cut"},
    {"atoi", NOWHERE, "str_to_u64"},
    {"atol", NOWHERE, "str_to_u64"},
    {"atoll", NOWHERE, "str_to_u64"},
    {"atof", NOWHERE, "str_to_u64"},
    {"strtol", NOWHERE, "str_to_u64"},
    {"strtoul", NOWHERE, "str_to_u64"},
    {"sscanf", NOWHERE, "str_cut"},
    {"scanf", NOWHERE, "str_cut"},
    {"gets", NOWHERE, "a bounded read"},
    {"alloca", NOWHERE, "an arena"},
    {"gmtime", NOWHERE, "civil_of"},
    {"localtime", NOWHERE, "civil_of"},
    {"ctime", NOWHERE, "civil_of"},
    {"asctime", NOWHERE, "civil_of"},
    {"mktemp", NOWHERE, "mkstemp"},
    {"tmpnam", NOWHERE, "mkstemp"},
    {"rand", NOWHERE, "rand_below"},
    {"random", NOWHERE, "rand_below"},
    {"system", NOWHERE, "nothing: no shell"},
    {"popen", NOWHERE, "nothing: no shell"},
    {"<setjmp.h>", NOWHERE, "err and TRY"},
    {"<assert.h>", NOWHERE, "ASSERT, which stays on"},
    {"time", NOWHERE, "time_wall"},
    {"gettimeofday", NOWHERE, "time_wall_ms"},
    /* allocation that answers NULL */
    {"malloc", "src/base/mem.c", "mem_alloc"},
    {"calloc", "src/base/mem.c", "mem_array"},
    {"realloc", "src/base/mem.c", "mem_grow"},
    {"strdup", NOWHERE, "mem_strdup"},
    {"strndup", NOWHERE, "mem_strdup"},
    {"asprintf", NOWHERE, "arena_strf"},
    /* one seam each: tests turn the clock, secrets are compared in constant time; pthreads wait by the real clock */
    {"clock_gettime", "src/base/time.c src/net/completion.c", "base/time.h"},
    {"getentropy", "src/base/rand.c", "rand_bytes"},
    {"getrandom", "src/base/rand.c", "rand_bytes"},
    {"RAND_bytes", "src/base/rand.c", "rand_bytes"},
    {"CRYPTO_memcmp", "src/base/mem.c", "mem_equal_ct"},
    /* what only Linux has */
    {"prctl", DROP, "app/drop.h"},
    {"syscall", DROP, "app/drop.h"},
    {"seccomp_*", DROP, "app/drop.h"},
    {"landlock_*", DROP, "app/drop.h"},
    {"unshare", DROP, "app/drop.h"},
    {"setns", DROP, "app/drop.h"},
    {"memfd_create", DROP, "app/drop.h"},
    {"<linux/*", DROP, "app/drop.h"},
    {"<seccomp.h>", DROP, "app/drop.h"},
    {"<sys/prctl.h>", DROP, "app/drop.h"},
    {"<sys/syscall.h>", DROP, "app/drop.h"},
    {"<sys/epoll.h>", NOWHERE, "net/loop.h"},
    {"<sys/eventfd.h>", NOWHERE, "net/loop.h"},
    {"<sys/inotify.h>", NOWHERE, "net/loop.h"},
    {"<uv.h>", "src/net/ src/ctl/version.c", "net/loop.h"},
    {"<unbound.h>", "src/net/ src/ctl/version.c", "net/dns.h"},
    {"<sqlite3.h>", "src/store/ src/ctl/version.c", "store/store.h"},
    /* what another system would do differently */
    {"fork", EDGES, "app"},
    {"execve", EDGES, "app"},
    {"execv", EDGES, "app"},
    {"execvp", EDGES, "app"},
    {"execl", EDGES, "app"},
    {"execlp", EDGES, "app"},
    {"posix_spawn*", EDGES, "app"},
    {"kill", EDGES, "app"},
    {"sigaction", EDGES, "app"},
    {"setuid", EDGES, "app"},
    {"setgid", EDGES, "app"},
    {"setgroups", EDGES, "app"},
    {"<pwd.h>", EDGES, "app"},
    {"<grp.h>", EDGES, "app"},
    {"<sys/wait.h>", EDGES, "app"},
    {"<sys/mman.h>", EDGES " src/mail/spool.c", "mail/spool.h"},
    {"<sys/socket.h>", EDGES, "net"},
    {"<sys/un.h>", EDGES, "net"},
    {"<netdb.h>", EDGES, "net"},
};

static bool names(const room_rule *rule, str word) {
    str name = str_c(rule->name);
    return str_ends(name, S("*")) ? str_starts(word, str_sub(name, 0, name.n - 1)) : str_eq(word, name);
}

static bool in_room(const room_rule *rule, str path) {
    str rest = str_c(rule->room), place;
    while (str_cut(&rest, ' ', &place))
        if (place.n && str_starts(path, place))
            return true;
    return false;
}

/* Tools are programs of their own: only what is forbidden everywhere is forbidden there. */
static bool applies(const room_rule *rule, str path) {
    return path_is_below(path, S("src")) || (path_is_below(path, S("tools")) && !*rule->room);
}

static void check_name(const source *file, size_t at, str name, findings *f) {
    for (size_t i = 0; i < sizeof room_rules / sizeof *room_rules; i++) {
        const room_rule *rule = &room_rules[i];
        if (names(rule, name) && applies(rule, file->path) && !in_room(rule, file->path))
            finding_add(f, file, at, "%.*s has no place here: use %s", STR_ARG(name), rule->instead);
    }
}

/* A word before a "(" is a call, unless it is a member of something. */
static bool is_call(str code, size_t start, size_t end) {
    while (start > 0 && code.p[start - 1] == ' ')
        start--;
    bool member =
        (start > 0 && code.p[start - 1] == '.') || (start > 1 && str_eq(str_sub(code, start - 2, 2), S("->")));
    return !member && code_followed_by(code, end, '(');
}

static void check_rooms(const source *file, findings *f) {
    size_t at = 0;
    for (str word; code_next_word(file->code, &at, &word);)
        if (is_call(file->code, at - word.n, at))
            check_name(file, at, word, f);
    str rest = file->plain, line, name;
    while (str_cut_line(&rest, &line))
        if (code_include(line, &name) && name.p[0] == '<')
            check_name(file, (size_t)(line.p - file->plain.p), name, f);
}

void rule_rooms(const tree *t, findings *f) {
    for (size_t i = 0; i < t->n; i++)
        if (path_is_c(t->files[i].path))
            check_rooms(&t->files[i], f);
    /* Arrays of a length not known before running are the compiler's to find: it must be told to. */
    const source *build = tree_find(t, S("meson.build"));
    if (build &&
        (str_find_str(build->text, S("-Wvla")) == STR_NONE || str_find_str(build->text, S("werror=true")) == STR_NONE))
        finding_add(f, build, 0, "must build with -Wvla and werror=true");
}
