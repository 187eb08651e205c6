/* The options table: every name an operator may write, with its range, default and line of help. */
#include "app/config.h"

#define MS_DAY INT64_C(86400000)

const char *const config_protocols[] = {"mx", "submission", "lmtp", "imap", "pop3", NULL};
const char *const config_tls_modes[] = {"none", "starttls", "implicit", NULL};
static const char *const log_formats[] = {"logfmt", "json", NULL};
static const char *const log_levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const relay_tls_modes[] = {"none", "try", "must", "implicit", NULL};

#define AT(field)          offsetof(config, field)
#define LISTENER(field)    offsetof(config_listener, field)
#define CERTIFICATE(field) offsetof(config_certificate, field)
#define TEXT(section, name, where, initial, help) \
    { section, name, OPTION_TEXT, where, initial, 0, 0, NULL, help }
#define FLAG(section, name, where, initial, help) \
    { section, name, OPTION_BOOL, where, initial, 0, 0, NULL, help }
#define COUNT(section, name, where, initial, least, most, help) \
    { section, name, OPTION_COUNT, where, initial, least, most, NULL, help }
#define SIZE(section, name, where, initial, least, most, help) \
    { section, name, OPTION_SIZE, where, initial, least, most, NULL, help }
#define TIME(section, name, where, initial, least, most, help) \
    { section, name, OPTION_DURATION, where, initial, least, most, NULL, help }
#define CHOICE(section, name, where, initial, words, help) \
    { section, name, OPTION_CHOICE, where, initial, 0, 0, words, help }
#define LIST(section, name, where, initial, help) \
    { section, name, OPTION_LIST, where, initial, 0, 0, NULL, help }

