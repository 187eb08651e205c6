#include <sqlite3.h>

#include "disk.h"

#include <stdatomic.h>
#include <string.h>

/* The database and its WAL have a table of methods each. */
static struct {
    const sqlite3_io_methods *real;
    sqlite3_io_methods ours;
} tables[2];
static sqlite3_vfs *real_vfs, our_vfs;

static atomic_long writes, syncs, fail_write_at, fail_sync_at;
static atomic_int write_code;
static atomic_bool lasts;

static bool hits(long now, long at) { return at && (now == at || (lasts && now > at)); }

static const sqlite3_io_methods *real_of(sqlite3_file *f) { return tables[f->pMethods == &tables[1].ours].real; }

static int our_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at) {
    long now = ++writes;
    if (!hits(now, fail_write_at))
        return real_of(f)->xWrite(f, p, n, at);
    if (n > 1) /* a torn one: half of it arrives */
        (void)real_of(f)->xWrite(f, p, n / 2, at);
    return write_code;
}

/* What a failed sync leaves on the disk is anybody's guess; here it is all still there. */
static int our_sync(sqlite3_file *f, int flags) {
    long now = ++syncs;
    return hits(now, fail_sync_at) ? SQLITE_IOERR_FSYNC : real_of(f)->xSync(f, flags);
}

static int our_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *f, int flags, int *out) {
    (void)vfs;
    int code = real_vfs->xOpen(real_vfs, name, f, flags, out);
    if (code != SQLITE_OK || !f->pMethods || !(flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)))
        return code;
    int which = flags & SQLITE_OPEN_WAL ? 1 : 0;
    tables[which].real = f->pMethods;
    tables[which].ours = *f->pMethods;
    tables[which].ours.xWrite = our_write;
    tables[which].ours.xSync = our_sync;
    f->pMethods = &tables[which].ours;
    return code;
}

void disk_install(void) {
    real_vfs = sqlite3_vfs_find(NULL);
    our_vfs = *real_vfs;
    our_vfs.zName = "faulty";
    our_vfs.xOpen = our_open;
    sqlite3_vfs_register(&our_vfs, 1);
}

void disk_fail(disk_fault fault, long nth, bool lasting) {
    disk_heal();
    lasts = lasting;
    write_code = fault == DISK_WRITE_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    if (fault == DISK_SYNC_ERROR)
        fail_sync_at = nth;
    else
        fail_write_at = nth;
}

long disk_calls(disk_fault fault) { return fault == DISK_SYNC_ERROR ? syncs : writes; }

void disk_heal(void) {
    fail_write_at = fail_sync_at = 0;
    writes = syncs = 0;
}
