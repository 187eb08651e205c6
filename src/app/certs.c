#include "app/certs.h"

#include <unistd.h>

#include "app/files.h"
#include "base/mem.h"
#include "base/rand.h"

enum { PEM_MOST = 1 << 20, CERTS_MEMORY = 64 << 20, SELF_SIGNED_DAYS = 3650 };

static err load_pair(certs *out, const config_certificate *t) {
    tls_pair *pair = &out->pairs[out->n];
    TRY(file_read(t->certificate, PEM_MOST, &out->memory, &pair->certificate));
    TRY(file_read(t->key, PEM_MOST, &out->memory, &pair->key));
    pair->name = arena_str(&out->memory, t->certificate);
    out->n++;
    return OK;
}

/* A server without certificates still speaks TLS: with one of its own, made once and kept. */
static err load_self_signed(certs *out, const config *c) {
    str folder = arena_strf(&out->memory, "%.*s/tls", STR_ARG(c->data));
    config_certificate own = {
        .certificate = arena_strf(&out->memory, "%.*s/self-signed.crt", STR_ARG(folder)),
        .key = arena_strf(&out->memory, "%.*s/self-signed.key", STR_ARG(folder)),
    };
    out->self_signed = true;
    if (access(own.certificate.p, R_OK) != 0 || access(own.key.p, R_OK) != 0) {
        str certificate, key;
        TRY(directory_make(folder, 0700, &out->memory));
        TRY(tls_self_signed(c->host, SELF_SIGNED_DAYS, &out->memory, &certificate, &key));
        TRY(file_write(own.key, key, 0600));
        TRY(file_write(own.certificate, certificate, 0644));
    }
    return load_pair(out, &own);
}

static err load_password(certs *out, const config *c) {
    str text;
    out->smarthost_password = S("");
    if (str_empty(c->smarthost_password_file))
        return OK;
    TRY(file_read(c->smarthost_password_file, 4096, &out->memory, &text));
    size_t end = str_find(text, '\n');
    out->smarthost_password = str_trim(end == STR_NONE ? text : str_sub(text, 0, end));
    if (str_ends(out->smarthost_password, S("\r")))
        out->smarthost_password.n--;
    if (str_empty(out->smarthost_password))
        return err_make(ERR_PERM, ERR_SYNTAX, "no password", "%.*s: the first line is empty",
                        STR_ARG(str_sub(c->smarthost_password_file, 0, 60)));
    return OK;
}

/* Drawn once: keeps the salts shown for unknown users the same over restarts, so that they tell nothing. */
static err load_secret(certs *out, const config *c) {
    str path = arena_strf(&out->memory, "%.*s/tls/secret", STR_ARG(c->data));
    char id[RAND_ID];
    if (access(path.p, F_OK) == 0)
        return file_read(path, 256, &out->memory, &out->secret);
    rand_id(id);
    out->secret = arena_str(&out->memory, str_of(id, RAND_ID));
    TRY(directory_make(arena_strf(&out->memory, "%.*s/tls", STR_ARG(c->data)), 0700, &out->memory));
    return file_write(path, out->secret, 0600);
}

err certs_load(certs *out, const config *c) {
    *out = (certs){0};
    arena_init(&out->memory, CERTS_MEMORY);
    out->pairs = arena_array(&out->memory, c->certificates_n + 1, sizeof *out->pairs);
    for (size_t i = 0; i < c->certificates_n; i++)
        if (!str_empty(c->certificates[i].certificate))
            TRY(load_pair(out, &c->certificates[i]));
    if (out->n == 0)
        TRY(load_self_signed(out, c));
    TRY(load_secret(out, c));
    return load_password(out, c);
}

void certs_free(certs *c) {
    for (size_t i = 0; i < c->n; i++)
        mem_wipe((char *)(uintptr_t)c->pairs[i].key.p, c->pairs[i].key.n);
    mem_wipe((char *)(uintptr_t)c->smarthost_password.p, c->smarthost_password.n);
    mem_wipe((char *)(uintptr_t)c->secret.p, c->secret.n);
    arena_free(&c->memory);
    *c = (certs){0};
}
