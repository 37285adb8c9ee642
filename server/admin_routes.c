/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the routes of administration. */
#include "server/admin_routes.h"
#include "base/attributes.h"
#include "base/clock.h"
#include "server/admin_actions.h"
#include "server/admin_metrics.h"
#include "server/alarms.h"
#include "server/page/page.h"
#include "server/set_hash.h"
#include "server/webhook.h"
#include <jwkeep/version.h>

static const char *health_name(jwkeep_health health) {
    return admin_health_names[(size_t)health < ADMIN_HEALTH_COUNT ? health
                                                                  : JWKEEP_HEALTH_FAILING];
}

#define ACCEPTED_TOLD_MAX 1000u /* issuers accepted at run time, in one answer */

static void answer_metrics(admin_context *context, const http_request *request,
                           http_response *response) {
    (void)request;
    if (admin_write_metrics(context, &response->body) != JWKEEP_OK) {
        http_response_text(response, 500, "the metrics could not be written");
        return;
    }
    http_response_field(response, "Content-Type", ADMIN_METRICS_CONTENT_TYPE);
}

static void answer_health(admin_context *context, const http_request *request,
                          http_response *response) {
    (void)context;
    (void)request;
    http_response_text(response, 200, "ok");
}

static void write_text(jwkeep_json_writer *writer, const char *name, const char *text) {
    jwkeep_json_write_member_string(writer, name, jwkeep_span_text(text));
}

static bool is_ready(const jwkeep_source_status *status) {
    return status->health != JWKEEP_HEALTH_FAILING;
}

static const char *reason_of(const jwkeep_source_status *status) {
    if (status->last_error != JWKEEP_OK)
        return jwkeep_code_text(status->last_error);
    if (!is_ready(status))
        return jwkeep_code_text(status->last_success_ms == 0 ? JWKEEP_KEYS_NOT_LOADED
                                                             : JWKEEP_KEYS_STALE);
    return NULL;
}

static bool write_readiness(const admin_context *context, jwkeep_json_writer *writer) {
    bool are_all_ready = true;
    jwkeep_json_write_name(writer, JWKEEP_SPAN("issuers"));
    jwkeep_json_write_array(writer);
    for (size_t i = 0; i < jwkeep_verifier_issuer_count(context->verifier); i++) {
        jwkeep_source_status status;
        if (jwkeep_verifier_status(context->verifier, i, &status) != JWKEEP_OK)
            continue;
        jwkeep_json_write_object(writer);
        write_text(writer, "name", jwkeep_verifier_issuer_name(context->verifier, i));
        jwkeep_json_write_member_boolean(writer, "ready", is_ready(&status));
        write_text(writer, "health", health_name(status.health));
        if (reason_of(&status))
            write_text(writer, "reason", reason_of(&status));
        jwkeep_json_write_end(writer);
        are_all_ready = are_all_ready && is_ready(&status);
    }
    jwkeep_json_write_end(writer);
    return are_all_ready;
}

static void answer_readiness(admin_context *context, const http_request *request,
                             http_response *response) {
    (void)request;
    bool is_draining = atomic_load_explicit(&context->is_draining, memory_order_acquire);
    jwkeep_json_writer writer;
    jwkeep_json_writer_init(&writer, &response->body);
    jwkeep_json_write_object(&writer);
    bool are_all_ready = write_readiness(context, &writer);
    jwkeep_json_write_member_boolean(&writer, "draining", is_draining);
    jwkeep_json_write_member_boolean(&writer, "ready", are_all_ready && !is_draining);
    jwkeep_json_write_end(&writer);
    http_response_json(response, &writer);
    if (response->status == 200 && (!are_all_ready || is_draining))
        response->status = 503;
}

static void write_fetches(const jwkeep_source_status *status, jwkeep_json_writer *writer) {
    jwkeep_json_write_name(writer, JWKEEP_SPAN("fetches"));
    jwkeep_json_write_object(writer);
    for (size_t i = 0; i < JWKEEP_TRIGGER_COUNT; i++)
        jwkeep_json_write_member_int64(writer, admin_trigger_names[i],
                                       (int64_t)status->fetches[i]);
    jwkeep_json_write_member_int64(writer, "changed", (int64_t)status->fetches_changed);
    jwkeep_json_write_member_int64(writer, "unchanged", (int64_t)status->fetches_unchanged);
    jwkeep_json_write_member_int64(writer, "failed", (int64_t)status->fetches_failed);
    jwkeep_json_write_end(writer);
}

