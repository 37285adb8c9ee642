/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns fuzzing proofs of possession: URLs, whole proofs, and the header or the payload of a
 * proof that is signed here with the key that its header shows. A URL's normal form is its own
 * normal form; what verifies shows the signer's thumbprint, and is a JWS by that key. */
#include "codec/base64url.h"
#include "jose/jwk.h"
#include "jwt/dpop_url.h"
#include <stdlib.h>

#define NOW_MS INT64_C(1700000000000)
#define MAX_BYTES (2u * JWKEEP_MAX_TOKEN_BYTES)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 7515, appendix A.3 */
#define PUBLIC                                                                                 \
    "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","  \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
static const char private_json[] =
    "{" PUBLIC ",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}";

static jwkeep_jwk *key;
static jwkeep_dpop_proof *seasoned; /* sees every input, one after the other */

static void require(bool is_true) {
    if (!is_true)
        abort();
}

static void set_up(void) {
    if (key)
        return;
    require(jwkeep_jwk_parse(jwkeep_span_text(private_json), NULL, &key, NULL) == JWKEEP_OK);
    require(jwkeep_dpop_proof_new(&seasoned, NULL) == JWKEEP_OK);
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
    require(jk_key_sign(jk_jwk_prepared(key), JWKEEP_ALGORITHM_ES256, jwkeep_buffer_span(token),
                        signature, &size, NULL) == JWKEEP_OK);
    require(jwkeep_buffer_append_text(token, ".") == JWKEEP_OK);
    append_base64url(token, jwkeep_span_of(signature, size));
}

static void check_url(jwkeep_span input) {
    static jk_dpop_url once;
    static jk_dpop_url twice;
    if (!jk_dpop_url_read(input, &once) || once.size > JWKEEP_DPOP_MAX_URL_BYTES)
        return;
    require(jk_dpop_url_read(jwkeep_span_of(once.text, once.size), &twice));
    require(jwkeep_span_equals(jwkeep_span_of(once.text, once.size),
                               jwkeep_span_of(twice.text, twice.size)));
}

static jwkeep_code verify(jwkeep_span bytes, jwkeep_dpop_proof *proof) {
    const jwkeep_dpop_request request = {.proofs = &bytes,
                                         .proof_count = 1,
                                         .method = JWKEEP_SPAN("GET"),
                                         .url = JWKEEP_SPAN("https://api.example/r"),
                                         .access_token = JWKEEP_SPAN("token")};
    jwkeep_error error = {.code = JWKEEP_OK};
    jwkeep_code code = jwkeep_dpop_verify(&request, NULL, NOW_MS, proof, &error);
    require(error.code == code);
    require(code == JWKEEP_OK || jwkeep_code_class(code) == JWKEEP_CLASS_REJECTED);
    require((code == JWKEEP_OK) == jwkeep_span_is_present(jwkeep_dpop_proof_jkt(proof)));
    require((code == JWKEEP_OK) == (jwkeep_dpop_proof_claims(proof) != NULL));
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    set_up();
    if (size == 0 || size > JWKEEP_MAX_TOKEN_BYTES / 2)
        return 0;
    const jwkeep_span input = jwkeep_span_of(data + 1, size - 1);
    jwkeep_buffer bytes;
    jwkeep_buffer_init(&bytes, MAX_BYTES);
    check_url(input);
    if (data[0] % 3 == 0)
        require(jwkeep_buffer_append(&bytes, input) == JWKEEP_OK);
    else if (data[0] % 3 == 1)
        append_signed(
            &bytes,
            JWKEEP_SPAN("{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{" PUBLIC "}}"),
            input);
    else
        append_signed(&bytes, input, JWKEEP_SPAN("{}"));
    jwkeep_dpop_proof *fresh = NULL;
    require(jwkeep_dpop_proof_new(&fresh, NULL) == JWKEEP_OK);
    jwkeep_code code = verify(jwkeep_buffer_span(&bytes), fresh);
    require(verify(jwkeep_buffer_span(&bytes), seasoned) == code);
    if (code == JWKEEP_OK && data[0] % 3 == 1)
        require(
            jwkeep_span_equals(jwkeep_dpop_proof_jkt(fresh), jwkeep_jwk_thumbprint_text(key)));
    jwkeep_dpop_proof_free(fresh);
    jwkeep_buffer_done(&bytes);
    return 0;
}
