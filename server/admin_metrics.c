/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns which metrics there are, and their names. */
#include "server/admin_metrics.h"
#include "base/attributes.h"
#include "base/clock.h"
#include "server/metrics.h"
#include "server/set_hash.h"
#include "server/webhook.h"
#include <jwkeep/version.h>
#include <stdio.h>

#define LABELS(...) ((const char *const[]){__VA_ARGS__, NULL})

const char *const admin_health_names[ADMIN_HEALTH_COUNT] = {"ok", "degraded", "failing"};
const char *const admin_trigger_names[JWKEEP_TRIGGER_COUNT] = {
    "start", "schedule", "miss", "trailing", "request", "signature"};

const char *const admin_outcome_names[VERIFY_OUTCOME_COUNT] = {
    [VERIFY_ALLOWED] = "allowed",    [VERIFY_NO_TOKEN] = "no_token",
    [VERIFY_REJECTED] = "rejected",  [VERIFY_INVALID_REQUEST] = "invalid_request",
    [VERIFY_FAILED] = "failed",      [VERIFY_UNAVAILABLE] = "unavailable",
    [VERIFY_FORBIDDEN] = "forbidden"};

static uint64_t sum_decisions(const admin_context *context, size_t offset) {
    uint64_t sum = 0;
    for (size_t i = 0; i < context->worker_count; i++)
        sum += server_counter_get(
            (const server_counter *)(const void *)((const char *)context->decisions[i] +
                                                   offset));
    return sum;
}

#define DECISION(field) offsetof(verify_counters, field)
#define OF_POLICY(number, field)                                                               \
    (DECISION(policies) + (number) * sizeof(policy_counters) + offsetof(policy_counters, field))

static uint64_t sum_array(const admin_context *context, size_t offset, size_t index) {
    return sum_decisions(context, offset + index * sizeof(server_counter));
}

static uint64_t sum_loops(const admin_context *context, size_t offset) {
    uint64_t sum = 0;
    for (size_t i = 0; i < context->worker_count; i++)
        sum += server_counter_get(
            (const server_counter *)(const void *)((const char *)context->loops[i] + offset));
    return sum;
}

/* Numbers whose policies decide, or have decided; the one for the rest only if it was needed.
 */
size_t admin_count_policies(const admin_context *context) {
    size_t count = policy_numbers_count(context->numbers);
    return count == POLICY_NUMBERS_MAX ? POLICY_NUMBERS_COUNT : count;
}

static void write_outcomes(const admin_context *context, metrics_writer *writer) {
    metrics_family(writer, "jwkeep_requests_total", "counter",
                   "Decisions by policy and outcome.");
    for (size_t policy = 0; policy < admin_count_policies(context); policy++)
        for (size_t i = 0; i < VERIFY_OUTCOME_COUNT; i++)
            metrics_count(writer,
                          LABELS("policy", policy_numbers_name(context->numbers, policy),
                                 "outcome", admin_outcome_names[i]),
                          sum_array(context, OF_POLICY(policy, outcomes), i));
    metrics_family(writer, "jwkeep_refusals_total", "counter",
                   "Tokens not accepted, by reason; reasons that occurred.");
    for (size_t i = 0; i < VERIFY_REASON_COUNT; i++) {
        uint64_t count = sum_array(context, DECISION(reasons), i);
        if (count > 0)
            metrics_count(writer, LABELS("reason", jwkeep_code_name(verify_reason_code(i))),
                          count);
    }
}

/* Only of tokens that passed: what another token says of itself is a stranger's word. */
static void write_algorithms(const admin_context *context, metrics_writer *writer) {
    metrics_family(writer, "jwkeep_tokens_accepted_total", "counter",
                   "Tokens that passed by policy and algorithm; algorithms that occurred.");
    for (size_t policy = 0; policy < admin_count_policies(context); policy++)
        for (size_t i = 0; i < JWKEEP_ALGORITHM_COUNT; i++) {
            uint64_t count = sum_array(context, OF_POLICY(policy, algorithms), i);
            if (count > 0)
                metrics_count(writer,
                              LABELS("policy", policy_numbers_name(context->numbers, policy),
                                     "algorithm", jwkeep_algorithm_name((jwkeep_algorithm)i)),
                              count);
        }
}