static void write_key(const admin_context *context, const jwkeep_jwk *key,
                      jwkeep_json_writer *writer) {
    jwkeep_json_write_object(writer);
    if (jwkeep_span_is_present(jwkeep_jwk_kid(key)))
        jwkeep_json_write_member_string(writer, "kid", jwkeep_jwk_kid(key));
    write_text(writer, "kty", jwkeep_kty_name(jwkeep_jwk_kty(key)));
    if (jwkeep_jwk_algorithm(key) != JWKEEP_ALGORITHM_ABSENT)
        write_text(writer, "alg", jwkeep_algorithm_name(jwkeep_jwk_algorithm(key)));
    /* The thumbprint of a symmetric key is made from the secret (RFC 7638 §7). */
    if (jwkeep_jwk_kty(key) != JWKEEP_KTY_OCT) {
        int64_t came_ms = history_key_came_ms(&context->seen, jwkeep_jwk_thumbprint(key).data);
        jwkeep_json_write_member_string(writer, "thumbprint", jwkeep_jwk_thumbprint_text(key));
        if (came_ms > 0)
            jwkeep_json_write_member_int64(writer, "came_ms", came_ms);
    }
    jwkeep_json_write_end(writer);
}

static void write_keys(const admin_context *context, size_t index, jwkeep_json_writer *writer) {
    jwkeep_keyset *keys = jwkeep_verifier_take_keys(context->verifier, index);
    jwkeep_json_write_name(writer, JWKEEP_SPAN("keys"));
    jwkeep_json_write_array(writer);
    for (size_t i = 0; keys && i < jwkeep_keyset_count(keys); i++)
        write_key(context, jwkeep_keyset_at(keys, i), writer);
    jwkeep_json_write_end(writer);
    jwkeep_keyset_unref(keys);
}

static void write_lookups(const jwkeep_source_status *status, jwkeep_json_writer *writer) {
    const struct {
        const char *name;
        uint64_t count;
    } figures[] = {
        {"waiters", status->waiters},
        {"waiters_coalesced", status->waiters_coalesced},
        {"cooldown_rejections", status->cooldown_rejections},
        {"negative_rejections", status->negative_rejections},
        {"stale_answers", status->stale_answers},
        {"snapshots_failed", status->snapshots_failed},
    };
    for (size_t i = 0; i < JK_COUNT_OF(figures); i++)
        jwkeep_json_write_member_int64(writer, figures[i].name, (int64_t)figures[i].count);
}

static void write_events(const history_issuer *seen, jwkeep_json_writer *writer) {
    jwkeep_json_write_name(writer, JWKEEP_SPAN("events"));
    jwkeep_json_write_array(writer);
    for (size_t i = 0; i < seen->event_count; i++) {
        const history_event *event = &seen->events[i];
        jwkeep_json_write_object(writer);
        write_text(writer, "event", history_kind_names[event->kind]);
        if (event->kid_size > 0)
            jwkeep_json_write_member_string(writer, "kid",
                                            jwkeep_span_of(event->kid, event->kid_size));
        if (event->code != JWKEEP_OK)
            write_text(writer, "reason", jwkeep_code_name(event->code));
        jwkeep_json_write_member_int64(writer, "keys", (int64_t)event->keys);
        jwkeep_json_write_member_int64(writer, "first_ms", event->first_ms);
        jwkeep_json_write_member_int64(writer, "last_ms", event->last_ms);
        jwkeep_json_write_member_int64(writer, "times", event->times);
        jwkeep_json_write_end(writer);
    }
    jwkeep_json_write_end(writer);
}

