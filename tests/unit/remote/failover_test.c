/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a download goes next when a URL fails, and when discovery is asked again (R20). */
#include "remote/refresher.h"
#include "support/script.h"
#include <jwkeep/jwkeep.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MINUTE 60000
#define DISCOVERY "https://issuer.test/.well-known/openid-configuration"
#define METADATA "https://issuer.test/.well-known/oauth-authorization-server"
#define DOCUMENT "{\"issuer\":\"https://issuer.test\",\"jwks_uri\":\"https://keys.test/jwks\"}"

static const char *const fallbacks[] = {"https://two.test/", "https://three.test/"};

typedef struct fixture {
    script world;
    jwkeep_refresher *refresher;
    jwkeep_source *source;
    jwkeep_error last_failure;
    size_t failures;
} fixture;

static void on_event(void *user, const jwkeep_event *event) {
    fixture *f = user;
    if (event->kind != JWKEEP_EVENT_FAILED)
        return;
    f->last_failure = *event->error;
    f->failures++;
}

static jwkeep_source_options options_of(fixture *f) {
    jwkeep_source_options options;
    jwkeep_source_options_init(&options);
    options.on_event = on_event;
    options.user = f;
    options.is_eager = true;
    options.stale_limit_s = 86400;
    return options;
}

static int begin(void **state, const char *url, const char *issuer) {
    fixture *f = calloc(1, sizeof *f);
    if (!f || !(f->refresher = script_refresher(&f->world, 0)))
        return -1;
    *state = f;
    jwkeep_source_options options = options_of(f);
    options.url = url;
    options.issuer = issuer;
    if (url) {
        options.fallback_urls = fallbacks;
        options.fallback_count = 2;
    }
    if (jwkeep_source_new(f->refresher, &options, &f->source, NULL))
        return -1;
    script_pass(&f->world, f->refresher, 0);
    return 0;
}

static int set_up_urls(void **state) {
    return begin(state, "https://one.test/", NULL);
}

static int set_up_discovery(void **state) {
    return begin(state, NULL, "https://issuer.test");
}

static int tear_down(void **state) {
    fixture *f = *state;
    jwkeep_source_free(f->source);
    jwkeep_refresher_free(f->refresher);
    free(f);
    return 0;
}

static const char *last_url(fixture *f) {
    return script_last(&f->world)->url;
}

static void fail_with(fixture *f, jwkeep_code code) {
    script_answer_failure(&f->world, f->refresher, code);
}

static void r20_asks_the_next_url_within_the_same_download(void **state) {
    fixture *f = *state;
    assert_string_equal(last_url(f), "https://one.test/");
    fail_with(f, JWKEEP_TRANSPORT_CONNECT);
    assert_string_equal(last_url(f), "https://two.test/");
    script_answer_body(&f->world, f->refresher, "<html>");
    assert_string_equal(last_url(f), "https://three.test/");
    script_answer_keys(&f->world, f->refresher, "a");
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_OK);
    assert_int_equal(f->failures, 0);
    jwkeep_source_status status;
    jwkeep_source_status_get(f->source, &status);
    assert_int_equal(status.fetches[JWKEEP_TRIGGER_START], 1);
}

static void r20_one_url_that_hangs_leaves_time_for_the_next(void **state) {
    fixture *f = *state;
    assert_int_equal(script_last(&f->world)->total_timeout_ms, JWKEEP_FETCH_TIMEOUT_MS / 3);
    script_pass(&f->world, f->refresher, 1000);
    fail_with(f, JWKEEP_TRANSPORT_TIMEOUT);
    assert_int_equal(script_last(&f->world)->total_timeout_ms,
                     (JWKEEP_FETCH_TIMEOUT_MS - 1000) / 2);
    script_pass(&f->world, f->refresher, 2000);
    fail_with(f, JWKEEP_TRANSPORT_TIMEOUT);
    assert_int_equal(script_last(&f->world)->total_timeout_ms, JWKEEP_FETCH_TIMEOUT_MS - 3000);
}

