#include <openssl/evp.h>

#include "store/blob.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/time.h"
#include "store/dir.h"

enum {
    NAME = BLOB_ID * 2 + 7,   /* "aa/bb/" and 64 digits and NUL */
    TIDY_SECONDS = 24 * 3600, /* a temporary file older than this belongs to nobody any more */
};

struct blobs {
    int root;
    bool read_only;
    pthread_mutex_t making; /* directories: who finds one may rely on its being durable */
};

/* ---- names: hexadecimal only, so nothing from a message ever becomes part of a path ---- */

static void name_of(const blob_id *id, char out[NAME]) {
    SCOPED_BUF hex;
    buf_init(&hex, BLOB_ID * 2);
    hex_encode(&hex, str_of((const char *)id->bytes, BLOB_ID));
    snprintf(out, NAME, "%.2s/%.2s/%.64s", hex.p, hex.p + 2, hex.p);
}

static bool id_of(const char *name, blob_id *out) {
    SCOPED_BUF bytes;
    buf_init(&bytes, BLOB_ID);
    if (strlen(name) != BLOB_ID * 2 || !hex_decode(&bytes, str_c(name)))
        return false;
    memcpy(out->bytes, bytes.p, BLOB_ID);
    return true;
}

/* ---- opening ---- */

err blobs_open(blobs **out, str path, bool read_only) {
    SCOPED_FREE char *z = mem_strdup(path);
    if (!read_only)
        TRY(dir_make(path));
    SCOPED_FD root = open(z, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return err_errno("open the blob directory");
    if (!read_only && mkdirat(root, "tmp", 0700) != 0 && errno != EEXIST)
        return err_errno("make the blob directory");
    blobs *b = mem_alloc(sizeof *b);
    b->root = take_fd(&root);
    b->read_only = read_only;
    pthread_mutex_init(&b->making, NULL);
    *out = b;
    return OK;
}

void blobs_close(blobs *b) {
    if (!b)
        return;
    close(b->root);
    pthread_mutex_destroy(&b->making);
    free(b);
}

/* ---- putting ---- */

static err hash(str bytes, blob_id *id) {
    unsigned n = 0;
    if (EVP_Digest(bytes.p, bytes.n, id->bytes, &n, EVP_sha256(), NULL) != 1 || n != BLOB_ID)
        return err_make(ERR_TEMP, ERR_WHAT_OTHER, "local error", "SHA-256 failed");
    return OK;
}

static err write_all(int fd, str bytes) {
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_errno("write an attachment");
        bytes = str_skip(bytes, (size_t)n);
    }
    return fsync(fd) == 0 ? OK : err_errno("make an attachment durable");
}