const option config_options[] = {
    TEXT("server", "host", AT(host), "",
         "Name of this server in greetings and trace fields; empty: the machine's own name."),
    TEXT("server", "data", AT(data), "",
         "Directory of the store; empty: /var/lib/godwit for root, else ~/.local/share/godwit."),
    TEXT("server", "blobs", AT(blobs), "",
         "Directory of the attachments, on a large disk; empty: `blobs` in the data directory."),
    TEXT("server", "user", AT(user), "",
         "User the server becomes when started by root; empty: godwit, or nobody when there is none."),
    COUNT("server", "loops", AT(loops), "0", 0, 256, "Event loops (threads for connections); 0: one a core."),
    COUNT("server", "readers", AT(readers), "4", 1, 64, "Threads that read the store."),
    SIZE("server", "attachment-least", AT(blob_least), "64K", 4096, INT64_C(1) << 40,
         "Attachments from this size on are stored once for all, apart from the text."),
    COUNT("server", "max-files", AT(max_files), "200000", 64, 10000000,
          "Open files the server asks the system for; connections need one each."),
    CHOICE("server", "log-format", AT(log_format), "logfmt", log_formats, "Form of the log lines."),
    CHOICE("server", "log-level", AT(log_level), "info", log_levels, "Least level that is logged."),
    FLAG("server", "sandbox", AT(sandbox), "yes",
         "Lock the server in with seccomp and Landlock where the kernel has them."),

    CHOICE("listener", "protocol", LISTENER(protocol), "mx", config_protocols,
           "What is spoken: mx, submission, lmtp, imap or pop3."),
    LIST("listener", "address", LISTENER(addresses), "",
         "Where to listen: host:port, [v6]:port, *:port, unix:/path; several are allowed."),
    CHOICE("listener", "tls", LISTENER(tls), "starttls", config_tls_modes,
           "none, starttls, or implicit (TLS from the first byte)."),
    FLAG("listener", "require-tls", LISTENER(require_tls), "no", "Refuse mail and logins before STARTTLS."),
    FLAG("listener", "require-auth", LISTENER(require_auth), "yes", "Submission: even trusted networks must log in."),
    LIST("listener", "proxies", LISTENER(proxies), "",
         "Networks whose connections begin with a PROXY protocol header."),
    COUNT("listener", "max-connections", LISTENER(max_connections), "15000", 1, 10000000,
          "Connections of this listener at once."),
    COUNT("listener", "max-per-client", LISTENER(max_per_client), "100", 1, 10000000,
          "Connections of one client address at once."),

    TEXT("tls", "certificate", CERTIFICATE(certificate), "",
         "PEM file with the certificate chain; without any, a self-signed one is made."),
    TEXT("tls", "key", CERTIFICATE(key), "", "PEM file with the private key."),

    SIZE("smtp", "max-size", AT(smtp_max_size), "50M", 65536, INT64_C(1) << 31, "Largest message taken."),
    COUNT("smtp", "max-recipients", AT(smtp_max_recipients), "1000", 100, 100000,
          "Recipients of one message (RFC 5321: at least 100)."),
    COUNT("smtp", "max-messages", AT(smtp_max_transactions), "1000", 1, 1000000000, "Messages over one connection."),
    SIZE("smtp", "max-line", AT(smtp_max_line), "12K", 2048, 65536 - 1024,
         "Longest command line (SASL needs up to 12288 bytes)."),
    COUNT("smtp", "max-errors", AT(smtp_max_errors), "20", 1, 1000000, "Errors of a client before it is sent away."),
    COUNT("smtp", "max-junk", AT(smtp_max_junk), "100", 1, 1000000,
          "Commands without mail (NOOP, RSET, VRFY) before a client is sent away."),
    TIME("smtp", "greeting-timeout", AT(smtp_greeting_ms), "1m", 1000, MS_DAY, "Time for the first EHLO."),
    TIME("smtp", "command-timeout", AT(smtp_command_ms), "5m", 1000, MS_DAY,
         "Time for a command (RFC 5321 4.5.3.2.7: 5 minutes)."),
    TIME("smtp", "data-timeout", AT(smtp_data_ms), "3m", 1000, MS_DAY, "Time between two blocks of a message."),
    TIME("smtp", "data-total-timeout", AT(smtp_data_total_ms), "1h", 1000, MS_DAY, "Time for a whole message."),
    SIZE("smtp", "memory-least", AT(spool_least), "1M", 65536, 1 << 28,
         "Messages larger than this wait in an unnamed file, not in memory."),
    LIST("smtp", "trusted", AT(trusted), "", "Networks that may relay without logging in."),
    FLAG("smtp", "check-sender", AT(check_sender), "yes", "Submission: the sender must be an address of the account."),
    FLAG("smtp", "vrfy", AT(vrfy), "no", "Answer VRFY truthfully to authenticated clients."),
    FLAG("smtp", "reverse-lookup", AT(reverse_lookup), "no", "Look up the client's name for the Received field."),

    TEXT("mail", "detail-separators", AT(detail_separators), "+",
         "Characters that begin a detail in an address, as in user+detail."),
    COUNT("mail", "max-hops", AT(max_hops), "50", 5, 1000, "Received fields before a message counts as looping."),
    FLAG("mail", "hold", AT(hold), "no", "Hold everything that is to be relayed until it is released."),

    TIME("imap", "login-timeout", AT(imap_login_ms), "2m", 1000, MS_DAY, "Time to log in."),
    TIME("imap", "idle-timeout", AT(imap_idle_ms), "30m", 60000, 30 * MS_DAY,
         "Silence before logging out (RFC 9051: at least 30 minutes)."),
    TIME("imap", "keepalive", AT(imap_keepalive_ms), "4m", 0, MS_DAY,
         "How often IDLE says that it is still there; 0: never."),
    SIZE("imap", "max-line", AT(imap_max_line), "60K", 8192, 65536 - 1024, "Longest command without its literals."),
    SIZE("imap", "max-command", AT(imap_max_command), "1M", 65536, 1 << 28,
         "Longest command with its literals, the message of APPEND apart."),
    COUNT("imap", "max-errors", AT(imap_max_errors), "20", 1, 1000000, "Bad commands before a client is sent away."),

    TIME("pop3", "login-timeout", AT(pop3_login_ms), "2m", 1000, MS_DAY, "Time to log in."),
    TIME("pop3", "idle-timeout", AT(pop3_idle_ms), "10m", 1000, MS_DAY,
         "Silence before logging out (RFC 1939: at least 10 minutes)."),
    COUNT("pop3", "max-errors", AT(pop3_max_errors), "20", 1, 1000000, "Bad commands before a client is sent away."),

    COUNT("auth", "iterations", AT(scram_iterations), "10000", 4096, 10000000, "PBKDF2 rounds of new passwords."),
    COUNT("auth", "failures-per-client", AT(failures_per_client), "20", 1, 1000000,
          "Wrong logins from one address before it has to wait."),
    COUNT("auth", "failures-per-account", AT(failures_per_account), "50", 1, 1000000,
          "Wrong logins to one account before it has to wait."),
    TIME("auth", "failure-window", AT(failure_window_ms), "10m", 1000, MS_DAY, "Over which wrong logins are counted."),
    TIME("auth", "failure-delay", AT(failure_delay_ms), "2s", 0, 60000, "How long the answer to a wrong login waits."),
    TIME("auth", "cache", AT(cache_ms), "2m", 0, MS_DAY,
         "How long a right password need not be hashed again; 0: always hash."),
    FLAG("auth", "plaintext-without-tls", AT(plaintext_allowed), "no", "Take passwords over connections without TLS."),
    TEXT("auth", "default-domain", AT(default_domain), "", "Domain of login names without one."),

    COUNT("queue", "max-active", AT(max_active), "1000", 1, LIMIT_FIBERS / 2, "Recipients being delivered at once."),
    COUNT("queue", "max-per-domain", AT(max_per_domain), "20", 1, 10000, "Deliveries at once to one domain."),
    TIME("queue", "lifetime", AT(lifetime_ms), "5d", 60000, 365 * MS_DAY,
         "After which a message is returned (RFC 5321: 4-5 days)."),
    TIME("queue", "lease", AT(lease_ms), "10m", 10000, MS_DAY,
         "After which another node may take over a dead node's deliveries."),
    TIME("queue", "retry-first", AT(retry_first_ms), "5m", 1000, MS_DAY,
         "First wait after a failure; it doubles from there."),
    TIME("queue", "retry-most", AT(retry_most_ms), "4h", 1000, 30 * MS_DAY, "Longest wait between tries."),
    TIME("queue", "delay-notice", AT(delay_notice_ms), "4h", 0, 365 * MS_DAY,
         "When to tell the sender that mail is late; 0: never."),

    TEXT("relay", "smarthost", AT(smarthost), "",
         "Send everything through host:port; empty: to each domain's own servers."),
    TEXT("relay", "user", AT(smarthost_user), "", "Login name at the smarthost."),
    TEXT("relay", "password-file", AT(smarthost_password_file), "",
         "File with the password for the smarthost, in its first line."),
    CHOICE("relay", "tls", AT(relay_tls), "try", relay_tls_modes,
           "none, try, must, or implicit, towards the smarthost; others: none or try."),
    FLAG("relay", "verify", AT(relay_verify), "yes",
         "With tls = must or implicit: the smarthost's certificate must carry its name."),
    TEXT("relay", "ca-file", AT(relay_ca_file), "", "PEM file of trusted authorities; empty: the system's."),
    FLAG("relay", "lmtp", AT(relay_lmtp), "no", "The smarthost speaks LMTP."),
    COUNT("relay", "port", AT(relay_port), "25", 1, 65535, "Port of the domains' own servers."),
    TEXT("relay", "source", AT(source_address), "", "Address to connect from; empty: any."),
    FLAG("relay", "loopback", AT(relay_loopback), "no",
         "Deliver to domains whose server is this machine's loopback (tests)."),
    COUNT("relay", "max-servers", AT(max_mx), "5", 1, 100, "Servers of a domain tried in one attempt."),
    COUNT("relay", "rest-connections", AT(pool_per_host), "4", 0, 1000,
          "Connections kept open to a server between messages."),
    TIME("relay", "rest-time", AT(pool_idle_ms), "20s", 0, 3600000, "How long they are kept."),
    COUNT("relay", "messages-per-connection", AT(pool_messages), "100", 1, 1000000,
          "Messages over one outbound connection."),
    TIME("relay", "connect-timeout", AT(relay_connect_ms), "30s", 100, MS_DAY, "Time to connect."),
    TIME("relay", "greeting-timeout", AT(relay_banner_ms), "5m", 100, MS_DAY,
         "Time for the greeting (RFC 5321 4.5.3.2.1)."),
    TIME("relay", "helo-timeout", AT(relay_helo_ms), "5m", 100, MS_DAY,
         "Time for the answer to EHLO, STARTTLS and AUTH."),
    TIME("relay", "command-timeout", AT(relay_command_ms), "5m", 100, MS_DAY, "Time for the answer to MAIL and RCPT."),
    TIME("relay", "data-start-timeout", AT(relay_data_start_ms), "2m", 100, MS_DAY,
         "Time for the answer to DATA (RFC 5321 4.5.3.2.4)."),
    TIME("relay", "data-block-timeout", AT(relay_data_block_ms), "3m", 100, MS_DAY,
         "Time to take a block of the message (4.5.3.2.5)."),
    TIME("relay", "data-end-timeout", AT(relay_data_end_ms), "10m", 100, MS_DAY,
         "Time for the answer to the final dot (4.5.3.2.6)."),

    LIST("dns", "servers", AT(dns_forward), "",
         "Resolvers to ask, address or address@port; empty: those of /etc/resolv.conf."),
    TEXT("dns", "trust-anchor-file", AT(dns_anchor_file), "",
         "DNSSEC root key file; empty: the system's; none: do not validate."),
    LIST("dns", "trust-anchors", AT(dns_anchors), "", "DS records of private zones, fields joined by underscores."),
    TIME("dns", "timeout", AT(dns_timeout_ms), "10s", 100, 120000, "Time for one lookup."),
};
const size_t config_options_n = sizeof config_options / sizeof *config_options;
