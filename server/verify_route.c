/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns how a verdict becomes an answer. */
#include "server/verify_route.h"
#include "server/challenge.h"
#include "server/http/characters.h"
#include "server/jwks_route.h"
#include <uv.h>

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

static void count(verify_counters *counters, verify_outcome outcome, uint64_t began_ns) {
    uint64_t took_ns = uv_hrtime() - began_ns;
    size_t bucket = 0;
    while (bucket < VERIFY_BUCKET_COUNT && took_ns > verify_bucket_ns[bucket])
        bucket++;
    server_counter_add(&counters->outcomes[outcome], 1);
    server_counter_add(&counters->buckets[bucket], 1);
    server_counter_add(&counters->total_ns, took_ns);
}

/* Always sends the field, so that a client's own of that name never passes a gateway. */
static void send_identity(verify_context *context, http_response *response, const char *name,
                          jwkeep_span value) {
    if (value.size <= VERIFY_MAX_IDENTITY_BYTES && http_is_safe_value(value) &&
        http_response_try_field(response, name, value))
        return;
    server_counter_add(&context->counters.unsafe_values, 1);
    http_response_field(response, name, "");
}

static void allow(verify_context *context, http_response *response) {
    jwkeep_span scope = JWKEEP_SPAN_NONE;
    /* Absent, or not a string: empty. */
    if (jwkeep_token_claim_string(context->token, "scope", &scope) != JWKEEP_OK)
        scope = JWKEEP_SPAN_NONE;
    http_response_start(response, 200);
    send_identity(context, response, "X-Auth-Subject", jwkeep_token_subject(context->token));
    send_identity(context, response, "X-Auth-Issuer", jwkeep_token_issuer(context->token));
    send_identity(context, response, "X-Auth-Scope", scope);
}

static void challenge(const verify_context *context, http_response *response, const char *error,
                      const char *description) {
    char text[CHALLENGE_BYTES];
    challenge_write(context->realm, error, description, text);
    http_response_start(response, 401);
    http_response_field(response, "WWW-Authenticate", text);
}

static void answer_unavailable(http_response *response, const char *text) {
    http_response_text(response, 503, text);
    http_response_field(response, "Retry-After", RETRY_AFTER_S);
}

static verify_outcome answer_verdict(verify_context *context, http_response *response,
                                     jwkeep_code code, const jwkeep_error *error) {
    switch (jwkeep_code_class(code)) {
    case JWKEEP_CLASS_OK:
        if (code != JWKEEP_OK)
            break;
        allow(context, response);
        return VERIFY_ALLOWED;
    case JWKEEP_CLASS_REJECTED:
        count_reason(&context->counters, code);
        challenge(context, response, "invalid_token", error->text);
        return VERIFY_REJECTED;
    case JWKEEP_CLASS_KEY_UNAVAILABLE:
    case JWKEEP_CLASS_TRANSPORT:
        count_reason(&context->counters, code);
        answer_unavailable(response, error->text);
        return VERIFY_UNAVAILABLE;
    case JWKEEP_CLASS_MISUSE:
    case JWKEEP_CLASS_INTERNAL:
        break;
    }
    http_response_text(response, 500, "the token could not be judged");
    return VERIFY_FAILED;
}

/* The credentials behind the scheme `Bearer` (any case, RFC 9110 §11.1) and its space; absent
 * if there is no such scheme. */
static jwkeep_span bearer_credentials(jwkeep_span authorization) {
    static const char scheme[] = "bearer";
    const size_t size = sizeof scheme - 1;
    if (authorization.size < size ||
        !http_text_equals(jwkeep_span_of(authorization.data, size), scheme) ||
        (authorization.size > size && authorization.data[size] != ' '))
        return JWKEEP_SPAN_NONE;
    return http_trim(jwkeep_span_of(authorization.data + size, authorization.size - size));
}

