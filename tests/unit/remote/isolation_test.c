/* SPDX-License-Identifier: Apache-2.0
 *
 * Many sources under one refresher (R21): none waits for another that never answers, downloads
 * are bounded, names are not shared, and ten thousand fit in one process. In virtual time,
 * against a farm of issuers that answer after a while or never; the last ones for real. */
#include "remote/refresher.h"
#include "support/forge.h"
#include "support/http_server.h"
#include "support/script.h"
#include <jwkeep/jwkeep.h>
#include <malloc.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MANY 100
#define CROWD 10000
#define LATENCY_MS 100
#define NEVER INT64_MAX
#define HOUR_MS (3600 * 1000)
#define MAX_OPEN 128
#define MAX_CROWD_BYTES 16384u /* of a source with three RSA keys; measured: 9,800 */
#define NEIGHBOURS 8

typedef struct farm_transfer {
    bool is_open;
    int64_t answered_at_ms;
    bool is_lost; /* the answer is that there was none */
    jk_transfer_done done;
    void *user;
} farm_transfer;

/* Issuer number N is at https://issuer.test/N. Time passes only while nobody has anything to
 * do, as it does for a program that is fast. */
typedef struct farm {
    jk_transport base;
    int64_t now_ms;
    int64_t until_ms;                    /* time goes no further */
    bool (*is_black_hole)(size_t index); /* never answers */
    const char *body;
    farm_transfer transfers[MAX_OPEN];
    size_t open;
    size_t most_open;
    size_t requests;
} farm;

static farm world; /* too large for a frame, as is */
static script scripted;

static jwkeep_code start(jk_transport *transport, const jk_request *request,
                         jk_transfer_done done, void *user, jk_transfer **ret_transfer,
                         jwkeep_error *error) {
    size_t index = 0;
    size_t place = 0;
    (void)transport;
    (void)error;
    while (place < MAX_OPEN && world.transfers[place].is_open)
        place++;
    if (place == MAX_OPEN || sscanf(request->url, "https://issuer.test/%zu", &index) != 1)
        abort();
    bool is_lost = world.is_black_hole(index);
    uint32_t after_ms = is_lost ? request->total_timeout_ms : LATENCY_MS;
    world.transfers[place] = (farm_transfer){.is_open = true,
                                             .is_lost = is_lost,
                                             .answered_at_ms = world.now_ms + after_ms,
                                             .done = done,
                                             .user = user};
    world.requests++;
    world.open++;
    if (world.open > world.most_open)
        world.most_open = world.open;
    *ret_transfer = (jk_transfer *)(void *)&world.transfers[place];
    return JWKEEP_OK;
}

static void cancel(jk_transport *transport, jk_transfer *transfer) {
    (void)transport;
    ((farm_transfer *)(void *)transfer)->is_open = false;
    world.open--;
}

static int64_t next_answer_ms(void) {
    int64_t next_ms = NEVER;
    for (size_t i = 0; i < MAX_OPEN; i++)
        if (world.transfers[i].is_open && world.transfers[i].answered_at_ms < next_ms)
            next_ms = world.transfers[i].answered_at_ms;
    return next_ms;
}

static void answer(farm_transfer *transfer) {
    jk_response lost = {.error = {.code = JWKEEP_TRANSPORT_TIMEOUT, .text = "farm"}};
    jk_response good = {.body = jwkeep_span_text(world.body)};
    transfer->is_open = false;
    world.open--;
    transfer->done(transfer->user, transfer->is_lost ? &lost : &good);
}

static void run(jk_transport *transport, int64_t wait_ms) {
    (void)transport;
    int64_t to_ms = next_answer_ms();
    if (wait_ms != NEVER && world.now_ms + wait_ms < to_ms)
        to_ms = world.now_ms + wait_ms;
    if (to_ms > world.until_ms)
        to_ms = world.until_ms;
    if (to_ms > world.now_ms)
        world.now_ms = to_ms;
    for (size_t i = 0; i < MAX_OPEN; i++)
        if (world.transfers[i].is_open && world.transfers[i].answered_at_ms <= world.now_ms)
            answer(&world.transfers[i]);
}

static void wake(jk_transport *transport) {
    (void)transport;
}

