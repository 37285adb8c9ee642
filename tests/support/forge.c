/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns signing without the checks of signing. */
#include "support/forge.h"
#include "codec/base64url.h"
#include "jose/jwk.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void require(bool is_good, const char *what) {
    if (!is_good)
        fail_msg("cannot forge: %s", what ? what : "no reason given");
}

char *forge_base64url(jwkeep_span bytes) {
    size_t size = jk_base64url_encoded_size(bytes.size);
    char *text = malloc(size + 1);
    require(text != NULL, "memory");
    jk_base64url_encode(bytes, text);
    text[size] = '\0';
    return text;
}

char *forge_segments(const char *header, const char *payload, const jwkeep_jwk *key,
                     jwkeep_algorithm algorithm) {
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    size_t signature_size = 0;
    char *token = NULL;
    char *signed_bytes = NULL;
    int size = asprintf(&signed_bytes, "%s.%s", header, payload);
    require(size > 0, "memory");
    jwkeep_code code =
        jk_key_sign(jk_jwk_prepared(key), algorithm, jwkeep_span_of(signed_bytes, (size_t)size),
                    signature, &signature_size, NULL);
    require(code == JWKEEP_OK, jwkeep_code_text(code));
    char *encoded = forge_base64url(jwkeep_span_of(signature, signature_size));
    require(asprintf(&token, "%s.%s", signed_bytes, encoded) > 0, "memory");
    free(encoded);
    free(signed_bytes);
    return token;
}

char *forge_token(jwkeep_span header, jwkeep_span payload, const jwkeep_jwk *key,
                  jwkeep_algorithm algorithm) {
    char *encoded_header = forge_base64url(header);
    char *encoded_payload = forge_base64url(payload);
    char *token = forge_segments(encoded_header, encoded_payload, key, algorithm);
    free(encoded_header);
    free(encoded_payload);
    return token;
}

jwkeep_jwk *forge_key(jwkeep_algorithm algorithm, const char *kid) {
    const jwkeep_jwk_spec spec = {.algorithm = algorithm,
                                  .kid = kid ? jwkeep_span_text(kid) : JWKEEP_SPAN("")};
    jwkeep_jwk *key = NULL;
    jwkeep_error error = {0};
    require(jwkeep_jwk_generate(&spec, &key, &error) == JWKEEP_OK, error.text);
    return key;
}

jwkeep_jwk *forge_key_of(const char *json) {
    jwkeep_jwk *key = NULL;
    jwkeep_error error = {0};
    require(jwkeep_jwk_parse(jwkeep_span_text(json), NULL, &key, &error) == JWKEEP_OK,
            error.text);
    return key;
}

jwkeep_keyset *forge_keyset(jwkeep_jwk *const *keys, size_t count) {
    jwkeep_keyset *set = NULL;
    jwkeep_error error = {0};
    require(jwkeep_keyset_new(keys, count, &set, &error) == JWKEEP_OK, error.text);
    return set;
}

static char *text_of(jwkeep_jwk *const *keys, size_t count, bool with_private) {
    jwkeep_keyset *set = forge_keyset(keys, count);
    jwkeep_buffer buffer;
    jwkeep_error error = {0};
    jwkeep_buffer_init(&buffer, 65536);
    require(jwkeep_keyset_write(set, with_private, &buffer, &error) == JWKEEP_OK, error.text);
    char *text = strndup((const char *)buffer.data, buffer.size);
    require(text != NULL, "memory");
    jwkeep_buffer_done(&buffer);
    jwkeep_keyset_unref(set);
    return text;
}

char *forge_keyset_text(jwkeep_jwk *const *keys, size_t count) {
    return text_of(keys, count, false);
}

char *forge_private_keyset_text(jwkeep_jwk *const *keys, size_t count) {
    return text_of(keys, count, true);
}

int64_t forge_now_ms(void *user) {
    (void)user;
    return FORGE_NOW_S * 1000;
}