static bool is_single(jwkeep_span credentials) {
    for (size_t i = 0; i < credentials.size; i++)
        if (credentials.data[i] == ' ' || credentials.data[i] == '\t' ||
            credentials.data[i] == ',')
            return false;
    return credentials.size > 0;
}

static void on_notify(void *user) {
    server_exchange_wake(user);
}

static server_outcome finish(verify_context *context, const server_exchange *exchange,
                             verify_outcome outcome) {
    count(&context->counters, outcome, server_exchange_began_ns(exchange));
    return SERVER_ANSWERED;
}

static server_outcome answer_full(verify_context *context, server_exchange *exchange,
                                  jwkeep_pending *pending) {
    jwkeep_pending_cancel(pending);
    server_exchange_forget(exchange);
    count_reason(&context->counters, JWKEEP_KEYS_BUSY);
    answer_unavailable(server_exchange_response(exchange), jwkeep_code_text(JWKEEP_KEYS_BUSY));
    return finish(context, exchange, VERIFY_UNAVAILABLE);
}

static server_outcome judge(verify_context *context, server_exchange *exchange,
                            jwkeep_span token) {
    jwkeep_error error = {0};
    jwkeep_pending *pending = NULL;
    jwkeep_code code =
        jwkeep_verifier_begin(context->verifier, token, context->wait_ms, on_notify, exchange,
                              context->token, &pending, NULL, &error);
    if (code == JWKEEP_PENDING) {
        if (!server_exchange_park(exchange))
            return answer_full(context, exchange, pending);
        server_exchange_set_state(exchange, pending);
        return SERVER_PARKED;
    }
    return finish(context, exchange,
                  answer_verdict(context, server_exchange_response(exchange), code, &error));
}

static server_outcome refuse(verify_context *context, server_exchange *exchange,
                             const char *description) {
    challenge(context, server_exchange_response(exchange), "invalid_request", description);
    return finish(context, exchange, VERIFY_INVALID_REQUEST);
}

static server_outcome verify(verify_context *context, server_exchange *exchange) {
    const http_request *request = server_exchange_request(exchange);
    if (request->reader->authorization_count > 1)
        return refuse(context, exchange, "more than one Authorization field");
    jwkeep_span credentials = bearer_credentials(http_request_field(request, "authorization"));
    if (!jwkeep_span_is_present(credentials)) {
        challenge(context, server_exchange_response(exchange), NULL, NULL);
        return finish(context, exchange, VERIFY_NO_TOKEN);
    }
    if (!is_single(credentials))
        return refuse(context, exchange, "not exactly one token");
    return judge(context, exchange, credentials);
}

static bool has_prefix(jwkeep_span path, const char *prefix) {
    size_t size = strlen(prefix);
    return path.size >= size && memcmp(path.data, prefix, size) == 0;
}

static server_outcome answer(void *user, server_exchange *exchange) {
    verify_context *context = user;
    const http_request *request = server_exchange_request(exchange);
    http_response *response = server_exchange_response(exchange);
    jwkeep_span path = http_request_path(request);
    if (jwkeep_span_equals(path, JWKEEP_SPAN("/verify")))
        return verify(context, exchange);
    if (has_prefix(path, JWKS_PATH_PREFIX))
        jwks_answer(context->verifier, request, response);
    else
        http_response_text(response, 404, "no such page");
    return SERVER_ANSWERED;
}

static server_outcome resume(void *user, server_exchange *exchange) {
    verify_context *context = user;
    jwkeep_error error = {0};
    jwkeep_code code =
        jwkeep_pending_finish(server_exchange_state(exchange), context->token, NULL, &error);
    server_exchange_set_state(exchange, NULL);
    return finish(context, exchange,
                  answer_verdict(context, server_exchange_response(exchange), code, &error));
}

static void abandon(void *user, server_exchange *exchange) {
    (void)user;
    jwkeep_pending_cancel(server_exchange_state(exchange));
    server_exchange_set_state(exchange, NULL);
}

const server_service verify_service = {answer, resume, abandon};
