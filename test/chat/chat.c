/* Plays transcripts: `chat FILE ...` against the server in this process, `chat --binary GODWIT FILE ...` against the
 * real program.
 *
 * A transcript begins with header lines (server, tls, login, mail, option), then has
 *   C: text   a line to send, CRLF is added        C+ text   the same without CRLF (literals)
 *   S: text   the next line must be this; `...` stands for anything
 *   S* text   lines are passed over until one is this
 *   # text    a comment
 * After a STARTTLS or STLS that the server answered well, TLS is begun. One TAP line a file; each in a child process
 * with a store of its own. */
#include <openssl/ssl.h>

#include <stdarg.h>
#include <dirent.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/boot.h"
#include "app/files.h"
#include "app/server.h"
#include "auth/password.h"
#include "base/log.h"
#include "base/mem.h"

enum { FILE_MOST = 4 << 20, LINE_MOST = 4 << 20, STEP_S = 20, FILES_MOST = 1000 };

typedef struct chat {
    arena memory;
    str path, text; /* of the transcript */
    str server, tls, options;
    bool login;
    str mails[64];
    size_t mails_n;
    char folder[64];
    const char *binary;
    int fd;
    SSL *ssl;
    buf in;
    unsigned line;
    bool starttls_sent;
    server *running; /* in this process */
} chat;

_Noreturn static void fail(chat *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
_Noreturn static void fail(chat *c, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "# %.*s:%u: ", STR_ARG(c->path), c->line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static void must(chat *c, const char *doing, err e) {
    if (failed(e))
        fail(c, "%s: %s %s", doing, e.log, e.text);
}

/* ---- the transcript's header ---- */

static void read_header(chat *c) {
    c->server = S("mx");
    c->tls = S("no");
    c->options = S("");
    for (str line, rest = c->text; str_cut_line(&rest, &line); c->text = rest) {
        size_t colon = str_find(line, ':');
        str name = colon == STR_NONE ? S("") : str_sub(line, 0, colon);
        str value = colon == STR_NONE ? S("") : str_trim(str_sub(line, colon + 1, line.n - colon - 2));
        if (str_eq(name, S("server")))
            c->server = value;
        else if (str_eq(name, S("tls")))
            c->tls = value;
        else if (str_eq(name, S("login")))
            c->login = str_eq(value, S("yes"));
        else if (str_eq(name, S("mail")) && c->mails_n < 64)
            c->mails[c->mails_n++] = value;
        else if (str_eq(name, S("option"))) /* section.name = value */
            c->options = arena_strf(&c->memory, "%.*s[%.*s]\n%.*s\n", STR_ARG(c->options), (int)str_find(value, '.'),
                                    value.p, STR_ARG(str_skip(value, str_find(value, '.') + 1)));
        else if (!str_starts(line, S("#")) && line.n > 1)
            return;
        c->line++;
    }
}

/* ---- the server ---- */

static const struct kind {
    const char *server, *protocol, *port;
} kinds[] = {
    {"mx", "mx", "smtp"},     {"submit", "submission", "smtp"}, {"submission", "submission", "smtp"},
    {"lmtp", "lmtp", "smtp"}, {"imap", "imap", "imap"},         {"pop3", "pop3", "pop3"},
};

static const struct kind *kind_of(chat *c) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_eq(c->server, str_c(kinds[i].server)))
            return &kinds[i];
    fail(c, "unknown server \"%.*s\"", STR_ARG(c->server));
}

static str write_config(chat *c) {
    bool implicit = str_eq(c->tls, S("yes"));
    str path = arena_strf(&c->memory, "%s/godwit.conf", c->folder);
    str text = arena_strf(&c->memory,
                          "%.*s[server]\nhost = mail.demo.test\ndata = %s/data\nuser = %s\nloops = 1\nlog-level = "
                          "error\n[auth]\nfailure-delay = 10ms\nplaintext-without-tls = %s\n"
                          "[listener \"it\"]\nprotocol = %s\naddress = unix:%s/door\ntls = %s\nrequire-auth = yes\n",
                          STR_ARG(c->options), c->folder, geteuid() == 0 ? "root" : "",
                          c->login && str_eq(c->tls, S("no")) ? "yes" : "no", kind_of(c)->protocol, c->folder,
                          implicit                       ? "implicit"
                          : str_eq(c->server, S("lmtp")) ? "none"
                                                         : "starttls");
    must(c, "write the configuration", file_write(path, text, 0644));
    return path;
}

static str read_mail(chat *c, str name) {
    size_t slash = str_rfind(c->path, '/');
    str text, at = arena_strf(&c->memory, "%.*s/../mail/%.*s", STR_ARG(str_sub(c->path, 0, slash)), STR_ARG(name));
    must(c, "read the mail", file_read(at, FILE_MOST, &c->memory, &text));
    return text;
}

