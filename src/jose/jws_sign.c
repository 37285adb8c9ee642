/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns signing, compact serialization (RFC 7515 §5.1). */
#include "base/error.h"
#include "codec/base64url.h"
#include "codec/json.h"
#include "jose/jwk.h"
#include <jwkeep/jws.h>

static jwkeep_algorithm suggest_hmac(const jwkeep_jwk *key) {
    size_t bits = jwkeep_jwk_bits(key);
    if (bits >= 512)
        return JWKEEP_ALGORITHM_HS512;
    return bits >= 384 ? JWKEEP_ALGORITHM_HS384 : JWKEEP_ALGORITHM_HS256;
}

static jwkeep_algorithm suggest_ecdsa(const jwkeep_jwk *key) {
    switch (jwkeep_jwk_crv(key)) {
    case JWKEEP_CRV_P256:
        return JWKEEP_ALGORITHM_ES256;
    case JWKEEP_CRV_P384:
        return JWKEEP_ALGORITHM_ES384;
    case JWKEEP_CRV_P521:
        return JWKEEP_ALGORITHM_ES512;
    case JWKEEP_CRV_SECP256K1:
        return JWKEEP_ALGORITHM_ES256K;
    case JWKEEP_CRV_ED25519:
    case JWKEEP_CRV_ED448:
    case JWKEEP_CRV_ABSENT:
        break;
    }
    return JWKEEP_ALGORITHM_ABSENT;
}

static jwkeep_algorithm choose_algorithm(const jwkeep_jws_signer *signer) {
    if (signer->algorithm)
        return signer->algorithm;
    if (jwkeep_jwk_algorithm(signer->key))
        return jwkeep_jwk_algorithm(signer->key);
    switch (jwkeep_jwk_kty(signer->key)) {
    case JWKEEP_KTY_RSA:
        return JWKEEP_ALGORITHM_RS256;
    case JWKEEP_KTY_EC:
        return suggest_ecdsa(signer->key);
    case JWKEEP_KTY_OCT:
        return suggest_hmac(signer->key);
    case JWKEEP_KTY_OKP:
        return JWKEEP_ALGORITHM_EDDSA;
    case JWKEEP_KTY_ABSENT:
        break;
    }
    return JWKEEP_ALGORITHM_ABSENT;
}

static jwkeep_code check_key(const jwkeep_jwk *key, jwkeep_algorithm algorithm,
                             jwkeep_error *error) {
    if (!jwkeep_jwk_is_private(key))
        return jk_fail(error, JWKEEP_MISUSE_PRIVATE_NEEDED);
    jwkeep_code code = jwkeep_jwk_may_sign(key, algorithm);
    if (code == JWKEEP_KEY_ALG_MISMATCH)
        return jk_fail_at(error, JWKEEP_MISUSE_KEY_ALG, "alg", "RFC 7518 §3.1",
                          JWKEEP_NO_OFFSET);
    return code ? jk_fail_at(error, code, "key_ops", "RFC 7517 §4.3", JWKEEP_NO_OFFSET)
                : JWKEEP_OK;
}

/* Parameters that the signer sets itself or that would change what a verifier reads. */
static bool is_reserved(jwkeep_span name) {
    static const char *const names[] = {"alg", "kid", "typ", "cty", "crit", "b64"};
    for (size_t i = 0; i < JK_COUNT_OF(names); i++)
        if (jwkeep_span_equals(name, jwkeep_span_text(names[i])))
            return true;
    return false;
}

static jwkeep_code write_further(jwkeep_json_writer *writer, const jwkeep_json *further,
                                 jwkeep_error *error) {
    if (jwkeep_json_type_of(further) != JWKEEP_JSON_OBJECT)
        return jk_fail_text(error, JWKEEP_HEADER_INVALID, "not a JSON object", "header",
                            "RFC 7515 §4");
    const jwkeep_json *value = jwkeep_json_first(further);
    for (; value; value = jwkeep_json_next(value)) {
        if (is_reserved(jwkeep_json_name(value)))
            return jk_fail_text(error, JWKEEP_HEADER_INVALID,
                                "a parameter that is not set this way", "header", NULL);
        jwkeep_json_write_name(writer, jwkeep_json_name(value));
        jwkeep_json_write_raw(writer, jwkeep_json_raw(value));
    }
    return JWKEEP_OK;
}

