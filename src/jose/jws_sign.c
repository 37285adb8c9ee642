/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns signing, compact serialization (RFC 7515 §5.1, Appendix F; RFC 7797). */
#include "base/buffer.h"
#include "base/error.h"
#include "codec/base64url.h"
#include "jose/jws_setup.h"
#include "jose/jws_signer.h"

#define ENCODED_MAX_BYTES (2u * JK_SIGNATURE_MAX_BYTES) /* base64url needs a third more */

/* header '.' payload '.' signature, the payload in the form it was signed or not at all. */
static jwkeep_code append_token(const jwkeep_jws_signer *signer, jwkeep_span header,
                                jwkeep_span input, jwkeep_span signature, jwkeep_buffer *token,
                                jwkeep_error *error) {
    uint8_t encoded[ENCODED_MAX_BYTES];
    size_t size = 1 + jk_base64url_encoded_size(signature.size);
    encoded[0] = '.';
    jk_base64url_encode(signature, (char *)encoded + 1);
    if (signer->is_payload_detached)
        input.size = header.size + 1;
    return jk_buffer_append_both(token, input, token, jwkeep_span_of(encoded, size), error);
}

static jwkeep_code check_form(const jwkeep_jws_signer *signer, jwkeep_span payload,
                              jwkeep_error *error) {
    if (signer->unprotected.data)
        return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT,
                            "a compact token has no unprotected header", "unprotected",
                            "RFC 7515 §7.1");
    bool is_raw = signer->is_payload_unencoded && !signer->is_payload_detached;
    const uint8_t *dot =
        is_raw && payload.size ? memchr(payload.data, '.', payload.size) : NULL;
    if (dot)
        return jk_fail_at(error, JWKEEP_PAYLOAD_UNENCODABLE, "payload", "RFC 7797 §5.2",
                          (size_t)(dot - payload.data));
    return JWKEEP_OK;
}

static jwkeep_code sign(const jwkeep_jws_signer *signer, jwkeep_algorithm algorithm,
                        jwkeep_span payload, jk_arena *arena, jwkeep_buffer *token,
                        jwkeep_error *error) {
    jwkeep_span header = JWKEEP_SPAN_NONE;
    jwkeep_span input = JWKEEP_SPAN_NONE;
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    size_t size;
    jwkeep_code code = jk_jws_signer_header(signer, algorithm, arena, &header, error);
    if (!code)
        code = jk_jws_signing_input(header, payload, signer->is_payload_unencoded, arena,
                                    &input, error);
    if (!code)
        code = jk_jws_signer_sign(signer, algorithm, input, signature, &size, error);
    return code ? code
                : append_token(signer, header, input, jwkeep_span_of(signature, size), token,
                               error);
}

jwkeep_code jwkeep_jws_sign(jwkeep_span payload, const jwkeep_jws_signer *signer,
                            jwkeep_buffer *token, jwkeep_error *error) {
    jwkeep_algorithm algorithm;
    jwkeep_code code = jk_jws_signer_check(signer, &algorithm, error);
    if (!code)
        code = check_form(signer, payload, error);
    if (code)
        return code;
    jk_arena arena;
    jk_arena_init(&arena, SIZE_MAX); /* bounded by what the caller gave */
    code = sign(signer, algorithm, payload, &arena, token, error);
    jk_arena_done(&arena);
    return code;
}