static const jk_transport_class methods = {start, cancel, run, wake, wake};

static int64_t clock_ms(void *user) {
    (void)user;
    return world.now_ms;
}

static jwkeep_refresher *farm_refresher(size_t max_downloads) {
    memset(&world, 0, sizeof world);
    world.base.methods = &methods;
    world.now_ms = world.until_ms = 1000000;
    world.body = script_keys("abc");
    jk_environment environment = {
        .transport = &world.base, .monotonic_ms = clock_ms, .wall_ms = clock_ms, .seed = 7};
    jwkeep_refresher *refresher = NULL;
    if (jk_refresher_new_in(&environment, max_downloads, false, &refresher, NULL))
        abort();
    return refresher;
}

static void let_pass(jwkeep_refresher *refresher, int64_t ms) {
    world.until_ms = world.now_ms + ms;
    while (world.now_ms < world.until_ms)
        jk_refresher_turn(refresher);
    jk_refresher_turn(refresher);
}

/* How many of `count` sources were made. */
static size_t make_sources(jwkeep_refresher *refresher, jwkeep_source **sources, size_t count) {
    jwkeep_source_options options;
    jwkeep_source_options_init(&options);
    options.is_eager = true;
    for (size_t i = 0; i < count; i++) {
        char url[64];
        snprintf(url, sizeof url, "https://issuer.test/%zu", i);
        options.url = url;
        if (jwkeep_source_new(refresher, &options, &sources[i], NULL))
            return i;
    }
    return count;
}

static void free_sources(jwkeep_source **sources, size_t count) {
    for (size_t i = 0; i < count; i++)
        jwkeep_source_free(sources[i]);
}

static size_t count_usable(jwkeep_source *const *sources, size_t count) {
    size_t usable = 0;
    for (size_t i = 0; i < count; i++)
        usable += jwkeep_source_check(sources[i]) == JWKEEP_OK;
    return usable;
}

static bool is_seventeen(size_t index) {
    return index == 17;
}
static bool is_below_forty(size_t index) {
    return index < 40;
}
static bool is_none(size_t index) {
    (void)index;
    return false;
}

/* Thirty-one downloads at a time are left for the other ninety-nine: four rounds. */
static void r21_one_black_hole_among_a_hundred_delays_none_of_the_others(void **state) {
    (void)state;
    jwkeep_source *sources[MANY] = {NULL};
    jwkeep_refresher *refresher = farm_refresher(0);
    world.is_black_hole = is_seventeen;
    size_t made = make_sources(refresher, sources, MANY);
    let_pass(refresher, 4 * LATENCY_MS);
    size_t usable = count_usable(sources, made);
    size_t open = world.open;
    free_sources(sources, made);
    jwkeep_refresher_free(refresher);
    assert_int_equal(made, MANY);
    assert_int_equal(usable, MANY - 1);
    assert_int_equal(open, 1);
}

/* The keys of a source that is refreshed in time are never older than their lifetime. */
static void r21_the_others_stay_fresh_beside_a_black_hole(void **state) {
    (void)state;
    jwkeep_source *sources[MANY] = {NULL};
    jwkeep_refresher *refresher = farm_refresher(2);
    world.is_black_hole = is_seventeen;
    size_t made = make_sources(refresher, sources, MANY);
    let_pass(refresher, 60 * 1000);
    size_t late = 0;
    for (int64_t passed_ms = 0; passed_ms < HOUR_MS; passed_ms += 10 * 1000) {
        let_pass(refresher, 10 * 1000);
        for (size_t i = 0; i < made; i++) {
            jwkeep_source_status status;
            jwkeep_source_status_get(sources[i], &status);
            late += i != 17 && (status.expires_in_s <= 0 || status.fetches_failed > 0);
        }
    }
    jwkeep_source_status hole;
    jwkeep_source_status_get(sources[17], &hole);
    free_sources(sources, made);
    jwkeep_refresher_free(refresher);
    assert_int_equal(late, 0);
    assert_int_equal(hole.health, JWKEEP_HEALTH_FAILING);
    assert_true(hole.fetches_failed >= 30);
    assert_int_equal(world.most_open, 2);
}

