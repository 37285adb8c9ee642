/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns how a verdict becomes an answer. */
#include "server/verify_route.h"
#include "server/challenge.h"
#include "server/credentials.h"
#include "server/identity.h"
#include "server/introspection.h"
#include "server/jwks_route.h"
#include "server/original.h"
#include <jwkeep/confirmation.h>
#include <stdlib.h>
#include <uv.h>

#define VERIFY_PATH "/verify"
#define RETRY_AFTER_S "1"
#define REJECTED_REASONS 448 /* codes 1000 to 1447 */
#define OTHER_REASONS 32     /* codes 2000 to 2031, 3000 to 3031 */

const uint64_t verify_bucket_ns[VERIFY_BUCKET_COUNT] = {
    10000,   25000,    50000,    100000,    250000,    500000,     1000000,
    2500000, 10000000, 50000000, 250000000, 500000000, 1000000000, 5000000000};

jwkeep_code verify_reason_code(size_t index) {
    if (index < REJECTED_REASONS)
        return (jwkeep_code)(1000 + index);
    index -= REJECTED_REASONS;
    return (jwkeep_code)(2000 + index / OTHER_REASONS * 1000 + index % OTHER_REASONS);
}

static void count_reason(verify_counters *counters, jwkeep_code code) {
    size_t class = (size_t)code / 1000;
    size_t index = (size_t)code % 1000;
    if (class == 1 && index < REJECTED_REASONS)
        server_counter_add(&counters->reasons[index], 1);
    else if ((class == 2 || class == 3) && index < OTHER_REASONS)
        server_counter_add(
            &counters->reasons[REJECTED_REASONS + (class - 2) * OTHER_REASONS + index], 1);
}

static void count(policy_counters *counters, verify_outcome outcome, uint64_t began_ns) {
    uint64_t took_ns = uv_hrtime() - began_ns;
    size_t bucket = 0;
    while (bucket < VERIFY_BUCKET_COUNT && took_ns > verify_bucket_ns[bucket])
        bucket++;
    server_counter_add(&counters->outcomes[outcome], 1);
    server_counter_add(&counters->buckets[bucket], 1);
    server_counter_add(&counters->total_ns, took_ns);
}

/* A request that is being judged. */
typedef struct judging {
    verify_context *context;
    http_response *response;
    const server_policy *policy;
    size_t number; /* under which the policy is counted */
    jwkeep_span token;
    const char *reason; /* why it does not pass: constant text, for the log */
    uint8_t *form;      /* of an introspection: where its token stands; NULL: a verdict */
} judging;

/* The present plan, its policies numbered. */
static const server_plan *look_at_plan(verify_context *context) {
    const server_plan *plan = plan_seat_look(&context->seat);
    if (plan != context->numbered) {
        policy_numbers_assign(context->numbers, plan, context->number_of);
        context->numbered = plan;
    }
    return plan;
}

/* A policy of the present plan. */
static void judge_by(judging *it, const server_policy *policy) {
    it->policy = policy;
    it->number = it->context->number_of[policy - it->context->numbered->policies];
}

static policy_counters *counters_of(const judging *it) {
    return &it->context->counters.policies[it->number];
}

/* The second segment of a compact token is its claims. */
static jwkeep_span payload_of(jwkeep_span token) {
    const uint8_t *first = memchr(token.data, '.', token.size);
    const uint8_t *begin = first ? first + 1 : token.data;
    size_t room = token.size - (size_t)(begin - token.data);
    const uint8_t *end = memchr(begin, '.', room);
    return jwkeep_span_of(begin, end ? (size_t)(end - begin) : room);
}

static void allow(const judging *it, const jwkeep_token *token) {
    http_response_start(it->response, 200);
    jwkeep_span claims = token ? payload_of(it->token) : JWKEEP_SPAN_NONE;
    size_t dropped = identity_send(it->policy, token, claims, it->response);
    server_counter_add(&it->context->counters.unsafe_values, dropped);
}

static void challenge_with(const judging *it, uint16_t status, const char *error,
                           const char *description, const char *scope) {
    char text[CHALLENGE_BYTES];
    const challenge said = {.realm = it->policy->realm,
                            .error = error,
                            .description = description,
                            .scope = scope,
                            .resource_metadata = it->policy->resource_metadata};
    challenge_write(&said, text);
    http_response_start(it->response, status);
    http_response_field(it->response, "WWW-Authenticate", text);
}

static void answer_unavailable(http_response *response, const char *text) {
    http_response_text(response, 503, text);
    http_response_field(response, "Retry-After", RETRY_AFTER_S);
}

