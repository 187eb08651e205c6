/* Allocation that never answers NULL: when the machine has no memory left the process ends with
 * one log line and the supervisor starts it again; accepted mail is on disk. Also what owns memory or a descriptor for
 * the length of a scope. Callable anywhere. */
#ifndef GODWIT_BASE_MEM_H
#define GODWIT_BASE_MEM_H

#include "base/str.h"

void *mem_alloc(size_t n);                          /* zeroed */
void *mem_array(size_t count, size_t size);         /* zeroed, checked multiplication */
void *mem_grow(void *p, size_t count, size_t size); /* realloc, checked; new part not zeroed */
char *mem_strdup(str s);                            /* NUL-terminated copy */
void mem_wipe(void *p, size_t n);                   /* never optimised away: for secrets */

/* Constant-time equality: the one place where secrets are compared. */
bool mem_equal_ct(str a, str b);

bool size_add(size_t a, size_t b, size_t *out); /* false on overflow */
bool size_mul(size_t a, size_t b, size_t *out);

void mem_free_ptr(void *pointer_to_pointer); /* for SCOPED_FREE */
#define SCOPED_FREE __attribute__((cleanup(mem_free_ptr)))

void fd_close_ptr(int *fd); /* closes and sets -1 */
#define SCOPED_FD __attribute__((cleanup(fd_close_ptr))) int

/* Writes all of it, in as many calls as it takes; false with errno set. Blocks as the descriptor does. */
bool fd_write_all(int fd, str bytes);

/* Hands an owned pointer (or, for take_fd, a descriptor) out of a scope that would free it. */
#define take(pointer) \
    __extension__({ \
        __typeof__(pointer) taken = (pointer); \
        (pointer) = NULL; \
        taken; \
    })
int take_fd(int *fd);

#endif