/* More than there is room for: they hold their places for one timeout each, not for ever. */
static void r21_black_holes_in_every_place_give_way_after_their_timeout(void **state) {
    (void)state;
    jwkeep_source *sources[MANY] = {NULL};
    jwkeep_refresher *refresher = farm_refresher(0);
    world.is_black_hole = is_below_forty;
    size_t made = make_sources(refresher, sources, MANY);
    let_pass(refresher, JWKEEP_FETCH_TIMEOUT_MS + 4 * LATENCY_MS);
    size_t usable = count_usable(sources, made);
    free_sources(sources, made);
    jwkeep_refresher_free(refresher);
    assert_int_equal(usable, MANY - 40);
}

static void r21_at_most_max_downloads_run_at_once(void **state) {
    (void)state;
    for (size_t max_downloads = 1; max_downloads <= 64; max_downloads *= 4) {
        jwkeep_source *sources[MANY] = {NULL};
        jwkeep_refresher *refresher = farm_refresher(max_downloads);
        world.is_black_hole = is_none;
        size_t made = make_sources(refresher, sources, MANY);
        let_pass(refresher, MANY * LATENCY_MS);
        size_t usable = count_usable(sources, made);
        free_sources(sources, made);
        jwkeep_refresher_free(refresher);
        assert_int_equal(world.most_open, max_downloads);
        assert_int_equal(usable, MANY);
        assert_int_equal(world.requests, MANY);
    }
}

static jwkeep_source *make_named(jwkeep_refresher *refresher, const char *url) {
    jwkeep_source *source = NULL;
    jwkeep_source_options options;
    jwkeep_source_options_init(&options);
    options.url = url;
    options.is_eager = true;
    return jwkeep_source_new(refresher, &options, &source, NULL) ? NULL : source;
}

static void ignore(void *user) {
    (void)user;
}

static jwkeep_code ask(jwkeep_source *source, const char *kid, jwkeep_lookup **ret_lookup) {
    return jwkeep_source_lookup_begin(source, jwkeep_span_text(kid), 1000, ignore, NULL,
                                      ret_lookup, NULL);
}

static bool has_key_of(const jwkeep_source *source, const char *letter) {
    jwkeep_keyset *set = NULL;
    if (jwkeep_keyset_parse(jwkeep_span_text(script_keys(letter)), NULL, &set, NULL, NULL))
        return false;
    const jwkeep_jwk *expected = jwkeep_keyset_at(set, 0);
    jwkeep_jwk *found =
        jwkeep_keyring_find(jwkeep_source_ring(source), jwkeep_jwk_kid(expected));
    bool is_it = found && jwkeep_jwk_is_same(found, expected);
    jwkeep_jwk_unref(found);
    jwkeep_keyset_unref(set);
    return is_it;
}

static void r21_one_kid_of_two_sources_is_two_keys(void **state) {
    (void)state;
    jwkeep_refresher *refresher = script_refresher(&scripted, 1);
    jwkeep_source *one = make_named(refresher, "https://one.test/");
    jwkeep_source *two = make_named(refresher, "https://two.test/");
    script_pass(&scripted, refresher, 0);
    script_answer_keys(&scripted, refresher, "ab");
    script_answer_keys(&scripted, refresher, "Ac");
    bool is_right = has_key_of(one, "a") && has_key_of(one, "b") && has_key_of(two, "A") &&
                    has_key_of(two, "c");
    bool is_mixed = has_key_of(one, "A") || has_key_of(one, "c") || has_key_of(two, "a") ||
                    has_key_of(two, "b");
    jwkeep_source_free(one);
    jwkeep_source_free(two);
    jwkeep_refresher_free(refresher);
    assert_true(is_right);
    assert_false(is_mixed);
}

/* CVE-2025-59936: the URL and the `kid` written one behind the other give one text for both.
 * Neither what is known of the one nor what is missing there says anything about the other. */
