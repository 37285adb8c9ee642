/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything at once, for as long as JWKEEP_RACE_S says: sixty-four readers, a ring that gets a
 * new set every millisecond while others add and remove, and sources of two issuers whose
 * servers rotate and fail, with callers who wait, cancel, refresh, and sources that end. What
 * a reader may rely on it always finds: one key is in every set that is ever published. */
#include "jose/keyring.h"
#include "support/http_server.h"
#include "support/script.h"
#include <jwkeep/jwkeep.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define DEFAULT_S 3
#define LONGEST_S 86400
#define READERS 64
#define ISSUERS 2
#define SOURCES 8 /* the even ones of the first issuer, the odd ones of the second */
#define SETS 4
#define KEYS 5
#define LOOKUPS 4
#define STABLE JWKEEP_SPAN("s")

/* Both issuers use the same names for different keys. */
static const char *const LETTERS[ISSUERS] = {"sabcd", "SABCD"};
static const char *const SET_LETTERS[ISSUERS][SETS] = {{"sab", "sbc", "scd", "sda"},
                                                       {"SAB", "SBC", "SCD", "SDA"}};
/* The last one is never published. */
static const char *const KIDS[] = {"a", "b", "c", "d", "s", "z"};
#define KID_COUNT 6

typedef struct race {
    jwkeep_keyset *known[ISSUERS]; /* every key the issuer ever has */
    jwkeep_keyset *sets[SETS];     /* of the first issuer */
    jwkeep_keyring *ring;
    http_server *servers[ISSUERS];
    jwkeep_refresher *refresher;
    jwkeep_source *sources[SOURCES];
    /* Read in loops, set once: no partner. */
    _Atomic bool is_over;
    /* The rest counts only. */
    _Atomic size_t begun;
    _Atomic size_t reads;
    _Atomic size_t publications;
    _Atomic size_t most_retired;
    _Atomic size_t cancelled;
    _Atomic size_t ended;
    _Atomic size_t wrong_sets;
    _Atomic size_t wrong_keys;
    _Atomic size_t wrong_answers;
    _Atomic size_t wrong_changes;
    _Atomic size_t late_notifications;
} race;

static race shared;

static bool is_over(void) {
    return atomic_load(&shared.is_over);
}

static void count_unless(bool is_right, _Atomic size_t *count) {
    if (!is_right)
        atomic_fetch_add(count, 1);
}

static bool is_without_duplicates(const jwkeep_keyset *set) {
    for (size_t i = 0; i < jwkeep_keyset_count(set); i++)
        for (size_t j = 0; j < i; j++)
            if (jwkeep_jwk_is_same(jwkeep_keyset_at(set, i), jwkeep_keyset_at(set, j)))
                return false;
    return true;
}

static bool is_known(const jwkeep_keyset *set, size_t issuer) {
    for (size_t i = 0; i < jwkeep_keyset_count(set); i++)
        if (!jwkeep_keyset_has(shared.known[issuer], jwkeep_keyset_at(set, i)))
            return false;
    return true;
}

static void read_ring(const jwkeep_keyring *ring, size_t issuer, jwkeep_generation *last) {
    jk_pin pin;
    const jwkeep_keyset *set = NULL;
    if (jk_keyring_pin(ring, &pin, &set) != JWKEEP_OK) {
        atomic_fetch_add(&shared.wrong_sets, 1);
        return;
    }
    bool is_right = pin.generation >= *last && is_without_duplicates(set) &&
                    is_known(set, issuer) && jwkeep_keyset_find(set, STABLE);
    *last = pin.generation;
    jk_published_unpin(&pin);
    jwkeep_generation named = jwkeep_keyring_generation(ring);
    count_unless(is_right && named >= *last, &shared.wrong_sets);
    *last = named;
}

