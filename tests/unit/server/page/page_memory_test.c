/* SPDX-License-Identifier: Apache-2.0
 *
 * The page without memory, at every allocation: all of it, or an answer that says that it could
 * not be written; never half a page. */
#include "server/page/page.h"
#include "support/failing_heap.h"
#include "support/forge.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_BODY_BYTES (1u << 20)
#define HOSTILE "<script>"

static struct fixture {
    admin_context context;
    policy_numbers numbers;
    server_plan plan;
    server_policy policy;
    reload reload;
    jwkeep_jwk *key;
    jwkeep_keyset *keys;
} fixture;

static int set_up(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    jwkeep_verifier_options options;
    f->key = forge_key(JWKEEP_ALGORITHM_EDDSA, HOSTILE);
    f->keys = forge_keyset(&f->key, 1);
    const jwkeep_issuer issuer = {.name = "main", .issuer = "https://i.test", .keys = f->keys};
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;
    if (jwkeep_verifier_new(&options, &f->context.verifier, NULL) != JWKEEP_OK ||
        history_new(&f->context.history, NULL) != JWKEEP_OK)
        return -1;
    history_add(f->context.history, "main", &(jwkeep_event){.kind = JWKEEP_EVENT_KID_REUSED});
    policy_numbers_init(&f->numbers);
    policy_init(&f->policy, "default", f->context.verifier, "jwkeep");
    f->plan = (server_plan){
        .catalogue = f->context.verifier, .policies = &f->policy, .policy_count = 1};
    uint16_t numbers[PLAN_MAX_POLICIES];
    policy_numbers_assign(&f->numbers, &f->plan, numbers);
    reload_init(&f->reload, &(reload_source){NULL, NULL, NULL}, &f->plan);
    f->context.numbers = &f->numbers;
    f->context.reload = &f->reload;
    for (int i = 0; i < 3; i++)
        samples_add(&f->context.samples, &(sample){.at_ms = 1000 * i});
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    jwkeep_verifier_free(f->context.verifier);
    history_free(f->context.history);
    policy_numbers_done(&f->numbers);
    pthread_mutex_destroy(&f->reload.mutex);
    jwkeep_keyset_unref(f->keys);
    jwkeep_jwk_unref(f->key);
    return 0;
}

static bool has(const http_response *response, const char *text) {
    jwkeep_span body = jwkeep_buffer_span(&response->body);
    return memmem(body.data, body.size, text, strlen(text)) != NULL;
}

/* With its allocation number `count` failing; whether it got that far. */
static bool answer(const char *path, const char *end, size_t count) {
    http_response response;
    http_response_init(&response, MAX_BODY_BYTES);
    http_response_start(&response, 200);
    failing_heap_fail_after(count);
    bool is_answered = page_answer(&fixture.context, jwkeep_span_text(path), &response);
    bool has_failed = failing_heap_stop();
    assert_true(is_answered);
    if (has_failed) {
        assert_true(response.is_overfull || response.status == 500);
        assert_false(has(&response, "<") || has(&response, "{"));
    } else {
        assert_int_equal(response.status, 200);
        assert_false(response.is_overfull);
        assert_true(has(&response, end));
        assert_false(has(&response, HOSTILE));
    }
    http_response_done(&response);
    return has_failed;
}

static void answers_whole_or_not_at_all(void **state) {
    (void)state;
    static const struct {
        const char *path, *end;
    } pages[] = {{"/", "</html>\n"}, {"/page.css", "}"}, {"/page.js", "}"}};
    size_t before = failing_heap_count();
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        size_t allocations = 0;
        while (answer(pages[i].path, pages[i].end, allocations))
            allocations++;
        assert_true(allocations > 0);
        assert_int_equal(failing_heap_count(), before);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_whole_or_not_at_all, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