static void r21_url_and_kid_that_run_together_are_kept_apart(void **state) {
    (void)state;
    jwkeep_refresher *refresher = script_refresher(&scripted, 0);
    jwkeep_source *victim = make_named(refresher, "https://issuer.test/t");
    jwkeep_source *attacker = make_named(refresher, "https://issuer.test/tb");
    script_pass(&scripted, refresher, 0);
    script_answer_keys(&scripted, refresher, "a"); /* the victim's */
    script_answer_keys(&scripted, refresher, "c"); /* the attacker's */
    script_pass(&scripted, refresher, 60 * 1000);
    jwkeep_lookup *unused = NULL;
    jwkeep_lookup *missing = NULL;
    jwkeep_code first = ask(attacker, "c", &unused);
    jwkeep_code second = ask(victim, "bc", &missing);
    jwkeep_lookup_free(missing);
    jwkeep_source_free(victim);
    jwkeep_source_free(attacker);
    jwkeep_refresher_free(refresher);
    assert_int_equal(first, JWKEEP_OK);
    assert_int_equal(second, JWKEEP_PENDING);
}

static void r21_what_is_missing_at_one_source_is_asked_for_at_the_other(void **state) {
    (void)state;
    jwkeep_refresher *refresher = script_refresher(&scripted, 0);
    jwkeep_source *one = make_named(refresher, "https://one.test/");
    jwkeep_source *two = make_named(refresher, "https://two.test/");
    jwkeep_lookup *lookups[2] = {NULL, NULL};
    jwkeep_lookup *unused = NULL;
    script_pass(&scripted, refresher, 0);
    script_answer_keys(&scripted, refresher, "a");
    script_answer_keys(&scripted, refresher, "a");
    jwkeep_code first = ask(one, "b", &lookups[0]);
    script_pass(&scripted, refresher, 0);
    script_answer_keys(&scripted, refresher, "a");
    jwkeep_code told = lookups[0] ? jwkeep_lookup_result(lookups[0], NULL) : first;
    jwkeep_code again = ask(one, "b", &unused);
    jwkeep_code second = ask(two, "b", &lookups[1]);
    script_pass(&scripted, refresher, 0);
    script_answer_keys(&scripted, refresher, "ab");
    jwkeep_code found = lookups[1] ? jwkeep_lookup_result(lookups[1], NULL) : second;
    jwkeep_lookup_free(lookups[0]);
    jwkeep_lookup_free(lookups[1]);
    jwkeep_source_free(one);
    jwkeep_source_free(two);
    jwkeep_refresher_free(refresher);
    assert_int_equal(told, JWKEEP_KID_UNKNOWN);
    assert_int_equal(again, JWKEEP_KID_UNKNOWN);
    assert_int_equal(second, JWKEEP_PENDING);
    assert_int_equal(found, JWKEEP_OK);
}

/* As most issuers have them: three RSA keys. NUL-terminated, to be freed. */
static char *three_rsa_keys(void) {
    static const char *const kids[] = {"2026-11-a", "2026-11-b", "2026-11-c"};
    jwkeep_jwk *keys[3];
    jwkeep_buffer buffer;
    jwkeep_buffer_init(&buffer, 1u << 16);
    for (size_t i = 0; i < 3; i++)
        keys[i] = forge_key(JWKEEP_ALGORITHM_RS256, kids[i]);
    jwkeep_keyset *set = forge_keyset(keys, 3);
    jwkeep_code code = jwkeep_keyset_write(set, false, &buffer, NULL);
    char *text = code ? NULL : strndup((const char *)buffer.data, buffer.size);
    for (size_t i = 0; i < 3; i++)
        jwkeep_jwk_unref(keys[i]);
    jwkeep_keyset_unref(set);
    jwkeep_buffer_done(&buffer);
    return text;
}

static size_t count_with_keys(jwkeep_source *const *sources, size_t count, size_t keys) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        jwkeep_source_status status;
        jwkeep_source_status_get(sources[i], &status);
        found += status.keys == keys;
    }
    return found;
}

/* What malloc has given out, OpenSSL's part included; 0 where a sanitizer stands in for it. */
static size_t bytes_in_use(void) {
    return mallinfo2().uordblks;
}

