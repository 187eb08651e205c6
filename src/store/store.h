/* The store: everything that must survive, behind one interface in domain words.
 *
 * Backends (sqlite, later postgres) implement struct store_backend (store/backend.h); this file is what everybody else
 * calls. Every call carries a principal and the store alone decides whether it may: the one authorisation gate. Calls
 * wait: in a fiber the loop goes on, in any other thread the thread blocks. A change has been made durable (fsync) when
 * the call returns OK. Results live in the caller's arena. Errors: ERR_TEMP (busy, disk; try again), ERR_PEER with
 * ERR_NOT_FOUND / ERR_EXISTS / ERR_DENIED / ERR_OVER_QUOTA / ERR_LIMIT for what the caller asked.
 *
 * Rules never bent: uidnext strictly rises and is never reused; a UID becomes visible only after all lower ones; modseq
 * on every add, flag change and expunge; expunges are remembered; internal date, size and bytes of a UID never change;
 * quota is exact. */
#ifndef GODWIT_STORE_STORE_H
#define GODWIT_STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/time.h"

typedef struct store store;

/* ---- who asks ---- */

typedef enum store_role {
    ROLE_NOBODY,  /* may do nothing */
    ROLE_ACCOUNT, /* the own account's mailboxes and messages, submission */
    ROLE_DELIVER, /* the mail rules: routing, accept, queue; no reading of mailboxes */
    ROLE_LOGIN,   /* authentication: credentials by name */
    ROLE_ADMIN,   /* the operator's command line: everything but reading mail bodies of the mailboxes */
} store_role;

typedef struct principal {
    store_role role;
    int64_t account; /* ROLE_ACCOUNT */
} principal;

/* ---- opening ---- */

typedef struct store_config {
    str kind;            /* "sqlite" */
    str path;            /* directory of the database; made with mode 0700 when absent */
    str blob_path;       /* directory of the attachments */
    uint64_t blob_least; /* attachments of at least this many decoded bytes go to the blob store */
    size_t readers;      /* reading threads */
    bool read_only;      /* command line looking at a running server's store */
} store_config;

err store_open(store **out, const store_config *c) MUST_USE;
void store_close(store *s); /* finishes what was asked; NULL-safe */
/* Looks whether another process changed the store, and if so wakes all watchers and the queue. */
err store_poke(store *s) MUST_USE;
/* Structural check of the whole store: each fault as a line of text. Slow. */
err store_check(store *s, const principal *who, arena *a, str **faults, size_t *n) MUST_USE;

/* ---- domains, accounts, addresses: ROLE_ADMIN writes; DELIVER and LOGIN read what they need ---- */

typedef struct store_domain {
    int64_t id;
    str name; /* domain_key form */
    int64_t created;
} store_domain;
err store_domain_add(store *s, const principal *who, str name, int64_t *id) MUST_USE;
err store_domain_get(store *s, const principal *who, str name, arena *a, store_domain *out) MUST_USE;
err store_domain_list(store *s, const principal *who, str after, size_t limit, arena *a, store_domain **out,
                      size_t *n) MUST_USE;
err store_domain_remove(store *s, const principal *who, str name) MUST_USE; /* ERR_CONFLICT while addresses are in it */

typedef struct store_account {
    int64_t id;
    str name;       /* the login: an address in address_key form */
    str credential; /* password verifier (auth/password.h); only given to ROLE_LOGIN */
    bool disabled;
    uint64_t quota_bytes;          /* 0: none */
    uint64_t used_bytes, messages; /* kept exact by the store; ignored on add and set */
    int64_t created;
} store_account;
enum { ACCOUNT_SET_CREDENTIAL = 1, ACCOUNT_SET_DISABLED = 2, ACCOUNT_SET_QUOTA = 4 };
/* Also makes the address of that name and INBOX, Drafts, Sent, Junk, Trash, Archive. Its domain must exist. */
err store_account_add(store *s, const principal *who, const store_account *in, int64_t *id) MUST_USE;
err store_account_get(store *s, const principal *who, str name, arena *a, store_account *out) MUST_USE;
err store_account_list(store *s, const principal *who, str after, size_t limit, arena *a, store_account **out,
                       size_t *n) MUST_USE;
err store_account_set(store *s, const principal *who, int64_t id, unsigned fields, const store_account *in) MUST_USE;
err store_account_remove(store *s, const principal *who,
                         int64_t id) MUST_USE; /* with mailboxes, messages and addresses */

typedef struct store_address {
    int64_t id;
    str key;          /* address_key form; "@domain" is the catch-all */
    int64_t account;  /* delivers into this account; 0: none */
    str account_name; /* given, not taken */
    str *forwards;    /* and forwards to these addresses */
    size_t forwards_n;
} store_address;
err store_address_add(store *s, const principal *who, const store_address *in, int64_t *id) MUST_USE;
err store_address_get(store *s, const principal *who, str key, arena *a, store_address *out) MUST_USE;
err store_address_list(store *s, const principal *who, str after, str of_account, size_t limit, arena *a,
                       store_address **out, size_t *n) MUST_USE;