static void write_latency_of(const admin_context *context, size_t policy,
                             metrics_writer *writer) {
    const char *name = policy_numbers_name(context->numbers, policy);
    uint64_t count = 0;
    for (size_t i = 0; i <= VERIFY_BUCKET_COUNT; i++) {
        char bound[32] = "+Inf";
        if (i < VERIFY_BUCKET_COUNT)
            snprintf(bound, sizeof bound, "%g", (double)verify_bucket_ns[i] / 1e9);
        count += sum_array(context, OF_POLICY(policy, buckets), i);
        metrics_sample(writer, "_bucket", LABELS("policy", name, "le", bound), (double)count);
    }
    uint64_t total_ns = sum_decisions(context, OF_POLICY(policy, total_ns));
    metrics_sample(writer, "_sum", LABELS("policy", name), (double)total_ns / 1e9);
    metrics_sample(writer, "_count", LABELS("policy", name), (double)count);
}

static void write_latency(const admin_context *context, metrics_writer *writer) {
    metrics_family(writer, "jwkeep_request_duration_seconds", "histogram",
                   "Time from a whole request to its decision, waiting for keys included.");
    for (size_t policy = 0; policy < admin_count_policies(context); policy++)
        write_latency_of(context, policy, writer);
}

typedef struct loop_metric {
    size_t offset;
    const char *name;
    const char *type;
    const char *help;
} loop_metric;

#define LOOP(field) offsetof(server_loop_counters, field)

static const loop_metric loop_metrics[] = {
    {LOOP(open), "jwkeep_connections", "gauge", "Open connections."},
    {LOOP(accepted), "jwkeep_connections_total", "counter", "Accepted connections."},
    {LOOP(timed_out), "jwkeep_connections_timed_out_total", "counter",
     "Connections closed by a time limit."},
    {LOOP(refused), "jwkeep_malformed_requests_total", "counter",
     "Requests refused by the reader, their connections closed."},
    {LOOP(parked), "jwkeep_parked_requests", "gauge", "Requests waiting for keys."},
    {LOOP(parked_total), "jwkeep_parked_requests_total", "counter",
     "Requests that waited for keys."},
    {LOOP(left_parked), "jwkeep_parked_requests_left_total", "counter",
     "Waiting requests whose client left."},
    {LOOP(parked_expired), "jwkeep_parked_requests_expired_total", "counter",
     "Waiting requests that nobody woke."},
};

static void write_loops(const admin_context *context, metrics_writer *writer) {
    for (size_t i = 0; i < JK_COUNT_OF(loop_metrics); i++) {
        const loop_metric *metric = &loop_metrics[i];
        metrics_family(writer, metric->name, metric->type, metric->help);
        metrics_count(writer, NULL, sum_loops(context, metric->offset));
    }
    metrics_family(writer, "jwkeep_connections_turned_away_total", "counter",
                   "Connections answered 503 because too many were open.");
    metrics_count(writer, NULL, server_counter_get(&context->acceptor->turned_away));
    metrics_family(writer, "jwkeep_identity_values_dropped_total", "counter",
                   "Claims sent empty because they cannot stand in a header.");
    metrics_count(writer, NULL, sum_decisions(context, DECISION(unsafe_values)));
}

typedef void (*issuer_sample)(metrics_writer *writer, const char *issuer,
                              const jwkeep_source_status *status);

static void sample_healthy(metrics_writer *writer, const char *issuer,
                           const jwkeep_source_status *status) {
    for (size_t i = 0; i < ADMIN_HEALTH_COUNT; i++)
        metrics_count(writer, LABELS("issuer", issuer, "state", admin_health_names[i]),
                      (size_t)status->health == i);
}

static void sample_keys(metrics_writer *writer, const char *issuer,
                        const jwkeep_source_status *status) {
    metrics_count(writer, LABELS("issuer", issuer), status->keys);
}

static void sample_generation(metrics_writer *writer, const char *issuer,
                              const jwkeep_source_status *status) {
    metrics_count(writer, LABELS("issuer", issuer), status->generation);
}

static void sample_age(metrics_writer *writer, const char *issuer,
                       const jwkeep_source_status *status) {
    metrics_sample(writer, "", LABELS("issuer", issuer), (double)status->age_s);
}

