#include "imap/message.h"

#include "base/limits.h"
#include "imap/decode.h"
#include "net/offload.h"

enum {
    READ_STEP = 64 * 1024,
    TREE_ARENA = 16 * 1024 * 1024,
    INLINE_MOST = 32 * 1024, /* bytes parsed on the loop: some 50 us; more goes to a thread */
    OFFLOAD_MS = 30000,
};

void imap_message_open(imap_message *m, imap_session *s, const store_message *row) {
    *m = (imap_message){.session = s, .uid = row->uid, .size = row->size, .header_size = row->header_size};
    arena_init(&m->memory, TREE_ARENA);
}

void imap_message_close(imap_message *m) {
    if (!m->session)
        return;
    if (m->loaded)
        spool_free(&m->bytes);
    if (m->has_decoded)
        spool_free(&m->decoded);
    arena_free(&m->memory);
    *m = (imap_message){0};
}

static err read_bytes(imap_message *m, uint64_t offset, uint64_t n, arena *a, str *out) {
    imap_session *s = m->session;
    return store_read(s->service->store, &s->who, s->box->id, m->uid, offset, n, a, out);
}

err imap_message_header(imap_message *m, str *out) {
    if (m->loaded)
        m->header = str_sub(m->tree.message, 0, m->header_size);
    if (!m->header.p)
        TRY(read_bytes(m, 0, m->header_size < IMAP_HEADER_MOST ? m->header_size : IMAP_HEADER_MOST, &m->memory,
                       &m->header));
    *out = m->header;
    return OK;
}

static err read_all(imap_message *m) {
    while (m->bytes.size < m->size) {
        SCOPED_ARENA step;
        str bytes;
        arena_init(&step, READ_STEP * 4);
        TRY(read_bytes(m, m->bytes.size, READ_STEP, &step, &bytes));
        if (bytes.n == 0)
            return err_make(ERR_TEMP, ERR_CORRUPT, "The message cannot be read", "message ends before its size");
        spool_add(&m->bytes, bytes);
    }
    return OK;
}

typedef struct parse_job {
    imap_message *message;
    str whole;
    err result;
} parse_job;

static void parse(void *thread, void *arg) {
    parse_job *job = arg;
    job->result = part_tree_parse(job->whole, &job->message->memory, &job->message->tree);
}

static err offloaded(void (*fn)(void *thread, void *arg), void *job, uint64_t bytes) {
    if (bytes > INLINE_MOST)
        return offload(offload_shared(), fn, job, deadline_in(OFFLOAD_MS));
    fn(NULL, job);
    return OK;
}

err imap_message_load(imap_message *m) {
    if (m->loaded)
        return OK;
    const imap_service *service = m->session->service;
    spool_init(&m->bytes, service->spool, service->spool_least, m->size);
    m->loaded = true;
    parse_job job = {.message = m};
    err e = read_all(m);
    if (!failed(e))
        e = spool_whole(&m->bytes, &job.whole);
    if (!failed(e))
        e = offloaded(parse, &job, m->size);
    if (!failed(e))
        e = job.result;
    if (failed(e)) {
        spool_free(&m->bytes);
        m->loaded = false;
    }
    return e;
}

typedef struct decode_job {
    spool *to;
    str encoding, body;
    bool known;
} decode_job;

static void decode(void *thread, void *arg) {
    decode_job *job = arg;
    job->known = imap_decode(job->to, job->encoding, job->body);
}

err imap_message_decode(imap_message *m, const part *p, str *out) {
    const imap_service *service = m->session->service;
    *out = str_sub(m->tree.message, p->body_at, p->body_size);
    if (p->multipart || imap_encoding_is_identity(p->encoding))
        return OK;
    if (m->has_decoded)
        spool_free(&m->decoded);
    spool_init(&m->decoded, service->spool, service->spool_least, p->body_size); /* decoding never makes it longer */
    m->has_decoded = true;
    decode_job job = {&m->decoded, p->encoding, *out, false};
    TRY(offloaded(decode, &job, p->body_size));
    if (!job.known)
        return err_make(ERR_PEER, ERR_UNSUPPORTED, "The part has an unknown encoding", "");
    return spool_whole(&m->decoded, out);
}
