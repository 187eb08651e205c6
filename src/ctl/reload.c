/* godwit reload and godwit status: a word with the running server. */
#include "ctl/ctl.h"

#include "app/control.h"
#include "app/frame.h"

static int ask(ctl *c, const char *doing, frame_type type, buf *said) {
    int code = ctl_read_config(c);
    if (code)
        return code;
    err e = control_ask(c->config.data, type, said);
    if (failed(e) && e.kind == ERR_PEER)
        fprintf(stderr, "%.*s%s", STR_ARG(buf_str(said)), str_ends(buf_str(said), S("\n")) ? "" : "\n");
    return failed(e) ? ctl_fail(c, doing, e) : EX_OK;
}

static int reload(ctl *c, int argc, char **argv) {
    SCOPED_BUF said;
    buf_init(&said, 1 << 20);
    int code = ask(c, "reload", FRAME_RELOAD, &said);
    if (code)
        return code;
    if (!c->json)
        printf("%.*s", STR_ARG(buf_str(&said)));
    ctl_done(c, "configuration and certificates reloaded");
    return EX_OK;
}

static int status(ctl *c, int argc, char **argv) {
    SCOPED_BUF said;
    buf_init(&said, 1 << 20);
    int code = ask(c, "status", FRAME_STATUS, &said);
    if (code)
        return code;
    printf("%.*s\n", STR_ARG(buf_str(&said)));
    return EX_OK;
}

const ctl_command ctl_reload = {
    .name = "reload",
    .summary = "Make the running server read its configuration and certificates again.",
    .usage = "usage: godwit reload\n\n"
             "No connection is dropped. With a mistake in the file nothing changes and the mistake is shown. The same "
             "as SIGHUP.\n",
    .run = reload,
};

const ctl_command ctl_status = {
    .name = "status",
    .summary = "Show what the running server is doing, as JSON.",
    .usage = "usage: godwit status\n\n"
             "examples:\n"
             "  godwit status\n",
    .run = status,
};