static void sample_expires(metrics_writer *writer, const char *issuer,
                           const jwkeep_source_status *status) {
    metrics_sample(writer, "", LABELS("issuer", issuer), (double)status->expires_in_s);
}

static void sample_last_success(metrics_writer *writer, const char *issuer,
                                const jwkeep_source_status *status) {
    metrics_sample(writer, "", LABELS("issuer", issuer), (double)status->last_success_ms / 1e3);
}

static void sample_fetches(metrics_writer *writer, const char *issuer,
                           const jwkeep_source_status *status) {
    for (size_t i = 0; i < JWKEEP_TRIGGER_COUNT; i++)
        metrics_count(writer, LABELS("issuer", issuer, "trigger", admin_trigger_names[i]),
                      status->fetches[i]);
}

static void sample_results(metrics_writer *writer, const char *issuer,
                           const jwkeep_source_status *status) {
    metrics_count(writer, LABELS("issuer", issuer, "result", "changed"),
                  status->fetches_changed);
    metrics_count(writer, LABELS("issuer", issuer, "result", "unchanged"),
                  status->fetches_unchanged);
    metrics_count(writer, LABELS("issuer", issuer, "result", "failed"), status->fetches_failed);
}

static void sample_waiters(metrics_writer *writer, const char *issuer,
                           const jwkeep_source_status *status) {
    metrics_count(writer, LABELS("issuer", issuer), status->waiters);
}

static void sample_coalesced(metrics_writer *writer, const char *issuer,
                             const jwkeep_source_status *status) {
    metrics_count(writer, LABELS("issuer", issuer), status->waiters_coalesced);
}

static void sample_cooldown(metrics_writer *writer, const char *issuer,
                            const jwkeep_source_status *status) {
    metrics_count(writer, LABELS("issuer", issuer), status->cooldown_rejections);
}

static void sample_negative(metrics_writer *writer, const char *issuer,
                            const jwkeep_source_status *status) {
    metrics_count(writer, LABELS("issuer", issuer), status->negative_rejections);
}

static void sample_stale(metrics_writer *writer, const char *issuer,
                         const jwkeep_source_status *status) {
    metrics_count(writer, LABELS("issuer", issuer), status->stale_answers);
}

static void sample_snapshots(metrics_writer *writer, const char *issuer,
                             const jwkeep_source_status *status) {
    metrics_count(writer, LABELS("issuer", issuer), status->snapshots_failed);
}

static void sample_size_alarm(metrics_writer *writer, const char *issuer,
                              const jwkeep_source_status *status) {
    metrics_count(writer, LABELS("issuer", issuer), status->is_size_alarm);
}

static void sample_set(metrics_writer *writer, const char *issuer,
                       const jwkeep_source_status *status) {
    char hash[SET_HASH_TEXT_SIZE];
    set_hash_write(status->set_hash, hash);
    metrics_count(writer, LABELS("issuer", issuer, "hash", hash), 1);
}

static void sample_skipped(metrics_writer *writer, const char *issuer,
                           const jwkeep_source_status *status) {
    metrics_count(writer, LABELS("issuer", issuer), status->keys_skipped);
}

typedef struct issuer_metric {
    const char *name;
    const char *type;
    const char *help;
    issuer_sample sample;
} issuer_metric;

