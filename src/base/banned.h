/* Functions nobody may call: each has lost somebody mail, memory or a machine.
 * Included by base/str.h, and so by every file of ours. */
#ifndef GODWIT_BASE_BANNED_H
#define GODWIT_BASE_BANNED_H

/* System headers that declare the names come first, so that only our uses are refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* with some compilers the checked forms of these are macros */
#undef alloca
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat strncpy strncat stpcpy sprintf vsprintf
#pragma GCC poison strtok atoi atol atoll gets alloca gmtime localtime ctime asctime

#endif