static void r20_fails_with_the_first_urls_error_when_all_have(void **state) {
    fixture *f = *state;
    jk_response busy = {.error = {.code = JWKEEP_TRANSPORT_STATUS, .text = "scripted"},
                        .cache.retry_after = JWKEEP_SPAN("120")};
    fail_with(f, JWKEEP_TRANSPORT_TLS);
    script_answer(&f->world, f->refresher, &busy);
    assert_int_equal(f->failures, 0);
    fail_with(f, JWKEEP_TRANSPORT_CONNECT);
    assert_int_equal(f->failures, 1);
    assert_int_equal(f->last_failure.code, JWKEEP_TRANSPORT_TLS);
    assert_int_equal(script_open_requests(&f->world), 0);
    script_pass(&f->world, f->refresher, 119 * 1000);
    assert_int_equal(script_open_requests(&f->world), 0);
    script_pass(&f->world, f->refresher, 30 * 1000);
    assert_string_equal(last_url(f), "https://one.test/");
    assert_int_equal(script_open_requests(&f->world), 1);
}

static void r20_lack_of_memory_is_no_reason_to_ask_elsewhere(void **state) {
    fixture *f = *state;
    fail_with(f, JWKEEP_OUT_OF_MEMORY);
    assert_int_equal(f->failures, 1);
    assert_int_equal(f->world.request_count, 1);
}

static void r20_an_etag_goes_back_to_its_own_url_only(void **state) {
    fixture *f = *state;
    jk_response tagged = {.body = jwkeep_span_text(script_keys("a")),
                          .etag = JWKEEP_SPAN("\"two\"")};
    fail_with(f, JWKEEP_TRANSPORT_CONNECT);
    script_answer(&f->world, f->refresher, &tagged);
    script_pass(&f->world, f->refresher, 10 * MINUTE);
    assert_string_equal(last_url(f), "https://one.test/");
    assert_string_equal(script_last(&f->world)->etag, "");
    fail_with(f, JWKEEP_TRANSPORT_CONNECT);
    assert_string_equal(last_url(f), "https://two.test/");
    assert_string_equal(script_last(&f->world)->etag, "\"two\"");
}

static void r20_who_waits_is_served_by_the_url_that_answered_last(void **state) {
    fixture *f = *state;
    fail_with(f, JWKEEP_TRANSPORT_CONNECT);
    script_answer_keys(&f->world, f->refresher, "a");
    script_pass(&f->world, f->refresher, MINUTE);
    jwkeep_source_refresh(f->source);
    script_pass(&f->world, f->refresher, 0);
    assert_true(script_last(&f->world)->is_forced);
    assert_string_equal(last_url(f), "https://two.test/");
    fail_with(f, JWKEEP_TRANSPORT_CONNECT);
    assert_string_equal(last_url(f), "https://three.test/");
    fail_with(f, JWKEEP_TRANSPORT_CONNECT);
    assert_string_equal(last_url(f), "https://one.test/");
    script_answer_keys(&f->world, f->refresher, "ab");
    assert_int_equal(f->failures, 0);
}

static void r20_discovers_again_every_day(void **state) {
    fixture *f = *state;
    size_t discoveries = 0;
    for (int64_t passed_ms = 0; passed_ms < (int64_t)JWKEEP_REDISCOVERY_S * 1000;
         passed_ms += MINUTE) {
        if (script_open_requests(&f->world) && strcmp(last_url(f), DISCOVERY) == 0) {
            discoveries++;
            script_answer_body(&f->world, f->refresher, DOCUMENT);
        }
        if (script_open_requests(&f->world))
            script_answer_keys(&f->world, f->refresher, "a");
        script_pass(&f->world, f->refresher, MINUTE);
    }
    assert_int_equal(discoveries, 1);
    script_pass(&f->world, f->refresher, 10 * MINUTE);
    assert_string_equal(last_url(f), DISCOVERY);
}

