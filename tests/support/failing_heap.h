/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns a C library's heap for tests of the server, which takes its memory there: it fails at a
 * chosen allocation and counts what was not given back. In programs called …_memory_test of
 * tests/unit/server, whose calls of malloc and the like the linker leads here
 * (tests/CMakeLists.txt); what shared libraries allocate is not seen. */
#ifndef TESTS_SUPPORT_FAILING_HEAP_H
#define TESTS_SUPPORT_FAILING_HEAP_H

#include <stdbool.h>
#include <stddef.h>

/* The allocation after `count` more fails, and no other: 0 is the next one. */
void failing_heap_fail_after(size_t count);

/* Every allocation fails from now on, until false. */
void failing_heap_exhaust(bool is_exhausted);

/* Whether the one that was to fail has; either way none is to any more. */
bool failing_heap_stop(void);

/* Blocks that were allocated here and are not yet freed. */
size_t failing_heap_count(void);

#endif
