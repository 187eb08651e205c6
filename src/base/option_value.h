/* The values of options: text to value and back, one pair of functions a type.
 *
 * Called by base/options.c alone. `at` points at the value itself, of the C type that base/options.h names
 * for the row's type. Pure; slices and lists live in the arena. */
#ifndef GODWIT_BASE_OPTION_VALUE_H
#define GODWIT_BASE_OPTION_VALUE_H

#include "base/options.h"

/* ERR_SYNTAX: not of the type; ERR_LIMIT: out of range, or the arena is full. Leaves *at alone then. */
err option_value_set(const option *row, str value, void *at, arena *a) MUST_USE;
str option_value_print(const option *row, const void *at, arena *a);

#endif
