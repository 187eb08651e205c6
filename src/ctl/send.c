/* godwit send: a message from words, or a finished one from standard input. */
#include "ctl/ctl.h"

#include <unistd.h>

#include "app/files.h"
#include "ctl/submit.h"
#include "mime/build.h"

enum { ATTACH_MOST = 100, MESSAGE_MOST = 1 << 30 };

static void add_attachment(build *b, str path, str bytes) {
    size_t slash = str_rfind(path, '/');
    build_attachment(b, S("application/octet-stream"), slash == STR_NONE ? path : str_skip(path, slash + 1), bytes);
}

static int compose(ctl *c, str sender, const submit *s, const char *subject, const char *const *files, str text,
                   str *raw) {
    SCOPED_BUF out;
    build b;
    buf_init(&out, MESSAGE_MOST);
    build_begin(&b, &out);
    build_header(&b, S("From"), sender);
    for (size_t i = 0; i < s->n; i++)
        build_header(&b, S("To"), s->recipients[i]);
    build_text_header(&b, S("Subject"), str_c(subject));
    if (!files[0]) {
        build_body_text(&b, text);
    } else {
        build_multipart(&b, S("mixed"), S(""));
        build_part_text(&b, text);
        for (; *files; files++) {
            str bytes;
            err e = file_read(str_c(*files), MESSAGE_MOST / 2, &c->memory, &bytes);
            if (failed(e))
                return ctl_fail(c, "attach", e);
            add_attachment(&b, str_c(*files), bytes);
        }
    }
    if (!build_end(&b))
        return ctl_wrong(c, "the message cannot be made of this: it is too large, or a word has a line break in it");
    *raw = arena_str(&c->memory, buf_str(&out));
    return EX_OK;
}

/* --attach may be given many times, which one-value options cannot hold: taken out first. */
static int take_attachments(ctl *c, int argc, char **argv, const char **files) {
    int kept = 1;
    size_t n = 0;
    for (int i = 1; i < argc; i++) {
        const char *file = strcmp(argv[i], "--attach") == 0 && i + 1 < argc ? argv[++i]
                           : strncmp(argv[i], "--attach=", 9) == 0          ? argv[i] + 9
                                                                            : NULL;
        if (!file)
            argv[kept++] = argv[i];
        else if (n == ATTACH_MOST)
            return -ctl_wrong(c, "at most %d attachments", ATTACH_MOST);
        else
            files[n++] = file;
    }
    argv[kept] = NULL;
    return kept;
}

static int run(ctl *c, int argc, char **argv) {
    const char *from = NULL, *subject = "", *files[ATTACH_MOST + 1] = {0};
    bool raw_message = false;
    const ctl_option options[] = {{"from", &from, NULL}, {"subject", &subject, NULL}, {"raw", NULL, &raw_message}};
    submit s = {0};
    str id, text;
    argc = take_attachments(c, argc, argv, files);
    int words = argc < 0 ? -1 : ctl_options(c, argc, argv, options, 3);
    if (words < 0)
        return EX_USAGE;
    if (words < 2)
        return ctl_wrong(c, "send: give at least one recipient; see godwit send --help");
    int code = ctl_read_config(c);
    if (code)
        return code;
    code = submit_sender(c, from, &s.sender);
    if (code)
        return code;
    s.recipients = arena_array(&c->memory, (size_t)words, sizeof *s.recipients);
    for (int i = 1; i < words; i++)
        s.recipients[s.n++] = str_c(argv[i]);
    code = submit_read_stdin(c, false, &text);
    if (!code && raw_message)
        s.raw = text;
    else if (!code)
        code = compose(c, s.sender, &s, subject, files, text, &s.raw);
    if (!code)
        code = submit_message(c, &s, &id);
    if (!code)
        ctl_done(c, "sent as %.*s", STR_ARG(str_empty(id) ? S("accepted by the server") : id));
    return code;
}

const ctl_command ctl_send = {
    .name = "send",
    .summary = "Send a message from the command line.",
    .usage =
        "usage: godwit send [--from ADDRESS] [--subject TEXT] [--attach FILE]... RECIPIENT ... < text\n"
        "       godwit send --raw [--from ADDRESS] RECIPIENT ... < message\n\n"
        "The text is read from standard input; with --raw it is a finished message with its header. When the command\n"
        "succeeds the message is safely stored, whether the server runs or not.\n\n"
        "examples:\n"
        "  echo 'It works.' | godwit send --subject Test ann@example.org\n"
        "  godwit send --from boss@example.org --subject Report --attach report.pdf ann@example.org < letter.txt\n",
    .run = run,
};
