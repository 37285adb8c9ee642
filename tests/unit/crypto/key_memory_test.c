/* SPDX-License-Identifier: Apache-2.0
 *
 * What keys take from the allocator: nothing once a context is there, and nothing stays when
 * it refuses. */
#include "crypto/algorithm.h"
#include "crypto/key.h"
#include <jwkeep/allocator.h>
#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define ARENA_MAX_BYTES 65536u
#define NEVER SIZE_MAX

static struct {
    size_t calls;
    size_t live;
    size_t fails_at; /* the call that gets NULL, counted from 0 */
} memory = {.fails_at = NEVER};

static void *allocate(void *user, size_t size) {
    (void)user;
    if (memory.calls++ == memory.fails_at)
        return NULL;
    memory.live++;
    return malloc(size);
}

static void *reallocate(void *user, void *block, size_t size) {
    (void)user;
    if (memory.calls++ == memory.fails_at)
        return NULL;
    memory.live += block == NULL;
    return realloc(block, size);
}

static void release(void *user, void *block) {
    (void)user;
    memory.live -= block != NULL;
    free(block);
}

typedef struct kind {
    jwkeep_algorithm algorithm;
    jwkeep_kty kty;
    jwkeep_crv crv;
    jk_key *key;
    jk_key_material numbers;
} kind;

static kind kinds[] = {
    {.algorithm = JWKEEP_ALGORITHM_RS256, .kty = JWKEEP_KTY_RSA},
    {.algorithm = JWKEEP_ALGORITHM_ES256, .kty = JWKEEP_KTY_EC, .crv = JWKEEP_CRV_P256},
    {.algorithm = JWKEEP_ALGORITHM_EDDSA, .kty = JWKEEP_KTY_OKP, .crv = JWKEEP_CRV_ED448},
    {.algorithm = JWKEEP_ALGORITHM_HS256, .kty = JWKEEP_KTY_OCT},
};

static jk_arena arena;

static int set_up(void **state) {
    (void)state;
    const jwkeep_allocator allocator = {allocate, reallocate, release, NULL};
    if (jwkeep_allocator_set(&allocator, NULL))
        return -1;
    jk_arena_init(&arena, ARENA_MAX_BYTES);
    for (size_t i = 0; i < JK_COUNT_OF(kinds); i++) {
        if (jk_key_generate(kinds[i].kty, kinds[i].crv, 0, &kinds[i].key, NULL) ||
            jk_key_export(kinds[i].key, &arena, &kinds[i].numbers, NULL))
            return -1;
    }
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    for (size_t i = 0; i < JK_COUNT_OF(kinds); i++)
        jk_key_free(kinds[i].key);
    jk_arena_done(&arena);
    return memory.live == 0 ? 0 : -1;
}

static void allocates_nothing_once_warm(void **state) {
    (void)state;
    for (size_t i = 0; i < JK_COUNT_OF(kinds); i++) {
        uint8_t signature[JK_SIGNATURE_MAX_BYTES];
        size_t size = 0;
        assert_int_equal(jk_key_sign(kinds[i].key, kinds[i].algorithm, JWKEEP_SPAN("m"),
                                     signature, &size, NULL),
                         JWKEEP_OK);
        size_t calls = memory.calls;
        for (int round = 0; round < 3; round++) {
            assert_int_equal(jk_key_verify(kinds[i].key, kinds[i].algorithm, JWKEEP_SPAN("m"),
                                           jwkeep_span_of(signature, size), NULL),
                             JWKEEP_OK);
            assert_int_equal(jk_key_verify(kinds[i].key, kinds[i].algorithm, JWKEEP_SPAN("n"),
                                           jwkeep_span_of(signature, size), NULL),
                             JWKEEP_SIGNATURE_INVALID);
        }
        assert_int_equal(memory.calls, calls);
    }
}

/* Calls `step` with the first, second, ... allocation refused until it succeeds, which must
 * take at least one refusal. */
static void refuse_each_allocation(jwkeep_code (*step)(const kind *of, jwkeep_error *error),
                                   const kind *of) {
    jwkeep_code code = JWKEEP_OUT_OF_MEMORY;
    size_t refusals = 0;
    for (; refusals < 100; refusals++) {
        jwkeep_error error = {0};
        size_t live = memory.live;
        memory.fails_at = memory.calls + refusals;
        code = step(of, &error);
        memory.fails_at = NEVER;
        assert_int_equal(memory.live, live);
        assert_int_equal(ERR_peek_error(), 0);
        if (!code)
            break;
        assert_int_equal(code, JWKEEP_OUT_OF_MEMORY);
        assert_int_equal(error.code, JWKEEP_OUT_OF_MEMORY);
    }
    assert_int_equal(code, JWKEEP_OK);
    assert_true(refusals > 0);
}

static jwkeep_code import_and_free(const kind *of, jwkeep_error *error) {
    jk_key *key = NULL;
    jwkeep_code code = jk_key_import(&of->numbers, &key, error);
    jk_key_free(key);
    return code;
}

static jwkeep_code import_d_alone(const kind *of, jwkeep_error *error) {
    jk_key *key = NULL;
    jk_key_material numbers = of->numbers;
    numbers.p = numbers.q = numbers.dp = numbers.dq = numbers.qi = JWKEEP_SPAN_NONE;
    jwkeep_code code = jk_key_import(&numbers, &key, error);
    jk_key_free(key);
    return code;
}

static jwkeep_code generate_and_free(const kind *of, jwkeep_error *error) {
    jk_key *key = NULL;
    jwkeep_code code = jk_key_generate(of->kty, of->crv, 0, &key, error);
    jk_key_free(key);
    return code;
}

static void gives_everything_back_when_memory_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < JK_COUNT_OF(kinds); i++) {
        refuse_each_allocation(import_and_free, &kinds[i]);
        if (kinds[i].kty == JWKEEP_KTY_RSA)
            refuse_each_allocation(import_d_alone, &kinds[i]);
        else
            refuse_each_allocation(generate_and_free, &kinds[i]);
    }
}

/* A key just imported has no context yet. */
static void says_so_when_there_is_no_memory_for_a_context(void **state) {
    (void)state;
    for (size_t i = 1; i < JK_COUNT_OF(kinds); i++) {
        uint8_t signature[JK_SIGNATURE_MAX_BYTES] = {0x55};
        size_t size = 77;
        jk_key *key = NULL;
        assert_int_equal(jk_key_import(&kinds[i].numbers, &key, NULL), JWKEEP_OK);
        memory.fails_at = memory.calls;
        jwkeep_code refused =
            jk_key_sign(key, kinds[i].algorithm, JWKEEP_SPAN("m"), signature, &size, NULL);
        bool is_untouched = size == 77 && signature[0] == 0x55;
        jwkeep_code signing =
            jk_key_sign(key, kinds[i].algorithm, JWKEEP_SPAN("m"), signature, &size, NULL);
        memory.fails_at = NEVER;
        jk_key_free(key);
        assert_int_equal(refused, JWKEEP_OUT_OF_MEMORY);
        assert_true(is_untouched);
        assert_int_equal(signing, JWKEEP_OK);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocates_nothing_once_warm),
        cmocka_unit_test(gives_everything_back_when_memory_is_refused),
        cmocka_unit_test(says_so_when_there_is_no_memory_for_a_context),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