static void r20_keys_are_where_they_were_while_discovery_is_down(void **state) {
    fixture *f = *state;
    script_answer_body(&f->world, f->refresher, DOCUMENT);
    script_answer_keys(&f->world, f->refresher, "a");
    script_pass(&f->world, f->refresher, (int64_t)JWKEEP_REDISCOVERY_S * 1000);
    assert_string_equal(last_url(f), DISCOVERY);
    assert_int_equal(script_last(&f->world)->total_timeout_ms, JWKEEP_FETCH_TIMEOUT_MS / 2);
    fail_with(f, JWKEEP_TRANSPORT_STATUS);
    assert_string_equal(last_url(f), METADATA);
    fail_with(f, JWKEEP_TRANSPORT_STATUS);
    assert_string_equal(last_url(f), "https://keys.test/jwks");
    script_answer_keys(&f->world, f->refresher, "ab");
    assert_int_equal(f->failures, 0);
    script_pass(&f->world, f->refresher, 10 * MINUTE);
    assert_string_equal(last_url(f), DISCOVERY);
}

/* RFC 8414 §3: a server without the one document may have the other. */
static void r20_asks_for_the_metadata_of_rfc_8414_next(void **state) {
    fixture *f = *state;
    static const jwkeep_code answers[] = {JWKEEP_TRANSPORT_STATUS, JWKEEP_TRANSPORT_REDIRECT,
                                          JWKEEP_TRANSPORT_CONTENT_TYPE};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        assert_string_equal(last_url(f), DISCOVERY);
        fail_with(f, answers[i]);
        assert_string_equal(last_url(f), METADATA);
        fail_with(f, JWKEEP_TRANSPORT_STATUS);
        assert_int_equal(f->failures, i + 1);
        script_pass(&f->world, f->refresher, MINUTE);
    }
    script_answer_body(&f->world, f->refresher, "{}");
    assert_string_equal(last_url(f), DISCOVERY); /* names no issuer: told, not asked about */
    script_pass(&f->world, f->refresher, MINUTE);
    script_answer_body(&f->world, f->refresher, "<html>");
    assert_string_equal(last_url(f), METADATA);
    script_answer_body(&f->world, f->refresher, DOCUMENT);
    assert_string_equal(last_url(f), "https://keys.test/jwks");
    script_answer_keys(&f->world, f->refresher, "a");
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_OK);
    script_pass(&f->world, f->refresher, (int64_t)JWKEEP_REDISCOVERY_S * 1000);
    assert_string_equal(last_url(f), METADATA); /* the one that answered comes first */
    fail_with(f, JWKEEP_TRANSPORT_STATUS);
    assert_string_equal(last_url(f), DISCOVERY);
}

static void r20_the_metadata_must_name_the_very_issuer(void **state) {
    fixture *f = *state;
    static const char *const documents[] = {
        "{\"issuer\":\"https://issuer.test/\",\"jwks_uri\":\"https://keys.test/jwks\"}",
        "{\"issuer\":\"https://ISSUER.test\",\"jwks_uri\":\"https://keys.test/jwks\"}",
        "{\"issuer\":\"https://evil.test\",\"jwks_uri\":\"https://keys.test/jwks\"}",
        "{\"issuer\":[\"https://issuer.test\"],\"jwks_uri\":\"https://keys.test/jwks\"}"};
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        fail_with(f, JWKEEP_TRANSPORT_STATUS);
        assert_string_equal(last_url(f), METADATA);
        script_answer_body(&f->world, f->refresher, documents[i]);
        assert_int_equal(f->failures, i + 1);
        jwkeep_source_status status;
        jwkeep_source_status_get(f->source, &status);
        assert_int_equal(status.last_error, JWKEEP_TRANSPORT_ISSUER);
        assert_string_equal(last_url(f), METADATA);
        script_pass(&f->world, f->refresher, MINUTE);
    }
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_KEYS_NOT_LOADED);
}