static void fill_store(chat *c, const config *conf) {
    static const principal operator= {.role = ROLE_ADMIN};
    const store_config sc = {.kind = S("sqlite"),
                             .path = conf->data,
                             .blob_path = conf->blobs,
                             .blob_least = conf->blob_least,
                             .readers = 1};
    store_account account = {.name = S("user@demo.test")};
    store *s;
    int64_t id;
    must(c, "open the store", store_open(&s, &sc));
    must(c, "add the domain", store_domain_add(s, &operator, S("demo.test"), &id));
    must(c, "make the credential", password_make(S("pass"), 4096, &c->memory, &account.credential));
    must(c, "add the account", store_account_add(s, &operator, & account, &id));
    const principal owner = {.role = ROLE_ACCOUNT, .account = id};
    store_mailbox box;
    must(c, "find INBOX", store_mailbox_get(s, &owner, S("INBOX"), &c->memory, &box));
    for (size_t i = 0; i < c->mails_n; i++) {
        store_content content;
        uint32_t uid, validity;
        must(c, "parse the mail", store_content_of(read_mail(c, c->mails[i]), &c->memory, &content));
        must(c, "append the mail",
             store_append(s, &owner, box.id, &content, 0, NULL, 0, 1700000000, 0, &uid, &validity));
    }
    store_close(s);
}

static void start_server(chat *c) {
    static boot b;
    SCOPED_BUF mistakes;
    buf_init(&mistakes, 65536);
    str path = write_config(c);
    err e = boot_read(&b, path, &mistakes);
    if (failed(e))
        fail(c, "%.*s", STR_ARG(buf_str(&mistakes)));
    b.uid = geteuid();
    must(c, "make the directories", boot_directories(&b));
    fill_store(c, &b.config);
    if (!c->binary) {
        log_setup(LOG_LOGFMT, LOG_ERROR, 2);
        must(c, "prepare", boot_prepare(&b));
        must(c, "start", server_start(&c->running, &b));
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        execl(c->binary, "godwit", "--config", path.p, "serve", "--foreground", (char *)NULL);
        _exit(127);
    }
}

static void connect_to(chat *c) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s/door", c->folder);
    for (int tries = 0; tries < 400; tries++) {
        c->fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(c->fd, (struct sockaddr *)&at, sizeof at) == 0)
            return;
        close(c->fd);
        usleep(50000);
    }
    fail(c, "the server cannot be reached");
}

/* ---- the line ---- */

static void begin_tls(chat *c) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    c->ssl = SSL_new(context);
    SSL_set_fd(c->ssl, c->fd);
    if (SSL_connect(c->ssl) != 1)
        fail(c, "the TLS handshake failed");
    SSL_CTX_free(context);
}

static void send_bytes(chat *c, str s) {
    while (s.n) {
        ssize_t n = c->ssl ? SSL_write(c->ssl, s.p, (int)s.n) : send(c->fd, s.p, s.n, MSG_NOSIGNAL);
        if (n <= 0)
            fail(c, "the server closed while \"%.*s\" was sent", STR_ARG(s));
        s = str_skip(s, (size_t)n);
    }
}

/* The next line without CRLF; false at the end of the connection. */
static bool receive_line(chat *c, str *line) {
    for (;;) {
        str rest = buf_str(&c->in), got;
        if (str_cut_line(&rest, &got)) {
            got.n -= str_ends(got, S("\r\n")) ? 2 : 1;
            *line = arena_str(&c->memory, got);
            buf_consume(&c->in, c->in.n - rest.n);
            return true;
        }
        char *to = buf_reserve(&c->in, 16384);
        ssize_t n = !to ? -1 : c->ssl ? SSL_read(c->ssl, to, 16384) : recv(c->fd, to, 16384, 0);
        if (n <= 0)
            return false;
        buf_commit(&c->in, (size_t)n);
    }
}

/* ---- matching ---- */

/* `...` is anything; without backtracking beyond the last one, so linear enough. */
static bool matches(str pattern, str line) {
    size_t dots = str_find_str(pattern, S("..."));
    if (dots == STR_NONE)
        return str_eq(pattern, line);
    if (!str_starts(line, str_sub(pattern, 0, dots)))
        return false;
    pattern = str_skip(pattern, dots + 3);
    line = str_skip(line, dots);
    for (dots = str_find_str(pattern, S("...")); dots != STR_NONE; dots = str_find_str(pattern, S("..."))) {
        size_t at = str_find_str(line, str_sub(pattern, 0, dots));
        if (at == STR_NONE)
            return false;
        line = str_skip(line, at + dots);
        pattern = str_skip(pattern, dots + 3);
    }
    return str_ends(line, pattern);
}

static void expect(chat *c, str pattern, bool skip) {
    str line;
    while (receive_line(c, &line)) {
        if (!matches(pattern, line)) {
            if (skip)
                continue;
            fail(c, "expected: %.*s\n#      got: %.*s", STR_ARG(pattern), STR_ARG(line));
        }
        bool well = !str_starts(line, S("-ERR")) && !str_starts(line, S("5")) && !str_starts(line, S("4")) &&
                    str_casefind(line, S(" BAD")) == STR_NONE && str_casefind(line, S(" NO ")) == STR_NONE;
        if (c->starttls_sent && well)
            begin_tls(c);
        c->starttls_sent = false;
        return;
    }
    if (str_eq(pattern, S("(closed)")))
        return;
    fail(c, "the server closed, but expected: %.*s", STR_ARG(pattern));
}

