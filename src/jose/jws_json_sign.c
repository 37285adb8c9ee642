/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns signing, JSON serializations (RFC 7515 §7.2). */
#include "base/error.h"
#include "codec/base64url.h"
#include "jose/jws_json.h"
#include "jose/jws_setup.h"
#include "jose/jws_signer.h"

/* What one call of jwkeep_jws_json_sign works on. */
typedef struct work {
    jwkeep_span payload;
    const jwkeep_jws_signer *signers;
    size_t count;
    jwkeep_json_writer *writer;
    jk_arena *arena;
} work;

static jwkeep_code encode(jk_arena *arena, jwkeep_span bytes, jwkeep_span *ret_encoded,
                          jwkeep_error *error) {
    size_t size = jk_base64url_encoded_size(bytes.size);
    uint8_t *text = jk_arena_bytes(arena, size);
    if (!text)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    jk_base64url_encode(bytes, (char *)text);
    *ret_encoded = jwkeep_span_of(text, size);
    return JWKEEP_OK;
}

/* The protected header is read back: one reader decides what its names are. */
static jwkeep_code read_back(jwkeep_span encoded, const jwkeep_limits *limits, jk_arena *arena,
                             const jwkeep_json **ret_header, jwkeep_error *error) {
    size_t size = jk_base64url_decoded_size(encoded.size);
    uint8_t *bytes = jk_arena_bytes(arena, size);
    if (!bytes)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (!jk_base64url_decode(encoded, bytes, NULL))
        return jk_fail(error, JWKEEP_BASE64URL_INVALID);
    return jk_json_parse(jwkeep_span_of(bytes, size), limits, arena, ret_header, error);
}

jwkeep_code jk_jws_json_check_unprotected(jwkeep_span encoded_header, jwkeep_span unprotected,
                                          jk_arena *arena, jwkeep_span *ret_json,
                                          jwkeep_error *error) {
    const jwkeep_json *own = NULL;
    const jwkeep_json *other = NULL;
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    *ret_json = JWKEEP_SPAN_NONE;
    if (!unprotected.data)
        return JWKEEP_OK;
    jwkeep_code code = read_back(encoded_header, &limits, arena, &own, error);
    if (!code)
        code = jk_json_parse(unprotected, &limits, arena, &other, error);
    if (!code && jwkeep_json_type_of(other) != JWKEEP_JSON_OBJECT)
        code = jk_fail_text(error, JWKEEP_HEADER_INVALID, "not a JSON object", "unprotected",
                            "RFC 7515 §7.2.1");
    if (!code)
        code = jk_jws_json_check_headers(own, other, error);
    if (!code)
        *ret_json = jwkeep_json_raw(other);
    return code;
}

void jk_jws_json_write_members(jwkeep_json_writer *writer, jwkeep_span encoded_header,
                               jwkeep_span unprotected, jwkeep_span encoded_signature) {
    jwkeep_json_write_member_string(writer, "protected", encoded_header);
    if (unprotected.data) {
        jwkeep_json_write_name(writer, JWKEEP_SPAN("header"));
        jwkeep_json_write_raw(writer, unprotected);
    }
    jwkeep_json_write_member_string(writer, "signature", encoded_signature);
}

static jwkeep_code make_signature(const work *at, const jwkeep_jws_signer *signer,
                                  jwkeep_algorithm algorithm, jwkeep_span header,
                                  jwkeep_span *ret_encoded, jwkeep_error *error) {
    jwkeep_span input;
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    size_t size;
    jwkeep_code code = jk_jws_signing_input(header, at->payload, signer->is_payload_unencoded,
                                            at->arena, &input, error);
    if (!code)
        code = jk_jws_signer_sign(signer, algorithm, input, signature, &size, error);
    return code ? code : encode(at->arena, jwkeep_span_of(signature, size), ret_encoded, error);
}

