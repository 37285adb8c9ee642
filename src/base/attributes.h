/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the compiler attributes for use inside the library, on top of the public ones. */
#ifndef JK_BASE_ATTRIBUTES_H
#define JK_BASE_ATTRIBUTES_H

#include <jwkeep/attributes.h>

#define JK_NONNULL __attribute__((nonnull))
#define JK_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define JK_CLEANUP(function) __attribute__((cleanup(function)))
#define JK_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define JK_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define JK_CACHE_LINE 64

#if defined(__GNUC__) && !defined(__clang__)
#define JK_MALLOC(deallocator) JWKEEP_MUST_USE __attribute__((malloc, malloc(deallocator, 1)))
#else
#define JK_MALLOC(deallocator) JWKEEP_MUST_USE __attribute__((malloc))
#endif

#define JK_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