err store_address_set(store *s, const principal *who,
                      const store_address *in) MUST_USE; /* by key: account and forwards */
err store_address_remove(store *s, const principal *who,
                         str key) MUST_USE; /* not the own address of an account: ERR_CONFLICT */

/* Where does mail for this address go? One lookup: the exact address, then without "+detail" (detail_separators: the
 * characters that begin one), then the domain's catch-all. */
typedef struct store_route {
    bool domain_is_ours;
    bool found;
    store_address address;
    str detail;      /* what followed the separator, "" when none */
    bool disabled;   /* the account is */
    bool over_quota; /* the account is full already */
} store_route;
err store_route_find(store *s, const principal *who, str key, str detail_separators, arena *a,
                     store_route *out) MUST_USE;

/* ---- mailboxes: ROLE_ACCOUNT, own account ---- */

typedef enum store_special {
    SPECIAL_NONE,
    SPECIAL_DRAFTS,
    SPECIAL_SENT,
    SPECIAL_JUNK,
    SPECIAL_TRASH,
    SPECIAL_ARCHIVE,
    SPECIAL_ALL,
    SPECIAL_FLAGGED
} store_special;

/* Flags of a message in one word: system flags low, then the keywords of its mailbox by position. */
enum {
    FLAG_SEEN = 1,
    FLAG_ANSWERED = 2,
    FLAG_FLAGGED = 4,
    FLAG_DELETED = 8,
    FLAG_DRAFT = 16,
    FLAG_KEYWORD_SHIFT = 8, /* keyword i is 1 << (FLAG_KEYWORD_SHIFT + i), i < LIMIT_KEYWORDS */
};

typedef struct store_mailbox {
    int64_t id;
    str name; /* UTF-8 NFC path, '/' between levels; "INBOX" exactly so */
    store_special special;
    bool subscribed;
    uint32_t uidvalidity, uidnext;
    uint64_t modseq; /* the highest of any message or expunge in it; at least 1 */
    uint64_t messages, unseen, deleted, bytes;
    str *keywords; /* in order of position */
    size_t keywords_n;
} store_mailbox;

err store_mailbox_list(store *s, const principal *who, arena *a, store_mailbox **out,
                       size_t *n) MUST_USE; /* by name, INBOX first */
err store_mailbox_get(store *s, const principal *who, str name, arena *a, store_mailbox *out) MUST_USE;
err store_mailbox_get_id(store *s, const principal *who, int64_t id, arena *a, store_mailbox *out) MUST_USE;
/* Names are brought into their stored form everywhere (store/name.h). Missing parents are made too. A use belongs to
 * one mailbox at most: ERR_CONFLICT. */
err store_mailbox_create(store *s, const principal *who, str name, store_special special, int64_t *id) MUST_USE;
/* With everything below it and its subscriptions; UIDs and UIDVALIDITY stay. Renaming INBOX moves its messages to the
 * new mailbox (RFC 9051 6.3.6). */
err store_mailbox_rename(store *s, const principal *who, str from, str to) MUST_USE;
err store_mailbox_remove(store *s, const principal *who,
                         str name) MUST_USE; /* not INBOX; children stay; ERR_CONFLICT never: sessions see it vanish */
err store_mailbox_subscribe(store *s, const principal *who, str name, bool on) MUST_USE;
err store_subscription_list(store *s, const principal *who, arena *a, str **names,
                            size_t *n) MUST_USE; /* also names without a mailbox */

/* ---- messages: ROLE_ACCOUNT, own account ---- */

typedef struct store_range {
    uint32_t first, last;
} store_range; /* UIDs, inclusive */

typedef struct store_message {
    uint32_t uid;
    uint64_t modseq;
    uint64_t flags;
    int64_t date;            /* internal date, Unix seconds */
    int zone;                /* minutes east of UTC */
    uint64_t size;           /* bytes served */
    uint32_t header_size;    /* with the empty line */
    int64_t content;         /* names the bytes, for store_read */
    str envelope, structure; /* as IMAP sends them; only when asked for */
} store_message;

/* The UIDs of a mailbox as ranges in rising order, with the mailbox as of the same moment: what SELECT needs. */
err store_uids(store *s, const principal *who, int64_t mailbox, arena *a, store_mailbox *box, store_range **out,
               size_t *n) MUST_USE;

enum { WANT_FLAGS = 0, WANT_ENVELOPE = 1, WANT_STRUCTURE = 2 };
/* Messages with a UID in the ranges (NULL, 0: all), in UID order, modseq > since (0: all), at most `limit`: call again
 * with ranges behind the last one. */
