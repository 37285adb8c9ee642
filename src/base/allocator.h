/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the library's memory functions. All heap memory of src/ comes from here. */
#ifndef JK_BASE_ALLOCATOR_H
#define JK_BASE_ALLOCATOR_H

#include "base/attributes.h"
#include <jwkeep/allocator.h>

void jk_free(void *block);

/* NULL when there is none; a size of 0 is a size of 1. */
JK_MALLOC(jk_free) void *jk_alloc(size_t size);
JK_MALLOC(jk_free) void *jk_alloc_zeroed(size_t count, size_t size); /* overflow gives NULL */

/* The same, beginning with a line of the processor's cache. */
void jk_free_lines(void *block);
JK_MALLOC(jk_free_lines) void *jk_alloc_lines(size_t count, size_t size);

JWKEEP_MUST_USE void *jk_realloc(void *block, size_t size);

/* A copy of `bytes` on the heap with a NUL after it. */
JK_MALLOC(jk_free) char *jk_strndup(const void *bytes, size_t size);

#endif