static jwkeep_code merge_further(jwkeep_json_writer *writer, jwkeep_span json,
                                 jwkeep_error *error) {
    if (!json.data)
        return JWKEEP_OK;
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    const jwkeep_json *root = NULL;
    jk_arena arena;
    jk_arena_init(&arena, SIZE_MAX); /* bounded by max_json_values and the text */
    jwkeep_code code = jk_json_parse(json, &limits, &arena, &root, error);
    if (!code)
        code = write_further(writer, root, error);
    jk_arena_done(&arena);
    return code;
}

static jwkeep_code write_header(const jwkeep_jws_signer *signer, jwkeep_algorithm algorithm,
                                jwkeep_buffer *json, jwkeep_error *error) {
    jwkeep_span kid = jwkeep_jwk_kid(signer->key);
    jwkeep_json_writer writer;
    jwkeep_json_writer_init(&writer, json);
    jwkeep_json_write_object(&writer);
    jwkeep_json_write_member_string(&writer, "alg",
                                    jwkeep_span_text(jwkeep_algorithm_name(algorithm)));
    if (signer->typ.data)
        jwkeep_json_write_member_string(&writer, "typ", signer->typ);
    if (kid.data && !signer->is_kid_omitted)
        jwkeep_json_write_member_string(&writer, "kid", kid);
    if (signer->cty.data)
        jwkeep_json_write_member_string(&writer, "cty", signer->cty);
    jwkeep_code code = merge_further(&writer, signer->header, error);
    if (code)
        return code;
    jwkeep_json_write_end(&writer);
    code = jwkeep_json_writer_finish(&writer);
    if (code == JWKEEP_JSON_UTF8)
        return jk_fail_text(error, JWKEEP_HEADER_INVALID, "`typ` or `cty` is not UTF-8",
                            "header", "RFC 7515 §4.1");
    return code ? jk_fail(error, code) : JWKEEP_OK;
}

/* `separator` (or NUL for none), then `bytes` in base64url. The scratch buffer has no bound,
 * so that only memory can be lacking. */
static jwkeep_code append_segment(jwkeep_buffer *scratch, char separator, jwkeep_span bytes,
                                  jwkeep_error *error) {
    size_t lead = separator ? 1 : 0;
    uint8_t *room = jwkeep_buffer_extend(scratch, lead + jk_base64url_encoded_size(bytes.size));
    if (!room)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (separator)
        *room = (uint8_t)separator;
    jk_base64url_encode(bytes, (char *)room + lead);
    return JWKEEP_OK;
}

static jwkeep_code sign(const jwkeep_jwk *key, jwkeep_algorithm algorithm, jwkeep_span header,
                        jwkeep_span payload, jwkeep_buffer *scratch, jwkeep_error *error) {
    jwkeep_code code = append_segment(scratch, '\0', header, error);
    if (!code)
        code = append_segment(scratch, '.', payload, error);
    if (code)
        return code;
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    size_t size;
    code = jk_key_sign(jk_jwk_prepared(key), algorithm, jwkeep_buffer_span(scratch), signature,
                       &size, error);
    return code ? code : append_segment(scratch, '.', jwkeep_span_of(signature, size), error);
}

jwkeep_code jwkeep_jws_sign(jwkeep_span payload, const jwkeep_jws_signer *signer,
                            jwkeep_buffer *token, jwkeep_error *error) {
    if (!signer || !signer->key)
        return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT, "a key is needed", "key", NULL);
    jwkeep_algorithm algorithm = choose_algorithm(signer);
    jwkeep_code code = check_key(signer->key, algorithm, error);
    if (code)
        return code;
    jwkeep_buffer header;
    jwkeep_buffer scratch;
    jwkeep_buffer_init(&header, SIZE_MAX);
    jwkeep_buffer_init(&scratch, SIZE_MAX);
    code = write_header(signer, algorithm, &header, error);
    if (!code)
        code =
            sign(signer->key, algorithm, jwkeep_buffer_span(&header), payload, &scratch, error);
    if (!code && (code = jwkeep_buffer_append(token, jwkeep_buffer_span(&scratch))))
        jk_fail(error, code);
    jwkeep_buffer_done(&header);
    jwkeep_buffer_done(&scratch);
    return code;
}