err store_messages(store *s, const principal *who, int64_t mailbox, const store_range *ranges, size_t ranges_n,
                   uint64_t since, unsigned want, size_t limit, arena *a, store_message **out, size_t *n) MUST_USE;
/* UIDs expunged with modseq > since, as ranges; *complete false when the memory of expunges does not reach back so far.
 */
err store_expunged(store *s, const principal *who, int64_t mailbox, uint64_t since, arena *a, store_range **out,
                   size_t *n, bool *complete) MUST_USE;

/* `n` bytes of a message from `offset` (fewer at its end), byte for byte as accepted. */
err store_read(store *s, const principal *who, int64_t mailbox, uint32_t uid, uint64_t offset, uint64_t n, arena *a,
               str *out) MUST_USE;

/* What is to be stored; made by mail/accept and APPEND from the received bytes. */
typedef struct store_content {
    str raw;                 /* the whole message; CRLF line ends as received */
    str envelope, structure; /* rendered by mime/part.h */
    uint32_t header_size;
} store_content;
/* Fills envelope, structure and header_size from raw. Pure. */
err store_content_of(str raw, arena *a, store_content *out) MUST_USE;

typedef struct store_uid_pair {
    uint32_t from, to;
} store_uid_pair; /* COPYUID, APPENDUID */

err store_append(store *s, const principal *who, int64_t mailbox, const store_content *content, uint64_t system_flags,
                 const str *keywords, size_t keywords_n, int64_t date, int zone, uint32_t *uid,
                 uint32_t *uidvalidity) MUST_USE;
err store_copy(store *s, const principal *who, int64_t from, const store_range *ranges, size_t ranges_n, int64_t to,
               bool move, arena *a, store_uid_pair **pairs, size_t *n,
               uint32_t *uidvalidity) MUST_USE; /* all or nothing */

typedef enum store_flag_op { FLAGS_SET, FLAGS_ADD, FLAGS_REMOVE } store_flag_op;
typedef struct store_flag_change {
    store_flag_op op;
    uint64_t system_flags;
    const str *keywords; /* new ones get a position; ERR_LIMIT past LIMIT_KEYWORDS */
    size_t keywords_n;
    uint64_t unchanged_since; /* CONDSTORE; UINT64_MAX: no condition */
} store_flag_change;
/* changed: the messages as they are now (those that really changed get a new modseq; those already so are given too
 * with their old one). conflict: UIDs that failed unchanged_since. */
err store_flag(store *s, const principal *who, int64_t mailbox, const store_range *ranges, size_t ranges_n,
               const store_flag_change *change, arena *a, store_message **changed, size_t *changed_n,
               store_range **conflict, size_t *conflict_n) MUST_USE;
/* Removes messages in the ranges (NULL: all) that carry FLAG_DELETED (or, with any true, whatever flags). */
err store_expunge(store *s, const principal *who, int64_t mailbox, const store_range *ranges, size_t ranges_n, bool any,
                  arena *a, store_range **expunged, size_t *n) MUST_USE;

/* ---- watching ---- */

/* Calls fn(arg) after every commit that changed the mailbox (or, mailbox 0, the list of mailboxes of the account), from
 * a thread of the store's: it must only wake somebody (waker_wake). Several commits may give one call. */
typedef struct store_watch store_watch;
store_watch *store_watch_add(store *s, const principal *who, int64_t mailbox, void (*fn)(void *arg), void *arg);
void store_watch_remove(store_watch *w); /* after it returns, fn is not called any more; NULL-safe */

/* ---- accepting mail: ROLE_DELIVER, or ROLE_ACCOUNT for own submissions ---- */

enum { NOTIFY_DEFAULT = 0, NOTIFY_NEVER = 1, NOTIFY_SUCCESS = 2, NOTIFY_FAILURE = 4, NOTIFY_DELAY = 8 }; /* RFC 3461 */

typedef struct store_local { /* one copy into one account */
    int64_t account;
    str mailbox; /* "INBOX"; when it does not exist, or none can have that name, INBOX is taken */
    str header;  /* lines put in front for this recipient (Return-Path, Delivered-To), CRLF ended; may be empty */
    uint64_t system_flags;
} store_local;

typedef struct store_recipient { /* one remote recipient: a queue entry */
    str address;                 /* as given */
    str original;                /* DSN ORCPT, "" none */
    unsigned notify;
    str target; /* which registered queue target handles it: "relay", "bounce" ... */
} store_recipient;

