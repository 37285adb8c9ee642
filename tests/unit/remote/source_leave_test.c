/* SPDX-License-Identifier: Apache-2.0
 *
 * Lookups that end before the download they joined: what they missed is fetched all the same.
 */
#include "remote/refresher.h"
#include "support/script.h"
#include <jwkeep/jwkeep.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND 1000

typedef struct fixture {
    script world;
    jwkeep_refresher *refresher;
    jwkeep_source *source;
} fixture;

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    if (!f || !(f->refresher = script_refresher(&f->world, 0)))
        return -1;
    *state = f;
    jwkeep_source_options options;
    jwkeep_source_options_init(&options);
    options.url = "https://issuer.test/jwks";
    options.max_waiters = 1;
    if (jwkeep_source_new(f->refresher, &options, &f->source, NULL))
        return -1;
    jwkeep_source_refresh(f->source);
    script_pass(&f->world, f->refresher, 0);
    return script_open_requests(&f->world) == 1 ? 0 : -1;
}

static int tear_down(void **state) {
    fixture *f = *state;
    jwkeep_source_free(f->source);
    jwkeep_refresher_free(f->refresher);
    free(f);
    return 0;
}

static void ignore(void *user) {
    (void)user;
}

static jwkeep_code begin(fixture *f, const char *kid, jwkeep_lookup **ret_lookup) {
    return jwkeep_source_lookup_begin(f->source, jwkeep_span_text(kid), 2 * SECOND, ignore, f,
                                      ret_lookup, NULL);
}

/* The download under way read the keys before the rotation: another one follows. */
static void expect_second_download(fixture *f) {
    jwkeep_lookup *unused = NULL;
    script_answer_keys(&f->world, f->refresher, "a");
    script_pass(&f->world, f->refresher, 1 * SECOND);
    assert_int_equal(f->world.request_count, 2);
    assert_true(script_last(&f->world)->is_forced);
    script_answer_keys(&f->world, f->refresher, "ab");
    assert_int_equal(begin(f, "b", &unused), JWKEEP_OK);
}

static void r05_a_cancelled_lookup_leaves_its_miss_behind(void **state) {
    fixture *f = *state;
    jwkeep_lookup *lookup = NULL;
    assert_int_equal(begin(f, "b", &lookup), JWKEEP_PENDING);
    jwkeep_lookup_free(lookup);
    expect_second_download(f);
}

static void r05_a_lookup_whose_time_is_up_leaves_its_miss_behind(void **state) {
    fixture *f = *state;
    jwkeep_lookup *lookup = NULL;
    assert_int_equal(begin(f, "b", &lookup), JWKEEP_PENDING);
    script_pass(&f->world, f->refresher, 0);
    script_pass(&f->world, f->refresher, 3 * SECOND);
    jwkeep_code code = jwkeep_lookup_result(lookup, NULL);
    jwkeep_lookup_free(lookup);
    assert_int_equal(code, JWKEEP_KEYS_TIMEOUT);
    expect_second_download(f);
}

static void r05_a_blocking_lookup_whose_time_is_up_leaves_its_miss_behind(void **state) {
    fixture *f = *state;
    jwkeep_span kid = JWKEEP_SPAN("b");
    assert_int_equal(jwkeep_source_lookup(f->source, kid, 1, NULL), JWKEEP_KEYS_TIMEOUT);
    expect_second_download(f);
}

static void r05_a_lookup_that_found_no_place_leaves_its_miss_behind(void **state) {
    fixture *f = *state;
    jwkeep_lookup *any = NULL;
    jwkeep_lookup *unused = NULL;
    assert_int_equal(begin(f, NULL, &any), JWKEEP_PENDING);
    jwkeep_code code = begin(f, "b", &unused);
    jwkeep_lookup_free(any);
    assert_int_equal(code, JWKEEP_KEYS_BUSY);
    expect_second_download(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(r05_a_cancelled_lookup_leaves_its_miss_behind),
        TEST(r05_a_lookup_whose_time_is_up_leaves_its_miss_behind),
        TEST(r05_a_blocking_lookup_whose_time_is_up_leaves_its_miss_behind),
        TEST(r05_a_lookup_that_found_no_place_leaves_its_miss_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
