/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the choice of the algorithm to sign with, and the protected header. */
#include "jose/jws_signer.h"
#include "base/error.h"
#include "codec/base64url.h"
#include "codec/json.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "jose/signing_device.h"

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
    if (signer->algorithm || !signer->key)
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

/* With a device the key only checks what the device made. */
static jwkeep_code check_key(const jwkeep_jws_signer *signer, jwkeep_algorithm algorithm,
                             jwkeep_error *error) {
    const jwkeep_jwk *key = signer->key;
    if (!signer->device && !jwkeep_jwk_is_private(key))
        return jk_fail(error, JWKEEP_MISUSE_PRIVATE_NEEDED);
    jwkeep_code code = signer->device && !jwkeep_jwk_is_private(key)
                           ? jwkeep_jwk_may_verify(key, algorithm)
                           : jwkeep_jwk_may_sign(key, algorithm);
    if (code == JWKEEP_KEY_ALG_MISMATCH)
        return jk_fail_at(error, JWKEEP_MISUSE_KEY_ALG, "alg", "RFC 7518 §3.1",
                          JWKEEP_NO_OFFSET);
    return code ? jk_fail_at(error, code, "key_ops", "RFC 7517 §4.3", JWKEEP_NO_OFFSET)
                : JWKEEP_OK;
}

jwkeep_code jk_jws_signer_check(const jwkeep_jws_signer *signer,
                                jwkeep_algorithm *ret_algorithm, jwkeep_error *error) {
    if (!signer || (!signer->key && !signer->device))
        return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT, "a key is needed", "key", NULL);
    if (signer->critical_count && !signer->critical)
        return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT, "the names are missing", "critical",
                            NULL);
    jwkeep_algorithm algorithm = choose_algorithm(signer);
    jwkeep_code code =
        signer->device ? jk_signing_device_check(signer->device, algorithm, error) : JWKEEP_OK;
    if (!code && signer->key)
        code = check_key(signer, algorithm, error);
    if (!code)
        *ret_algorithm = algorithm;
    return code;
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
    if (further && jwkeep_json_type_of(further) != JWKEEP_JSON_OBJECT)
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

static bool stands_before(const char *const *names, size_t index) {
    for (size_t i = 0; i < index; i++)
        if (strcmp(names[i], names[index]) == 0)
            return true;
    return false;
}

/* RFC 7515 §4.1.11: not empty, no standard name, none twice, all of them there. */
static jwkeep_code write_critical(jwkeep_json_writer *writer, const jwkeep_jws_signer *signer,
                                  const jwkeep_json *further, jwkeep_error *error) {
    if (!signer->is_payload_unencoded && !signer->critical_count)
        return JWKEEP_OK;
    if (signer->is_payload_unencoded)
        jwkeep_json_write_member_boolean(writer, "b64", false);
    jwkeep_json_write_name(writer, JWKEEP_SPAN("crit"));
    jwkeep_json_write_array(writer);
    if (signer->is_payload_unencoded)
        jwkeep_json_write_string(writer, JWKEEP_SPAN("b64"));
    for (size_t i = 0; i < signer->critical_count; i++) {
        jwkeep_span name = jwkeep_span_text(signer->critical[i]);
        if (!name.data || jk_jws_is_standard(name) || stands_before(signer->critical, i) ||
            !jk_json_member(further, name))
            return jk_fail_at(error, JWKEEP_CRIT_INVALID, "crit", "RFC 7515 §4.1.11",
                              JWKEEP_NO_OFFSET);
        jwkeep_json_write_string(writer, name);
    }
    jwkeep_json_write_end(writer);
    return JWKEEP_OK;
}

static void write_own(jwkeep_json_writer *writer, const jwkeep_jws_signer *signer,
                      jwkeep_algorithm algorithm) {
    jwkeep_span kid = signer->key ? jwkeep_jwk_kid(signer->key) : JWKEEP_SPAN_NONE;
    jwkeep_json_write_member_string(writer, "alg",
                                    jwkeep_span_text(jwkeep_algorithm_name(algorithm)));
    if (signer->typ.data)
        jwkeep_json_write_member_string(writer, "typ", signer->typ);
    if (kid.data && !signer->is_kid_omitted)
        jwkeep_json_write_member_string(writer, "kid", kid);
    if (signer->cty.data)
        jwkeep_json_write_member_string(writer, "cty", signer->cty);
}

static jwkeep_code write_header(const jwkeep_jws_signer *signer, jwkeep_algorithm algorithm,
                                const jwkeep_json *further, jwkeep_buffer *json,
                                jwkeep_error *error) {
    jwkeep_json_writer writer;
    jwkeep_json_writer_init(&writer, json);
    jwkeep_json_write_object(&writer);
    write_own(&writer, signer, algorithm);
    jwkeep_code code = write_further(&writer, further, error);
    if (!code)
        code = write_critical(&writer, signer, further, error);
    if (code)
        return code;
    jwkeep_json_write_end(&writer);
    code = jwkeep_json_writer_finish(&writer);
    if (code == JWKEEP_JSON_UTF8)
        return jk_fail_text(error, JWKEEP_HEADER_INVALID, "`typ` or `cty` is not UTF-8",
                            "header", "RFC 7515 §4.1");
    return code ? jk_fail(error, code) : JWKEEP_OK;
}

static jwkeep_code parse_further(jwkeep_span json, jk_arena *arena,
                                 const jwkeep_json **ret_root, jwkeep_error *error) {
    *ret_root = NULL;
    if (!json.data)
        return JWKEEP_OK;
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    return jk_json_parse(json, &limits, arena, ret_root, error);
}

static jwkeep_code encode(jwkeep_span json, jk_arena *arena, jwkeep_span *ret_encoded,
                          jwkeep_error *error) {
    size_t size = jk_base64url_encoded_size(json.size);
    uint8_t *text = jk_arena_bytes(arena, size);
    if (!text)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    jk_base64url_encode(json, (char *)text);
    *ret_encoded = jwkeep_span_of(text, size);
    return JWKEEP_OK;
}

jwkeep_code jk_jws_signer_header(const jwkeep_jws_signer *signer, jwkeep_algorithm algorithm,
                                 jk_arena *arena, jwkeep_span *ret_encoded,
                                 jwkeep_error *error) {
    const jwkeep_json *further;
    jwkeep_buffer json;
    jwkeep_buffer_init(&json, SIZE_MAX); /* bounded by what the caller gave */
    jwkeep_code code = parse_further(signer->header, arena, &further, error);
    if (!code)
        code = write_header(signer, algorithm, further, &json, error);
    if (!code)
        code = encode(jwkeep_buffer_span(&json), arena, ret_encoded, error);
    jwkeep_buffer_done(&json);
    return code;
}

jwkeep_code jk_jws_signer_sign(const jwkeep_jws_signer *signer, jwkeep_algorithm algorithm,
                               jwkeep_span message,
                               uint8_t ret_signature[JK_SIGNATURE_MAX_BYTES], size_t *ret_size,
                               jwkeep_error *error) {
    const jk_key *key = signer->key ? jk_jwk_prepared(signer->key) : NULL;
    if (signer->device)
        return jk_signing_device_sign(signer->device, key, algorithm, message, ret_signature,
                                      ret_size, error);
    return jk_key_sign(key, algorithm, message, ret_signature, ret_size, error);
}
