/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the countdown to the allocation that fails. */
#include "support/failing_memory.h"
#include <jwkeep/allocator.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define NEVER SIZE_MAX
#define MAX_ALLOCATIONS 10000u

static size_t countdown = NEVER; /* allocations until one fails */
static size_t blocks;

static bool fails_now(void) {
    if (countdown == NEVER)
        return false;
    return countdown == 0 || --countdown == 0;
}

static void *allocate(void *user, size_t size) {
    (void)user;
    void *block = fails_now() ? NULL : malloc(size);
    blocks += block != NULL;
    return block;
}

static void *reallocate(void *user, void *block, size_t size) {
    if (!block)
        return allocate(user, size);
    return fails_now() ? NULL : realloc(block, size);
}

static void release(void *user, void *block) {
    (void)user;
    blocks -= block != NULL;
    free(block);
}

int failing_memory_install(void **state) {
    (void)state;
    static const jwkeep_allocator failing = {allocate, reallocate, release, NULL};
    return jwkeep_allocator_set(&failing, NULL) == JWKEEP_OK ? 0 : -1;
}

size_t failing_memory_try(failing_attempt attempt) {
    for (size_t failing = 1; failing < MAX_ALLOCATIONS; failing++) {
        jwkeep_error error = {.code = JWKEEP_OK};
        const size_t before = blocks;
        countdown = failing;
        jwkeep_code code = attempt(&error);
        bool is_reached = countdown == 0;
        countdown = NEVER;
        if (blocks != before)
            fail_msg("allocation %zu: %zu blocks lost", failing, blocks - before);
        if (!is_reached && code == JWKEEP_OK)
            return failing - 1;
        if (code != JWKEEP_OUT_OF_MEMORY || error.code != code)
            fail_msg("allocation %zu: %s (%s)", failing, jwkeep_code_name(code),
                     jwkeep_code_name(error.code));
    }
    fail_msg("never ends");
    return 0;
}
