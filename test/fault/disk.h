/* A disk that fails on command: SQLite's own file layer with a thumb on write and sync. One for the process; set up
 * before the store is opened. */
#ifndef GODWIT_TEST_FAULT_DISK_H
#define GODWIT_TEST_FAULT_DISK_H

#include <stdbool.h>

typedef enum disk_fault { DISK_WRITE_FULL, DISK_WRITE_ERROR, DISK_SYNC_ERROR } disk_fault;

void disk_install(void);
/* The nth (from 1) call of that kind from now on fails, and with `lasting` all after it. 0: none does. Only calls for
 * the database and its WAL count. */
void disk_fail(disk_fault fault, long nth, bool lasting);
long disk_calls(disk_fault fault); /* since disk_fail */
void disk_heal(void);

#endif
