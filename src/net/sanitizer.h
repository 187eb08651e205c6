/* What AddressSanitizer and ThreadSanitizer must be told about a switch of stacks; nothing in other builds.
 *
 * For net/fiber*.c alone. */
#ifndef GODWIT_NET_SANITIZER_H
#define GODWIT_NET_SANITIZER_H

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define NET_ASAN
#endif
#if defined(__SANITIZE_THREAD__)
#define NET_TSAN
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NET_ASAN
#endif
#if __has_feature(thread_sanitizer)
#define NET_TSAN
#endif
#endif

#ifdef NET_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define sanitizer_leave(save, low, size) __sanitizer_start_switch_fiber(save, low, size)
#define sanitizer_arrive(saved, low, size) __sanitizer_finish_switch_fiber(saved, low, size)
#define sanitizer_unpoison(p, n) __asan_unpoison_memory_region(p, n)
#else
#define sanitizer_leave(save, low, size) ((void)(save), (void)(low), (void)(size))
#define sanitizer_arrive(saved, low, size) ((void)(saved), (void)(low), (void)(size))
#define sanitizer_unpoison(p, n) ((void)(p), (void)(n))
#endif

#ifdef NET_TSAN
#include <sanitizer/tsan_interface.h>
#define sanitizer_thread_new() __tsan_create_fiber(0)
#define sanitizer_thread_self() __tsan_get_current_fiber()
#define sanitizer_thread_switch(to) __tsan_switch_to_fiber(to, 0)
#define sanitizer_thread_free(f) __tsan_destroy_fiber(f)
#else
#define sanitizer_thread_new() NULL
#define sanitizer_thread_self() NULL
#define sanitizer_thread_switch(to) ((void)(to))
#define sanitizer_thread_free(f) ((void)(f))
#endif

#endif