static void find_key(const jwkeep_keyring *ring, size_t issuer, const char *kid) {
    jwkeep_jwk *found = jwkeep_keyring_find(ring, jwkeep_span_text(kid));
    const jwkeep_jwk *known = jwkeep_keyset_find(shared.known[issuer], jwkeep_span_text(kid));
    count_unless(!found || (known && jwkeep_jwk_is_same(found, known)), &shared.wrong_keys);
    jwkeep_jwk_unref(found);
    count_unless(jwkeep_keyring_has(ring, STABLE), &shared.wrong_keys);
}

/* What may be said of `kid` by a source that was loaded before the race began. */
static bool is_possible(const char *kid, jwkeep_code code) {
    if (*kid == 's')
        return code == JWKEEP_OK;
    if (*kid == 'z' && code == JWKEEP_OK)
        return false;
    return code == JWKEEP_OK || code == JWKEEP_KID_UNKNOWN || code == JWKEEP_KEYS_TIMEOUT ||
           code == JWKEEP_KEYS_FETCH_FAILED;
}

static void read_source(size_t turn) {
    jwkeep_source *source = shared.sources[turn % SOURCES];
    jwkeep_source_status status;
    count_unless(jwkeep_source_check(source) == JWKEEP_OK, &shared.wrong_answers);
    count_unless(jwkeep_source_lookup(source, STABLE, 1, NULL) == JWKEEP_OK,
                 &shared.wrong_answers);
    find_key(jwkeep_source_ring(source), turn % ISSUERS, KIDS[turn % KID_COUNT]);
    if (turn % 16 == 0) {
        jwkeep_source_status_get(source, &status);
        count_unless(status.keys == 3, &shared.wrong_sets);
    }
}

/* A nap now and then leaves time for those who change things. */
static void *read_on(void *argument) {
    jwkeep_generation last = 0;
    jwkeep_generation last_of[SOURCES] = {0};
    (void)argument;
    for (size_t i = atomic_fetch_add(&shared.begun, 1); !is_over(); i++) {
        read_ring(shared.ring, 0, &last);
        find_key(shared.ring, 0, KIDS[i % KID_COUNT]);
        read_ring(jwkeep_source_ring(shared.sources[i % SOURCES]), i % ISSUERS,
                  &last_of[i % SOURCES]);
        read_source(i);
        atomic_fetch_add(&shared.reads, 1);
        if (i % 32 == 0)
            poll(NULL, 0, 1);
    }
    return NULL;
}

static void *publish_on(void *argument) {
    (void)argument;
    for (size_t i = 0; !is_over(); i++) {
        jwkeep_code code = jwkeep_keyring_replace(shared.ring, shared.sets[i % SETS], 0, NULL);
        count_unless(code == JWKEEP_OK, &shared.wrong_changes);
        size_t retired = jk_keyring_collect(shared.ring);
        if (retired > atomic_load(&shared.most_retired))
            atomic_store(&shared.most_retired, retired);
        atomic_fetch_add(&shared.publications, 1);
        poll(NULL, 0, 1);
    }
    return NULL;
}

/* Never the stable key, which is the first. */
static jwkeep_jwk *some_key(size_t turn) {
    return jwkeep_keyset_at(shared.known[0], 1 + turn % (KEYS - 1));
}

static void *add_on(void *argument) {
    (void)argument;
    for (size_t i = 0; !is_over(); i++) {
        jwkeep_code code = i % 3
                               ? jwkeep_keyring_add(shared.ring, some_key(i), NULL, NULL)
                               : jwkeep_keyring_merge(shared.ring, shared.known[0], NULL, NULL);
        count_unless(code == JWKEEP_OK, &shared.wrong_changes);
        sched_yield();
        if (i % 8 == 0)
            poll(NULL, 0, 1);
    }
    return NULL;
}

