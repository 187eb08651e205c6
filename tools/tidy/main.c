#include <unistd.h>

#include "tidy.h"

int main(int argc, char **argv) {
    bool verbose = argc > 1 && str_eq(str_c(argv[1]), S("--verbose"));
    const char *root = argc > 1 + verbose ? argv[1 + verbose] : ".";
    SCOPED_BUF out;
    buf_init(&out, 16 * 1024 * 1024);
    bool clean = tidy_run(root, verbose, &out);
    fwrite(out.p, 1, out.n, stdout);
    return clean ? 0 : 1;
}