typedef struct store_accepted {
    str id;               /* the queue id that the 250 names; made by the caller (rand_id) */
    str sender;           /* reverse path, "" for null */
    str envid;            /* DSN ENVID */
    bool ret_headers;     /* DSN RET=HDRS */
    bool smtputf8, body8; /* needs SMTPUTF8; has 8-bit bytes */
    bool binary;          /* BODY=BINARYMIME */
    int64_t submitter;    /* account id, 0 */
    int64_t expires;      /* wall seconds: when the queue gives up */
    int64_t first_try;    /* wall seconds */
    bool hold;
    const store_content *content;
    const store_local *locals;
    size_t locals_n;
    const store_recipient *recipients;
    size_t recipients_n;
    int64_t date; /* internal date */
} store_accepted;
/* One transaction: the message once, a row for each local, an entry for each recipient. results (locals_n of them): an
 * account that is full gives ERR_OVER_QUOTA for its local alone; the others are stored. OK means committed and durable.
 * An account accepts only what it submits itself, and locals only into its own mailboxes: ERR_DENIED. */
err store_accept(store *s, const principal *who, const store_accepted *m, err *results) MUST_USE;

/* ---- the queue: ROLE_DELIVER (claim, settle), ROLE_ADMIN (list, hold ...) ---- */

typedef enum queue_state { QUEUE_WAITING, QUEUE_ACTIVE, QUEUE_HELD } queue_state;

typedef struct queue_entry { /* one recipient of one message */
    int64_t id;
    str message_id; /* store_accepted.id */
    int64_t content;
    uint64_t size;
    str sender, envid;
    bool ret_headers, smtputf8, body8, binary;
    int64_t submitter;
    str recipient, original, target;
    unsigned notify;
    queue_state state;
    uint32_t attempts;
    int64_t created, next_try, expires, delay_notice; /* wall seconds; delay_notice 0: none sent yet */
    str domain;     /* of the recipient, domain_key form; what claims are grouped by */
    str last_error; /* the remote's words or ours, escaped for a line */
    str history;    /* all attempts, a line each, bounded: for the DSN's whole story */
} queue_entry;

/* Takes due entries for this node under a lease: at most `limit`, ordered by next_try, entries of one message and
 * domain together. A lease that passes makes them due again (a dead node's work is taken over). */
err queue_claim(store *s, const principal *who, str node, int64_t now, int64_t lease_seconds, size_t limit, arena *a,
                queue_entry **out, size_t *n) MUST_USE;
err queue_renew(store *s, const principal *who, str node, const int64_t *ids, size_t n, int64_t until) MUST_USE;
/* At start-up: entries this node had claimed before it died are due again now. */
err queue_recover(store *s, const principal *who, str node, int64_t now) MUST_USE;

typedef struct queue_result {
    int64_t id;
    enum { QUEUE_DONE, QUEUE_RETRY } outcome; /* DONE removes (delivered, or its failure notice is in `notice`) */
    int64_t next_try;
    str error;        /* for last_error */
    str history_line; /* appended to history */
    bool delay_noticed;
} queue_result;
/* One transaction: the results and the notices (DSNs, each a message of its own) they cause. An entry that is gone
 * (removed by the operator, finished by another node after the lease) is passed over; one held meanwhile stays held.
 * When the lease ended and another node has the entry now, DONE removes it all the same, for what was done is done; a
 * RETRY is passed over, or a third would be given what the other is busy with. A notice for an account that is full is
 * logged and dropped. */
err queue_settle(store *s, const principal *who, str node, const queue_result *results, size_t n,
                 const store_accepted *notices, size_t notices_n) MUST_USE;

/* Wall seconds of the earliest next_try or lease end of entries not held; 0 when there is none. */
err queue_next(store *s, const principal *who, int64_t *at) MUST_USE;
/* fn(arg) when entries may have become due sooner (accept, release, retry); from a thread of the store's. */
void queue_watch(store *s, void (*fn)(void *arg), void *arg);

err queue_read(store *s, const principal *who, int64_t entry, uint64_t offset, uint64_t n, arena *a,
               str *out) MUST_USE; /* the message's bytes */
typedef struct queue_filter {
    str sender, recipient, domain, message_id; /* "" any; exact */
    int state;                                 /* -1 any */
} queue_filter;
err queue_list(store *s, const principal *who, const queue_filter *f, int64_t after_id, size_t limit, arena *a,
               queue_entry **out, size_t *n) MUST_USE;
err queue_count(store *s, const principal *who, uint64_t *waiting, uint64_t *active, uint64_t *held) MUST_USE;
typedef enum queue_change {
    QUEUE_CHANGE_RETRY,   /* waiting entries are due now; held and active ones are left alone */
    QUEUE_CHANGE_HOLD,    /* any */
    QUEUE_CHANGE_RELEASE, /* held entries are due now */
    QUEUE_CHANGE_REMOVE,  /* any; nobody is told */
} queue_change;
err queue_apply(store *s, const principal *who, const queue_filter *f, const int64_t *ids, size_t n,
                queue_change change, uint64_t *changed) MUST_USE; /* ids NULL: all that match f */

#endif
