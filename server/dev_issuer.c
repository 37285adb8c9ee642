/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the test issuer's life and its tokens. */
#include "server/dev_issuer.h"
#include "base/clock.h"
#include "base/error.h"
#include "server/dev_routes.h"
#include "server/socket.h"
#include <jwkeep/jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define JTI_BYTES 16u
#define MAX_CLAIMS_BYTES 24576u
#define PARKED_TIMEOUT_MS (2 * DEV_ISSUER_MAX_LATENCY_MS)

void dev_issuer_options_init(dev_issuer_options *options) {
    *options = (dev_issuer_options){
        .address = DEV_ISSUER_ADDRESS,
        .audience = DEV_ISSUER_AUDIENCE,
        .algorithms = JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_RS256) |
                      JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_PS256) |
                      JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_ES256) |
                      JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_EDDSA),
        .max_age_s = DEV_ISSUER_MAX_AGE_S,
    };
}

static jwkeep_code check_options(const dev_issuer_options *options, jwkeep_error *error) {
    const char *where = NULL;
    if (!options->address || !server_address_is_loopback(options->address))
        where = "address";
    else if (!options->audience || strlen(options->audience) >= DEV_AUDIENCE_BYTES)
        where = "audience";
    else if (options->algorithms == 0 ||
             (options->algorithms & ~jwkeep_algorithm_asymmetric()) != 0)
        where = "algorithms";
    else if (options->latency_ms > DEV_ISSUER_MAX_LATENCY_MS)
        where = "latency_ms";
    return where ? jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT,
                                "not a possible value for a test issuer", where, NULL)
                 : JWKEEP_OK;
}

static jwkeep_code start_worker(dev_issuer *issuer, const char *address, jwkeep_error *error) {
    int socket = -1;
    server_limits limits;
    server_limits_init(&limits);
    limits.max_parked = limits.max_connections;
    limits.parked_timeout_ms = PARKED_TIMEOUT_MS;
    jwkeep_code code =
        server_worker_new(&dev_issuer_service, issuer, &limits, &issuer->worker, error);
    if (code == JWKEEP_OK)
        code = server_socket_listen(address, 0, "address", &socket, issuer->address, error);
    if (code == JWKEEP_OK)
        code = server_worker_listen(issuer->worker, socket, &issuer->worker, 1, NULL, error);
    if (code != JWKEEP_OK)
        return code;
    snprintf(issuer->url, sizeof issuer->url, "http://%s", issuer->address);
    snprintf(issuer->jwks_url, sizeof issuer->jwks_url, "http://%s/jwks.json", issuer->address);
    return server_worker_start(issuer->worker, error);
}

jwkeep_code dev_issuer_start(const dev_issuer_options *options, dev_issuer **ret_issuer,
                             jwkeep_error *error) {
    jwkeep_code code = check_options(options, error);
    if (code != JWKEEP_OK)
        return code;
    dev_issuer *issuer = calloc(1, sizeof *issuer);
    if (!issuer)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    issuer->max_age_s = options->max_age_s;
    atomic_init(&issuer->latency_ms, options->latency_ms);
    memcpy(issuer->audience, options->audience, strlen(options->audience) + 1);
    code = dev_keys_init(&issuer->keys, options->algorithms, error);
    if (code != JWKEEP_OK) {
        free(issuer);
        return code;
    }
    code = start_worker(issuer, options->address, error);
    if (code != JWKEEP_OK) {
        dev_issuer_stop(issuer);
        return code;
    }
    *ret_issuer = issuer;
    return JWKEEP_OK;
}

void dev_issuer_stop(dev_issuer *issuer) {
    if (!issuer)
        return;
    server_worker_free(issuer->worker);
    dev_keys_done(&issuer->keys);
    free(issuer);
}

const char *dev_issuer_address(const dev_issuer *issuer) {
    return issuer->address;
}

const char *dev_issuer_url(const dev_issuer *issuer) {
    return issuer->url;
}

const char *dev_issuer_jwks_url(const dev_issuer *issuer) {
    return issuer->jwks_url;
}

void dev_issuer_set_latency(dev_issuer *issuer, uint32_t latency_ms) {
    atomic_store_explicit(&issuer->latency_ms, latency_ms, memory_order_release);
}

void dev_issuer_set_failing(dev_issuer *issuer, bool is_failing) {
    atomic_store_explicit(&issuer->is_failing, is_failing, memory_order_release);
}

uint64_t dev_issuer_downloads(const dev_issuer *issuer) {
    return atomic_load_explicit(&issuer->downloads, memory_order_acquire);
}

