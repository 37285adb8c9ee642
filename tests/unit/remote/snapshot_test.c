/* SPDX-License-Identifier: Apache-2.0
 *
 * The snapshot file: what a cold start takes from it, what it refuses, how it is written. In
 * virtual time, with real files. */
#include "remote/policy.h"
#include "remote/refresher.h"
#include "support/script.h"
#include <jwkeep/jwkeep.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define URL "https://issuer.test/jwks"
#define PATH_SIZE 256

typedef struct fixture {
    script world;
    jwkeep_refresher *refresher;
    jwkeep_source *source;
    char folder[PATH_SIZE - 64];
    char file[PATH_SIZE];
    char other[PATH_SIZE]; /* another file of the folder */
    size_t restored;
    size_t refused;
    size_t keys;
    jwkeep_error error; /* of the last refusal */
} fixture;

static void on_event(void *user, const jwkeep_event *event) {
    fixture *f = user;
    if (event->kind == JWKEEP_EVENT_RESTORED) {
        f->restored++;
        f->keys = event->count;
    }
    if (event->kind == JWKEEP_EVENT_SNAPSHOT_FAILED) {
        f->refused++;
        f->error = *event->error;
    }
}

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    *state = f;
    snprintf(f->folder, sizeof f->folder, "/tmp/jwkeep-snapshot-XXXXXX");
    if (!mkdtemp(f->folder))
        return -1;
    snprintf(f->file, sizeof f->file, "%s/keys.json", f->folder);
    snprintf(f->other, sizeof f->other, "%s/other", f->folder);
    f->refresher = script_refresher(&f->world, 0);
    return f->refresher ? 0 : -1;
}

static int tear_down(void **state) {
    fixture *f = *state;
    jwkeep_source_free(f->source);
    jwkeep_refresher_free(f->refresher);
    unlink(f->file);
    unlink(f->other);
    bool is_clean = rmdir(f->folder) == 0;
    free(f);
    return is_clean ? 0 : -1;
}

static void start_at(fixture *f, const char *url) {
    jwkeep_source_options options;
    jwkeep_source_options_init(&options);
    options.url = url;
    options.snapshot_file = f->file;
    options.on_event = on_event;
    options.user = f;
    f->restored = f->refused = f->keys = 0;
    assert_int_equal(jwkeep_source_new(f->refresher, &options, &f->source, NULL), JWKEEP_OK);
}

static void stop(fixture *f) {
    jwkeep_source_free(f->source);
    f->source = NULL;
}

static void download(fixture *f, const char *letters) {
    jwkeep_source_refresh(f->source);
    script_pass(&f->world, f->refresher, 0);
    script_answer_keys(&f->world, f->refresher, letters);
}

/* A source runs, gets its keys and ends; time passes until the next start. */
static void leave_snapshot(fixture *f, const char *letters, int64_t ms) {
    start_at(f, URL);
    download(f, letters);
    stop(f);
    script_pass(&f->world, f->refresher, ms);
}

static bool has_key(const fixture *f, const char *kid) {
    jwkeep_jwk *key = jwkeep_keyring_find(jwkeep_source_ring(f->source), jwkeep_span_text(kid));
    jwkeep_jwk_unref(key);
    return key;
}

static uint64_t failures(const fixture *f) {
    jwkeep_source_status status;
    jwkeep_source_status_get(f->source, &status);
    return status.snapshots_failed;
}

static void write_file(const char *file, const char *text) {
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    bool is_written = fputs(text, out) >= 0;
    assert_true(fclose(out) == 0 && is_written);
    assert_int_equal(chmod(file, 0600), 0);
}

static void read_text(const char *file, char *ret_text, size_t size) {
    FILE *in = fopen(file, "r");
    assert_non_null(in);
    size_t got = fread(ret_text, 1, size - 1, in);
    fclose(in);
    ret_text[got] = '\0';
}

