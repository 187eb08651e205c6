/* The debugger's view of fibers: tools/gdb/fibers.py on a live process and on its core. */
#include "check.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"

extern char **environ;
static const char *script, *target; /* from the command line */
static char directory[] = "/tmp/godwit-gdb-XXXXXX";
static arena memory;

static const char *in_directory(const char *name) {
    return arena_cstr(&memory, arena_strf(&memory, "%s/%s", directory, name));
}

/* What gdb says to these commands; false when there is no gdb. */
static bool run_gdb(const char *const *commands, const char *core, buf *said) {
    const char *arguments[32] = {"gdb", "-nx", "-batch", "-x", script}, *output = in_directory("said");
    size_t n = 5;
    for (; *commands; commands++) {
        arguments[n++] = "-ex";
        arguments[n++] = *commands;
    }
    arguments[n++] = target;
    arguments[n++] = core;
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    int failure = posix_spawnp(&child, "gdb", &actions, NULL, (char *const *)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failure)
        return false;
    check(waitpid(child, &status, 0) == child);
    SCOPED_FD fd = open(output, O_RDONLY | O_CLOEXEC);
    check(fd >= 0);
    for (ssize_t got = 1; got > 0;) {
        char *to = buf_reserve(said, 4096);
        check(to);
        got = read(fd, to, 4096);
        buf_commit(said, got > 0 ? (size_t)got : 0);
    }
    return true;
}

static size_t count(str text, str word) {
    size_t n = 0;
    for (size_t at; (at = str_find_str(text, word)) != STR_NONE; n++)
        text = str_skip(text, at + word.n);
    return n;
}

static void expect_fibers(str said) {
    if (count(said, S("3 fibers")) != 1)
        fprintf(stderr, "%.*s\n", STR_ARG(said));
    check_size(count(said, S("3 fibers")), 1);
    check_size(count(said, S("fiber cook of loop 1 waits")), 1);
    check_size(count(said, S("fiber buyer of loop 1 waits")), 2);
    check_size(count(said, S("wait_in_the_kitchen")), 1);
    check_size(count(said, S("queue_for_bread")), 2);
    check_size(count(said, S("fiber_lock")), 2);
    check(count(said, S("gdb_target.c:")) >= 6); /* with file and line */
    check_size(count(said, S("entry ")), 3);     /* down to the first function of each */
}

static void shows_every_fiber_live_and_in_a_core(void **state) {
    (void)state;
    SCOPED_BUF said;
    buf_init(&said, 1 << 20);
    const char *core = in_directory("core"), *dump = arena_cstr(&memory, arena_strf(&memory, "gcore %s", core));
    const char *live[] = {"set confirm off", "break all_are_waiting", "run", "fibers", "bt 1", dump, "kill", NULL};
    if (!run_gdb(live, NULL, &said) || count(buf_str(&said), S("Breakpoint 1, ")) == 0) {
        print_message("no debugger here, or it may not trace: nothing tested\n");
        skip();
    }
    expect_fibers(buf_str(&said));
    check(count(buf_str(&said), S("#0  all_are_waiting")) == 1); /* the thread's own stack is seen as before */
    const char *dead[] = {"fibers", NULL};
    buf_clear(&said);
    check(run_gdb(dead, core, &said));
    expect_fibers(buf_str(&said));
    const char *named[] = {"fibers cook", NULL};
    buf_clear(&said);
    check(run_gdb(named, core, &said));
    check(count(buf_str(&said), S("1 fibers")) == 1 && count(buf_str(&said), S("buyer")) == 0);
    unlink(core);
    unlink(in_directory("said"));
}

static int setup(void **state) {
    (void)state;
    arena_init(&memory, 65536);
    check(mkdtemp(directory));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    rmdir(directory);
    arena_free(&memory);
    return 0;
}

int main(int argc, char **argv) {
    check_size((size_t)argc, 3);
    script = argv[1];
    target = argv[2];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shows_every_fiber_live_and_in_a_core, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
