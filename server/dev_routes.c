/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the routes of the test issuer. A slow answer is a parked exchange with a delay, so
 * that any number of them can be under way; it shows the keys as they were when it was asked
 * for. Making keys is left to libuv's threads. */
#include "server/dev_routes.h"
#include "base/attributes.h"
#include "server/http/characters.h"
#include "server/http/etag.h"
#include "server/http/form.h"
#include <jwkeep/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

/* What a parked exchange waits for: a delayed JWKS answer or a rotation. */
typedef struct dev_wait {
    uv_work_t work; /* of a rotation */
    dev_issuer *issuer;
    server_exchange *exchange; /* NULL once abandoned; the loop's thread only */
    dev_publication *publication;
    bool retires_previous;
    bool has_ended; /* the rotation; the loop's thread only */
    jwkeep_code code;
} dev_wait;

static void free_wait(dev_wait *wait) {
    dev_keys_give_back(&wait->issuer->keys, wait->publication);
    free(wait);
}

static void mark(http_response *response) {
    http_response_field(response, "X-Jwkeep-Test-Issuer", "1");
}

static void answer_text(http_response *response, uint16_t status, const char *text) {
    http_response_text(response, status, text);
    mark(response);
}

static void finish_json(http_response *response, const jwkeep_json_writer *writer) {
    http_response_json(response, writer);
    mark(response);
}

/* RFC 6749 §5.2. */
static void answer_bad_form(http_response *response, const char *description) {
    jwkeep_json_writer writer;
    http_response_start(response, 400);
    jwkeep_json_writer_init(&writer, &response->body);
    jwkeep_json_write_object(&writer);
    jwkeep_json_write_member_string(&writer, "error", JWKEEP_SPAN("invalid_request"));
    jwkeep_json_write_member_string(&writer, "error_description",
                                    jwkeep_span_text(description));
    jwkeep_json_write_end(&writer);
    finish_json(response, &writer);
}

/* True if the request has no body or one that says it is a form. */
static bool is_form(const http_request *request) {
    jwkeep_span type = http_request_field(request, "content-type");
    const uint8_t *end = type.size ? memchr(type.data, ';', type.size) : NULL;
    if (end)
        type.size = (size_t)(end - type.data);
    return http_request_body(request).size == 0 ||
           http_text_equals(http_trim(type), "application/x-www-form-urlencoded");
}

typedef struct form_field {
    const char *name;
    jwkeep_span *value; /* set once */
} form_field;

/* Takes the fields of the request's form; what is wrong with it, or NULL. */
static const char *read_form(dev_issuer *issuer, const http_request *request,
                             const form_field *fields, size_t count) {
    http_form form;
    jwkeep_span name;
    jwkeep_span value;
    if (!is_form(request))
        return "the body must be application/x-www-form-urlencoded";
    http_form_init(&form, http_request_body(request), issuer->form, sizeof issuer->form);
    while (http_form_next(&form, &name, &value)) {
        size_t i = 0;
        while (i < count && !jwkeep_span_equals(name, jwkeep_span_text(fields[i].name)))
            i++;
        if (i == count)
            return "unknown parameter";
        if (jwkeep_span_is_present(*fields[i].value))
            return "repeated parameter";
        *fields[i].value = value;
    }
    return form.is_malformed ? "malformed form" : NULL;
}

static bool parse_int64(jwkeep_span text, int64_t *ret_number) {
    char digits[24];
    char *end = NULL;
    if (text.size == 0 || text.size >= sizeof digits - 1)
        return false;
    memcpy(digits, text.data, text.size);
    digits[text.size] = '\0';
    long long number = strtoll(digits, &end, 10);
    bool is_plain = digits[0] == '-' || (digits[0] >= '0' && digits[0] <= '9');
    if (!is_plain || *end != '\0')
        return false;
    *ret_number = number;
    return true;
}

static void write_jwks(dev_issuer *issuer, const http_request *request,
                       const dev_publication *publication, http_response *response) {
    char cache_control[64];
    snprintf(cache_control, sizeof cache_control, "public, max-age=%u",
             (unsigned)issuer->max_age_s);
    bool is_known =
        http_etag_matches(http_request_field(request, "if-none-match"), publication->etag);
    http_response_start(response, is_known ? 304 : 200);
    http_response_field(response, "ETag", publication->etag);
    http_response_field(response, "Cache-Control", cache_control);
    mark(response);
    if (is_known) {
        atomic_fetch_add_explicit(&issuer->not_modified, 1, memory_order_acq_rel);
        return;
    }
    http_response_field(response, "Content-Type", "application/jwk-set+json");
    if (jwkeep_buffer_append(&response->body, jwkeep_buffer_span(&publication->body)) !=
        JWKEEP_OK)
        answer_text(response, 500, "the keys could not be written");
}

