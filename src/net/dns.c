#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <unbound.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/dns_private.h"

/* Written by dns_start and dns_stop, while nobody looks anything up. libunbound locks inside. */
static struct ub_ctx *context;
static int64_t timeout_ms;
static pthread_t collector;
static int stop_pipe[2] = {-1, -1};

/* ---- lookups ---- */

static void on_result(void *arg, int failure, struct ub_result *result) {
    dns_lookup *q = arg;
    q->failure = failure;
    q->result = result;
    completion_signal(&q->done);
}

static err not_a_name(void) { return err_make(ERR_PEER, ERR_SYNTAX, "not a domain name", "not a domain name"); }

static err failure_of(int code) {
    if (code == UB_SYNTAX) /* an empty label, or one that is too long */
        return not_a_name();
    return err_make(ERR_TEMP, ERR_UNAVAILABLE, "DNS lookup failed", "libunbound: %s", ub_strerror(code));
}

/* Presentation form without escapes: what the DNS of mail and hosts consists of. */
static bool is_plain_name(str name) {
    if (name.n == 0 || name.n > DNS_NAME_MAX + 1)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] >= 0x7f || name.p[i] == '\\')
            return false;
    return true;
}

err dns_lookup_begin(dns_lookup *q, str name, int type) {
    if (!context)
        return err_make(ERR_TEMP, ERR_UNAVAILABLE, "DNS lookup failed", "the resolver is not running");
    if (!is_plain_name(name))
        return not_a_name();
    char text[DNS_NAME_MAX + 2];
    memcpy(text, name.p, name.n);
    text[name.n] = '\0';
    *q = (dns_lookup){0};
    completion_init(&q->done);
    int failure = ub_resolve_async(context, text, type, 1, q, on_result, &q->id);
    return failure ? failure_of(failure) : OK;
}

/* Bogus is temporary: to believe "no record" would let an attacker switch protection off. */
static err judge(const struct ub_result *r) {
    if (r->bogus)
        return err_make(ERR_TEMP, ERR_CORRUPT, "DNS answer failed validation", "%s: %s", r->qname,
                        r->why_bogus ? r->why_bogus : "bogus");
    if (r->rcode != 0 && r->rcode != 3)
        return err_make(ERR_TEMP, ERR_UNAVAILABLE, "DNS lookup failed", "%s: rcode %d", r->qname, r->rcode);
    return OK;
}

err dns_lookup_end(dns_lookup *q, deadline until) {
    err e = completion_wait(&q->done, deadline_sooner(until, deadline_in(timeout_ms)));
    if (failed(e) && ub_cancel(context, q->id) == 0)
        return e; /* cancelled before its answer was taken up: on_result will not be called */
    completion_wait_done(&q->done);
    if (!failed(e) && q->failure)
        e = failure_of(q->failure);
    if (!failed(e))
        e = judge(q->result);
    if (failed(e) && q->result)
        ub_resolve_free(take(q->result));
    return e;
}

/* ---- the thread that takes answers up ---- */

static void *collect(void *arg) {
    (void)arg;
    pthread_setname_np(pthread_self(), "dns");
    struct pollfd fds[2] = {{.fd = ub_fd(context), .events = POLLIN}, {.fd = stop_pipe[0], .events = POLLIN}};
    while (poll(fds, 2, -1) < 0 || !fds[1].revents)
        if (fds[0].revents)
            ub_process(context);
    return NULL;
}

/* ---- start and stop ---- */

/* Everything is set before zone_remove: that call finishes the context, and later settings fail. */
static int set_options(void) {
    static const char *const options[][2] = {
        {"do-not-query-localhost:", "no"}, /* a resolver of this machine may be the forwarder */
        {"unblock-lan-zones:", "yes"},     /* reverse names of private networks are asked for */
        {"insecure-lan-zones:", "yes"},
        {"infra-keep-probing:", "yes"}, /* after an outage come back soon */
        {"msg-cache-size:", "16m"},
        {"rrset-cache-size:", "32m"},
        {"num-queries-per-thread:", "4096"},
        {"outgoing-range:", "4096"},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        int failure = ub_ctx_set_option(context, options[i][0], options[i][1]);
        if (failure)
            return failure;
    }
    return 0;
}

static int set_forwards(const dns_config *c) {
    int failure = 0;
    for (size_t i = 0; i < c->forward_n && !failure; i++) {
        SCOPED_FREE char *text = mem_strdup(c->forward[i]);
        failure = ub_ctx_set_fwd(context, text);
    }
    if (c->forward_n == 0 && ub_ctx_resolvconf(context, NULL) != 0)
        log_info("dns.no_resolv_conf"); /* then it asks the root servers itself */
    return failure;
}

static int add_anchors(const dns_config *c) {
    /* The root's key-signing keys of 2017 and 2024, for machines without the package dns-root-data. */
    static const char *const root[] = {
        ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
        ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
    };
    static const char debian[] = "/usr/share/dns/root.key";
    int failure = 0;
    bool none = str_eq(c->trust_anchor_file, S("none"));
    if (c->trust_anchor_file.n && !none) {
        SCOPED_FREE char *path = mem_strdup(c->trust_anchor_file);
        failure = ub_ctx_add_ta_file(context, path);
    } else if (!none && access(debian, R_OK) == 0) {
        failure = ub_ctx_add_ta_file(context, debian);
    } else if (!none) {
        for (size_t i = 0; i < sizeof root / sizeof *root && !failure; i++)
            failure = ub_ctx_add_ta(context, root[i]);
    }
    for (size_t i = 0; i < c->trust_anchors_n && !failure; i++) {
        SCOPED_FREE char *line = mem_strdup(c->trust_anchors[i]);
        failure = ub_ctx_add_ta(context, line);
    }
    return failure;
}

static int configure(const dns_config *c) {
    int failure = set_options();
    if (!failure)
        failure = set_forwards(c);
    if (!failure)
        failure = add_anchors(c);
    if (!failure)
        failure = ub_ctx_async(context, 1);
    if (!failure)
        failure = ub_ctx_zone_remove(context, "test."); /* of laboratories; invalid. stays as RFC 6761 says */
    return failure;
}

static bool start_collector(void) {
    if (pipe2(stop_pipe, O_CLOEXEC) != 0)
        return false;
    sigset_t all, before; /* signals are for the main thread */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&collector, NULL, collect, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure == 0;
}

static void release(void) {
    ub_ctx_delete(take(context));
    fd_close_ptr(&stop_pipe[0]);
    fd_close_ptr(&stop_pipe[1]);
    dns_hosts_free();
}

err dns_start(const dns_config *c) {
    ASSERT(!context && c->timeout_ms > 0);
    timeout_ms = c->timeout_ms;
    context = ub_ctx_create();
    if (!context)
        return err_make(ERR_TEMP, ERR_LIMIT, "local error", "libunbound: no context");
    dns_hosts_load(c->hosts_file.n ? c->hosts_file : S("/etc/hosts"));
    int failure = configure(c);
    if (!failure && start_collector())
        return OK;
    release();
    return err_make(ERR_PERM, ERR_UNAVAILABLE, "DNS does not start", "libunbound: %s",
                    failure ? ub_strerror(failure) : "no thread");
}

void dns_stop(void) {
    if (!context)
        return;
    ssize_t told = write(stop_pipe[1], "", 1);
    ASSERT(told == 1);
    pthread_join(collector, NULL);
    release();
}