static jwkeep_code write_signature(const work *at, const jwkeep_jws_signer *signer,
                                   jwkeep_error *error) {
    jwkeep_algorithm algorithm;
    jwkeep_span header = JWKEEP_SPAN_NONE;
    jwkeep_span unprotected = JWKEEP_SPAN_NONE;
    jwkeep_span signature = JWKEEP_SPAN_NONE;
    jwkeep_code code = jk_jws_signer_check(signer, &algorithm, error);
    if (!code)
        code = jk_jws_signer_header(signer, algorithm, at->arena, &header, error);
    if (!code)
        code = jk_jws_json_check_unprotected(header, signer->unprotected, at->arena,
                                             &unprotected, error);
    if (!code)
        code = make_signature(at, signer, algorithm, header, &signature, error);
    if (!code)
        jk_jws_json_write_members(at->writer, header, unprotected, signature);
    return code;
}

static jwkeep_code write_payload(work *at, jwkeep_error *error) {
    if (at->signers->is_payload_detached)
        return JWKEEP_OK;
    jwkeep_span text = at->payload;
    jwkeep_code code = at->signers->is_payload_unencoded
                           ? JWKEEP_OK
                           : encode(at->arena, at->payload, &text, error);
    if (code)
        return code;
    jwkeep_json_write_member_string(at->writer, "payload", text);
    if (at->writer->code == JWKEEP_JSON_UTF8)
        return jk_fail_at(error, JWKEEP_PAYLOAD_UNENCODABLE, "payload", "RFC 7797 §5.3",
                          JWKEEP_NO_OFFSET);
    return JWKEEP_OK;
}

static jwkeep_code write_general(work *at, jwkeep_error *error) {
    jwkeep_code code = JWKEEP_OK;
    jwkeep_json_write_name(at->writer, JWKEEP_SPAN("signatures"));
    jwkeep_json_write_array(at->writer);
    for (size_t i = 0; i < at->count && !code; i++) {
        jwkeep_json_write_object(at->writer);
        code = write_signature(at, &at->signers[i], error);
        jwkeep_json_write_end(at->writer);
    }
    jwkeep_json_write_end(at->writer);
    return code;
}

static jwkeep_code sign(work *at, jwkeep_jws_form form, jwkeep_error *error) {
    jwkeep_json_write_object(at->writer);
    jwkeep_code code = write_payload(at, error);
    if (code)
        return code;
    code = form == JWKEEP_JWS_FORM_GENERAL ? write_general(at, error)
                                           : write_signature(at, at->signers, error);
    jwkeep_json_write_end(at->writer);
    return code;
}

static jwkeep_code check_arguments(const jwkeep_jws_signer *signers, size_t count,
                                   jwkeep_jws_form form, jwkeep_error *error) {
    bool is_flattened = form == JWKEEP_JWS_FORM_FLATTENED;
    if (!signers || count == 0 || (!is_flattened && form != JWKEEP_JWS_FORM_GENERAL))
        return jk_fail(error, JWKEEP_MISUSE_ARGUMENT);
    if (is_flattened && count != 1)
        return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT, "flattened has one signature",
                            "form", "RFC 7515 §7.2.2");
    for (size_t i = 1; i < count; i++)
        if (signers[i].is_payload_unencoded != signers->is_payload_unencoded ||
            signers[i].is_payload_detached != signers->is_payload_detached)
            return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT,
                                "the signers differ about the payload", "signers",
                                "RFC 7797 §3");
    return JWKEEP_OK;
}

jwkeep_code jwkeep_jws_json_sign(jwkeep_span payload, const jwkeep_jws_signer *signers,
                                 size_t count, jwkeep_jws_form form, jwkeep_buffer *token,
                                 jwkeep_error *error) {
    jwkeep_code code = check_arguments(signers, count, form, error);
    if (code)
        return code;
    jk_arena arena;
    jwkeep_buffer text;
    jwkeep_json_writer writer;
    work at = {payload, signers, count, &writer, &arena};
    jk_arena_init(&arena, SIZE_MAX); /* bounded by what the caller gave */
    jwkeep_buffer_init(&text, SIZE_MAX);
    jwkeep_json_writer_init(&writer, &text);
    code = sign(&at, form, error);
    if (!code && (code = jwkeep_json_writer_finish(&writer)))
        jk_fail(error, code);
    if (!code && (code = jwkeep_buffer_append(token, jwkeep_buffer_span(&text))))
        jk_fail(error, code);
    jwkeep_buffer_done(&text);
    jk_arena_done(&arena);
    return code;
}