/* A token without `scope` lacks the scopes, too. */
static bool lacks_scope(const judging *it, jwkeep_code code, const jwkeep_error *error) {
    return code == JWKEEP_SCOPE_INSUFFICIENT ||
           (code == JWKEEP_CLAIM_MISSING && it->policy->scope && error->where &&
            strcmp(error->where, "scope") == 0);
}

static verify_outcome reject(judging *it, jwkeep_code code, const jwkeep_error *error) {
    count_reason(&it->context->counters, code);
    if (lacks_scope(it, code, error)) {
        challenge_with(it, 403, "insufficient_scope", error->text, it->policy->scope);
        return VERIFY_FORBIDDEN;
    }
    if (code == JWKEEP_AUDIENCE_MISMATCH && it->policy->is_wrong_audience_forbidden) {
        challenge_with(it, 403, "invalid_token", error->text, NULL);
        return VERIFY_FORBIDDEN;
    }
    challenge_with(it, 401, "invalid_token", error->text, NULL);
    return VERIFY_REJECTED;
}

/* RFC 7662 §2.2: whatever is wrong with a token, it is not active. */
static verify_outcome answer_introspection(judging *it, jwkeep_code code,
                                           const jwkeep_error *error) {
    bool is_rejected = jwkeep_code_class(code) == JWKEEP_CLASS_REJECTED;
    it->reason = jwkeep_code_name(code);
    if (code == JWKEEP_OK || is_rejected) {
        introspection_tell(is_rejected ? NULL : it->context->token, it->response);
        return is_rejected ? VERIFY_REJECTED : VERIFY_ALLOWED;
    }
    answer_unavailable(it->response, error->text);
    return VERIFY_UNAVAILABLE;
}

/* Neither proof nor certificate is shown here: a bound token would serve whoever has it. Who
 * introspects is told `cnf` instead, and can hold it against the key. */
static jwkeep_code check_binding(const judging *it, jwkeep_error *error) {
    if (it->policy->takes_bound_tokens)
        return JWKEEP_OK;
    return jwkeep_confirmation_check(it->context->token, NULL, error);
}

static verify_outcome answer_verdict(judging *it, jwkeep_code code, jwkeep_error *error) {
    if (it->form)
        return answer_introspection(it, code, error);
    if (code == JWKEEP_OK)
        code = check_binding(it, error);
    it->reason = jwkeep_code_name(code);
    switch (jwkeep_code_class(code)) {
    case JWKEEP_CLASS_OK:
        if (code != JWKEEP_OK)
            break;
        server_counter_add(
            &counters_of(it)->algorithms[jwkeep_token_algorithm(it->context->token)], 1);
        allow(it, it->context->token);
        return VERIFY_ALLOWED;
    case JWKEEP_CLASS_REJECTED:
        return reject(it, code, error);
    case JWKEEP_CLASS_KEY_UNAVAILABLE:
    case JWKEEP_CLASS_TRANSPORT:
        count_reason(&it->context->counters, code);
        answer_unavailable(it->response, error->text);
        return VERIFY_UNAVAILABLE;
    case JWKEEP_CLASS_MISUSE:
    case JWKEEP_CLASS_INTERNAL:
        break;
    }
    http_response_text(it->response, 500, "the token could not be judged");
    return VERIFY_FAILED;
}

/* A request that waits for keys, with the plan by which it will be judged. */
typedef struct parked {
    jwkeep_pending *pending;
    server_plan *plan;
    const server_policy *policy;
    size_t number;
    jwkeep_span token;
    uint8_t *form;
} parked;

static void free_parked(parked *waiting) {
    plan_let_go(waiting->plan);
    free(waiting->form);
    free(waiting);
}

static void on_notify(void *user) {
    server_exchange_wake(user);
}

/* Nothing of the request is told: not its token, nor what it asked the gateway for. */
static void tell(const judging *it, verify_outcome outcome) {
    static const log_kind kinds[VERIFY_OUTCOME_COUNT] = {
        [VERIFY_NO_TOKEN] = LOG_NO_TOKEN,       [VERIFY_INVALID_REQUEST] = LOG_REFUSED,
        [VERIFY_REJECTED] = LOG_REFUSED,        [VERIFY_FORBIDDEN] = LOG_FORBIDDEN,
        [VERIFY_UNAVAILABLE] = LOG_UNAVAILABLE, [VERIFY_FAILED] = LOG_FAILED};
    if (outcome == VERIFY_ALLOWED || !it->context->log)
        return;
    EVENT(it->context->log, kinds[outcome], "a request does not pass",
          LOG_TEXT("policy", it->policy->name),
          LOG_TEXT("reason", it->reason ? it->reason : "no_token"),
          LOG_NUMBER("status", it->response->status));
}

