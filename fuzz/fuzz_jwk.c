/* SPDX-License-Identifier: Apache-2.0
 *
 * JWK: an accepted key, written and read again, is the same in every member and is written
 * the same again; its public half tells no secret; a refused one has a code of the input. */
#include "jose/jwk_form.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_WRITTEN (1u << 22)

static void require(bool is_true) {
    if (!is_true)
        abort();
}

static jwkeep_jwk *parse(jwkeep_span json) {
    jwkeep_jwk *key = NULL;
    jwkeep_error error = {.code = JWKEEP_OK};
    jwkeep_code code = jwkeep_jwk_parse(json, NULL, &key, &error);
    require(code == error.code);
    require((code == JWKEEP_OK) == (key != NULL));
    require(code == JWKEEP_OK || jwkeep_code_class(code) == JWKEEP_CLASS_REJECTED);
    return key;
}

static void write_again(const jwkeep_jwk *key) {
    jwkeep_buffer first;
    jwkeep_buffer second;
    jwkeep_buffer_init(&first, MAX_WRITTEN);
    jwkeep_buffer_init(&second, MAX_WRITTEN);
    require(jwkeep_jwk_write(key, true, &first, NULL) == JWKEEP_OK);
    jwkeep_jwk *again = parse(jwkeep_buffer_span(&first));
    require(again && jwkeep_jwk_is_identical(key, again));
    require(jwkeep_jwk_write(again, true, &second, NULL) == JWKEEP_OK);
    require(jwkeep_span_equals(jwkeep_buffer_span(&first), jwkeep_buffer_span(&second)));
    jwkeep_jwk_unref(again);
    jwkeep_buffer_done(&first);
    jwkeep_buffer_done(&second);
}

static void write_public(jwkeep_jwk *key) {
    jwkeep_jwk *public_key = NULL;
    jwkeep_buffer text;
    jwkeep_buffer_init(&text, MAX_WRITTEN);
    jwkeep_code code = jwkeep_jwk_public(key, &public_key, NULL);
    require((code == JWKEEP_JWK_NOT_PUBLIC) == (jwkeep_jwk_kty(key) == JWKEEP_KTY_OCT));
    require(jwkeep_jwk_write(key, false, &text, NULL) == code);
    if (code == JWKEEP_OK) {
        require(!jwkeep_jwk_is_private(public_key) && jwkeep_jwk_is_same(key, public_key));
        jwkeep_jwk *again = parse(jwkeep_buffer_span(&text));
        require(again && !jwkeep_jwk_is_private(again) && jwkeep_jwk_is_same(key, again));
        jwkeep_jwk_unref(again);
    }
    jwkeep_jwk_unref(public_key);
    jwkeep_buffer_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    jwkeep_jwk *key = parse(jwkeep_span_of(data, size));
    if (!key)
        return 0;
    write_again(key);
    write_public(key);
    jwkeep_jwk_unref(key);
    return 0;
}
