/* SPDX-License-Identifier: Apache-2.0
 *
 * Compact JWS under the keys of the RFCs' examples: nothing holds but those very examples,
 * byte for byte, and a token that does not hold leaves the outputs empty. (The second valid
 * signature that ECDSA has for every one is beyond a fuzzer's arithmetic.) */
#include "../tests/unit/jose/vectors.h"
#include <jwkeep/jws.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_WRITTEN (1u << 16)

static const char keys_json[] =
    "{\"keys\":[" RFC7517_A3_HMAC "," RFC7515_A2_KEY "," RFC7515_A3_KEY "," RFC7515_A4_KEY
    "," RFC8037_A2 ",{" RFC7520_RSA_PUBLIC "},{" RFC7520_EC_PUBLIC "}," RFC7520_HMAC "]}";

static const char *const good[] = {RFC7515_A1,  RFC7515_A2,  RFC7515_A3,  RFC7515_A4,
                                   RFC8037_A4,  RFC7520_4_1, RFC7520_4_2, RFC7520_4_3,
                                   RFC7520_4_4, RFC7520_4_6};

static void require(bool is_true) {
    if (!is_true)
        abort();
}

static const jwkeep_keyset *fixed_keys(void) {
    static jwkeep_keyset *keys;
    if (!keys)
        require(jwkeep_keyset_parse(jwkeep_span_text(keys_json), NULL, &keys, NULL, NULL) ==
                JWKEEP_OK);
    return keys;
}

static bool is_good(jwkeep_span token) {
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (jwkeep_span_equals(token, jwkeep_span_text(good[i])))
            return true;
    return false;
}

static void verify(jwkeep_span token) {
    jwkeep_jws_options options = {.keys = fixed_keys()};
    jwkeep_buffer payload;
    jwkeep_buffer header;
    jwkeep_buffer_init(&payload, MAX_WRITTEN);
    jwkeep_buffer_init(&header, MAX_WRITTEN);
    const jwkeep_jwk *key = NULL;
    jwkeep_error error = {.code = JWKEEP_OK, .offset = JWKEEP_NO_OFFSET};
    jwkeep_code code = jwkeep_jws_verify(token, &options, &payload, &header, &key, &error);
    require(code == error.code);
    require((code == JWKEEP_OK) == is_good(token));
    require((code == JWKEEP_OK) == (key != NULL));
    require(code == JWKEEP_OK || (payload.size == 0 && header.size == 0));
    require(code == JWKEEP_OK || jwkeep_code_class(code) == JWKEEP_CLASS_REJECTED);
    require(error.offset == JWKEEP_NO_OFFSET || error.offset <= token.size);
    jwkeep_buffer_done(&payload);
    jwkeep_buffer_done(&header);
}

/* The signature is replaced by the one of a good token: what the header says then decides. */
static void graft(jwkeep_span token) {
    const uint8_t *dot = token.size ? memchr(token.data, '.', token.size) : NULL;
    jwkeep_span header = {token.data, dot ? (size_t)(dot - token.data) : token.size};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        jwkeep_buffer grafted;
        jwkeep_buffer_init(&grafted, 1u << 22);
        require(jwkeep_buffer_append(&grafted, header) == JWKEEP_OK);
        require(jwkeep_buffer_append_text(&grafted, strchr(good[i], '.')) == JWKEEP_OK);
        verify(jwkeep_buffer_span(&grafted));
        jwkeep_buffer_done(&grafted);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    jwkeep_span token = {data, size};
    verify(token);
    graft(token);
    return 0;
}