static void write_figures(const jwkeep_source_status *status, jwkeep_json_writer *writer) {
    char hash[SET_HASH_TEXT_SIZE];
    write_text(writer, "health", health_name(status->health));
    jwkeep_json_write_member_int64(writer, "generation", (int64_t)status->generation);
    jwkeep_json_write_member_int64(writer, "age_s", status->age_s);
    jwkeep_json_write_member_int64(writer, "expires_in_s", status->expires_in_s);
    jwkeep_json_write_member_int64(writer, "last_success_ms", status->last_success_ms);
    write_fetches(status, writer);
    write_lookups(status, writer);
    jwkeep_json_write_member_int64(writer, "keys_skipped", (int64_t)status->keys_skipped);
    jwkeep_json_write_member_boolean(writer, "size_alarm", status->is_size_alarm);
    set_hash_write(status->set_hash, hash);
    write_text(writer, "set_hash", hash);
    if (status->last_error != JWKEEP_OK)
        write_text(writer, "last_error", jwkeep_code_name(status->last_error));
}

static void write_issuer(admin_context *context, size_t index, jwkeep_json_writer *writer) {
    jwkeep_source_status status;
    if (jwkeep_verifier_status(context->verifier, index, &status) != JWKEEP_OK)
        return;
    (void)history_read(context->history, jwkeep_verifier_issuer_name(context->verifier, index),
                       &context->seen);
    jwkeep_json_write_object(writer);
    write_text(writer, "name", jwkeep_verifier_issuer_name(context->verifier, index));
    if (jwkeep_verifier_issuer_id(context->verifier, index))
        write_text(writer, "issuer", jwkeep_verifier_issuer_id(context->verifier, index));
    write_keys(context, index, writer);
    write_figures(&status, writer);
    write_events(&context->seen, writer);
    jwkeep_json_write_end(writer);
}

/* Of issuers that were accepted at run time, the figures of the first that are met. */
typedef struct telling {
    jwkeep_json_writer *writer;
    const char *policy;
    size_t left;
} telling;

static void write_accepted_issuer(void *user, const char *iss,
                                  const jwkeep_source_status *status) {
    telling *it = user;
    if (it->left == 0)
        return;
    it->left--;
    jwkeep_json_write_object(it->writer);
    write_text(it->writer, "policy", it->policy);
    write_text(it->writer, "issuer", iss);
    jwkeep_json_write_member_int64(it->writer, "key_count", (int64_t)status->keys);
    write_figures(status, it->writer);
    jwkeep_json_write_end(it->writer);
}

static void write_accepted(const admin_context *context, jwkeep_json_writer *writer) {
    const server_plan *plan = context->seat.present;
    telling it = {.writer = writer, .left = ACCEPTED_TOLD_MAX};
    jwkeep_json_write_name(writer, JWKEEP_SPAN("accepted_issuers"));
    jwkeep_json_write_array(writer);
    for (size_t i = 0; i < plan->policy_count; i++) {
        it.policy = plan->policies[i].name;
        /* Without memory they are not told this time. */
        (void)!jwkeep_verifier_visit_dynamic(plan->policies[i].verifier, write_accepted_issuer,
                                             &it, NULL);
    }
    jwkeep_json_write_end(writer);
}

/* Not where it is: many a receiver's URL is its password. */
static void write_webhook(const admin_context *context, jwkeep_json_writer *writer) {
    jwkeep_webhook_status status;
    if (!event_webhook_status(context->webhook, &status))
        return;
    jwkeep_json_write_name(writer, JWKEEP_SPAN("webhook"));
    jwkeep_json_write_object(writer);
    jwkeep_json_write_member_int64(writer, "delivered", (int64_t)status.delivered);
    jwkeep_json_write_member_int64(writer, "failed", (int64_t)status.failed);
    jwkeep_json_write_member_int64(writer, "dropped", (int64_t)status.dropped);
    jwkeep_json_write_member_int64(writer, "queued", (int64_t)status.queued);
    jwkeep_json_write_member_int64(writer, "failures_in_row", status.failures_in_row);
    jwkeep_json_write_member_int64(writer, "last_status", status.last_status);
    jwkeep_json_write_member_int64(writer, "last_success_ms", status.last_success_ms);
    if (status.last_error != JWKEEP_OK)
        write_text(writer, "last_error", jwkeep_code_name(status.last_error));
    jwkeep_json_write_end(writer);
}

static void write_alarm(void *user, const service_alarm *it) {
    jwkeep_json_writer *writer = user;
    jwkeep_json_write_object(writer);
    write_text(writer, "kind", it->kind);
    write_text(writer, "severity", it->is_red ? "alarm" : "warning");
    if (it->issuer)
        write_text(writer, "issuer", it->issuer);
    write_text(writer, "text", it->text);
    if (it->reason != JWKEEP_OK)
        write_text(writer, "reason", jwkeep_code_text(it->reason));
    jwkeep_json_write_end(writer);
}

