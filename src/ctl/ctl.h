/* The command line: one file per subcommand, each exporting one entry of the table in main.c.
 *
 * Plain threads, blocking. Commands that touch the store open it themselves, so they work with the server running or
 * stopped; a running server is told afterwards (ctl_close). Exit codes are those of sysexits.h. */
#ifndef GODWIT_CTL_CTL_H
#define GODWIT_CTL_CTL_H

#include <stdio.h>
#include <sysexits.h>

#include "app/config.h"
#include "store/store.h"

typedef struct ctl {
    bool json;
    str config_path;
    config config;
    bool have_config;
    store *store;
    arena memory; /* of the whole command */
} ctl;

typedef struct ctl_command {
    const char *name;
    const char *summary;                       /* one line, ends with a full stop */
    const char *usage;                         /* whole help: forms, options, examples */
    int (*run)(ctl *c, int argc, char **argv); /* argv[0] is the command's name */
} ctl_command;

extern const ctl_command ctl_account, ctl_address, ctl_check, ctl_domain, ctl_init, ctl_list_options, ctl_queue,
    ctl_reload, ctl_send, ctl_sendmail, ctl_serve, ctl_status, ctl_version;

extern const principal ctl_operator; /* ROLE_ADMIN */

/* Reads the configuration once; mistakes are printed and end the command with EX_CONFIG. 0 when fine. */
int ctl_read_config(ctl *c);
/* Opens the store of the configuration as the user who owns it (root becomes that user). 0 when fine. */
int ctl_open_store(ctl *c);
/* Closes the store; when something was changed a running server is told. */
void ctl_close(ctl *c, bool changed);

/* Says an error as "godwit: what: why" with what to do, as text or JSON, on stderr; answers the exit code for it. */
int ctl_fail(const ctl *c, const char *doing, err e);
int ctl_wrong(const ctl *c, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* a wrong command line: EX_USAGE */
void ctl_done(const ctl *c, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* what was done, one line on stdout */

/* Subcommands of a command: "account add". */
typedef struct ctl_verb {
    const char *name;
    int (*run)(ctl *c, int argc, char **argv); /* argv[0] is the verb */
} ctl_verb;
int ctl_run_verb(ctl *c, const ctl_verb *verbs, size_t n, int argc, char **argv, const ctl_command *of);
int ctl_account_import(ctl *c, int argc, char **argv); /* import.c, for account.c */

/* ---- options: long ones only, `--name value` or `--name=value`, anywhere among the words ---- */

typedef struct ctl_option {
    const char *name;
    const char **value; /* takes a value */
    bool *flag;         /* or none */
} ctl_option;
/* Removes the known options from argv and leaves the words; -1 after naming an unknown option. Answers the number of
 * words. */
int ctl_options(const ctl *c, int argc, char **argv, const ctl_option *options, size_t n);

/* ---- output ---- */

/* Rows under column names: an aligned table for people, an array of objects with --json. */
typedef struct ctl_table {
    const ctl *c;
    const char *const *columns;
    size_t columns_n, cells_n;
    str *cells; /* of the rows kept back to be aligned */
    arena memory;
    size_t rows;
} ctl_table;
void ctl_table_begin(ctl_table *t, const ctl *c, const char *const *columns, size_t n);
void ctl_table_str(ctl_table *t, str value);
void ctl_table_u64(ctl_table *t, uint64_t value);
void ctl_table_size(ctl_table *t, uint64_t bytes);       /* "1.2 MB"; JSON: the number */
void ctl_table_time(ctl_table *t, int64_t unix_seconds); /* local time; JSON: the number; 0 is "-" */
void ctl_table_end(ctl_table *t);
/* One record, a line a field. */
void ctl_record_end(ctl_table *t);

/* A listing, page by page, so that it may be as long as it likes. `fill` gets at most CTL_PAGE things behind `after`
 * (or after_id), adds a row for each, and says how many there were and where the next page begins. */
enum { CTL_PAGE = 500 };
typedef struct ctl_page {
    ctl *c;
    ctl_table table;
    void *arg;
    arena memory; /* of this page */
    str after;
    int64_t after_id;
    size_t n;
} ctl_page;
int ctl_pages(ctl *c, const char *doing, const char *const *columns, size_t columns_n, err (*fill)(ctl_page *p),
              void *arg);

/* A password: from the terminal without echo (twice), or the first line of stdin. False when there is none. */
bool ctl_read_password(ctl *c, bool from_stdin, str *out);
str ctl_random_password(ctl *c);
bool ctl_yes(const char *question); /* asks on the terminal; false when there is none */

#endif
