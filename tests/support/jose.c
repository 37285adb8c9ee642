/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the short forms in which tests make keys and tokens. */
#include "support/jose.h"
#include "codec/base64url.h"
#include "jose/jwk.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

jwkeep_jwk *key_of(const char *json) {
    jwkeep_jwk *key = NULL;
    jwkeep_error error = {0};
    if (jwkeep_jwk_parse(jwkeep_span_text(json), NULL, &key, &error))
        fail_msg("%s (%s): %s", jwkeep_code_name(error.code), error.where ? error.where : "",
                 json);
    return key;
}

jwkeep_keyset *keyset_of(const char *json) {
    jwkeep_keyset *set = NULL;
    jwkeep_error error = {0};
    if (jwkeep_keyset_parse(jwkeep_span_text(json), NULL, &set, NULL, &error))
        fail_msg("%s (%s): %s", jwkeep_code_name(error.code), error.where ? error.where : "",
                 json);
    return set;
}

jwkeep_code refusal_of(const char *json, jwkeep_error *error) {
    jwkeep_jwk *key = NULL;
    jwkeep_code code = jwkeep_jwk_parse(jwkeep_span_text(json), NULL, &key, error);
    assert_true((code == JWKEEP_OK) == (key != NULL));
    jwkeep_jwk_unref(key);
    return code;
}

/* `bytes` in base64url at `at`, which has room up to `end`. */
static char *encode(char *at, const char *end, jwkeep_span bytes) {
    size_t size = jk_base64url_encoded_size(bytes.size);
    assert_true(size + 1 < (size_t)(end - at));
    jk_base64url_encode(bytes, at);
    return at + size;
}

void forge(const jwkeep_jwk *key, jwkeep_algorithm algorithm, const char *header,
           const char *payload, char *ret_token, size_t size) {
    const char *end = ret_token + size;
    char *at = encode(ret_token, end, jwkeep_span_text(header));
    *at++ = '.';
    at = encode(at, end, jwkeep_span_text(payload));
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    size_t signature_size;
    jwkeep_span message = jwkeep_span_of(ret_token, (size_t)(at - ret_token));
    if (jk_key_sign(jk_jwk_prepared(key), algorithm, message, signature, &signature_size, NULL))
        fail_msg("cannot sign with %s", jwkeep_algorithm_name(algorithm));
    *at++ = '.';
    at = encode(at, end, jwkeep_span_of(signature, signature_size));
    *at = '\0';
}

bool holds(const jwkeep_buffer *buffer, const char *text) {
    return jwkeep_span_equals(jwkeep_buffer_span(buffer), jwkeep_span_text(text));
}