static const issuer_metric issuer_metrics[] = {
    {"jwkeep_issuer_health", "gauge", "1 for the state the keys are in.", sample_healthy},
    {"jwkeep_issuer_keys", "gauge", "Keys in the present set.", sample_keys},
    {"jwkeep_issuer_generation", "gauge", "Number of the present set.", sample_generation},
    {"jwkeep_issuer_age_seconds", "gauge", "Since the last good download; -1 before it.",
     sample_age},
    {"jwkeep_issuer_expires_in_seconds", "gauge", "Left of the set's lifetime.",
     sample_expires},
    {"jwkeep_issuer_last_success_timestamp_seconds", "gauge", "Of the last good download.",
     sample_last_success},
    {"jwkeep_issuer_fetches_total", "counter", "Downloads by what caused them.",
     sample_fetches},
    {"jwkeep_issuer_fetch_results_total", "counter", "Downloads by result.", sample_results},
    {"jwkeep_issuer_waiters", "gauge", "Lookups waiting for a download.", sample_waiters},
    {"jwkeep_issuer_waiters_coalesced_total", "counter",
     "Lookups that joined a download begun by another.", sample_coalesced},
    {"jwkeep_issuer_cooldown_rejections_total", "counter",
     "Unknown keys answered without a download.", sample_cooldown},
    {"jwkeep_issuer_negative_rejections_total", "counter",
     "Unknown keys answered because they were missing a moment ago.", sample_negative},
    {"jwkeep_issuer_stale_answers_total", "counter",
     "Lookups refused because the keys are past the stale limit.", sample_stale},
    {"jwkeep_issuer_snapshots_failed_total", "counter",
     "Times the snapshot file was refused, or not written.", sample_snapshots},
    {"jwkeep_issuer_size_alarm", "gauge",
     "1 while the present set is over the alarming size, or doubled and large.",
     sample_size_alarm},
    {"jwkeep_issuer_set_info", "gauge", "1, with the hash of the present set.", sample_set},
    {"jwkeep_issuer_keys_skipped", "gauge", "Keys left out of the last good download.",
     sample_skipped},
};

static void write_issuers(const admin_context *context, metrics_writer *writer) {
    size_t count = jwkeep_verifier_issuer_count(context->verifier);
    for (size_t i = 0; i < JK_COUNT_OF(issuer_metrics); i++) {
        const issuer_metric *metric = &issuer_metrics[i];
        metrics_family(writer, metric->name, metric->type, metric->help);
        for (size_t issuer = 0; issuer < count; issuer++) {
            jwkeep_source_status status;
            if (jwkeep_verifier_status(context->verifier, issuer, &status) == JWKEEP_OK)
                metric->sample(writer, jwkeep_verifier_issuer_name(context->verifier, issuer),
                               &status);
        }
    }
}

typedef struct cache_metric {
    const char *name;
    const char *type;
    const char *help;
    uint64_t (*figure)(const jwkeep_cache_status *status);
} cache_metric;

static uint64_t hits_of(const jwkeep_cache_status *status) {
    return status->hits;
}

static uint64_t misses_of(const jwkeep_cache_status *status) {
    return status->misses;
}

static uint64_t evictions_of(const jwkeep_cache_status *status) {
    return status->evictions;
}

static uint64_t entries_of(const jwkeep_cache_status *status) {
    return status->entries;
}

static uint64_t bytes_of(const jwkeep_cache_status *status) {
    return status->bytes;
}

static const cache_metric cache_metrics[] = {
    {"jwkeep_token_cache_hits_total", "counter",
     "Tokens that were remembered, their signatures not checked again.", hits_of},
    {"jwkeep_token_cache_misses_total", "counter", "Tokens whose signature was checked.",
     misses_of},
    {"jwkeep_token_cache_evictions_total", "counter", "Tokens pushed out by others.",
     evictions_of},
    {"jwkeep_token_cache_entries", "gauge", "Tokens remembered.", entries_of},
    {"jwkeep_token_cache_bytes", "gauge", "Bytes that they take.", bytes_of},
};

/* Of each policy: its rules are its own, and so are the tokens that met them. */
static void write_caches(const admin_context *context, metrics_writer *writer) {
    const server_plan *plan = context->seat.present;
    for (size_t i = 0; i < JK_COUNT_OF(cache_metrics); i++) {
        const cache_metric *metric = &cache_metrics[i];
        metrics_family(writer, metric->name, metric->type, metric->help);
        for (size_t policy = 0; policy < plan->policy_count; policy++) {
            jwkeep_cache_status status;
            if (jwkeep_verifier_cache_status(plan->policies[policy].verifier, &status) ==
                JWKEEP_OK)
                metrics_count(writer, LABELS("policy", plan->policies[policy].name),
                              metric->figure(&status));
        }
    }
}

/* Issuers that tokens brought have no labels of their own: there may be thousands. */
static void write_accepted_states(const char *policy, const jwkeep_dynamic_status *status,
                                  metrics_writer *writer) {
    size_t ok = status->issuers - status->unloaded - status->degraded - status->failing;
    metrics_count(writer, LABELS("policy", policy, "state", "ok"), ok);
    metrics_count(writer, LABELS("policy", policy, "state", "degraded"), status->degraded);
    metrics_count(writer, LABELS("policy", policy, "state", "failing"), status->failing);
    metrics_count(writer, LABELS("policy", policy, "state", "unloaded"), status->unloaded);
}