/* Starts, and expects that nothing is taken from the file, and that the source works. */
static void refuse(fixture *f, jwkeep_code code) {
    start_at(f, URL);
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_KEYS_NOT_LOADED);
    script_pass(&f->world, f->refresher, 0);
    assert_int_equal(f->restored, 0);
    assert_int_equal(f->refused, 1);
    assert_int_equal(f->error.code, code);
    assert_int_equal(failures(f), 1);
    download(f, "c");
    assert_true(has_key(f, "c"));
}

static void r23_cold_start_while_the_issuer_is_down_serves_the_snapshot(void **state) {
    fixture *f = *state;
    leave_snapshot(f, "ab", 30 * MINUTE);
    start_at(f, URL);
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_OK);
    assert_true(has_key(f, "a") && has_key(f, "b"));
    assert_int_equal(jwkeep_source_lookup(f->source, JWKEEP_SPAN("a"), 0, NULL), JWKEEP_OK);
    size_t before = f->world.request_count;
    script_pass(&f->world, f->refresher, 0);
    assert_int_equal(f->world.request_count, before + 1);
    script_answer_failure(&f->world, f->refresher, JWKEEP_TRANSPORT_CONNECT);
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_OK);
    assert_int_equal(f->restored, 1);
    assert_int_equal(f->keys, 2);
    jwkeep_source_status status;
    jwkeep_source_status_get(f->source, &status);
    assert_int_equal(status.health, JWKEEP_HEALTH_DEGRADED);
    assert_int_equal(status.age_s, 30 * 60);
    assert_int_equal(status.snapshots_failed, 0);
}

static void r23_restored_keys_turn_stale_when_they_would_have(void **state) {
    fixture *f = *state;
    int64_t good_ms = JWKEEP_LIFETIME_DEFAULT_S * SECOND + JWKEEP_STALE_LIMIT_S * SECOND;
    leave_snapshot(f, "a", good_ms - 1);
    start_at(f, URL);
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_OK);
    script_pass(&f->world, f->refresher, 1);
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_KEYS_STALE);
}

static void r23_a_snapshot_past_the_stale_limit_is_refused(void **state) {
    fixture *f = *state;
    int64_t good_ms = JWKEEP_LIFETIME_DEFAULT_S * SECOND + JWKEEP_STALE_LIMIT_S * SECOND;
    leave_snapshot(f, "a", good_ms);
    refuse(f, JWKEEP_KEYS_STALE);
}

static void r23_a_download_takes_the_place_of_the_snapshot(void **state) {
    fixture *f = *state;
    leave_snapshot(f, "ab", MINUTE);
    start_at(f, URL);
    script_pass(&f->world, f->refresher, 0);
    script_answer_keys(&f->world, f->refresher, "bc");
    assert_false(has_key(f, "a"));
    stop(f);
    start_at(f, URL);
    assert_true(has_key(f, "b") && has_key(f, "c") && !has_key(f, "a"));
}

static void r23_a_renewal_keeps_the_snapshot_young(void **state) {
    fixture *f = *state;
    start_at(f, URL);
    for (int hour = 0; hour < 5; hour++) {
        download(f, "a");
        script_pass(&f->world, f->refresher, HOUR);
    }
    stop(f);
    start_at(f, URL);
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_OK);
}

static void a_start_without_a_file_is_no_failure(void **state) {
    fixture *f = *state;
    start_at(f, URL);
    script_pass(&f->world, f->refresher, 0);
    assert_int_equal(f->restored + f->refused, 0);
    assert_int_equal(failures(f), 0);
    assert_int_equal(f->world.request_count, 0);
}

static void r23_a_snapshot_of_another_url_is_refused(void **state) {
    fixture *f = *state;
    start_at(f, "https://other.test/jwks");
    download(f, "a");
    stop(f);
    refuse(f, JWKEEP_KEYSET_INVALID);
}

static void r23_a_snapshot_from_the_future_is_refused(void **state) {
    fixture *f = *state;
    leave_snapshot(f, "a", 0);
    f->world.wall_ms -= 1;
    refuse(f, JWKEEP_KEYSET_INVALID);
}

