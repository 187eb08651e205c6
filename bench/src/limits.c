#include "limits.h"

#include <signal.h>
#include <string.h>

static const char usage[] = "usage: limits fsync FOLDER THREADS SECONDS BYTES\n"
                            "       limits newfile FOLDER THREADS SECONDS BYTES\n"
                            "       limits sqlite FOLDER SECONDS BYTES ROWS_A_COMMIT\n"
                            "       limits pingpong SECONDS BYTES\n"
                            "       limits tls SECONDS CERTIFICATE KEY\n";

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    signal(SIGPIPE, SIG_IGN);
    bench_many_files();
    if (argc == 6 && (strcmp(what, "fsync") == 0 || strcmp(what, "newfile") == 0))
        limit_fsync(argv[2], bench_number(argv[3]), bench_seconds(argv[4]), (size_t)bench_number(argv[5]),
                    what[0] == 'n');
    else if (argc == 6 && strcmp(what, "sqlite") == 0)
        limit_sqlite(argv[2], bench_seconds(argv[3]), (size_t)bench_number(argv[4]), bench_number(argv[5]));
    else if (argc == 4 && strcmp(what, "pingpong") == 0)
        limit_pingpong(bench_seconds(argv[2]), (size_t)bench_number(argv[3]));
    else if (argc == 5 && strcmp(what, "tls") == 0)
        limit_tls(bench_seconds(argv[2]), argv[3], argv[4]);
    else
        bench_usage(usage);
    return 0;
}