static void *remove_on(void *argument) {
    (void)argument;
    for (size_t i = 0; !is_over(); i++) {
        jwkeep_code code = jwkeep_keyring_remove(shared.ring, some_key(i), NULL);
        count_unless(code == JWKEEP_OK || code == JWKEEP_NOT_FOUND, &shared.wrong_changes);
        sched_yield();
        if (i % 8 == 0)
            poll(NULL, 0, 1);
    }
    return NULL;
}

static jwkeep_code open_source(size_t index, bool is_eager, jwkeep_source **ret_source) {
    char url[64];
    jwkeep_source_options options;
    jwkeep_source_options_init(&options);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/%zu",
             http_server_port(shared.servers[index % ISSUERS]), index);
    options.url = url;
    options.allows_http_loopback = true;
    options.is_eager = is_eager;
    options.cooldown_s = 1;
    options.lifetime_min_s = 1;
    options.lifetime_default_s = 1;
    options.backoff_min_ms = 100;
    options.backoff_max_ms = 100;
    options.fetch_timeout_ms = 500;
    options.stale_limit_s = LONGEST_S;
    return jwkeep_source_new(shared.refresher, &options, ret_source, NULL);
}

static void *look_up_on(void *argument) {
    (void)argument;
    for (size_t i = atomic_fetch_add(&shared.begun, 1); !is_over(); i++) {
        const char *kid = KIDS[i % KID_COUNT];
        jwkeep_code code = jwkeep_source_lookup(shared.sources[i % SOURCES],
                                                jwkeep_span_text(kid), i % 7 ? 400 : 1, NULL);
        count_unless(is_possible(kid, code), &shared.wrong_answers);
        if (i % 8 == 0)
            poll(NULL, 0, 1);
    }
    return NULL;
}

static void on_notify(void *user) {
    _Atomic int *told = user;
    if (atomic_fetch_add(told, 1))
        atomic_fetch_add(&shared.late_notifications, 1);
}

/* `told` counts 1 for the notification, and 1 once there must be none any more. */
static void cancel_one(size_t turn) {
    _Atomic int told = 0;
    jwkeep_lookup *lookup = NULL;
    const char *kid = KIDS[turn % KID_COUNT];
    jwkeep_code code =
        jwkeep_source_lookup_begin(shared.sources[turn % SOURCES], jwkeep_span_text(kid),
                                   turn % 5 ? 400 : 1, on_notify, &told, &lookup, NULL);
    if (code == JWKEEP_PENDING) {
        for (size_t i = 0; i < turn % 4 * 64 && !atomic_load(&told); i++)
            sched_yield();
        code = jwkeep_lookup_result(lookup, NULL);
        jwkeep_lookup_free(lookup);
        atomic_fetch_add(&told, 1);
        atomic_fetch_add(&shared.cancelled, 1);
    }
    count_unless(code == JWKEEP_PENDING || is_possible(kid, code), &shared.wrong_answers);
}

static void *cancel_on(void *argument) {
    (void)argument;
    for (size_t i = atomic_fetch_add(&shared.begun, 1); !is_over(); i++) {
        cancel_one(i);
        if (i % 8 == 0)
            poll(NULL, 0, 1);
    }
    return NULL;
}

static void *refresh_on(void *argument) {
    (void)argument;
    for (size_t i = 0; !is_over(); i++) {
        jwkeep_source_refresh(shared.sources[i % SOURCES]);
        poll(NULL, 0, 1);
    }
    return NULL;
}

static void ignore(void *user) {
    (void)user;
}

