#include "app/drop.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/netlink.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

/* ---- user ---- */

err drop_find_user(str name, unsigned *uid, unsigned *gid, char found[64]) {
    static const char *const candidates[] = {"godwit", "nobody"};
    SCOPED_FREE char *given = mem_strdup(name);
    const struct passwd *entry = NULL;
    for (size_t i = 0; !entry && i < 2; i++)
        entry = getpwnam(str_empty(name) ? candidates[i] : given);
    if (!entry)
        return err_make(ERR_PERM, ERR_NOT_FOUND, "no such user",
                        "user \"%s\" does not exist; make it with: useradd --system %s",
                        str_empty(name) ? "godwit" : given, str_empty(name) ? "godwit" : given);
    *uid = entry->pw_uid;
    *gid = entry->pw_gid;
    snprintf(found, 64, "%s", entry->pw_name);
    return OK;
}

err drop_user(unsigned uid, unsigned gid) {
    if (geteuid() != 0)
        return OK;
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
        return err_errno("become the server's user");
    if (uid != 0 && (setuid(0) == 0 || geteuid() != uid || getegid() != gid))
        return err_make(ERR_BUG, ERR_DENIED, "cannot drop root", "root could be taken back");
    return OK;
}

uint64_t drop_open_files(uint64_t want) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    if (limit.rlim_cur < want) {
        struct rlimit more = {.rlim_cur = want, .rlim_max = limit.rlim_max > want ? limit.rlim_max : want};
        if (setrlimit(RLIMIT_NOFILE, &more) != 0) {
            more = (struct rlimit){.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
            setrlimit(RLIMIT_NOFILE, &more);
        }
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur;
}

void drop_follow_parent(void) { prctl(PR_SET_PDEATHSIG, SIGTERM); }

/* ---- seccomp ---- */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = true }; /* the sanitizers' own calls are not on the list */
#else
enum { SANITIZED = false };
#endif

/* What a server that keeps mail and speaks on sockets needs: files below its paths, sockets, threads, memory, time. */
static const int allowed_calls[] = {
    /* files */
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(preadv),
    SCMP_SYS(pwritev),
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(close),
    SCMP_SYS(close_range),
    SCMP_SYS(stat),
    SCMP_SYS(fstat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(fstatfs),
    SCMP_SYS(statfs),
    SCMP_SYS(lseek),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(fcntl),
    SCMP_SYS(flock),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(getdents64),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(link),
    SCMP_SYS(linkat),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(chmod),
    SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),
    SCMP_SYS(utimensat),
    SCMP_SYS(getcwd),
    SCMP_SYS(umask),
    SCMP_SYS(fadvise64),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(pipe2),
    SCMP_SYS(memfd_create),
    SCMP_SYS(sendfile),
    SCMP_SYS(copy_file_range),
    SCMP_SYS(inotify_init1),
    SCMP_SYS(inotify_add_watch),
    SCMP_SYS(inotify_rm_watch),
    /* sockets and waiting */
    SCMP_SYS(socketpair),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(connect),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(shutdown),
    SCMP_SYS(sendto),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(eventfd2),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(ioctl),
    /* memory, threads, signals, time */
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(msync),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(gettid),
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(tgkill),
    SCMP_SYS(kill),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(sched_getparam),
    SCMP_SYS(sched_getscheduler),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(membarrier),
    SCMP_SYS(getcpu),
    /* about itself */
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getrlimit),
    SCMP_SYS(prlimit64),
    SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(prctl),
    SCMP_SYS(wait4),
    SCMP_SYS(waitid),
};

/* Threads, but no namespaces; sockets, but only to speak with others. Inside a user namespace of its own, or by rarer
 * sockets, whoever runs code here would reach much of the kernel that nobody else does. */
