/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns memory functions for tests that fail once, at a chosen allocation, and count what was
 * not given back. One thread. */
#ifndef TESTS_SUPPORT_FAILING_MEMORY_H
#define TESTS_SUPPORT_FAILING_MEMORY_H

#include <jwkeep/error.h>
#include <stddef.h>

/* Makes the library use the functions; a group setup of cmocka. */
int failing_memory_install(void **state);

typedef jwkeep_code (*failing_attempt)(jwkeep_error *error);

/* Calls `attempt` again and again, with its first, second, … allocation failing, until one
 * passes: each call before gives OUT_OF_MEMORY, and none keeps a block. Gives the number of
 * allocations. Ends the test otherwise. `attempt` gives back what it gets. */
size_t failing_memory_try(failing_attempt attempt);

#endif
