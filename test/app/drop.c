/* The walls: a child raises them and tries what is forbidden. */
#include "app/drop.h"

#include <errno.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../base/check.h"

static char folder[] = "/tmp/godwit-walls-XXXXXX";

enum {
    OPENED_FORBIDDEN = 1,
    WROTE_FORBIDDEN = 2,
    EXECUTED = 4,
    LOST_OWN = 8,
    LOST_NETWORK = 16,
    NO_WALLS = 32,
    NEW_NAMESPACE = 64,
    RARE_SOCKET = 128
};

static bool sanitized(void) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#endif
    return false;
}

static void *nothing(void *arg) { return arg; }

/* What reaches deep into the kernel is closed, what looks alike and is needed is not. */
static int try_kernel(void) {
    int faults = 0;
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0)
        faults |= LOST_OWN;
    if (socket(AF_UNIX, SOCK_STREAM, 0) < 0 || socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) < 0)
        faults |= LOST_NETWORK;
    if (socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT) >= 0 || errno != EPERM)
        faults |= RARE_SOCKET;
    if (socket(AF_ALG, SOCK_SEQPACKET, 0) >= 0 || errno != EPERM)
        faults |= RARE_SOCKET;
    long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        _exit(0);
    return faults | (child > 0 || errno != EPERM ? NEW_NAMESPACE : 0);
}

static int try_everything(drop_level *level) {
    char own[64];
    int faults = 0;
    snprintf(own, sizeof own, "%s/own", folder);
    const drop_path paths[] = {{folder, true}, {"/etc/hosts", false}, {"/nonexistent", false}};
    if (failed(drop_walls(paths, 3, level)))
        return NO_WALLS;
    if (level->landlock) {
        faults |= open("/etc/passwd", O_RDONLY) >= 0 ? OPENED_FORBIDDEN : 0;
        faults |= open("/etc/hosts", O_WRONLY) >= 0 ? WROTE_FORBIDDEN : 0;
        faults |= open("/tmp/godwit-outside", O_WRONLY | O_CREAT, 0600) >= 0 ? WROTE_FORBIDDEN : 0;
    }
    int fd = open(own, O_RDWR | O_CREAT, 0600);
    if (fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) != 0 || unlink(own) != 0 || open("/etc/hosts", O_RDONLY) < 0)
        faults |= LOST_OWN;
    if (socket(AF_INET, SOCK_STREAM, 0) < 0)
        faults |= LOST_NETWORK;
    if (level->seccomp)
        faults |= try_kernel();
    char name[] = "true", *const arguments[] = {name, NULL};
    if (level->seccomp || level->landlock) {
        execve("/bin/true", arguments, NULL);
        faults |= errno == EPERM || errno == EACCES ? 0 : EXECUTED;
    }
    return faults;
}

static void the_walls_stand(void **state) {
    drop_level offered = drop_probe();
    pid_t child = fork();
    if (child == 0) {
        drop_level level = {0};
        int faults = try_everything(&level);
        if (level.landlock != offered.landlock || level.seccomp != (offered.seccomp && !sanitized()))
            faults |= NO_WALLS;
        _exit(faults);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void root_is_given_up_for_good(void **state) {
    unsigned uid, gid;
    char name[64];
    assert_false(failed(drop_find_user(S("nobody"), &uid, &gid, name)));
    assert_int_equal(drop_find_user(S("no-such-user-here"), &uid, &gid, name).what, ERR_NOT_FOUND);
    if (geteuid() != 0) {
        assert_false(failed(drop_user(uid, gid))); /* nothing to give up */
        return;
    }
    assert_false(failed(drop_find_user(S("nobody"), &uid, &gid, name)));
    pid_t child = fork();
    if (child == 0)
        _exit(failed(drop_user(uid, gid)) || geteuid() != uid || getegid() != gid || setuid(0) == 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void open_files_are_raised_as_far_as_it_goes(void **state) {
    struct rlimit limit;
    uint64_t now = drop_open_files(1024);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(now, limit.rlim_cur);
    assert_true(now >= 1024);
}

static int setup(void **state) { return mkdtemp(folder) ? 0 : -1; }
static int teardown(void **state) { return rmdir(folder); }

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walls_stand),
        cmocka_unit_test(root_is_given_up_for_good),
        cmocka_unit_test(open_files_are_raised_as_far_as_it_goes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