static void r23_a_link_is_not_followed(void **state) {
    fixture *f = *state;
    leave_snapshot(f, "a", 0);
    assert_int_equal(rename(f->file, f->other), 0);
    assert_int_equal(symlink(f->other, f->file), 0);
    refuse(f, JWKEEP_SYSTEM_FAILED);
    struct stat facts;
    assert_int_equal(lstat(f->file, &facts), 0);
    assert_true(S_ISREG(facts.st_mode)); /* the link was replaced, not written through */
}

static void r23_a_file_that_others_may_write_is_refused(void **state) {
    fixture *f = *state;
    const mode_t modes[] = {0620, 0602};
    for (size_t i = 0; i < 2; i++) {
        leave_snapshot(f, "a", MINUTE);
        assert_int_equal(chmod(f->file, modes[i]), 0);
        refuse(f, JWKEEP_SYSTEM_FAILED);
        stop(f);
    }
}

static void r23_a_file_of_another_user_is_refused(void **state) {
    fixture *f = *state;
    leave_snapshot(f, "a", 0);
    if (chown(f->file, geteuid() + 1, (gid_t)-1) != 0)
        skip();
    refuse(f, JWKEEP_SYSTEM_FAILED);
}

static void r23_what_is_no_file_is_refused_without_waiting(void **state) {
    fixture *f = *state;
    assert_int_equal(mkfifo(f->file, 0600), 0);
    refuse(f, JWKEEP_SYSTEM_FAILED);
}

static void r23_a_truncated_snapshot_is_refused(void **state) {
    fixture *f = *state;
    leave_snapshot(f, "a", 0);
    struct stat facts;
    assert_int_equal(stat(f->file, &facts), 0);
    assert_int_equal(truncate(f->file, facts.st_size / 2), 0);
    refuse(f, JWKEEP_JSON_SYNTAX);
}

static void r23_a_snapshot_that_is_too_large_is_refused_unread(void **state) {
    fixture *f = *state;
    leave_snapshot(f, "a", 0);
    assert_int_equal(truncate(f->file, 1024 * 1024), 0);
    refuse(f, JWKEEP_TOKEN_TOO_LARGE);
}

static void r23_secret_keys_are_not_taken_from_a_snapshot(void **state) {
    fixture *f = *state;
    char text[1024];
    snprintf(text, sizeof text,
             "{\"version\":1,\"origin\":\"" URL "\",\"fetched_at_ms\":%lld,"
             "\"lifetime_ms\":60000,\"set\":{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\","
             "\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}}",
             (long long)f->world.wall_ms);
    write_file(f->file, text);
    refuse(f, JWKEEP_KEYSET_INVALID);
}

static void r23_what_is_no_snapshot_is_refused(void **state) {
    fixture *f = *state;
    const char *const texts[] = {
        "{}",
        "[1]",
        "{\"version\":2,\"origin\":\"" URL "\",\"fetched_at_ms\":1,\"lifetime_ms\":1,"
        "\"set\":{\"keys\":[]}}",
        "{\"version\":1,\"origin\":\"" URL "\",\"fetched_at_ms\":1,\"lifetime_ms\":1}",
        "{\"version\":1,\"origin\":\"" URL "\",\"fetched_at_ms\":\"1\",\"lifetime_ms\":1,"
        "\"set\":{\"keys\":[]}}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_file(f->file, texts[i]);
        refuse(f, JWKEEP_KEYSET_INVALID);
        stop(f);
        script_pass(&f->world, f->refresher, MINUTE);
    }
}

/* A snapshot with the key "a", fetched `age_ms` ago for `lifetime_ms`. */
static void write_snapshot(fixture *f, int64_t age_ms, int64_t lifetime_ms) {
    char text[2048];
    snprintf(text, sizeof text,
             "{\"version\":1,\"origin\":\"" URL
             "\",\"fetched_at_ms\":%lld,\"lifetime_ms\":%lld,\"set\":%s}",
             (long long)(f->world.wall_ms - age_ms), (long long)lifetime_ms, script_keys("a"));
    write_file(f->file, text);
}