static void write_accepted_results(const char *policy, const jwkeep_dynamic_status *status,
                                   metrics_writer *writer) {
    metrics_count(writer, LABELS("policy", policy, "result", "accepted"), status->accepted);
    metrics_count(writer, LABELS("policy", policy, "result", "refused"), status->refused);
    metrics_count(writer, LABELS("policy", policy, "result", "busy"), status->busy);
    metrics_count(writer, LABELS("policy", policy, "result", "evicted"), status->evicted);
}

static void write_accepted(const admin_context *context, metrics_writer *writer) {
    static const struct {
        const char *name;
        const char *type;
        const char *help;
        void (*write)(const char *policy, const jwkeep_dynamic_status *status,
                      metrics_writer *writer);
    } families[] = {
        {"jwkeep_accepted_issuers", "gauge", "Issuers accepted at run time, by their health.",
         write_accepted_states},
        {"jwkeep_accepted_names_total", "counter",
         "Names of issuers that tokens brought, by what became of them.",
         write_accepted_results},
    };
    const server_plan *plan = context->seat.present;
    for (size_t i = 0; i < JK_COUNT_OF(families); i++) {
        metrics_family(writer, families[i].name, families[i].type, families[i].help);
        for (size_t policy = 0; policy < plan->policy_count; policy++) {
            jwkeep_dynamic_status status;
            if (jwkeep_verifier_dynamic_status(plan->policies[policy].verifier, &status,
                                               NULL) == JWKEEP_OK)
                families[i].write(plan->policies[policy].name, &status, writer);
        }
    }
}

/* All zero without a receiver: a rate needs the figure from before. */
static void write_webhook(const admin_context *context, metrics_writer *writer) {
    jwkeep_webhook_status status;
    (void)event_webhook_status(context->webhook, &status);
    const struct {
        const char *name;
        const char *type;
        const char *help;
        uint64_t count;
    } figures[] = {
        {"jwkeep_webhook_delivered_total", "counter", "Events that their receiver took.",
         status.delivered},
        {"jwkeep_webhook_failed_total", "counter",
         "Events given up: refused, or out of attempts.", status.failed},
        {"jwkeep_webhook_dropped_total", "counter", "Events that found no room in the queue.",
         status.dropped},
        {"jwkeep_webhook_attempts_total", "counter", "Requests made to deliver events.",
         status.attempts},
        {"jwkeep_webhook_failures_in_row", "gauge", "Attempts since one succeeded.",
         status.failures_in_row},
        {"jwkeep_webhook_queue_length", "gauge", "Events not yet delivered.", status.queued},
        {"jwkeep_webhook_queue_limit", "gauge", "How many events may wait; 0: nobody is told.",
         status.queue_length},
    };
    for (size_t i = 0; i < JK_COUNT_OF(figures); i++) {
        metrics_family(writer, figures[i].name, figures[i].type, figures[i].help);
        metrics_count(writer, NULL, figures[i].count);
    }
    metrics_family(writer, "jwkeep_webhook_last_success_timestamp_seconds", "gauge",
                   "When an event was last delivered; 0: never.");
    metrics_sample(writer, "", NULL, (double)status.last_success_ms / 1e3);
}

static void write_reloads(const admin_context *context, metrics_writer *writer) {
    const reload *reloads = context->reload;
    metrics_family(writer, "jwkeep_config_reloads_total", "counter",
                   "Times the configuration was read again, by result.");
    metrics_count(writer, LABELS("result", "loaded"), server_counter_get(&reloads->loaded));
    metrics_count(writer, LABELS("result", "failed"), server_counter_get(&reloads->failed));
    metrics_family(writer, "jwkeep_config_last_reload_successful", "gauge",
                   "Whether the last reading of the configuration changed what is served by.");
    metrics_count(writer, NULL, server_counter_get(&reloads->is_failing) ? 0 : 1);
}

