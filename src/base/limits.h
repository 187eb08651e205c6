/* Every fixed limit of the house, one line each with its reason. What an operator may want to change
 * is an option instead (app/options.c). */
#ifndef GODWIT_BASE_LIMITS_H
#define GODWIT_BASE_LIMITS_H

#define LIMIT_LOG_FIELD   512  /* a peer's longest word in a log line */
#define LIMIT_LOG_LINE    8192 /* below PIPE_BUF x2; journald's own line limit is 48 KB */
#define LIMIT_OPTION_LIST 256  /* words in one list option */

#define LIMIT_FIBERS        20000       /* guarded stacks a process may map are about 30,000 */
#define LIMIT_FIBER_STACK   (64 * 1024) /* bytes; frames are kept small */
#define LIMIT_CONN_OUT      (64 * 1024) /* bytes queued to one peer before a cursor must wait */
#define LIMIT_CONN_IN       (64 * 1024) /* bytes read ahead of a command in flight */
#define LIMIT_OFFLOAD_QUEUE 10000       /* jobs waiting for a thread before refusing */

#define LIMIT_HEADER_BYTES  (256 * 1024) /* one message header; Postfix allows 100 KB */
#define LIMIT_HEADER_FIELDS 2000         /* fields in one header */
#define LIMIT_MIME_DEPTH    64           /* nesting of parts; Postfix allows 100 */
#define LIMIT_MIME_PARTS    10000        /* parts in one message */
#define LIMIT_ADDRESSES     10000        /* addresses in one header field */
#define LIMIT_MIME_PARAMS   64           /* parameters of one Content-Type */
#define LIMIT_ADDRESS       320          /* 64 local + 1 + 255 domain, RFC 5321 4.5.3.1 */

#define LIMIT_COMMAND_ARENA    (1024 * 1024) /* memory of one ordinary command */
#define LIMIT_MAILBOX_NAME     1000          /* bytes, UTF-8, whole path */
#define LIMIT_MAILBOXES        10000         /* mailboxes of one account */
#define LIMIT_MAILBOX_LEVELS   64            /* levels of one mailbox name: creating one makes its parents */
#define LIMIT_KEYWORDS         56            /* keywords of one mailbox: they share a word with the system flags */
#define LIMIT_KEYWORD          64            /* bytes of one keyword */
#define LIMIT_FORWARDS         1000          /* forward targets of one address */
#define LIMIT_UID_RANGES       100000        /* ranges in one call to the store */
#define LIMIT_RECIPIENT_HEADER 8192          /* bytes put in front of a message for one recipient */
#define LIMIT_RECIPIENTS       100000        /* recipients of one accepted message, after lists were expanded */
#define LIMIT_QUEUE_HISTORY    8192          /* bytes of the attempts kept of one queue entry; the middle is left out */
#define LIMIT_QUEUE_ERROR      512           /* bytes kept of a remote's last words */
#define LIMIT_WRITES_WAITING   10000         /* changes waiting for the store's writer before refusing */
#define LIMIT_WRITE_BATCH      256           /* changes that share one commit: bounds how long the first one waits */
#define LIMIT_EXPUNGE_ROWS     20000         /* remembered ranges of expunged UIDs of one mailbox */
#define LIMIT_CHECK_FAULTS     1000          /* lines of a store check */
#define LIMIT_SPOOL_MEMORY     (256 << 20)   /* arriving messages kept in memory, together; past it they go to files */
#define LIMIT_OPEN_RECIPIENTS  100000        /* of all mail transactions under way, together: about a kilobyte each */
#define LIMIT_DNS_RECORDS      1000          /* records used of one answer */

#endif