/* Whoever writes the file cannot make keys live longer than the options say. */
static void r23_a_lifetime_from_the_file_is_clamped(void **state) {
    fixture *f = *state;
    write_snapshot(f, 2 * HOUR, 100 * HOUR);
    refuse(f, JWKEEP_KEYS_STALE);
    stop(f);
    write_snapshot(f, 2 * HOUR - 1, 100 * HOUR);
    start_at(f, URL);
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_OK);
    script_pass(&f->world, f->refresher, 1);
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_KEYS_STALE);
}

static void r23_a_time_before_all_times_is_refused(void **state) {
    fixture *f = *state;
    write_snapshot(f, f->world.wall_ms + 1, HOUR);
    refuse(f, JWKEEP_KEYSET_INVALID);
}

static void r23_the_snapshot_has_mode_0600_and_no_trace_of_its_making(void **state) {
    fixture *f = *state;
    mode_t before = umask(0);
    leave_snapshot(f, "ab", 0);
    umask(before);
    struct stat facts;
    assert_int_equal(stat(f->file, &facts), 0);
    assert_int_equal(facts.st_mode & 07777, 0600);
    assert_int_equal(facts.st_nlink, 1);
    assert_int_equal(access(f->other, F_OK), -1);
}

static void r23_the_snapshot_is_replaced_not_written_over(void **state) {
    fixture *f = *state;
    leave_snapshot(f, "a", MINUTE);
    assert_int_equal(link(f->file, f->other), 0);
    char before[1500], after[1500];
    read_text(f->other, before, sizeof before);
    leave_snapshot(f, "b", 0);
    read_text(f->other, after, sizeof after);
    assert_string_equal(before, after);
    read_text(f->file, after, sizeof after);
    assert_string_not_equal(before, after);
}

static void r23_half_a_file_from_a_crash_does_not_matter(void **state) {
    fixture *f = *state;
    leave_snapshot(f, "a", MINUTE);
    snprintf(f->other, sizeof f->other, "%s/keys.json.Abc123", f->folder);
    write_file(f->other, "{\"version\":1,\"ori");
    start_at(f, URL);
    assert_true(has_key(f, "a"));
    script_pass(&f->world, f->refresher, 0);
    script_answer_keys(&f->world, f->refresher, "b");
    assert_int_equal(failures(f), 0);
}

static void r23_a_snapshot_that_cannot_be_written_is_told_and_changes_nothing(void **state) {
    fixture *f = *state;
    snprintf(f->file, sizeof f->file, "%s/missing/keys.json", f->folder);
    start_at(f, URL);
    download(f, "a");
    assert_int_equal(f->refused, 1);
    assert_int_equal(f->error.code, JWKEEP_SYSTEM_FAILED);
    assert_int_equal(failures(f), 1);
    assert_int_equal(jwkeep_source_lookup(f->source, JWKEEP_SPAN("a"), 0, NULL), JWKEEP_OK);
    jwkeep_source_status status;
    jwkeep_source_status_get(f->source, &status);
    assert_int_equal(status.health, JWKEEP_HEALTH_OK);
}

static void r23_a_failed_download_leaves_the_snapshot(void **state) {
    fixture *f = *state;
    leave_snapshot(f, "a", MINUTE);
    char before[1500], after[1500];
    read_text(f->file, before, sizeof before);
    start_at(f, URL);
    script_pass(&f->world, f->refresher, 0);
    script_answer_failure(&f->world, f->refresher, JWKEEP_TRANSPORT_TIMEOUT);
    read_text(f->file, after, sizeof after);
    assert_string_equal(before, after);
}

