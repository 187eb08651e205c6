/* godwit account import: many accounts from a file.
 *
 * Hashing passwords takes the processors and committing takes the disk, so some threads work at once: the store joins
 * what they ask for at the same moment into one transaction. */
#include "ctl/ctl.h"

#include <errno.h>
#include <pthread.h>

#include "auth/password.h"
#include "base/limits.h"
#include "base/mem.h"
#include "mime/address.h"

enum { THREADS = 32, LINE_MOST = 2048, LINE_MEMORY = 65536 };

typedef struct import {
    ctl *c;
    const char *name;
    FILE *file;
    pthread_mutex_t lock; /* guards the file, the output and what follows */
    size_t line, added, present, wrong;
    err broken; /* what makes going on useless */
} import;

static err refused(const char *text) { return err_make(ERR_PEER, ERR_SYNTAX, text, ""); }

/* ---- a line: "ADDRESS PASSWORD"; text.p is NULL for one that was too long ---- */

/* As other servers write it: iterations,salt,StoredKey,ServerKey. */
static err scram_credential(str text, arena *a, str *credential) {
    str rounds, salt, stored;
    scram_verifier v;
    bool fine = str_cut(&text, ',', &rounds) && str_cut(&text, ',', &salt) && str_cut(&text, ',', &stored);
    *credential = arena_strf(a, "SCRAM-SHA-256$%.*s:%.*s$%.*s:%.*s", STR_ARG(rounds), STR_ARG(salt), STR_ARG(stored),
                             STR_ARG(text));
    fine = fine && password_scram(*credential, &v);
    mem_wipe(&v, sizeof v);
    return fine ? OK : refused("{SCRAM-SHA-256} is followed by iterations,salt,StoredKey,ServerKey");
}

static err crypt_credential(str text, arena *a, str *credential) {
    *credential = text;
    return str_starts(text, S("$")) ? OK : refused("{CRYPT} is followed by a hash that begins with a $");
}

static err credential_of(const import *in, str word, arena *a, str *credential) {
    size_t end = str_find(word, '}');
    if (!str_starts(word, S("{")) || end == STR_NONE)
        return password_make(word, (uint32_t)in->c->config.scram_iterations, a, credential);
    str scheme = str_sub(word, 0, end + 1), rest = str_skip(word, end + 1);
    if (str_caseeq(scheme, S("{PLAIN}")))
        return password_make(rest, (uint32_t)in->c->config.scram_iterations, a, credential);
    if (str_caseeq(scheme, S("{CRYPT}")))
        return crypt_credential(rest, a, credential);
    if (str_caseeq(scheme, S("{SCRAM-SHA-256}")))
        return scram_credential(rest, a, credential);
    return refused("a password that begins with { is {PLAIN}, {CRYPT} or {SCRAM-SHA-256}");
}

static err take_line(import *in, str text, arena *a) {
    addr_spec spec;
    store_account account = {0};
    int64_t id;
    size_t blank = 0;
    if (!text.p)
        return refused("is too long");
    while (blank < text.n && !ascii_blank(text.p[blank]))
        blank++;
    str word = str_trim(str_skip(text, blank));
    if (failed(address_parse(str_sub(text, 0, blank), true, a, &spec)) || str_empty(spec.domain))
        return refused("does not begin with a mail address");
    account.name = address_key(&spec, a);
    if (!account.name.p)
        return refused("does not begin with a mail address");
    if (str_empty(word))
        return refused("has no password behind the address");
    TRY(credential_of(in, word, a, &account.credential));
    err e = store_account_add(in->c->store, &ctl_operator, &account, &id);
    return e.what == ERR_NOT_FOUND ? refused("its domain is not here; add it first with: godwit domain add") : e;
}

/* ---- the threads ---- */

/* The next line with something in it, without its end; false when there is none, or no sense in going on. */
static bool next_line(import *in, char line[LINE_MOST], str *text, size_t *number) {
    bool found = false;
    pthread_mutex_lock(&in->lock);
    while (!found && !failed(in->broken) && fgets(line, LINE_MOST, in->file)) {
        *text = str_c(line);
        *number = ++in->line;
        bool whole = str_ends(*text, S("\n")) || feof(in->file);
        for (int c = 0; !whole && c != EOF && c != '\n';)
            c = fgetc(in->file);
        while (str_ends(*text, S("\n")) || str_ends(*text, S("\r")))
            text->n--;
        *text = whole ? str_trim(*text) : (str){0};
        found = !whole || (text->n && text->p[0] != '#');
    }
    pthread_mutex_unlock(&in->lock);
    return found;
}

static void settle(import *in, size_t number, err e) {
    pthread_mutex_lock(&in->lock);
    if (!failed(e)) {
        in->added++;
    } else if (e.what == ERR_EXISTS) {
        in->present++;
    } else if (e.kind == ERR_PEER) {
        in->wrong++;
        ctl_wrong(in->c, "%s:%zu: %s", in->name, number, e.text);
    } else {
        in->broken = e;
    }
    pthread_mutex_unlock(&in->lock);
}

static void *work(void *arg) {
    import *in = arg;
    char line[LINE_MOST];
    str text;
    for (size_t number; next_line(in, line, &text, &number);) {
        SCOPED_ARENA memory;
        arena_init(&memory, LINE_MEMORY);
        settle(in, number, take_line(in, text, &memory));
    }
    mem_wipe(line, sizeof line);
    return NULL;
}

static int run_threads(import *in) {
    pthread_t threads[THREADS];
    size_t n = 0;
    while (n < THREADS && pthread_create(&threads[n], NULL, work, in) == 0)
        n++;
    if (n == 0)
        work(in);
    while (n > 0)
        pthread_join(threads[--n], NULL);
    ctl_close(in->c, in->added > 0);
    if (failed(in->broken))
        return ctl_fail(in->c, "account import", in->broken);
    ctl_done(in->c, "%zu accounts added, %zu were there already, %zu lines are wrong", in->added, in->present,
             in->wrong);
    return in->wrong ? EX_DATAERR : EX_OK;
}

int ctl_account_import(ctl *c, int argc, char **argv) {
import in = {.c = c, .lock = PTHREAD_MUTEX_INITIALIZER };
    if (ctl_options(c, argc, argv, NULL, 0) != 2)
        return ctl_wrong(c, "account import: give one file, or - for standard input");
    /* before the store: root opens it, and then becomes the owner of the store */
    bool from_stdin = strcmp(argv[1], "-") == 0;
    in.name = from_stdin ? "standard input" : argv[1];
    in.file = from_stdin ? stdin : fopen(argv[1], "re");
    if (!in.file)
        return ctl_wrong(c, "account import: %s: %s", argv[1], strerror(errno));
    int code = ctl_open_store(c);
    if (!code)
        code = run_threads(&in);
    if (!from_stdin)
        fclose(in.file);
    return code;
}
