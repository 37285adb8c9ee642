/* SPDX-License-Identifier: Apache-2.0
 *
 * A source when memory runs out at any place: what is refused is refused whole, and the next
 * download heals. */
#include "remote/refresher.h"
#include "support/script.h"
#include "support/watched_memory.h"
#include <jwkeep/jwkeep.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct fixture {
    script world;
    jwkeep_refresher *refresher;
    jwkeep_source *source;
} fixture;

static jwkeep_source_options options_of(void) {
    jwkeep_source_options options;
    jwkeep_source_options_init(&options);
    options.url = "https://issuer.test/jwks";
    return options;
}

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    jwkeep_source_options options = options_of();
    (void)script_keys("a");
    (void)script_keys("b");
    if (!f || !(f->refresher = script_refresher(&f->world, 0)) ||
        jwkeep_source_new(f->refresher, &options, &f->source, NULL))
        return -1;
    jwkeep_source_refresh(f->source);
    script_pass(&f->world, f->refresher, 0);
    script_answer_keys(&f->world, f->refresher, "a");
    *state = f;
    return jwkeep_source_check(f->source) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    fixture *f = *state;
    watched_memory_seen()->is_exhausted = false;
    jwkeep_source_free(f->source);
    jwkeep_refresher_free(f->refresher);
    free(f);
    return 0;
}

static void notify_nobody(void *user) {
    (void)user;
}

static void a_lookup_that_must_wait_is_refused(void **state) {
    fixture *f = *state;
    jwkeep_lookup *lookup = NULL;
    watched_memory_seen()->is_exhausted = true;
    assert_int_equal(jwkeep_source_lookup_begin(f->source, JWKEEP_SPAN("z"), 0, notify_nobody,
                                                NULL, &lookup, NULL),
                     JWKEEP_OUT_OF_MEMORY);
    assert_null(lookup);
    assert_int_equal(jwkeep_source_lookup(f->source, JWKEEP_SPAN("a"), 1, NULL), JWKEEP_OK);
}

static void r01_a_known_kid_costs_no_memory(void **state) {
    fixture *f = *state;
    size_t before = watched_memory_seen()->allocations;
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(jwkeep_source_lookup(f->source, JWKEEP_SPAN("a"), 1, NULL), JWKEEP_OK);
    assert_int_equal(watched_memory_seen()->allocations, before);
}

static void a_download_without_memory_fails_and_the_next_heals(void **state) {
    fixture *f = *state;
    jwkeep_source_status status;
    script_pass(&f->world, f->refresher, 9 * 60 * 1000);
    watched_memory_seen()->is_exhausted = true;
    script_answer_keys(&f->world, f->refresher, "b");
    watched_memory_seen()->is_exhausted = false;
    jwkeep_source_status_get(f->source, &status);
    assert_int_equal(status.last_error, JWKEEP_OUT_OF_MEMORY);
    assert_int_equal(jwkeep_source_lookup(f->source, JWKEEP_SPAN("a"), 1, NULL), JWKEEP_OK);
    script_pass(&f->world, f->refresher, 2 * 60 * 1000);
    assert_string_equal(script_last(&f->world)->etag, "");
    script_answer_keys(&f->world, f->refresher, "b");
    assert_int_equal(jwkeep_source_lookup(f->source, JWKEEP_SPAN("b"), 1, NULL), JWKEEP_OK);
}

static void what_cannot_be_made_leaves_nothing(void **state) {
    fixture *f = *state;
    jwkeep_source_options options = options_of();
    jwkeep_source *source = NULL;
    jwkeep_refresher *refresher = NULL;
    static script world;
    jk_environment environment = script_environment(&world);
    watched_memory_seen()->is_exhausted = true;
    assert_int_equal(jwkeep_source_new(f->refresher, &options, &source, NULL),
                     JWKEEP_OUT_OF_MEMORY);
    assert_int_equal(jk_refresher_new_in(&environment, 0, false, &refresher, NULL),
                     JWKEEP_OUT_OF_MEMORY);
    watched_memory_seen()->is_exhausted = false;
    assert_int_equal(jk_refresher_new_in(&environment, 1025, false, &refresher, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_true(world.is_freed);
    assert_null(source);
    assert_null(refresher);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_lookup_that_must_wait_is_refused),
        TEST(r01_a_known_kid_costs_no_memory),
        TEST(a_download_without_memory_fails_and_the_next_heals),
        TEST(what_cannot_be_made_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, watched_memory_install, NULL);
}