static void refuses_an_empty_name(void **state) {
    fixture *f = *state;
    jwkeep_source_options options;
    jwkeep_error error;
    jwkeep_source_options_init(&options);
    options.url = URL;
    options.snapshot_file = "";
    assert_int_equal(jwkeep_source_new(f->refresher, &options, &f->source, &error),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_string_equal(error.where, "snapshot_file");
}

static const jk_policy_options POLICY = {.cooldown_ms = 30 * SECOND,
                                         .stale_limit_ms = HOUR,
                                         .backoff_min_ms = SECOND,
                                         .backoff_max_ms = MINUTE,
                                         .retry_after_max_ms = 5 * MINUTE};

static void a_restored_policy_wants_a_download_and_answers_meanwhile(void **state) {
    (void)state;
    jk_policy policy;
    jk_flight flight;
    jk_policy_init(&policy, &POLICY, 1, 1000);
    jk_policy_restore(&policy, 1000, 5 * MINUTE, 10 * MINUTE);
    assert_int_equal(jk_policy_wake_at(&policy), 1000);
    assert_int_equal(jk_policy_usable_until(&policy), 1000 + 5 * MINUTE + HOUR);
    assert_int_equal(jk_policy_lookup(&policy, 1000, true, true).code, JWKEEP_OK);
    assert_true(jk_policy_start(&policy, 1000, &flight));
    assert_int_equal(flight.trigger, JWKEEP_TRIGGER_SCHEDULE);
    assert_false(flight.is_forced);
    assert_int_equal(jk_policy_lookup(&policy, 1000, true, true).code, JWKEEP_OK);
    assert_int_equal(jk_policy_lookup(&policy, 1000, true, false).code, JWKEEP_PENDING);
}

static void a_restored_policy_keeps_its_keys_through_failures_until_stale(void **state) {
    (void)state;
    jk_policy policy;
    jk_flight flight;
    const jk_outcome failed = {.kind = JK_OUTCOME_FAILED};
    jk_policy_init(&policy, &POLICY, 1, 0);
    jk_policy_restore(&policy, 0, 20 * MINUTE, 10 * MINUTE);
    assert_true(jk_policy_start(&policy, 0, &flight));
    jk_policy_end(&policy, 0, flight.number, &failed);
    assert_int_equal(jk_policy_lookup(&policy, 50 * MINUTE - 1, false, false).code, JWKEEP_OK);
    assert_int_not_equal(jk_policy_lookup(&policy, 50 * MINUTE, false, false).code, JWKEEP_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(r23_cold_start_while_the_issuer_is_down_serves_the_snapshot),
        TEST(r23_restored_keys_turn_stale_when_they_would_have),
        TEST(r23_a_snapshot_past_the_stale_limit_is_refused),
        TEST(r23_a_download_takes_the_place_of_the_snapshot),
        TEST(r23_a_renewal_keeps_the_snapshot_young),
        TEST(a_start_without_a_file_is_no_failure),
        TEST(r23_a_snapshot_of_another_url_is_refused),
        TEST(r23_a_snapshot_from_the_future_is_refused),
        TEST(r23_a_link_is_not_followed),
        TEST(r23_a_file_that_others_may_write_is_refused),
        TEST(r23_a_file_of_another_user_is_refused),
        TEST(r23_what_is_no_file_is_refused_without_waiting),
        TEST(r23_a_truncated_snapshot_is_refused),
        TEST(r23_a_snapshot_that_is_too_large_is_refused_unread),
        TEST(r23_secret_keys_are_not_taken_from_a_snapshot),
        TEST(r23_what_is_no_snapshot_is_refused),
        TEST(r23_a_lifetime_from_the_file_is_clamped),
        TEST(r23_a_time_before_all_times_is_refused),
        TEST(r23_the_snapshot_has_mode_0600_and_no_trace_of_its_making),
        TEST(r23_the_snapshot_is_replaced_not_written_over),
        TEST(r23_half_a_file_from_a_crash_does_not_matter),
        TEST(r23_a_snapshot_that_cannot_be_written_is_told_and_changes_nothing),
        TEST(r23_a_failed_download_leaves_the_snapshot),
        TEST(refuses_an_empty_name),
        cmocka_unit_test(a_restored_policy_wants_a_download_and_answers_meanwhile),
        cmocka_unit_test(a_restored_policy_keeps_its_keys_through_failures_until_stale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