static void write_events(admin_context *context, metrics_writer *writer) {
    metrics_family(writer, "jwkeep_issuer_events_total", "counter",
                   "What happened at the issuers, by kind of event.");
    for (size_t i = 0; i < jwkeep_verifier_issuer_count(context->verifier); i++) {
        const char *name = jwkeep_verifier_issuer_name(context->verifier, i);
        /* Zeros too: a rate needs the figure from before the first event. */
        (void)history_read(context->history, name, &context->seen);
        for (size_t kind = 0; kind < HISTORY_KIND_COUNT; kind++)
            metrics_count(writer, LABELS("issuer", name, "event", history_kind_names[kind]),
                          context->seen.counts[kind]);
    }
}

static void write_program(const admin_context *context, metrics_writer *writer) {
    metrics_family(writer, "jwkeep_build_info", "gauge", "1, with the version.");
    metrics_count(writer, LABELS("version", jwkeep_version()), 1);
    metrics_family(writer, "jwkeep_start_timestamp_seconds", "gauge",
                   "When the service was started.");
    metrics_sample(writer, "", NULL, (double)context->started_ms / 1e3);
    metrics_family(writer, "jwkeep_workers", "gauge", "Threads that answer requests.");
    metrics_count(writer, NULL, context->worker_count);
}

jwkeep_code admin_write_metrics(admin_context *context, jwkeep_buffer *buffer) {
    metrics_writer writer;
    metrics_init(&writer, buffer);
    write_program(context, &writer);
    write_outcomes(context, &writer);
    write_algorithms(context, &writer);
    write_latency(context, &writer);
    write_loops(context, &writer);
    write_issuers(context, &writer);
    write_events(context, &writer);
    write_caches(context, &writer);
    write_accepted(context, &writer);
    write_reloads(context, &writer);
    write_webhook(context, &writer);
    return writer.code;
}

uint64_t admin_count_decisions(const admin_context *context, size_t policy, size_t outcome) {
    return sum_array(context, OF_POLICY(policy, outcomes), outcome);
}

uint64_t admin_count_outcome(const admin_context *context, size_t outcome) {
    uint64_t sum = 0;
    for (size_t policy = 0; policy < admin_count_policies(context); policy++)
        sum += admin_count_decisions(context, policy, outcome);
    return sum;
}

uint64_t admin_count_open(const admin_context *context) {
    return sum_loops(context, LOOP(open));
}

uint64_t admin_count_parked(const admin_context *context) {
    return sum_loops(context, LOOP(parked));
}

static uint64_t count_misses(const admin_context *context) {
    uint64_t sum = 0;
    for (size_t i = 0; i < jwkeep_verifier_issuer_count(context->verifier); i++) {
        jwkeep_source_status status;
        if (jwkeep_verifier_status(context->verifier, i, &status) == JWKEEP_OK)
            sum += status.cooldown_rejections + status.negative_rejections;
    }
    return sum;
}

void admin_take_sample(admin_context *context) {
    sample taken = {.at_ms = jk_clock_monotonic_ms()};
    if (!samples_are_due(&context->samples, taken.at_ms))
        return;
    for (size_t i = 0; i < VERIFY_OUTCOME_COUNT; i++)
        taken.outcomes[i] = admin_count_outcome(context, i);
    for (size_t policy = 0; policy < admin_count_policies(context); policy++)
        for (size_t i = 0; i <= VERIFY_BUCKET_COUNT; i++)
            taken.buckets[i] += sum_array(context, OF_POLICY(policy, buckets), i);
    taken.misses = count_misses(context);
    samples_add(&context->samples, &taken);
}

void admin_write_totals(const admin_context *context, jwkeep_json_writer *writer) {
    jwkeep_json_write_name(writer, JWKEEP_SPAN("requests"));
    jwkeep_json_write_object(writer);
    for (size_t i = 0; i < VERIFY_OUTCOME_COUNT; i++)
        jwkeep_json_write_member_int64(writer, admin_outcome_names[i],
                                       (int64_t)admin_count_outcome(context, i));
    jwkeep_json_write_end(writer);
    jwkeep_json_write_member_int64(writer, "connections", (int64_t)admin_count_open(context));
    jwkeep_json_write_member_int64(writer, "parked", (int64_t)admin_count_parked(context));
}