static void answer_download(dev_issuer *issuer, server_exchange *exchange,
                            const dev_publication *publication) {
    http_response *response = server_exchange_response(exchange);
    if (atomic_load_explicit(&issuer->is_failing, memory_order_acquire))
        answer_text(response, 503, "failing, as it was told to");
    else
        write_jwks(issuer, server_exchange_request(exchange), publication, response);
}

static server_outcome answer_jwks(dev_issuer *issuer, server_exchange *exchange) {
    uint32_t latency_ms = atomic_load_explicit(&issuer->latency_ms, memory_order_acquire);
    atomic_fetch_add_explicit(&issuer->downloads, 1, memory_order_acq_rel);
    dev_wait *wait = calloc(1, sizeof *wait);
    if (!wait) {
        answer_text(server_exchange_response(exchange), 500, "out of memory");
        return SERVER_ANSWERED;
    }
    wait->issuer = issuer;
    wait->publication = dev_keys_take_publication(&issuer->keys);
    if (latency_ms > 0 && server_exchange_delay(exchange, latency_ms)) {
        server_exchange_set_state(exchange, wait);
        return SERVER_PARKED;
    }
    answer_download(issuer, exchange, wait->publication);
    free_wait(wait);
    return SERVER_ANSWERED;
}

static server_outcome answer_discovery(dev_issuer *issuer, server_exchange *exchange) {
    char token_url[DEV_URL_BYTES + 8];
    http_response *response = server_exchange_response(exchange);
    jwkeep_json_writer writer;
    snprintf(token_url, sizeof token_url, "%s/token", issuer->url);
    jwkeep_json_writer_init(&writer, &response->body);
    jwkeep_json_write_object(&writer);
    jwkeep_json_write_member_string(&writer, "issuer", jwkeep_span_text(issuer->url));
    jwkeep_json_write_member_string(&writer, "jwks_uri", jwkeep_span_text(issuer->jwks_url));
    jwkeep_json_write_member_string(&writer, "token_endpoint", jwkeep_span_text(token_url));
    jwkeep_json_write_name(&writer, JWKEEP_SPAN("response_types_supported"));
    jwkeep_json_write_raw(&writer, JWKEEP_SPAN("[\"token\"]"));
    jwkeep_json_write_name(&writer, JWKEEP_SPAN("subject_types_supported"));
    jwkeep_json_write_raw(&writer, JWKEEP_SPAN("[\"public\"]"));
    jwkeep_json_write_name(&writer, JWKEEP_SPAN("id_token_signing_alg_values_supported"));
    jwkeep_json_write_array(&writer);
    for (unsigned i = 1; i < JWKEEP_ALGORITHM_COUNT; i++)
        if ((issuer->keys.algorithms & JWKEEP_ALGORITHM_BIT(i)) != 0)
            jwkeep_json_write_string(
                &writer, jwkeep_span_text(jwkeep_algorithm_name((jwkeep_algorithm)i)));
    jwkeep_json_write_end(&writer);
    jwkeep_json_write_end(&writer);
    finish_json(response, &writer);
    return SERVER_ANSWERED;
}

static const char *read_token_request(dev_issuer *issuer, const http_request *request,
                                      dev_issuer_request *wanted) {
    jwkeep_span ttl = JWKEEP_SPAN_NONE;
    jwkeep_span alg = JWKEEP_SPAN_NONE;
    jwkeep_span grant_type = JWKEEP_SPAN_NONE; /* what OAuth clients send along */
    const form_field fields[] = {{"sub", &wanted->sub}, {"scope", &wanted->scope},
                                 {"aud", &wanted->aud}, {"ttl", &ttl},
                                 {"alg", &alg},         {"grant_type", &grant_type}};
    const char *wrong = read_form(issuer, request, fields, JK_COUNT_OF(fields));
    if (wrong)
        return wrong;
    if (jwkeep_span_is_present(ttl) && !parse_int64(ttl, &wanted->ttl_s))
        return "ttl must be a whole number of seconds";
    if (jwkeep_span_is_present(alg)) {
        wanted->algorithm = jwkeep_algorithm_from_name(alg);
        if (wanted->algorithm == JWKEEP_ALGORITHM_ABSENT)
            return "no such algorithm";
    }
    return NULL;
}

