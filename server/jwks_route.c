/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the mirror of key sets. */
#include "server/jwks_route.h"
#include "server/http/etag.h"
#include "server/set_hash.h"
#include <stdio.h>

#define ETAG_BYTES (SET_HASH_TEXT_SIZE + 2)

static void write_etag(const jwkeep_keyset *keys, char ret_etag[ETAG_BYTES]) {
    char hash[SET_HASH_TEXT_SIZE];
    set_hash_write(jwkeep_keyset_hash(keys).data, hash);
    snprintf(ret_etag, ETAG_BYTES, "\"%s\"", hash);
}

bool jwks_find_issuer(const jwkeep_verifier *verifier, jwkeep_span name, size_t *ret_index) {
    size_t count = jwkeep_verifier_issuer_count(verifier);
    for (size_t i = 0; i < count; i++) {
        if (jwkeep_span_equals(name,
                               jwkeep_span_text(jwkeep_verifier_issuer_name(verifier, i)))) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

static jwkeep_code write_public(const jwkeep_keyset *keys, jwkeep_buffer *body) {
    const char *before = "{\"keys\":[";
    for (size_t i = 0; i < jwkeep_keyset_count(keys); i++) {
        const jwkeep_jwk *key = jwkeep_keyset_at(keys, i);
        if (jwkeep_jwk_kty(key) == JWKEEP_KTY_OCT)
            continue;
        jwkeep_code code = jwkeep_buffer_append_text(body, before);
        if (code == JWKEEP_OK)
            code = jwkeep_jwk_write(key, false, body, NULL);
        if (code != JWKEEP_OK)
            return code;
        before = ",";
    }
    jwkeep_code code = before[0] == ',' ? JWKEEP_OK : jwkeep_buffer_append_text(body, before);
    return code == JWKEEP_OK ? jwkeep_buffer_append_text(body, "]}") : code;
}

static void answer_keys(const jwkeep_keyset *keys, int64_t max_age_s,
                        const http_request *request, http_response *response) {
    char etag[ETAG_BYTES];
    char cache_control[64];
    write_etag(keys, etag);
    snprintf(cache_control, sizeof cache_control, "public, max-age=%lld",
             (long long)(max_age_s > 0 ? max_age_s : 0));
    bool is_known = http_etag_matches(http_request_field(request, "if-none-match"), etag);
    http_response_start(response, is_known ? 304 : 200);
    if (!is_known && write_public(keys, &response->body) != JWKEEP_OK) {
        http_response_text(response, 500, "the keys could not be written");
        return;
    }
    if (!is_known)
        http_response_field(response, "Content-Type", "application/jwk-set+json");
    http_response_field(response, "ETag", etag);
    http_response_field(response, "Cache-Control", cache_control);
}

static void answer_issuer(const jwkeep_verifier *verifier, size_t index,
                          const http_request *request, http_response *response) {
    jwkeep_source_status status = {0};
    jwkeep_keyset *keys = jwkeep_verifier_take_keys(verifier, index);
    bool has_status = jwkeep_verifier_status(verifier, index, &status) == JWKEEP_OK;
    if (!keys || !has_status || status.health == JWKEEP_HEALTH_FAILING) {
        http_response_text(response, 503, "no keys now");
        http_response_field(response, "Retry-After", "1");
    } else {
        bool is_local = status.last_success_ms == 0;
        answer_keys(keys, is_local ? JWKS_LOCAL_MAX_AGE_S : status.expires_in_s, request,
                    response);
    }
    jwkeep_keyset_unref(keys);
}

void jwks_answer(const jwkeep_verifier *verifier, const http_request *request,
                 http_response *response) {
    const size_t prefix_size = sizeof JWKS_PATH_PREFIX - 1;
    jwkeep_span path = http_request_path(request);
    jwkeep_span name = jwkeep_span_of(path.data + prefix_size, path.size - prefix_size);
    size_t index = 0;
    if (!jwks_find_issuer(verifier, name, &index)) {
        http_response_text(response, 404, "no such issuer");
    } else if (!http_request_is(request, "GET") && !http_request_is(request, "HEAD")) {
        http_response_text(response, 405, "GET or HEAD");
        http_response_field(response, "Allow", "GET, HEAD");
    } else {
        answer_issuer(verifier, index, request, response);
    }
}
