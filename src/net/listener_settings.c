/* What a listener was told, and whom it has: settings that connections keep while newer ones come, and the table of
 * clients. */
#include <uv.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/conn_private.h"

enum { CLIENT_KEY = 9, REFUSALS_LOGGED_MS = 1000 };

/* ---- settings ---- */

listener_settings *listener_settings_new(const listener_config *config) {
    listener_settings *s = mem_alloc(sizeof *s);
    atomic_init(&s->references, 1);
    s->config = *config;
    s->config.busy_text.p = mem_strdup(config->busy_text);
    addr_net *proxies = mem_array(config->proxies_n, sizeof *proxies);
    if (config->proxies_n)
        memcpy(proxies, config->proxies, config->proxies_n * sizeof *proxies);
    s->config.proxies = proxies;
    return s;
}

void listener_settings_drop(listener_settings *s) {
    if (atomic_fetch_sub(&s->references, 1) > 1)
        return;
    free((void *)s->config.proxies);
    free((void *)s->config.busy_text.p);
    free(s);
}

listener_settings *listener_settings_now(listener *l) {
    pthread_mutex_lock(&l->lock);
    listener_settings *s = l->settings;
    atomic_fetch_add(&s->references, 1);
    pthread_mutex_unlock(&l->lock);
    return s;
}

void listener_reconfigure(listener *l, const listener_config *config) {
    listener_settings *fresh = listener_settings_new(config);
    pthread_mutex_lock(&l->lock);
    listener_settings *before = l->settings;
    l->settings = fresh;
    pthread_mutex_unlock(&l->lock);
    listener_settings_drop(before);
}

/* ---- clients ---- */

static str client_key(const addr *a, char key[CLIENT_KEY]) {
    char text[ADDR_TEXT];
    addr v4;
    addr_print(a, text);
    if (addr_parse(str_c(text), &v4) && v4.family == ADDR_V4) { /* mapped ones too */
        key[0] = 4;
        memcpy(key + 1, v4.ip, 4);
        return str_of(key, 5);
    }
    key[0] = 6;
    memcpy(key + 1, a->ip, 8); /* whoever has one v6 address has its whole /64 */
    return str_of(key, 9);
}

/* Counts live in the table's pointers. */
static size_t count_of(void *value) { return (size_t)(uintptr_t)value; }
static void *as_value(size_t count) { return (void *)(uintptr_t)count; }

bool listener_admit(listener *l, const addr *client, size_t most) {
    char bytes[CLIENT_KEY];
    str key = client_key(client, bytes);
    pthread_mutex_lock(&l->lock);
    size_t n = count_of(map_get(&l->clients, key));
    bool admitted = n < most && map_put(&l->clients, key, as_value(n + 1));
    pthread_mutex_unlock(&l->lock);
    return admitted;
}

void listener_dismiss(listener *l, const addr *client) {
    char bytes[CLIENT_KEY];
    str key = client_key(client, bytes);
    pthread_mutex_lock(&l->lock);
    size_t n = count_of(map_get(&l->clients, key));
    if (n > 1)
        map_put(&l->clients, key, as_value(n - 1));
    else
        map_remove(&l->clients, key);
    pthread_mutex_unlock(&l->lock);
}

/* A flood of connections must not become a flood of log lines. */
void listener_refused(listener *l, const char *why, const addr *client) {
    atomic_fetch_add(&l->refusals, 1);
    int64_t now = time_mono_ms(), last = atomic_load(&l->refusals_at_ms);
    if ((last && now - last < REFUSALS_LOGGED_MS) || !atomic_compare_exchange_strong(&l->refusals_at_ms, &last, now))
        return;
    char text[ADDR_TEXT] = "";
    if (client)
        addr_print(client, text);
    log_warn("net.refused", lf_c("limit", why), lf_c("client", text), lf_u64("port", l->address.port),
             lf_u64("times", atomic_exchange(&l->refusals, 0)));
}