static void write_token(const dev_issuer_request *wanted, jwkeep_span token,
                        http_response *response) {
    jwkeep_json_writer writer;
    http_response_start(response, 200);
    http_response_field(response, "Cache-Control", "no-store");
    jwkeep_json_writer_init(&writer, &response->body);
    jwkeep_json_write_object(&writer);
    jwkeep_json_write_member_string(&writer, "access_token", token);
    jwkeep_json_write_member_string(&writer, "token_type", JWKEEP_SPAN("Bearer"));
    jwkeep_json_write_member_int64(&writer, "expires_in",
                                   wanted->ttl_s == 0 ? DEV_ISSUER_TTL_S : wanted->ttl_s);
    if (jwkeep_span_is_present(wanted->scope))
        jwkeep_json_write_member_string(&writer, "scope", wanted->scope);
    jwkeep_json_write_end(&writer);
    finish_json(response, &writer);
}

static server_outcome answer_token(dev_issuer *issuer, server_exchange *exchange) {
    http_response *response = server_exchange_response(exchange);
    dev_issuer_request wanted = {0};
    jwkeep_error error = {0};
    jwkeep_buffer token;
    const char *wrong = read_token_request(issuer, server_exchange_request(exchange), &wanted);
    if (wrong) {
        answer_bad_form(response, wrong);
        return SERVER_ANSWERED;
    }
    jwkeep_buffer_init(&token, DEV_MAX_TOKEN_BYTES);
    jwkeep_code code = dev_issuer_mint(issuer, &wanted, &token, &error);
    if (code == JWKEEP_OK)
        write_token(&wanted, jwkeep_buffer_span(&token), response);
    else if (jwkeep_code_class(code) == JWKEEP_CLASS_MISUSE)
        answer_bad_form(response, error.text);
    else
        answer_text(response, 500, "the token could not be signed");
    jwkeep_buffer_done(&token);
    return SERVER_ANSWERED;
}

static void rotate_in_background(uv_work_t *work) {
    dev_wait *wait = work->data;
    wait->code = dev_issuer_rotate(wait->issuer, wait->retires_previous, NULL);
}

static void after_rotation(uv_work_t *work, int status) {
    dev_wait *wait = work->data;
    if (status != 0)
        wait->code = JWKEEP_SYSTEM_FAILED;
    wait->has_ended = true;
    if (wait->exchange)
        server_exchange_wake(wait->exchange);
    else
        free_wait(wait);
}

static server_outcome begin_rotation(dev_issuer *issuer, server_exchange *exchange,
                                     bool retires_previous) {
    dev_wait *wait = calloc(1, sizeof *wait);
    if (!wait || !server_exchange_park(exchange)) {
        free(wait);
        answer_text(server_exchange_response(exchange), 503, "not now");
        return SERVER_ANSWERED;
    }
    wait->issuer = issuer;
    wait->exchange = exchange;
    wait->retires_previous = retires_previous;
    wait->work.data = wait;
    server_exchange_set_state(exchange, wait);
    /* Fails only without a callback. */
    (void)uv_queue_work(server_worker_loop(issuer->worker), &wait->work, rotate_in_background,
                        after_rotation);
    return SERVER_PARKED;
}

static server_outcome answer_rotate(dev_issuer *issuer, server_exchange *exchange) {
    jwkeep_span retire = JWKEEP_SPAN_NONE;
    const form_field fields[] = {{"retire", &retire}};
    const char *wrong = read_form(issuer, server_exchange_request(exchange), fields, 1);
    bool retires = jwkeep_span_equals(retire, JWKEEP_SPAN("1"));
    if (!wrong && !retires && jwkeep_span_is_present(retire) &&
        !jwkeep_span_equals(retire, JWKEEP_SPAN("0")))
        wrong = "retire must be 0 or 1";
    if (!wrong)
        return begin_rotation(issuer, exchange, retires);
    answer_bad_form(server_exchange_response(exchange), wrong);
    return SERVER_ANSWERED;
}