static void say(chat *c, const char *line, const char *answer) {
    send_bytes(c, str_c(line));
    send_bytes(c, S("\r\n"));
    expect(c, str_c(answer), true);
}

static void log_in(chat *c) {
    const char *protocol = kind_of(c)->port;
    if (strcmp(protocol, "imap") == 0) {
        expect(c, S("* OK ..."), false);
        say(c, "login LOGIN user@demo.test pass", "login OK ...");
    } else if (strcmp(protocol, "pop3") == 0) {
        expect(c, S("+OK..."), false);
        say(c, "USER user@demo.test", "+OK...");
        say(c, "PASS pass", "+OK...");
    } else {
        expect(c, S("220 ..."), false);
        say(c, "EHLO client.example.org", "250 ...");
        say(c, "AUTH PLAIN AHVzZXJAZGVtby50ZXN0AHBhc3M=", "235 ...");
    }
}

static void play(chat *c) {
    for (str line; str_cut_line(&c->text, &line);) {
        c->line++;
        line.n -= str_ends(line, S("\r\n")) ? 2 : 1;
        str text = line.n > 3 ? str_skip(line, line.p[2] == ' ' ? 3 : 2) : S("");
        if (str_starts(line, S("C:")) || str_starts(line, S("C+"))) {
            c->starttls_sent = str_casefind(text, S("STARTTLS")) != STR_NONE || str_caseeq(text, S("STLS"));
            send_bytes(c, text);
            if (line.p[1] == ':')
                send_bytes(c, S("\r\n"));
        } else if (str_starts(line, S("S:")) || str_starts(line, S("S*"))) {
            expect(c, text, line.p[1] == '*');
        } else if (line.n && line.p[0] != '#') {
            fail(c, "not a line of a transcript: %.*s", STR_ARG(line));
        }
    }
}

static void run(const char *binary, const char *path) {
    chat c = {.path = str_c(path), .binary = binary, .folder = "/tmp/godwit-chat-XXXXXX", .fd = -1};
    arena_init(&c.memory, (size_t)256 << 20);
    buf_init(&c.in, LINE_MOST);
    alarm(STEP_S * 3);
    must(&c, "read the transcript", file_read(c.path, FILE_MOST, &c.memory, &c.text));
    read_header(&c);
    if (!mkdtemp(c.folder) || chmod(c.folder, 0755) != 0)
        fail(&c, "no temporary folder");
    printf("%s", c.folder); /* for the parent, who removes it */
    fflush(stdout);
    start_server(&c);
    connect_to(&c);
    if (str_eq(c.tls, S("yes")))
        begin_tls(&c);
    if (c.login)
        log_in(&c);
    play(&c);
    close(c.fd);
    if (c.running)
        server_stop(c.running, 1000);
    exit(0);
}

/* A child a file, in a process group that ends with it. */
static bool run_apart(const char *binary, const char *path) {
    int ends[2], status = 1;
    char folder[64] = "";
    if (pipe(ends) != 0)
        return false;
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        run(binary, path);
    }
    close(ends[1]);
    size_t n = 0;
    for (ssize_t got; n + 1 < sizeof folder && (got = read(ends[0], folder + n, 23 - n)) > 0; n += (size_t)got)
        ;
    waitpid(child, &status, 0);
    kill(-child, SIGKILL);
    close(ends[0]);
    if (str_starts(str_c(folder), S("/tmp/godwit-chat-"))) {
        pid_t cleaner = fork();
        if (cleaner == 0) {
            execlp("rm", "rm", "-rf", folder, (char *)NULL);
            _exit(127);
        }
        waitpid(cleaner, NULL, 0);
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int is_chat(const struct dirent *entry) { return str_ends(str_c(entry->d_name), S(".chat")); }

/* Every transcript of a folder, or the one file. */
static size_t collect(const char *path, char **files, size_t room) {
    struct dirent **entries;
    int n = scandir(path, &entries, is_chat, alphasort);
    if (n < 0) {
        files[0] = mem_strdup(str_c(path));
        return 1;
    }
    size_t taken = 0;
    for (int i = 0; i < n; i++) {
        SCOPED_BUF name;
        buf_init(&name, 4096);
        buf_addf(&name, "%s/%s", path, entries[i]->d_name);
        if (taken < room)
            files[taken++] = mem_strdup(buf_str(&name));
        free(entries[i]);
    }
    free(entries);
    return taken;
}

int main(int argc, char **argv) {
    static char *files[FILES_MOST];
    const char *binary = NULL;
    size_t n = 0;
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "--binary") == 0) {
        binary = argv[2];
        first = 3;
    }
    for (int i = first; i < argc && n < FILES_MOST; i++)
        n += collect(argv[i], files + n, FILES_MOST - n);
    printf("1..%zu\n", n);
    for (size_t i = 0; i < n; i++) {
        fflush(stdout);
        bool fine = run_apart(binary, files[i]);
        printf("%sok %zu - %s\n", fine ? "" : "not ", i + 1, files[i]);
        free(files[i]);
    }
    return 0;
}