/* A source comes, is waited for, and ends before or after it has answered. */
static void end_one(size_t turn) {
    jwkeep_source *source = NULL;
    jwkeep_lookup *lookups[LOOKUPS] = {NULL};
    if (open_source(turn, turn % 2, &source) != JWKEEP_OK) {
        atomic_fetch_add(&shared.wrong_changes, 1);
        return;
    }
    for (size_t i = 0; i < LOOKUPS; i++)
        (void)!jwkeep_source_lookup_begin(source, jwkeep_span_text(KIDS[i]), 400, ignore, NULL,
                                          &lookups[i], NULL);
    poll(NULL, 0, (int)(turn % 8));
    jwkeep_source_free(source);
    for (size_t i = 0; i < LOOKUPS; i++) {
        jwkeep_code code = lookups[i] ? jwkeep_lookup_result(lookups[i], NULL) : JWKEEP_OK;
        count_unless(code == JWKEEP_KEYS_SHUTDOWN || is_possible(KIDS[i], code),
                     &shared.wrong_answers);
        jwkeep_lookup_free(lookups[i]);
    }
    atomic_fetch_add(&shared.ended, 1);
}

static void *end_on(void *argument) {
    (void)argument;
    for (size_t i = 0; !is_over(); i++)
        end_one(i);
    return NULL;
}

static void misbehave(http_server *server, size_t turn) {
    static const char no[] = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";
    static const char cut[] = "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"keys\":[";
    switch (turn % 5) {
    case 0:
        http_server_set(server, HTTP_SERVER_ANSWER, no, sizeof no - 1);
        break;
    case 1:
        http_server_set(server, HTTP_SERVER_RESET, cut, sizeof cut - 1);
        break;
    case 2:
        http_server_set(server, HTTP_SERVER_SILENT, "", 0);
        break;
    case 3:
        http_server_set(server, HTTP_SERVER_DRIP, cut, sizeof cut - 1);
        break;
    default:
        http_server_set_response(server, "200 OK", "", "{\"keys\":");
    }
}

static void *rotate_on(void *argument) {
    (void)argument;
    for (size_t i = 0; !is_over(); i++) {
        size_t issuer = i % ISSUERS;
        if (i % 3 == 2)
            misbehave(shared.servers[issuer], i / 3);
        else
            http_server_set_response(shared.servers[issuer], "200 OK", "",
                                     script_keys(SET_LETTERS[issuer][i / 3 % SETS]));
        poll(NULL, 0, 20);
    }
    return NULL;
}

static jwkeep_keyset *parse_set(const char *letters) {
    jwkeep_keyset *set = NULL;
    jwkeep_span json = jwkeep_span_text(script_keys(letters));
    return jwkeep_keyset_parse(json, NULL, &set, NULL, NULL) == JWKEEP_OK ? set : NULL;
}

/* Every source is loaded before the race begins. */
static bool make_issuer(size_t issuer) {
    shared.known[issuer] = parse_set(LETTERS[issuer]);
    shared.servers[issuer] = http_server_new();
    if (!shared.known[issuer] || !shared.servers[issuer])
        return false;
    http_server_set_response(shared.servers[issuer], "200 OK", "",
                             script_keys(SET_LETTERS[issuer][0]));
    for (size_t i = issuer; i < SOURCES; i += ISSUERS)
        if (open_source(i, true, &shared.sources[i]) ||
            jwkeep_source_lookup(shared.sources[i], STABLE, 20000, NULL))
            return false;
    return true;
}

static int set_up(void **state) {
    (void)state;
    for (size_t i = 0; i < SETS; i++)
        if (!(shared.sets[i] = parse_set(SET_LETTERS[0][i])))
            return -1;
    if (jwkeep_keyring_new(shared.sets[0], &shared.ring, NULL) ||
        jwkeep_refresher_new(0, &shared.refresher, NULL))
        return -1;
    for (size_t i = 0; i < ISSUERS; i++)
        if (!make_issuer(i))
            return -1;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    for (size_t i = 0; i < SOURCES; i++)
        jwkeep_source_free(shared.sources[i]);
    jwkeep_refresher_free(shared.refresher);
    jwkeep_keyring_free(shared.ring);
    for (size_t i = 0; i < SETS; i++)
        jwkeep_keyset_unref(shared.sets[i]);
    for (size_t i = 0; i < ISSUERS; i++) {
        http_server_free(shared.servers[i]);
        jwkeep_keyset_unref(shared.known[i]);
    }
    return 0;
}

