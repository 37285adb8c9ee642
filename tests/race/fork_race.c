/* SPDX-License-Identifier: Apache-2.0
 *
 * Forks in the middle of everything: sixteen threads read, a writer publishes, a refresher
 * downloads. The child reads on and is told at once what it cannot have; the parent notices
 * nothing. */
#include "support/http_server.h"
#include "support/script.h"
#include <jwkeep/jwkeep.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define READERS 16
#define FORKS 40
#define CHILD_READS 1000
#define CHILD_S 60 /* a child that hangs is ended, which the parent sees */

typedef struct race {
    http_server *server;
    jwkeep_refresher *refresher;
    jwkeep_source *source;
    jwkeep_keyring *ring;
    jwkeep_keyset *sets[2]; /* both with the key a */
    _Atomic size_t begun;   /* readers at work */
    _Atomic bool is_over;   /* set once, read in loops: no partner */
    _Atomic size_t faults;  /* counts only */
} race;

static bool read_once(const race *r, jwkeep_generation *last) {
    jwkeep_generation generation = 0;
    jwkeep_keyset *set = jwkeep_keyring_take(r->ring, &generation);
    bool is_right = generation >= *last && jwkeep_keyset_find(set, JWKEEP_SPAN("a"));
    *last = generation;
    jwkeep_keyset_unref(set);
    jwkeep_jwk *key = jwkeep_keyring_find(jwkeep_source_ring(r->source), JWKEEP_SPAN("a"));
    is_right = is_right && key && jwkeep_source_check(r->source) == JWKEEP_OK &&
               jwkeep_source_lookup(r->source, JWKEEP_SPAN("a"), 1, NULL) == JWKEEP_OK;
    jwkeep_jwk_unref(key);
    return is_right;
}

static void *read_on(void *argument) {
    race *r = argument;
    jwkeep_generation last = 0;
    atomic_fetch_add(&r->begun, 1);
    while (!atomic_load(&r->is_over)) {
        if (!read_once(r, &last))
            atomic_fetch_add(&r->faults, 1);
        sched_yield();
    }
    return NULL;
}

static void *publish_on(void *argument) {
    race *r = argument;
    for (size_t i = 0; !atomic_load(&r->is_over); i++) {
        if (jwkeep_keyring_replace(r->ring, r->sets[i % 2], 0, NULL))
            atomic_fetch_add(&r->faults, 1);
        jwkeep_source_refresh(r->source);
        sched_yield();
    }
    return NULL;
}

static int live_in_child(const race *r) {
    jwkeep_generation last = 0;
    alarm(CHILD_S);
    for (size_t i = 0; i < CHILD_READS; i++)
        if (!read_once(r, &last))
            return 1;
    jwkeep_source_refresh(r->source);
    if (jwkeep_source_lookup(r->source, JWKEEP_SPAN("z"), 60000, NULL) != JWKEEP_KEYS_SHUTDOWN)
        return 2;
    jwkeep_source_free(r->source);
    jwkeep_refresher_free(r->refresher);
    return 0;
}

/* Whether the child found everything as it must be. */
static bool fork_once(const race *r) {
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(live_in_child(r));
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

static jwkeep_keyset *parse_set(const char *letters) {
    jwkeep_keyset *set = NULL;
    jwkeep_span json = jwkeep_span_text(script_keys(letters));
    return jwkeep_keyset_parse(json, NULL, &set, NULL, NULL) == JWKEEP_OK ? set : NULL;
}

static bool make_source(race *r) {
    char url[64];
    jwkeep_source_options options;
    jwkeep_source_options_init(&options);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", http_server_port(r->server));
    options.url = url;
    options.allows_http_loopback = true;
    options.cooldown_s = 1;
    http_server_set_response(r->server, "200 OK", "", script_keys("ab"));
    return jwkeep_refresher_new(0, &r->refresher, NULL) == JWKEEP_OK &&
           jwkeep_source_new(r->refresher, &options, &r->source, NULL) == JWKEEP_OK &&
           jwkeep_source_lookup(r->source, JWKEEP_SPAN("a"), 20000, NULL) == JWKEEP_OK;
}

static int set_up(void **state) {
    race *r = calloc(1, sizeof *r);
    if (!r)
        return -1;
    *state = r;
    r->sets[0] = parse_set("ab");
    r->sets[1] = parse_set("ac");
    r->server = http_server_new();
    if (!r->sets[0] || !r->sets[1] || !r->server ||
        jwkeep_keyring_new(r->sets[0], &r->ring, NULL))
        return -1;
    return make_source(r) ? 0 : -1;
}

static int tear_down(void **state) {
    race *r = *state;
    jwkeep_source_free(r->source);
    jwkeep_refresher_free(r->refresher);
    jwkeep_keyring_free(r->ring);
    http_server_free(r->server);
    jwkeep_keyset_unref(r->sets[0]);
    jwkeep_keyset_unref(r->sets[1]);
    free(r);
    return 0;
}

static void r24_forks_while_sixteen_threads_read(void **state) {
    race *r = *state;
    pthread_t threads[READERS + 1];
    size_t started = 0;
    jwkeep_generation last = 0;
    bool is_right = read_once(r, &last); /* makes this thread's record before the fork */
    while (started <= READERS &&
           !pthread_create(&threads[started], NULL, started ? read_on : publish_on, r))
        started++;
    while (atomic_load(&r->begun) + 1 < started)
        sched_yield();
    size_t good = 0;
    for (size_t i = 0; i < FORKS; i++)
        good += fork_once(r);
    http_server_set_response(r->server, "200 OK", "", script_keys("ac"));
    jwkeep_code rotated = JWKEEP_KID_UNKNOWN;
    while (rotated == JWKEEP_KID_UNKNOWN)
        rotated = jwkeep_source_lookup(r->source, JWKEEP_SPAN("c"), 20000, NULL);
    atomic_store(&r->is_over, true);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    assert_true(is_right);
    assert_int_equal(started, READERS + 1);
    assert_int_equal(good, FORKS);
    assert_int_equal(rotated, JWKEEP_OK);
    assert_int_equal(r->faults, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(r24_forks_while_sixteen_threads_read, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
