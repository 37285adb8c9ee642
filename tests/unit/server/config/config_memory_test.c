/* SPDX-License-Identifier: Apache-2.0
 *
 * A configuration that is read, and made a plan of, without memory at every allocation: a fault
 * that says so, and nothing kept. That the plan there was goes on is in plan_test.c. */
#include "server/config/build.h"
#include "support/failing_heap.h"
#include "support/forge.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct fixture {
    char keys[64];
    char file[64];
    config_pool *pool;
} fixture;

static int write_file(char *path, const char *text) {
    int descriptor = mkstemp(path);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    return file && fputs(text, file) >= 0 && fclose(file) == 0 ? 0 : -1;
}

static int set_up(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    char text[1024];
    jwkeep_jwk *key = forge_key(JWKEEP_ALGORITHM_EDDSA, "k");
    char *keys = forge_keyset_text(&key, 1);
    snprintf(f->keys, sizeof f->keys, "/tmp/jwkeep-test-keys-XXXXXX");
    snprintf(f->file, sizeof f->file, "/tmp/jwkeep-test-plan-XXXXXX");
    int status = write_file(f->keys, keys);
    free(keys);
    jwkeep_jwk_unref(key);
    snprintf(text, sizeof text,
             "issuers:\n"
             "  - {name: local, issuer: https://l.test, keys_file: %s}\n"
             "  - {name: remote, issuer: https://r.test, jwks_url: https://r.test/jwks,\n"
             "     source: {request_headers: [{name: X-Test, value: a}]}}\n"
             "policies:\n"
             "  - {name: default, audiences: [api], scopes: [read], token_cache: 0, gateway: "
             "nginx,\n"
             "     rules: [{path: /open, action: allow}]}\n"
             "  - {name: other, audiences: [b], issuers: [local], token_cache: 0}\n",
             f->keys);
    if (status || write_file(f->file, text))
        return -1;
    return config_pool_new(1, true, NULL, NULL, &f->pool, NULL) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    config_pool_free(fixture.pool);
    return unlink(fixture.keys) + unlink(fixture.file);
}

/* With its allocation number `count` failing. */
static bool configure(size_t count, config_fault *ret_fault, bool *ret_has_failed) {
    config *loaded = NULL;
    server_plan *plan = NULL;
    failing_heap_fail_after(count);
    bool is_made = config_load(fixture.file, &loaded, ret_fault) &&
                   config_build(loaded, fixture.pool, NULL, &plan, ret_fault);
    *ret_has_failed = failing_heap_stop();
    config_plan_free(fixture.pool, plan);
    return is_made;
}

static void a_plan_is_made_whole_or_not_at_all(void **state) {
    (void)state;
    config_fault fault;
    bool has_failed = false;
    if (!configure(SIZE_MAX, &fault, &has_failed)) /* what is made once is made */
        fail_msg("%s", fault.text);
    size_t before = failing_heap_count();
    for (size_t count = 0;; count++) {
        fault.text[0] = '\0';
        bool is_made = configure(count, &fault, &has_failed);
        assert_int_equal(failing_heap_count(), before);
        if (!has_failed) {
            assert_true(is_made);
            assert_true(count > 20); /* there are that many */
            return;
        }
        if (!is_made)
            assert_non_null(strcasestr(fault.text, "memory"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_plan_is_made_whole_or_not_at_all, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