static err sync_directory(blobs *b, const char *path) {
    SCOPED_FD fd = openat(b->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0 ? OK : err_errno("make an attachment's directory durable");
}

/* path in its parent, made durable when it is new. */
static err make_directory(blobs *b, const char *path, const char *parent) {
    if (mkdirat(b->root, path, 0700) == 0)
        return sync_directory(b, parent);
    return errno == EEXIST ? OK : err_errno("make an attachment's directory");
}

static err make_directories(blobs *b, const char *name) {
    char outer[3] = {name[0], name[1], 0}, inner[6] = {0};
    memcpy(inner, name, 5);
    pthread_mutex_lock(&b->making);
    err e = make_directory(b, outer, ".");
    if (!failed(e))
        e = make_directory(b, inner, outer);
    pthread_mutex_unlock(&b->making);
    return e;
}

static err write_new(blobs *b, const char *name, str bytes) {
    char temporary[4 + RAND_ID + 1] = "tmp/";
    rand_id(temporary + 4);
    SCOPED_FD fd = openat(b->root, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_errno("make an attachment");
    err e = write_all(fd, bytes);
    if (!failed(e))
        e = make_directories(b, name);
    if (!failed(e) && renameat(b->root, temporary, b->root, name) != 0)
        e = err_errno("name an attachment");
    if (failed(e))
        unlinkat(b->root, temporary, 0);
    return e;
}

static bool is_whole(blobs *b, const char *name, size_t size) {
    struct stat st;
    return fstatat(b->root, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size == size;
}

/* One that is there already was written out before it got its name; only the name may not be durable yet. One of
 * another size was damaged, and is replaced. */
err blobs_put(blobs *b, str bytes, blob_id *id) {
    char name[NAME], directory[6] = {0};
    TRY(hash(bytes, id));
    name_of(id, name);
    memcpy(directory, name, 5);
    if (!is_whole(b, name, bytes.n))
        TRY(write_new(b, name, bytes));
    return sync_directory(b, directory);
}

bool blobs_present(blobs *b, const blob_id *id) {
    char name[NAME];
    name_of(id, name);
    return faccessat(b->root, name, F_OK, 0) == 0;
}

void blobs_remove(blobs *b, const blob_id *id) {
    char name[NAME];
    name_of(id, name);
    if (!b->read_only)
        unlinkat(b->root, name, 0);
}

err blobs_open_file(blobs *b, const blob_ref *blob, int *fd) {
    char name[NAME];
    name_of(&blob->id, name);
    SCOPED_FD opened = openat(b->root, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (opened < 0)
        return err_errno("open an attachment");
    struct stat st;
    if (fstat(opened, &st) != 0)
        return err_errno("open an attachment");
    if ((uint64_t)st.st_size != blob->size)
        return err_make(ERR_TEMP, ERR_CORRUPT, "local error", "attachment %.64s has a wrong size", name + 6);
    *fd = take_fd(&opened);
    return OK;
}

/* ---- what is there ---- */

typedef struct listing {
    blob_id *out;
    size_t max, n;
    const blob_id *after;
} listing;

/* Keeps the `max` smallest names, in order. */
static void keep(listing *l, const blob_id *id) {
    if (l->after && memcmp(id->bytes, l->after->bytes, BLOB_ID) <= 0)
        return;
    size_t at = l->n;
    while (at > 0 && memcmp(l->out[at - 1].bytes, id->bytes, BLOB_ID) > 0)
        at--;
    if (at == l->max)
        return;
    size_t end = l->n < l->max ? l->n++ : l->max - 1;
    memmove(&l->out[at + 1], &l->out[at], (end - at) * sizeof *l->out);
    l->out[at] = *id;
}

static DIR *open_list(blobs *b, const char *path) {
    int fd = openat(b->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir && fd >= 0)
        close(fd);
    return dir;
}

static void list_directory(blobs *b, const char *path, listing *l) {
    DIR *dir = open_list(b, path);
    blob_id id;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (id_of(entry->d_name, &id))
            keep(l, &id);
    }
    if (dir)
        closedir(dir);
}

/* Which second bytes have a directory below the first. */
static void find_seconds(blobs *b, const char *outer, bool there[256]) {
    DIR *dir = open_list(b, outer);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        int high = hex_value(entry->d_name[0]), low = high < 0 ? -1 : hex_value(entry->d_name[1]);
        if (low >= 0)
            there[high * 16 + low] = true;
    }
    if (dir)
        closedir(dir);
}

void blobs_list(blobs *b, unsigned char first, blob_id *out, size_t max, const blob_id *after, size_t *n) {
    listing l = {.out = out, .max = max, .after = after};
    char path[16];
    bool there[256] = {false};
    snprintf(path, sizeof path, "%02x", first);
    find_seconds(b, path, there);
    for (unsigned second = after ? after->bytes[1] : 0; second < 256 && l.n < max; second++) {
        snprintf(path, sizeof path, "%02x/%02x", first, second & 255);
        if (there[second])
            list_directory(b, path, &l);
    }
    *n = l.n;
}

void blobs_tidy(blobs *b) {
    DIR *dir = open_list(b, "tmp");
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        struct stat st;
        if (entry->d_name[0] != '.' && fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            st.st_mtime < time_wall() - TIDY_SECONDS)
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    if (dir)
        closedir(dir);
}