/* Where nobody answers, nobody is asked twice. */
static void r20_a_server_that_does_not_answer_is_asked_once(void **state) {
    fixture *f = *state;
    static const jwkeep_code failures[] = {JWKEEP_TRANSPORT_CONNECT, JWKEEP_TRANSPORT_TIMEOUT,
                                           JWKEEP_TRANSPORT_TLS, JWKEEP_TRANSPORT_RESOLVE,
                                           JWKEEP_TRANSPORT_BROKEN};
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        assert_string_equal(last_url(f), DISCOVERY);
        fail_with(f, failures[i]);
        assert_int_equal(f->failures, i + 1);
        assert_int_equal(f->world.request_count, i + 1);
        script_pass(&f->world, f->refresher, MINUTE);
    }
}

static jwkeep_code make(fixture *f, const jwkeep_source_options *options) {
    jwkeep_source *source = NULL;
    jwkeep_code code = jwkeep_source_new(f->refresher, options, &source, NULL);
    jwkeep_source_free(source);
    return code;
}

static void r20_checks_its_options(void **state) {
    fixture *f = *state;
    const char *many[JWKEEP_MAX_FALLBACKS + 1];
    for (size_t i = 0; i <= JWKEEP_MAX_FALLBACKS; i++)
        many[i] = "https://issuer.test/";
    jwkeep_source_options options = options_of(f);
    options.url = "https://issuer.test/";
    options.fallback_urls = many;
    options.fallback_count = JWKEEP_MAX_FALLBACKS;
    options.rediscovery_s = 60;
    assert_int_equal(make(f, &options), JWKEEP_OK);
    options.fallback_count++;
    assert_int_equal(make(f, &options), JWKEEP_MISUSE_ARGUMENT);
    options.fallback_count = 1;
    many[0] = NULL;
    assert_int_equal(make(f, &options), JWKEEP_MISUSE_ARGUMENT);
    many[0] = "http://issuer.test/";
    assert_int_equal(make(f, &options), JWKEEP_TRANSPORT_URL);
    many[0] = "https://issuer.test/";
    options.url = NULL;
    options.issuer = "https://issuer.test";
    assert_int_equal(make(f, &options), JWKEEP_MISUSE_ARGUMENT);
    options.fallback_count = 0;
    options.rediscovery_s = 604800;
    assert_int_equal(make(f, &options), JWKEEP_OK);
    options.rediscovery_s = 604801;
    assert_int_equal(make(f, &options), JWKEEP_MISUSE_ARGUMENT);
    options.rediscovery_s = 59;
    assert_int_equal(make(f, &options), JWKEEP_MISUSE_ARGUMENT);
}

#define TEST(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(r20_asks_the_next_url_within_the_same_download, set_up_urls),
        TEST(r20_one_url_that_hangs_leaves_time_for_the_next, set_up_urls),
        TEST(r20_fails_with_the_first_urls_error_when_all_have, set_up_urls),
        TEST(r20_lack_of_memory_is_no_reason_to_ask_elsewhere, set_up_urls),
        TEST(r20_an_etag_goes_back_to_its_own_url_only, set_up_urls),
        TEST(r20_who_waits_is_served_by_the_url_that_answered_last, set_up_urls),
        TEST(r20_discovers_again_every_day, set_up_discovery),
        TEST(r20_keys_are_where_they_were_while_discovery_is_down, set_up_discovery),
        TEST(r20_asks_for_the_metadata_of_rfc_8414_next, set_up_discovery),
        TEST(r20_the_metadata_must_name_the_very_issuer, set_up_discovery),
        TEST(r20_a_server_that_does_not_answer_is_asked_once, set_up_discovery),
        TEST(r20_checks_its_options, set_up_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
