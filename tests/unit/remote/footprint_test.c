/* SPDX-License-Identifier: Apache-2.0
 *
 * What sources take of memory, by what the library and OpenSSL allocate for them. */
#include "remote/refresher.h"
#include "support/script.h"
#include "support/watched_memory.h"
#include <jwkeep/jwkeep.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define SOURCES 100u
#define KEYS 3u
#define ISSUERS 10000u
#define MOST_BYTES 200000000u /* for that many issuers with three RSA keys each */
#define BODY_MAX 16384u

/* OpenSSL's part: what malloc has set aside for it. */
static size_t openssl_bytes;

static void *count_malloc(size_t size, const char *file, int line) {
    (void)file, (void)line;
    void *block = malloc(size);
    openssl_bytes += malloc_usable_size(block);
    return block;
}

static void *count_realloc(void *block, size_t size, const char *file, int line) {
    (void)file, (void)line;
    openssl_bytes -= malloc_usable_size(block);
    void *moved = realloc(block, size);
    openssl_bytes += malloc_usable_size(moved);
    return moved;
}

static void count_free(void *block, const char *file, int line) {
    (void)file, (void)line;
    openssl_bytes -= malloc_usable_size(block);
    free(block);
}

static int install(void **state) {
    return CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free) == 1
               ? watched_memory_install(state)
               : -1;
}

static size_t live_bytes(void) {
    return watched_memory_seen()->live_bytes + openssl_bytes;
}

/* A JWK Set of new RSA keys. */
static void write_set(jwkeep_buffer *body) {
    jwkeep_jwk *keys[KEYS] = {NULL};
    jwkeep_keyset *set = NULL;
    const jwkeep_jwk_spec spec = {.algorithm = JWKEEP_ALGORITHM_RS256};
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = 0; !code && i < KEYS; i++)
        code = jwkeep_jwk_generate(&spec, &keys[i], NULL);
    if (!code)
        code = jwkeep_keyset_new(keys, KEYS, &set, NULL);
    if (!code)
        code = jwkeep_keyset_write(set, false, body, NULL);
    jwkeep_keyset_unref(set);
    for (size_t i = 0; i < KEYS; i++)
        jwkeep_jwk_unref(keys[i]);
    assert_int_equal(code, JWKEEP_OK);
}

static jwkeep_source *source_with(script *world, jwkeep_refresher *refresher,
                                  jwkeep_span body) {
    jwkeep_source_options options;
    jwkeep_source_options_init(&options);
    options.url = "https://issuer.test/jwks";
    options.is_eager = true;
    jwkeep_source *source = NULL;
    assert_int_equal(jwkeep_source_new(refresher, &options, &source, NULL), JWKEEP_OK);
    script_pass(world, refresher, 0);
    const jk_response answer = {.body = body};
    script_answer(world, refresher, &answer);
    assert_int_equal(jwkeep_source_check(source), JWKEEP_OK);
    return source;
}

static void ten_thousand_sources_of_three_keys_take_200_mb(void **state) {
    (void)state;
    static script world;
    jwkeep_source *sources[SOURCES];
    jwkeep_buffer body;
    jwkeep_buffer_init(&body, BODY_MAX);
    write_set(&body);
    jwkeep_refresher *refresher = script_refresher(&world, 0);
    assert_non_null(refresher);
    jwkeep_source *first = source_with(&world, refresher, jwkeep_buffer_span(&body));
    size_t before = live_bytes();
    for (size_t i = 0; i < SOURCES; i++)
        sources[i] = source_with(&world, refresher, jwkeep_buffer_span(&body));
    size_t each = (live_bytes() - before) / SOURCES;
    for (size_t i = 0; i < SOURCES; i++)
        jwkeep_source_free(sources[i]);
    size_t left = live_bytes() - before;
    jwkeep_source_free(first);
    jwkeep_refresher_free(refresher);
    jwkeep_buffer_done(&body);
    print_message("a source with %u RSA keys: %zu bytes\n", KEYS, each);
    assert_true(each > KEYS * 256); /* three moduli at the least: something was counted */
    assert_true(each * ISSUERS <= MOST_BYTES);
    assert_true(left < each);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_sources_of_three_keys_take_200_mb),
    };
    return cmocka_run_group_tests(tests, install, NULL);
}