typedef struct crew {
    void *(*work)(void *);
    size_t count;
} crew;

static const crew CREWS[] = {{read_on, READERS}, {publish_on, 1}, {add_on, 2},
                             {remove_on, 2},     {look_up_on, 8}, {cancel_on, 8},
                             {refresh_on, 2},    {end_on, 2},     {rotate_on, 1}};
#define CREW_COUNT (sizeof CREWS / sizeof CREWS[0])
#define MAX_THREADS 128

static size_t start_all(pthread_t *threads) {
    size_t started = 0;
    for (size_t i = 0; i < CREW_COUNT; i++)
        for (size_t j = 0; j < CREWS[i].count; j++)
            started += !pthread_create(&threads[started], NULL, CREWS[i].work, NULL);
    return started;
}

static size_t crew_size(void) {
    size_t size = 0;
    for (size_t i = 0; i < CREW_COUNT; i++)
        size += CREWS[i].count;
    return size;
}

static int64_t duration_ms(void) {
    const char *text = getenv("JWKEEP_RACE_S");
    long seconds = text ? strtol(text, NULL, 10) : DEFAULT_S;
    return (seconds > 0 && seconds <= LONGEST_S ? seconds : DEFAULT_S) * 1000;
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Of all sources together. */
static void sum_fetches(uint64_t *ret_changed, uint64_t *ret_failed) {
    *ret_changed = *ret_failed = 0;
    for (size_t i = 0; i < SOURCES; i++) {
        jwkeep_source_status status;
        jwkeep_source_status_get(shared.sources[i], &status);
        *ret_changed += status.fetches_changed;
        *ret_failed += status.fetches_failed;
    }
}

/* As long as was asked for, and until something has happened; then it is a failure. */
static bool wait_for_the_end(void) {
    int64_t began_ms = now_ms();
    int64_t end_ms = began_ms + duration_ms();
    uint64_t changed = 0;
    uint64_t failed = 0;
    for (;;) {
        sum_fetches(&changed, &failed);
        bool has_happened = changed >= 2 * SOURCES && failed >= SOURCES &&
                            atomic_load(&shared.publications) >= 200 &&
                            atomic_load(&shared.cancelled) && atomic_load(&shared.ended);
        if (now_ms() >= end_ms && (has_happened || now_ms() >= end_ms + 120000))
            return has_happened;
        poll(NULL, 0, 20);
    }
}

static void say_what_happened(void) {
    uint64_t changed;
    uint64_t failed;
    sum_fetches(&changed, &failed);
    print_message("%zu reads, %zu publications, %zu retired at the most, %zu cancelled, "
                  "%zu sources ended, %zu sets downloaded, %zu downloads failed\n",
                  atomic_load(&shared.reads), atomic_load(&shared.publications),
                  atomic_load(&shared.most_retired), atomic_load(&shared.cancelled),
                  atomic_load(&shared.ended), (size_t)changed, (size_t)failed);
}

static void r02_everybody_at_once(void **state) {
    (void)state;
    pthread_t threads[MAX_THREADS];
    assert_in_range(crew_size(), 1, MAX_THREADS);
    size_t started = start_all(threads);
    bool has_happened = wait_for_the_end();
    atomic_store(&shared.is_over, true);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    say_what_happened();
    assert_int_equal(started, crew_size());
    assert_true(has_happened);
    assert_int_equal(shared.wrong_sets, 0);
    assert_int_equal(shared.wrong_keys, 0);
    assert_int_equal(shared.wrong_answers, 0);
    assert_int_equal(shared.wrong_changes, 0);
    assert_int_equal(shared.late_notifications, 0);
    assert_in_range(shared.most_retired, 0, READERS); /* a pin each at a time */
    assert_int_equal(jk_keyring_collect(shared.ring), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(r02_everybody_at_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
