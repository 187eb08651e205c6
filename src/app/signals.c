#include "app/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static int pipe_in = -1, pipe_out = -1;

static void on_signal(int number) {
    int before = errno;
    unsigned char byte = (unsigned char)number;
    ssize_t n = write(pipe_in, &byte, 1); /* a full pipe has enough to say already */
    (void)n;
    errno = before;
}

err signals_open(int *fd) {
    int ends[2];
    if (pipe_in >= 0) { /* the parent's pipe is not ours */
        close(pipe_in);
        close(pipe_out);
    }
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return err_errno("pipe");
    pipe_out = ends[0];
    pipe_in = ends[1];
    static const int caught[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
        if (sigaction(caught[i], &action, NULL) != 0)
            return err_errno("sigaction");
    }
    signal(SIGPIPE, SIG_IGN);
    *fd = pipe_out;
    return OK;
}

int signals_next(int fd) {
    unsigned char byte;
    return read(fd, &byte, 1) == 1 ? byte : 0;
}
