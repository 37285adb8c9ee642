/* SPDX-License-Identifier: Apache-2.0
 *
 * JWT: whole tokens against fixed keys. The first byte says what the rest is: a token, or the
 * payload or the header of one that is signed here, so that what stands behind the signature
 * is reached too.
 *
 * A token object that has seen other tokens decides as a fresh one does; what verifies as a
 * JWT verifies as a JWS with the same payload; what does not shows nothing. */
#include "codec/base64url.h"
#include "jose/jwk.h"
#include <jwkeep/jwt.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_MS INT64_C(1700000000000)
#define MAX_TOKEN_BYTES (2u * JWKEEP_MAX_TOKEN_BYTES)

static const char keys_json[] =
    "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"h\",\"alg\":\"HS256\","
    "\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1"
    "Z9CAow\"},{\"kty\":\"EC\",\"kid\":\"e\",\"crv\":\"P-256\","
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";

static jwkeep_keyset *keys;
static jwkeep_token *seasoned; /* sees every input, one after the other */

static void require(bool is_true) {
    if (!is_true)
        abort();
}

static void set_up(void) {
    if (keys)
        return;
    require(jwkeep_keyset_parse(jwkeep_span_text(keys_json), NULL, &keys, NULL, NULL) ==
            JWKEEP_OK);
    require(jwkeep_token_new(&seasoned, NULL) == JWKEEP_OK);
}

static void append_base64url(jwkeep_buffer *token, jwkeep_span bytes) {
    uint8_t *text = jwkeep_buffer_extend(token, jk_base64url_encoded_size(bytes.size));
    require(text != NULL);
    jk_base64url_encode(bytes, (char *)text);
}

static void append_signed(jwkeep_buffer *token, jwkeep_span header, jwkeep_span payload) {
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    size_t size = 0;
    append_base64url(token, header);
    require(jwkeep_buffer_append_text(token, ".") == JWKEEP_OK);
    append_base64url(token, payload);
    const jk_key *key = jk_jwk_prepared(jwkeep_keyset_at(keys, 0));
    require(jk_key_sign(key, JWKEEP_ALGORITHM_HS256, jwkeep_buffer_span(token), signature,
                        &size, NULL) == JWKEEP_OK);
    require(jwkeep_buffer_append_text(token, ".") == JWKEEP_OK);
    append_base64url(token, jwkeep_span_of(signature, size));
}

static void make_token(uint8_t kind, jwkeep_span input, jwkeep_buffer *token) {
    if (kind % 3 == 0)
        require(jwkeep_buffer_append(token, input) == JWKEEP_OK);
    else if (kind % 3 == 1)
        append_signed(token, JWKEEP_SPAN("{\"alg\":\"HS256\",\"kid\":\"h\"}"), input);
    else
        append_signed(token, input, JWKEEP_SPAN("{\"iss\":\"i\"}"));
}

static jwkeep_code verify(jwkeep_span bytes, uint8_t kind, jwkeep_token *token) {
    static const char *const texts[] = {"i", "https://issuer.example"};
    static const jwkeep_claim_value values[] = {{JWKEEP_JSON_STRING, "v", 0, false},
                                                {JWKEEP_JSON_NUMBER, NULL, 7, false},
                                                {JWKEEP_JSON_BOOLEAN, NULL, 0, true}};
    static const jwkeep_claim_rule claims[] = {{"c", JWKEEP_CLAIM_ONE_OF, values, 3},
                                               {"d", JWKEEP_CLAIM_CONTAINS, values, 3},
                                               {"d", JWKEEP_CLAIM_CONTAINS_ALL, values, 1}};
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    if (kind & 0x80) {
        rules.issuers = rules.audiences = rules.required = texts;
        rules.issuer_count = rules.audience_count = rules.required_count = 2;
        rules.max_age_s = 3600;
        rules.leeway_s = 60;
        rules.scopes = texts;
        rules.scope_count = 1;
        rules.claims = claims;
        rules.claim_count = 3;
        rules.profile = JWKEEP_PROFILE_ID_TOKEN;
        rules.client_id = "client";
        rules.max_auth_age_s = 60;
    }
    jwkeep_error error = {.code = JWKEEP_OK};
    jwkeep_failures failures;
    jwkeep_code code =
        jwkeep_jwt_verify(bytes, NULL, keys, &rules, NOW_MS, token, &failures, &error);
    require(error.code == code);
    require(code == JWKEEP_OK || jwkeep_code_class(code) == JWKEEP_CLASS_REJECTED);
    require((code == JWKEEP_OK) == (jwkeep_token_claims(token) != NULL));
    require((code == JWKEEP_OK) == (jwkeep_token_header(token) != NULL));
    require(failures.count <= JWKEEP_MAX_FAILURES);
    require(failures.count == 0 || failures.items[0].code == code);
    return code;
}

static void compare_with_jws(jwkeep_span bytes, const jwkeep_token *token) {
    const jwkeep_jws_options options = {.keys = keys};
    jwkeep_buffer payload;
    jwkeep_buffer_init(&payload, MAX_TOKEN_BYTES);
    require(jwkeep_jws_verify(bytes, &options, &payload, NULL, NULL, NULL) == JWKEEP_OK);
    require(jwkeep_span_equals(jwkeep_buffer_span(&payload), jwkeep_token_claims_json(token)));
    jwkeep_buffer_done(&payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    set_up();
    if (size == 0 || size > JWKEEP_MAX_TOKEN_BYTES)
        return 0;
    jwkeep_buffer bytes;
    jwkeep_token *fresh = NULL;
    jwkeep_buffer_init(&bytes, MAX_TOKEN_BYTES);
    make_token(data[0] & 0x7f, jwkeep_span_of(data + 1, size - 1), &bytes);
    require(jwkeep_token_new(&fresh, NULL) == JWKEEP_OK);
    jwkeep_code code = verify(jwkeep_buffer_span(&bytes), data[0], fresh);
    require(verify(jwkeep_buffer_span(&bytes), data[0], seasoned) == code);
    require(jwkeep_span_equals(jwkeep_token_header_json(fresh),
                               jwkeep_token_header_json(seasoned)));
    if (code == JWKEEP_OK)
        compare_with_jws(jwkeep_buffer_span(&bytes), fresh);
    jwkeep_token_free(fresh);
    jwkeep_buffer_done(&bytes);
    return 0;
}
