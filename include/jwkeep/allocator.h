/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the choice of where the library's memory comes from. Refuses a change after the first
 * allocation. What OpenSSL, libcurl and the C library allocate for themselves is not covered:
 * they have hooks of their own. */
#ifndef JWKEEP_ALLOCATOR_H
#define JWKEEP_ALLOCATOR_H

#include <jwkeep/error.h>

JWKEEP_BEGIN

/* The three functions of the C library, with the caller's `user` first: blocks are aligned for
 * any type, as those of malloc are. All are called from any thread, several at once.
 * `reallocate` with NULL allocates; `release` accepts NULL. */
typedef struct jwkeep_allocator {
    void *(*allocate)(void *user, size_t size);
    void *(*reallocate)(void *user, void *block, size_t size);
    void (*release)(void *user, void *block);
    void *user;
} jwkeep_allocator;

/* Uses `allocator`, which is copied, for all memory from now on. To be called once, before
 * any other function of the library, while one thread runs.
 * Errors: MISUSE_ARGUMENT (a function is missing), MISUSE_STATE (the library has allocated
 * before). */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_allocator_set(const jwkeep_allocator *allocator,
                                                            jwkeep_error *error);

JWKEEP_END

#endif