static bool allow_with_care(scmp_filter_ctx filter) {
    static const scmp_datum_t families[] = {AF_UNIX, AF_INET, AF_INET6};
    const scmp_datum_t namespaces =
        CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;
    bool fine = true;
    for (size_t i = 0; fine && i < sizeof families / sizeof *families; i++)
        fine = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, families[i])) == 0;
    /* the C library asks for the interfaces' addresses */
    fine = fine && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, SCMP_A0(SCMP_CMP_EQ, AF_NETLINK),
                                    SCMP_A2(SCMP_CMP_EQ, NETLINK_ROUTE)) == 0;
    fine = fine && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                                    SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces, 0)) == 0;
    /* its flags lie in memory, where no filter sees them; told that there is none, the C library takes clone */
    return fine && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
}

/* Everything else fails with EPERM; a library that probes for more copes. execve and execveat are simply not on the
 * list. */
static bool seccomp_walls(void) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return false;
    bool fine = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0;
    for (size_t i = 0; fine && i < sizeof allowed_calls / sizeof *allowed_calls; i++)
        fine = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0) == 0;
    fine = fine && allow_with_care(filter) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return fine;
}

/* ---- Landlock ---- */

/* The kernel's interface by number: Debian 12's headers know less than newer kernels can. */
enum { LANDLOCK_CREATE = 444, LANDLOCK_ADD = 445, LANDLOCK_RESTRICT = 446, LANDLOCK_VERSION = 1, LANDLOCK_BENEATH = 1 };
enum {
    FS_EXECUTE = 1 << 0,
    FS_WRITE_FILE = 1 << 1,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_REMOVE_DIR = 1 << 4,
    FS_REMOVE_FILE = 1 << 5,
    FS_MAKE_CHAR = 1 << 6,
    FS_MAKE_DIR = 1 << 7,
    FS_MAKE_REG = 1 << 8,
    FS_MAKE_SOCK = 1 << 9,
    FS_MAKE_FIFO = 1 << 10,
    FS_MAKE_BLOCK = 1 << 11,
    FS_MAKE_SYM = 1 << 12,
    FS_REFER = 1 << 13,
    FS_TRUNCATE = 1 << 14,
};
struct landlock_rules {
    uint64_t handled_fs;
};
struct landlock_beneath {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed));

static int landlock_abi(void) {
    long abi = syscall(LANDLOCK_CREATE, NULL, 0, LANDLOCK_VERSION);
    return abi > 0 ? (int)abi : 0;
}

static void landlock_allow(int rules, const drop_path *path, uint64_t handled) {
    SCOPED_FD fd = open(path->path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return;
    uint64_t reading = FS_READ_FILE | FS_READ_DIR;
    uint64_t writing = FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_MAKE_SOCK |
                       FS_REFER | FS_TRUNCATE;
    struct landlock_beneath beneath = {.allowed = (path->write ? reading | writing : reading) & handled,
                                       .parent_fd = fd};
    if (syscall(LANDLOCK_ADD, rules, LANDLOCK_BENEATH, &beneath, 0) != 0 && errno == EINVAL) {
        beneath.allowed &= FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE; /* a file, not a directory */
        syscall(LANDLOCK_ADD, rules, LANDLOCK_BENEATH, &beneath, 0);
    }
}

static int landlock_walls(const drop_path *paths, size_t n) {
    int abi = landlock_abi();
    if (abi == 0)
        return 0;
    uint64_t handled = (1 << 13) - 1;
    if (abi >= 2)
        handled |= FS_REFER;
    if (abi >= 3)
        handled |= FS_TRUNCATE;
    struct landlock_rules wanted = {.handled_fs = handled};
    SCOPED_FD rules = (int)syscall(LANDLOCK_CREATE, &wanted, sizeof wanted, 0);
    if (rules < 0)
        return 0;
    for (size_t i = 0; i < n; i++)
        landlock_allow(rules, &paths[i], handled);
    return syscall(LANDLOCK_RESTRICT, rules, 0) == 0 ? abi : 0;
}

drop_level drop_probe(void) {
    return (drop_level){
        .seccomp = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0 && seccomp_api_get() > 0,
        .landlock = landlock_abi(),
    };
}

err drop_walls(const drop_path *paths, size_t n, drop_level *level) {
    struct rlimit none = {0, 0};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return err_errno("no new privileges");
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    level->landlock = landlock_walls(paths, n);
    level->seccomp = !SANITIZED && seccomp_walls();
    return OK;
}