jwkeep_code dev_issuer_rotate(dev_issuer *issuer, bool retires_previous, jwkeep_error *error) {
    jwkeep_code code = dev_keys_rotate(&issuer->keys, retires_previous, error);
    if (code == JWKEEP_OK)
        atomic_fetch_add_explicit(&issuer->rotations, 1, memory_order_acq_rel);
    return code;
}

static jwkeep_span or_text(jwkeep_span span, const char *otherwise) {
    return jwkeep_span_is_present(span) ? span : jwkeep_span_text(otherwise);
}

static jwkeep_code make_jti(char ret_jti[2 * JTI_BYTES + 1], jwkeep_error *error) {
    uint8_t random[JTI_BYTES];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return jk_fail(error, JWKEEP_SYSTEM_FAILED);
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(ret_jti + 2 * i, 3, "%02x", random[i]);
    return JWKEEP_OK;
}

static void write_times(jwkeep_json_writer *writer, int64_t ttl_s) {
    int64_t now_s = jk_clock_wall_ms() / 1000;
    int64_t expires_s = now_s + (ttl_s == 0 ? DEV_ISSUER_TTL_S : ttl_s);
    /* A token that has expired was issued before. */
    int64_t issued_s = expires_s > now_s ? now_s : expires_s - DEV_ISSUER_TTL_S;
    jwkeep_json_write_member_int64(writer, "iat", issued_s);
    jwkeep_json_write_member_int64(writer, "nbf", issued_s);
    jwkeep_json_write_member_int64(writer, "exp", expires_s);
}

static jwkeep_code write_claims(const dev_issuer *issuer, const dev_issuer_request *request,
                                jwkeep_buffer *claims, jwkeep_error *error) {
    char jti[2 * JTI_BYTES + 1];
    jwkeep_json_writer writer;
    jwkeep_code code = make_jti(jti, error);
    if (code != JWKEEP_OK)
        return code;
    jwkeep_json_writer_init(&writer, claims);
    jwkeep_json_write_object(&writer);
    jwkeep_json_write_member_string(&writer, "iss", jwkeep_span_text(issuer->url));
    jwkeep_json_write_member_string(&writer, "sub", or_text(request->sub, "demo"));
    jwkeep_json_write_member_string(&writer, "aud", or_text(request->aud, issuer->audience));
    write_times(&writer, request->ttl_s);
    jwkeep_json_write_member_string(&writer, "jti", jwkeep_span_text(jti));
    if (jwkeep_span_is_present(request->scope))
        jwkeep_json_write_member_string(&writer, "scope", request->scope);
    jwkeep_json_write_end(&writer);
    code = jwkeep_json_writer_finish(&writer);
    if (code == JWKEEP_JSON_UTF8)
        return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT, "not UTF-8", NULL, NULL);
    return code == JWKEEP_OK ? code : jk_fail(error, code);
}

static jwkeep_code sign(const jwkeep_jwk *key, const dev_issuer *issuer,
                        const dev_issuer_request *request, jwkeep_buffer *buffer,
                        jwkeep_error *error) {
    jwkeep_buffer claims;
    jwkeep_buffer_init(&claims, MAX_CLAIMS_BYTES);
    const jwkeep_jws_signer signer = {.key = key};
    jwkeep_code code = write_claims(issuer, request, &claims, error);
    if (code == JWKEEP_OK)
        code = jwkeep_jwt_sign(jwkeep_buffer_span(&claims), &signer, buffer, error);
    jwkeep_buffer_done(&claims);
    return code;
}

jwkeep_code dev_issuer_mint(dev_issuer *issuer, const dev_issuer_request *request,
                            jwkeep_buffer *buffer, jwkeep_error *error) {
    static const dev_issuer_request usual = {0};
    if (!request)
        request = &usual;
    if (request->ttl_s > DEV_ISSUER_MAX_TTL_S || request->ttl_s < -DEV_ISSUER_MAX_TTL_S)
        return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT, "out of range", "ttl", NULL);
    jwkeep_jwk *key = dev_keys_take(&issuer->keys, request->algorithm);
    if (!key)
        return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT, "no key for this algorithm", "alg",
                            NULL);
    jwkeep_code code = sign(key, issuer, request, buffer, error);
    jwkeep_jwk_unref(key);
    if (code == JWKEEP_OK)
        atomic_fetch_add_explicit(&issuer->tokens, 1, memory_order_acq_rel);
    return code;
}