static void r21_ten_thousand_sources_in_one_process(void **state) {
    (void)state;
    char *body = three_rsa_keys();
    jwkeep_source **sources = calloc(CROWD, sizeof *sources);
    jwkeep_refresher *refresher = farm_refresher(0);
    world.is_black_hole = is_none;
    world.body = body;
    size_t before = bytes_in_use();
    size_t made = sources && body ? make_sources(refresher, sources, CROWD) : 0;
    size_t bare = bytes_in_use() - before;
    let_pass(refresher, (CROWD / JWKEEP_MAX_DOWNLOADS + 1) * LATENCY_MS);
    size_t whole = bytes_in_use() - before;
    size_t loaded = count_with_keys(sources, made, 3);
    size_t requests = world.requests;
    free_sources(sources, made);
    size_t left = bytes_in_use() - before;
    jwkeep_refresher_free(refresher);
    free(sources);
    free(body);
    print_message("bytes a source: %zu empty, %zu with three RSA keys; %zu left\n",
                  bare / CROWD, whole / CROWD, left / CROWD);
    assert_int_equal(made, CROWD);
    assert_int_equal(loaded, CROWD);
    assert_int_equal(requests, CROWD);
    assert_int_equal(world.most_open, JWKEEP_MAX_DOWNLOADS);
    assert_in_range(whole / CROWD, 0, MAX_CROWD_BYTES);
    assert_in_range(left / CROWD, 0, 64);
}

static jwkeep_code make_real(jwkeep_refresher *refresher, http_server *server,
                             jwkeep_source **ret_source) {
    char url[64];
    jwkeep_source_options options;
    jwkeep_source_options_init(&options);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", http_server_port(server));
    options.url = url;
    options.allows_http_loopback = true;
    options.is_eager = true;
    options.fetch_timeout_ms = 300000;
    return jwkeep_source_new(refresher, &options, ret_source, NULL);
}

/* While the black hole's download is under way, and it is all the time, the others load, two
 * places for all of them. */
static void r21_a_server_that_never_answers_delays_no_other(void **state) {
    (void)state;
    http_server *silent = http_server_new();
    http_server *good = http_server_new();
    jwkeep_source *hole = NULL;
    jwkeep_source *sources[NEIGHBOURS] = {NULL};
    jwkeep_refresher *refresher = NULL;
    assert_non_null(silent);
    assert_non_null(good);
    http_server_set(silent, HTTP_SERVER_SILENT, "", 0);
    http_server_set_response(good, "200 OK", "", script_keys("a"));
    assert_int_equal(jwkeep_refresher_new(2, &refresher, NULL), JWKEEP_OK);
    jwkeep_code made = make_real(refresher, silent, &hole);
    while (!made && http_server_requests(silent) == 0)
        poll(NULL, 0, 1);
    size_t loaded = 0;
    for (size_t i = 0; !made && i < NEIGHBOURS; i++)
        made = make_real(refresher, good, &sources[i]);
    for (size_t i = 0; !made && i < NEIGHBOURS; i++)
        loaded += jwkeep_source_lookup(sources[i], JWKEEP_SPAN("a"), 60000, NULL) == JWKEEP_OK;
    jwkeep_source_status status = {0};
    if (!made)
        jwkeep_source_status_get(hole, &status);
    free_sources(sources, NEIGHBOURS);
    jwkeep_source_free(hole);
    jwkeep_refresher_free(refresher);
    http_server_free(silent);
    http_server_free(good);
    assert_int_equal(made, JWKEEP_OK);
    assert_int_equal(loaded, NEIGHBOURS);
    assert_int_equal(status.fetches[JWKEEP_TRIGGER_START], 1);
    assert_int_equal(status.fetches_failed, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r21_one_black_hole_among_a_hundred_delays_none_of_the_others),
        cmocka_unit_test(r21_the_others_stay_fresh_beside_a_black_hole),
        cmocka_unit_test(r21_black_holes_in_every_place_give_way_after_their_timeout),
        cmocka_unit_test(r21_at_most_max_downloads_run_at_once),
        cmocka_unit_test(r21_one_kid_of_two_sources_is_two_keys),
        cmocka_unit_test(r21_url_and_kid_that_run_together_are_kept_apart),
        cmocka_unit_test(r21_what_is_missing_at_one_source_is_asked_for_at_the_other),
        cmocka_unit_test(r21_ten_thousand_sources_in_one_process),
        cmocka_unit_test(r21_a_server_that_never_answers_delays_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