static void write_rotation(dev_issuer *issuer, http_response *response) {
    dev_publication *publication = dev_keys_take_publication(&issuer->keys);
    jwkeep_json_writer writer;
    jwkeep_json_writer_init(&writer, &response->body);
    jwkeep_json_write_object(&writer);
    jwkeep_json_write_member_int64(&writer, "generation", (int64_t)publication->generation);
    jwkeep_json_write_name(&writer, JWKEEP_SPAN("kids"));
    jwkeep_json_write_array(&writer);
    for (size_t i = 0; i < jwkeep_keyset_count(publication->set); i++)
        jwkeep_json_write_string(&writer,
                                 jwkeep_jwk_kid(jwkeep_keyset_at(publication->set, i)));
    jwkeep_json_write_end(&writer);
    jwkeep_json_write_end(&writer);
    finish_json(response, &writer);
    dev_keys_give_back(&issuer->keys, publication);
}

static void write_counter(jwkeep_json_writer *writer, const char *name,
                          const _Atomic uint64_t *counter) {
    jwkeep_json_write_member_int64(
        writer, name, (int64_t)atomic_load_explicit(counter, memory_order_acquire));
}

static server_outcome answer_stats(dev_issuer *issuer, server_exchange *exchange) {
    http_response *response = server_exchange_response(exchange);
    dev_publication *publication = dev_keys_take_publication(&issuer->keys);
    jwkeep_json_writer writer;
    jwkeep_json_writer_init(&writer, &response->body);
    jwkeep_json_write_object(&writer);
    write_counter(&writer, "downloads", &issuer->downloads);
    write_counter(&writer, "not_modified", &issuer->not_modified);
    write_counter(&writer, "tokens", &issuer->tokens);
    write_counter(&writer, "rotations", &issuer->rotations);
    jwkeep_json_write_member_int64(&writer, "generation", (int64_t)publication->generation);
    jwkeep_json_write_end(&writer);
    finish_json(response, &writer);
    dev_keys_give_back(&issuer->keys, publication);
    return SERVER_ANSWERED;
}

typedef struct dev_route {
    const char *path;
    const char *method; /* GET takes HEAD as well */
    server_outcome (*answer)(dev_issuer *issuer, server_exchange *exchange);
} dev_route;

static const dev_route routes[] = {
    {"/jwks.json", "GET", answer_jwks},
    {"/.well-known/openid-configuration", "GET", answer_discovery},
    {"/token", "POST", answer_token},
    {"/rotate", "POST", answer_rotate},
    {"/stats", "GET", answer_stats},
};

static bool has_method(const http_request *request, const char *method) {
    return http_request_is(request, method) ||
           (method[0] == 'G' && http_request_is(request, "HEAD"));
}

static server_outcome answer(void *user, server_exchange *exchange) {
    const http_request *request = server_exchange_request(exchange);
    http_response *response = server_exchange_response(exchange);
    for (size_t i = 0; i < JK_COUNT_OF(routes); i++) {
        if (!jwkeep_span_equals(http_request_path(request), jwkeep_span_text(routes[i].path)))
            continue;
        if (has_method(request, routes[i].method))
            return routes[i].answer(user, exchange);
        answer_text(response, 405, "another method");
        http_response_field(response, "Allow", routes[i].method);
        return SERVER_ANSWERED;
    }
    answer_text(response, 404, "this is a test issuer; no such page");
    return SERVER_ANSWERED;
}

static server_outcome resume(void *user, server_exchange *exchange) {
    dev_issuer *issuer = user;
    dev_wait *wait = server_exchange_state(exchange);
    if (wait->publication)
        answer_download(issuer, exchange, wait->publication);
    else if (wait->code == JWKEEP_OK)
        write_rotation(issuer, server_exchange_response(exchange));
    else
        answer_text(server_exchange_response(exchange), 500, "the keys could not be made");
    free_wait(wait);
    server_exchange_set_state(exchange, NULL);
    return SERVER_ANSWERED;
}

static void abandon(void *user, server_exchange *exchange) {
    (void)user;
    dev_wait *wait = server_exchange_state(exchange);
    /* A rotation under way goes on, and frees its record at its end. */
    if (wait->publication || wait->has_ended)
        free_wait(wait);
    else
        wait->exchange = NULL;
}

const server_service dev_issuer_service = {
    .answer = answer, .resume = resume, .abandon = abandon};
