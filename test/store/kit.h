/* What the store's tests share: a store in a directory of its own with a domain and two accounts, messages, and short
 * words for the calls that are made again and again. Each function fails the running test when it cannot do its work.
 */
#ifndef GODWIT_TEST_STORE_KIT_H
#define GODWIT_TEST_STORE_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/store.h"

typedef struct kit {
    char dir[64], blobs[80];
    store *s;
    store_config config;
    int64_t anna, bert; /* account ids: anna@example.org, bert@example.org */
    principal as_anna, as_bert;
    arena a; /* results; cleared by kit_clear */
} kit;

extern const principal admin, deliver, login, nobody;

/* The backends there are. Every test of what store.h promises runs on each, or on the one named as argument. */
#define KIT_MAIN(tests) \
    int main(int argc, char **argv) { \
        int bad = 0; \
        for (size_t i = 0; kit_backends[i]; i++) { \
            kit_backend = kit_backends[i]; \
            if (argc < 2 || strcmp(argv[1], kit_backend) == 0) \
                bad += _cmocka_run_group_tests(kit_backend, tests, sizeof tests / sizeof *tests, NULL, NULL); \
        } \
        return bad; \
    }
extern const char *const kit_backends[], *kit_backend;
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, kit_begin, kit_end)

/* Setup and teardown of a cmocka test; *state is a kit. */
int kit_begin(void **state);
int kit_end(void **state);
int kit_begin_empty(void **state);         /* without domain and accounts */
void kit_open_at(kit *k, const char *dir); /* a store that is there already; the rest of *k stays */
void kit_close(kit *k);
void kit_reopen(kit *k);
void kit_clear(kit *k);
store *kit_open_second(const kit *k, bool read_only); /* as another process would */

#define assert_ok(expression) assert_ok_at((expression), #expression, __FILE__, __LINE__)
void assert_ok_at(err e, const char *expression, const char *file, int line);
#define assert_err(expression, k, w) assert_err_at((expression), (k), (w), #expression, __FILE__, __LINE__)
void assert_err_at(err e, err_kind kind, err_what what, const char *expression, const char *file, int line);
#define assert_str(actual, expected) assert_str_at((actual), (expected), __FILE__, __LINE__)
void assert_str_at(str actual, str expected, const char *file, int line);

int64_t kit_box(kit *k, const principal *who, const char *name); /* its id */
store_mailbox kit_look(kit *k, const principal *who, int64_t mailbox);
/* A small message; the text tells it from others. */
str kit_message(kit *k, const char *text);
store_content kit_content(kit *k, str raw);
uint32_t kit_append(kit *k, const principal *who, int64_t mailbox, str raw);
uint32_t kit_append_flags(kit *k, const principal *who, int64_t mailbox, str raw, uint64_t flags);
str kit_read(kit *k, const principal *who, int64_t mailbox, uint32_t uid);
/* All messages of a mailbox with modseq > since. */
store_message *kit_messages(kit *k, const principal *who, int64_t mailbox, uint64_t since, size_t *n);
void kit_flag(kit *k, const principal *who, int64_t mailbox, uint32_t uid, store_flag_op op, uint64_t flags);
/* One message from sender to one local account (0: none) and some remote recipients. */
err kit_accept(kit *k, const char *id, str raw, int64_t local, const char *const *remote, size_t remote_n);
size_t kit_claim(kit *k, int64_t now, size_t limit, queue_entry **out);
void kit_remove_tree(const char *path);
size_t kit_blob_files(const kit *k);
void kit_check(kit *k);      /* store_check finds nothing */
void kit_wait_swept(kit *k); /* reopens until the search for orphans has been completed */
/* Waits (some seconds at most) until condition(arg). */
void kit_wait(bool (*condition)(void *arg), void *arg);

/* The database behind the store's back. */
void kit_sql(const kit *k, const char *sql);
int64_t kit_int(const kit *k, const char *sql);

/* Statements the store has run since kit_trace_begin, on all connections opened after it. */
typedef struct kit_trace {
    const char *sql_part; /* count those whose text contains this */
    uint64_t runs, scans, steps;
} kit_trace;
void kit_trace_begin(void);
void kit_trace_reset(void);
kit_trace kit_trace_of(const char *sql_part);
void kit_trace_end(void);

#endif