static server_outcome finish(const judging *it, const server_exchange *exchange,
                             verify_outcome outcome) {
    count(counters_of(it), outcome, server_exchange_began_ns(exchange));
    tell(it, outcome);
    return SERVER_ANSWERED;
}

static server_outcome answer_full(judging *it, server_exchange *exchange,
                                  jwkeep_pending *pending) {
    jwkeep_pending_cancel(pending);
    server_exchange_forget(exchange);
    it->reason = jwkeep_code_name(JWKEEP_KEYS_BUSY);
    count_reason(&it->context->counters, JWKEEP_KEYS_BUSY);
    answer_unavailable(it->response, jwkeep_code_text(JWKEEP_KEYS_BUSY));
    return finish(it, exchange, VERIFY_UNAVAILABLE);
}

static server_outcome park(judging *it, server_exchange *exchange, jwkeep_pending *pending) {
    parked *waiting = malloc(sizeof *waiting);
    if (!waiting || !server_exchange_park(exchange)) {
        free(waiting);
        return answer_full(it, exchange, pending);
    }
    *waiting = (parked){.pending = pending,
                        .plan = it->context->seat.present,
                        .policy = it->policy,
                        .number = it->number,
                        .token = it->token,
                        .form = it->form};
    it->form = NULL;
    plan_hold(waiting->plan);
    server_exchange_set_state(exchange, waiting);
    return SERVER_PARKED;
}

static server_outcome judge(judging *it, server_exchange *exchange) {
    jwkeep_error error = {0};
    jwkeep_pending *pending = NULL;
    jwkeep_code code =
        jwkeep_verifier_begin(it->policy->verifier, it->token, it->context->wait_ms, on_notify,
                              exchange, it->context->token, &pending, NULL, &error);
    if (code == JWKEEP_PENDING)
        return park(it, exchange, pending);
    return finish(it, exchange, answer_verdict(it, code, &error));
}

/* Fetch: a preflight asks whether a request may be sent, and never has credentials. */
static bool is_preflight(const http_request *request, const original_request *original) {
    return jwkeep_span_equals(original->method, JWKEEP_SPAN("OPTIONS")) &&
           jwkeep_span_is_present(http_request_field(request, "origin")) &&
           jwkeep_span_is_present(http_request_field(request, "access-control-request-method"));
}

/* The rule for the client's path, however it is read; NULL if there is none. False for a path
 * that falls under one rule or another by how it is read. */
static bool find_rule(const judging *it, const original_request *original,
                      const policy_rule **ret_rule) {
    const policy_rule *found = NULL;
    for (unsigned reading = 0; reading < HTTP_PATH_READINGS; reading++) {
        jwkeep_span path;
        if (!http_path_read(original->path, (http_path_reading)reading, it->context->path,
                            &path))
            return false;
        const policy_rule *rule = policy_find_rule(it->policy, original->method, path);
        if (reading > 0 && rule != found)
            return false;
        found = rule;
    }
    *ret_rule = found;
    return true;
}

/* By the rules of the policy, if it has any: whether that is decided already, without a token;
 * else perhaps another policy. */
static bool apply_rules(judging *it, const original_request *original,
                        verify_outcome *ret_outcome) {
    if (it->policy->rule_count == 0)
        return false;
    const policy_rule *rule = NULL;
    bool is_clear = find_rule(it, original, &rule);
    if (!is_clear || (rule && rule->verdict == POLICY_DENY)) {
        it->reason = is_clear ? "denied_by_rule" : "ambiguous_path";
        http_response_text(it->response, 403,
                           is_clear ? "not allowed by a rule" : "an ambiguous path");
        *ret_outcome = VERIFY_FORBIDDEN;
        return true;
    }
    if (rule && rule->verdict == POLICY_ALLOW) {
        allow(it, NULL);
        *ret_outcome = VERIFY_ALLOWED;
        return true;
    }
    if (rule)
        judge_by(it, rule->judge);
    return false;
}