/* Of the last minute. */
static void write_recent(const admin_context *context, jwkeep_json_writer *writer) {
    const sample *from, *to;
    jwkeep_json_write_name(writer, JWKEEP_SPAN("recent"));
    jwkeep_json_write_object(writer);
    if (samples_recent(&context->samples, &from, &to)) {
        jwkeep_json_write_name(writer, JWKEEP_SPAN("requests_per_s"));
        jwkeep_json_write_double(writer,
                                 (double)sample_requests(from, to) / sample_seconds(from, to));
        jwkeep_json_write_name(writer, JWKEEP_SPAN("median_ms"));
        jwkeep_json_write_double(writer, sample_quantile(from, to, 0.5) * 1e3);
        jwkeep_json_write_name(writer, JWKEEP_SPAN("p99_ms"));
        jwkeep_json_write_double(writer, sample_quantile(from, to, 0.99) * 1e3);
    }
    jwkeep_json_write_end(writer);
}

static void answer_status(admin_context *context, const http_request *request,
                          http_response *response) {
    (void)request;
    jwkeep_json_writer writer;
    jwkeep_json_writer_init(&writer, &response->body);
    jwkeep_json_write_object(&writer);
    write_text(&writer, "version", jwkeep_version());
    jwkeep_json_write_member_int64(&writer, "uptime_s",
                                   (jk_clock_wall_ms() - context->started_ms) / 1000);
    jwkeep_json_write_member_int64(&writer, "workers", (int64_t)context->worker_count);
    admin_write_totals(context, &writer);
    write_recent(context, &writer);
    jwkeep_json_write_name(&writer, JWKEEP_SPAN("alarms"));
    jwkeep_json_write_array(&writer);
    alarms_visit(context, write_alarm, &writer);
    jwkeep_json_write_end(&writer);
    jwkeep_json_write_name(&writer, JWKEEP_SPAN("issuers"));
    jwkeep_json_write_array(&writer);
    for (size_t i = 0; i < jwkeep_verifier_issuer_count(context->verifier); i++)
        write_issuer(context, i, &writer);
    jwkeep_json_write_end(&writer);
    write_accepted(context, &writer);
    write_webhook(context, &writer);
    jwkeep_json_write_end(&writer);
    http_response_json(response, &writer);
}

typedef struct admin_route {
    const char *path;
    void (*answer)(admin_context *context, const http_request *request,
                   http_response *response);
} admin_route;

static const admin_route routes[] = {
    {"/metrics", answer_metrics},
    {"/healthz", answer_health},
    {"/readyz", answer_readiness},
    {"/status", answer_status},
};

static void tick(void *user) {
    admin_context *context = user;
    context->verifier = plan_seat_look(&context->seat)->catalogue;
    admin_take_sample(context);
}

static server_outcome answer(void *user, server_exchange *exchange) {
    tick(user);
    const http_request *request = server_exchange_request(exchange);
    http_response *response = server_exchange_response(exchange);
    if (admin_is_action(http_request_path(request)))
        return admin_act(user, exchange);
    bool is_reading = http_request_is(request, "GET") || http_request_is(request, "HEAD");
    if (is_reading && page_answer(user, http_request_path(request), response))
        return SERVER_ANSWERED;
    for (size_t i = 0; i < JK_COUNT_OF(routes); i++) {
        if (!jwkeep_span_equals(http_request_path(request), jwkeep_span_text(routes[i].path)))
            continue;
        if (is_reading) {
            routes[i].answer(user, request, response);
        } else {
            http_response_text(response, 405, "GET or HEAD");
            http_response_field(response, "Allow", "GET, HEAD");
        }
        return SERVER_ANSWERED;
    }
    http_response_text(response, 404, "no such page");
    return SERVER_ANSWERED;
}

/* Only a reload parks. */
static server_outcome resume(void *user, server_exchange *exchange) {
    admin_context *context = user;
    return reload_resume(context->reload, exchange);
}

static void abandon(void *user, server_exchange *exchange) {
    admin_context *context = user;
    reload_abandon(context->reload, exchange);
}

const server_service admin_service = {answer, resume, abandon, tick};
