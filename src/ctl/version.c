/* godwit version. */
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <uv.h>

#include "ctl/ctl.h"

static int run(ctl *c, int argc, char **argv) {
    if (c->json)
        printf("{\"version\": \"%s\", \"openssl\": \"%s\", \"sqlite\": \"%s\", \"libuv\": \"%s\"}\n", GODWIT_VERSION,
               OpenSSL_version(OPENSSL_VERSION_STRING), sqlite3_libversion(), uv_version_string());
    else
        printf("godwit %s (OpenSSL %s, SQLite %s, libuv %s)\n", GODWIT_VERSION, OpenSSL_version(OPENSSL_VERSION_STRING),
               sqlite3_libversion(), uv_version_string());
    return EX_OK;
}

const ctl_command ctl_version = {
    .name = "version",
    .summary = "Say which version this is.",
    .usage = "usage: godwit version\n",
    .run = run,
};