static server_outcome verify(judging *it, server_exchange *exchange, jwkeep_span rest) {
    const http_request *request = server_exchange_request(exchange);
    original_request original;
    verify_outcome outcome;
    if (!original_read(it->policy->gateway, request, rest, &original)) {
        it->reason = "no_original_request";
        http_response_text(it->response, 403, "the original request is not told");
        return finish(it, exchange, VERIFY_FORBIDDEN);
    }
    if (apply_rules(it, &original, &outcome))
        return finish(it, exchange, outcome);
    credentials found = credentials_find(it->policy, request, original.query);
    if (found.fault) {
        it->reason = "invalid_request";
        challenge_with(it, 401, "invalid_request", found.fault, NULL);
        return finish(it, exchange, VERIFY_INVALID_REQUEST);
    }
    if (!jwkeep_span_is_present(found.token)) {
        bool passes = it->policy->passes_preflight && is_preflight(request, &original);
        if (passes)
            allow(it, NULL);
        else
            challenge_with(it, 401, NULL, NULL, NULL);
        return finish(it, exchange, passes ? VERIFY_ALLOWED : VERIFY_NO_TOKEN);
    }
    it->token = found.token;
    return judge(it, exchange);
}

static server_outcome introspect(judging *it, server_exchange *exchange,
                                 const introspection *settings) {
    const http_request *request = server_exchange_request(exchange);
    judge_by(it, settings->policy);
    it->form = malloc(http_request_body(request).size + 1);
    if (!it->form) {
        http_response_text(it->response, 500, "out of memory");
        return SERVER_ANSWERED;
    }
    server_outcome outcome = SERVER_ANSWERED;
    if (!introspection_refuses(settings, request, it->response, it->form, &it->token))
        outcome = judge(it, exchange);
    free(it->form); /* a parked request has taken it */
    return outcome;
}

static bool has_prefix(jwkeep_span path, const char *prefix) {
    size_t size = strlen(prefix);
    return path.size >= size && memcmp(path.data, prefix, size) == 0;
}

/* The policy that the path names, and what stands behind its name; NULL for another path. */
static const server_policy *find_policy(const server_plan *plan, jwkeep_span path,
                                        jwkeep_span *ret_rest) {
    const size_t size = sizeof VERIFY_PATH - 1;
    if (!has_prefix(path, VERIFY_PATH) || (path.size > size && path.data[size] != '/'))
        return NULL;
    *ret_rest = JWKEEP_SPAN_NONE;
    if (path.size == size)
        return &plan->policies[0];
    jwkeep_span name = jwkeep_span_of(path.data + size + 1, path.size - size - 1);
    const uint8_t *end = memchr(name.data, '/', name.size);
    if (end) {
        *ret_rest = jwkeep_span_of(end, name.size - (size_t)(end - name.data));
        name.size = (size_t)(end - name.data);
    }
    const server_policy *found = plan_find(plan, name);
    bool takes_rest = found && found->gateway == POLICY_GATEWAY_ENVOY;
    return ret_rest->size == 0 || takes_rest ? found : NULL;
}

static server_outcome answer(void *user, server_exchange *exchange) {
    verify_context *context = user;
    const server_plan *plan = look_at_plan(context);
    const http_request *request = server_exchange_request(exchange);
    http_response *response = server_exchange_response(exchange);
    jwkeep_span path = http_request_path(request);
    jwkeep_span rest;
    judging it = {.context = context, .response = response};
    const server_policy *policy = find_policy(plan, path, &rest);
    if (policy) {
        judge_by(&it, policy);
        return verify(&it, exchange, rest);
    }
    if (plan->introspection && jwkeep_span_equals(path, JWKEEP_SPAN(INTROSPECTION_PATH)))
        return introspect(&it, exchange, plan->introspection);
    if (has_prefix(path, JWKS_PATH_PREFIX))
        jwks_answer(plan->catalogue, request, response);
    else
        http_response_text(response, 404, "no such page");
    return SERVER_ANSWERED;
}

static server_outcome resume(void *user, server_exchange *exchange) {
    verify_context *context = user;
    parked *waiting = server_exchange_state(exchange);
    judging it = {.context = context,
                  .response = server_exchange_response(exchange),
                  .policy = waiting->policy,
                  .number = waiting->number,
                  .token = waiting->token,
                  .form = waiting->form};
    jwkeep_error error = {0};
    jwkeep_code code = jwkeep_pending_finish(waiting->pending, context->token, NULL, &error);
    server_exchange_set_state(exchange, NULL);
    server_outcome outcome = finish(&it, exchange, answer_verdict(&it, code, &error));
    free_parked(waiting);
    return outcome;
}

static void abandon(void *user, server_exchange *exchange) {
    (void)user;
    parked *waiting = server_exchange_state(exchange);
    jwkeep_pending_cancel(waiting->pending);
    server_exchange_set_state(exchange, NULL);
    free_parked(waiting);
}

static void tick(void *user) {
    verify_context *context = user;
    (void)look_at_plan(context);
}

const server_service verify_service = {answer, resume, abandon, tick};
