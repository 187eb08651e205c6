#include "base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log_line.h"
#include "base/mem.h"
#include "base/time.h"

/* Set before threads start and at reload; each alone may be read at any time. */
static _Atomic int out_format = LOG_LOGFMT, out_level = LOG_INFO, out_fd = STDERR_FILENO;
/* An unconnected datagram socket: journald may restart below us. Never closed: a thread that has just read the
 * number must not write into what was opened next. */
static _Atomic int journal_fd = -1;
static _Atomic bool to_journal;
static _Atomic uint64_t dropped; /* lines the sink did not take, told with the next one it takes */
static const char *journal_socket = "/run/systemd/journal/socket";

log_field lf_c(const char *key, const char *z) { return lf_str(key, str_c(z)); }

log_field lf_err(const err *e) { return lf_c("error", e->log[0] ? e->log : e->text); }

/* Whether systemd connected `fd` to the journal: JOURNAL_STREAM names its device and inode, systemd.exec(5). */
static bool is_journal_stream(int fd) {
    const char *said = getenv("JOURNAL_STREAM");
    struct stat st;
    if (!said || fstat(fd, &st) != 0)
        return false;
    str inode = str_c(said), device;
    uint64_t dev, ino;
    return str_cut(&inode, ':', &device) && str_to_u64(device, UINT64_MAX, &dev) &&
           str_to_u64(inode, UINT64_MAX, &ino) && dev == (uint64_t)st.st_dev && ino == (uint64_t)st.st_ino;
}

void log_setup(log_format format, log_level least, int fd) {
    atomic_store(&out_format, (int)format);
    atomic_store(&out_level, (int)least);
    atomic_store(&out_fd, fd);
    bool journal = is_journal_stream(fd);
    if (journal && atomic_load(&journal_fd) < 0)
        atomic_store(&journal_fd, socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    atomic_store(&to_journal, journal);
}

void log_test_journal(const char *path) { journal_socket = path; }

static bool send_journal(int fd, const log_event *event) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t n = strlen(journal_socket);
    if (n >= sizeof to.sun_path)
        return false;
    memcpy(to.sun_path, journal_socket, n);
    SCOPED_BUF line;
    buf_init(&line, 2 * LIMIT_LOG_LINE + LIMIT_LOG_FIELD);
    log_line_journal(&line, event);
    ssize_t sent = sendto(fd, line.p, line.n, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&to, sizeof to);
    return sent == (ssize_t)line.n;
}

static bool emit_event(const log_event *event) {
    bool journal = atomic_load(&to_journal);
    if (journal && send_journal(atomic_load(&journal_fd), event))
        return true;
    SCOPED_BUF line;
    buf_init(&line, LIMIT_LOG_LINE + LIMIT_LOG_FIELD);
    if (journal) /* journald reads the level from such a prefix, sd-daemon(3) */
        buf_addf(&line, "<%d>", log_line_priority(event->level));
    (atomic_load(&out_format) == LOG_JSON ? log_line_json : log_line_logfmt)(&line, event);
    /* One write(2) unless a full pipe takes a part; the rest follows so that the next line begins on its own. */
    return fd_write_all(atomic_load(&out_fd), buf_str(&line));
}

void log_emit(log_level level, const char *event, const log_field *fields) {
    if ((int)level < atomic_load(&out_level))
        return;
    int saved_errno = errno;
    uint64_t lost = atomic_exchange(&dropped, 0);
    if (lost) {
        const log_field lost_fields[] = {lf_u64("lines", lost), {0}};
        if (!emit_event(&(log_event){time_wall_ms(), LOG_WARN, "log.dropped", lost_fields}))
            atomic_fetch_add(&dropped, lost);
    }
    if (!emit_event(&(log_event){time_wall_ms(), level, event, fields}))
        atomic_fetch_add(&dropped, 1);
    errno = saved_errno;
}
