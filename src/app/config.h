/* The configuration: static things of the infrastructure, from one small file; the options table (options.c) is its
 * only truth.
 *
 * Read at start and at reload by the supervisor, the one-process server and the command line, in a plain thread. */
#ifndef GODWIT_APP_CONFIG_H
#define GODWIT_APP_CONFIG_H

#include "auth/auth.h"
#include "base/log.h"
#include "base/options.h"
#include "net/addr.h"
#include "net/dns.h"

typedef enum config_protocol {
    PROTOCOL_MX,
    PROTOCOL_SUBMISSION,
    PROTOCOL_LMTP,
    PROTOCOL_IMAP,
    PROTOCOL_POP3
} config_protocol;
typedef enum config_tls { LISTEN_PLAIN, LISTEN_STARTTLS, LISTEN_IMPLICIT } config_tls;

typedef struct config_listener { /* [listener "name"] */
    str name;
    unsigned line; /* in the file; 0 for a built-in one */
    int protocol, tls;
    option_list addresses, proxies;
    uint64_t max_connections, max_per_client;
    bool require_tls, require_auth;
} config_listener;

typedef struct config_certificate { /* [tls "name"], or [tls] for the first */
    str name;
    unsigned line;
    str certificate, key; /* paths */
} config_certificate;

typedef struct config {
    str path; /* of the file, "" when there is none */
    str text; /* what was read */
    /* [server] */
    str host, data, blobs, user;
    uint64_t loops, readers, blob_least, max_files;
    int log_format, log_level;
    bool sandbox;
    /* [smtp] */
    uint64_t smtp_max_size, smtp_max_recipients, smtp_max_transactions, smtp_max_line, smtp_max_errors, smtp_max_junk,
        spool_least;
    int64_t smtp_command_ms, smtp_data_ms, smtp_data_total_ms, smtp_greeting_ms;
    option_list trusted;
    bool check_sender, vrfy, reverse_lookup;
    /* [mail] */
    str detail_separators;
    uint64_t max_hops;
    bool hold;
    /* [imap] */
    int64_t imap_login_ms, imap_idle_ms, imap_keepalive_ms;
    uint64_t imap_max_line, imap_max_command, imap_max_errors;
    /* [pop3] */
    int64_t pop3_login_ms, pop3_idle_ms;
    uint64_t pop3_max_errors;
    /* [auth] */
    uint64_t scram_iterations, failures_per_client, failures_per_account;
    int64_t failure_window_ms, failure_delay_ms, cache_ms;
    bool plaintext_allowed;
    str default_domain;
    /* [queue] */
    uint64_t max_active, max_per_domain;
    int64_t lifetime_ms, lease_ms, retry_first_ms, retry_most_ms, delay_notice_ms;
    /* [relay] */
    str smarthost, smarthost_user, smarthost_password_file, relay_ca_file, source_address;
    int relay_tls;
    bool relay_verify, relay_lmtp, relay_loopback;
    uint64_t relay_port, max_mx, pool_per_host, pool_messages;
    int64_t pool_idle_ms, relay_connect_ms, relay_banner_ms, relay_helo_ms, relay_command_ms, relay_data_start_ms,
        relay_data_block_ms, relay_data_end_ms;
    /* [dns] */
    option_list dns_forward, dns_anchors;
    str dns_anchor_file;
    int64_t dns_timeout_ms;

    config_listener *listeners;
    size_t listeners_n;
    config_certificate *certificates;
    size_t certificates_n;
    arena memory; /* of everything above */
} config;

enum { CONFIG_LISTENERS = 64, CONFIG_CERTIFICATES = 1000, CONFIG_MISTAKES = 50 };

typedef struct config_mistake {
    unsigned line; /* 0: the file as a whole */
    str text;      /* what is wrong and what would be right; in the config's memory */
} config_mistake;

typedef struct config_mistakes {
    config_mistake items[CONFIG_MISTAKES];
    size_t n;
} config_mistakes;

/* Reads a file (path "" is: none) or, for tests and the server process, the text of one. Every mistake is collected.
 * The config is complete (defaults) even with mistakes. False when there are some. Free it in either case. */
bool config_read(config *c, str path, config_mistakes *mistakes);
bool config_read_text(config *c, str path, str text, config_mistakes *mistakes);
dns_config config_dns(config *c); /* what [dns] says */
void config_free(config *c);
/* One mistake as the operator sees it: "file:line: text". */
str config_mistake_print(const config *c, const config_mistake *m, arena *a);

/* The file that is read when none is named: $GODWIT_CONFIG, the user's own (~/.config/godwit/godwit.conf, not for
 * root), or /etc/godwit/godwit.conf; "" when there is none. */
str config_default_path(arena *a);
str config_new_path(arena *a); /* where `init` writes one */

extern const option config_options[];
extern const size_t config_options_n;

/* The words of the choices, for other parts of app. */
extern const char *const config_protocols[], *const config_tls_modes[];

#endif
