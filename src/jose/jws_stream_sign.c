/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns signing in a stream: the header made before, the token after the payload. */
#include "base/buffer.h"
#include "base/error.h"
#include "codec/base64url.h"
#include "jose/jwk.h"
#include "jose/jws_json.h"
#include "jose/jws_signer.h"
#include "jose/jws_stream.h"
#include "jose/signing_device.h"

static jwkeep_code misuse(jwkeep_error *error, const char *text, const char *where) {
    return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT, text, where, NULL);
}

static jwkeep_code check_form(const jwkeep_jws_signer *signer, jwkeep_jws_form form,
                              jwkeep_error *error) {
    if (form != JWKEEP_JWS_FORM_COMPACT && form != JWKEEP_JWS_FORM_FLATTENED)
        return misuse(error, "a stream is compact or flattened", "form");
    if (form == JWKEEP_JWS_FORM_COMPACT && signer->unprotected.data)
        return misuse(error, "a compact token has no unprotected header", "unprotected");
    if (signer->device && !signer->device->takes_digest)
        return misuse(error, "the device wants the whole payload at once", "takes_digest");
    return JWKEEP_OK;
}

static jwkeep_code begin(jwkeep_jws_stream *stream, jwkeep_error *error) {
    const jwkeep_jws_signer *signer = &stream->signer;
    jwkeep_code code = jk_jws_signer_header(signer, stream->algorithm, &stream->arena,
                                            &stream->encoded_header, error);
    if (!code)
        code = jk_jws_json_check_unprotected(stream->encoded_header, signer->unprotected,
                                             &stream->arena, &stream->unprotected, error);
    return code ? code
                : jk_jws_stream_open(stream, stream->algorithm, &signer->key, 1,
                                     stream->encoded_header, error);
}

jwkeep_code jwkeep_jws_stream_begin_sign(const jwkeep_jws_signer *signer, jwkeep_jws_form form,
                                         jwkeep_jws_stream **ret_stream, jwkeep_error *error) {
    jwkeep_algorithm algorithm;
    jwkeep_jws_stream *stream = NULL;
    jwkeep_code code = jk_jws_signer_check(signer, &algorithm, error);
    if (!code)
        code = check_form(signer, form, error);
    if (!code)
        code = jk_jws_stream_new(&stream, error);
    if (code)
        return code;
    stream->is_signing = true;
    stream->is_unencoded = signer->is_payload_unencoded;
    stream->max_bytes = UINT64_MAX; /* the caller's own payload */
    stream->signer = *signer;
    stream->algorithm = algorithm;
    stream->form = form;
    code = begin(stream, error);
    if (code)
        jwkeep_jws_stream_free(stream);
    else
        *ret_stream = stream;
    return code;
}

static jwkeep_code sign_digest(jwkeep_jws_stream *stream,
                               uint8_t ret_signature[JK_SIGNATURE_MAX_BYTES], size_t *ret_size,
                               jwkeep_error *error) {
    const jwkeep_jws_signer *signer = &stream->signer;
    const jk_key *key = signer->key ? jk_jwk_prepared(signer->key) : NULL;
    uint8_t bytes[JK_DIGEST_MAX_BYTES];
    size_t size = 0;
    jwkeep_code code = jk_stream_finish(stream->lanes->stream, bytes, &size, error);
    if (code)
        return code;
    jwkeep_span digest = jwkeep_span_of(bytes, size);
    if (signer->device)
        return jk_signing_device_sign_digest(signer->device, key, stream->algorithm, digest,
                                             ret_signature, ret_size, error);
    return jk_key_sign_digest(key, stream->algorithm, digest, ret_signature, ret_size, error);
}

static jwkeep_code write_compact(const jwkeep_jws_stream *stream, jwkeep_span encoded,
                                 jwkeep_buffer *text) {
    jwkeep_code code = jwkeep_buffer_append(text, stream->encoded_header);
    if (!code)
        code = jwkeep_buffer_append_text(text, "..");
    return code ? code : jwkeep_buffer_append(text, encoded);
}

static jwkeep_code write_flattened(const jwkeep_jws_stream *stream, jwkeep_span encoded,
                                   jwkeep_buffer *text) {
    jwkeep_json_writer writer;
    jwkeep_json_writer_init(&writer, text);
    jwkeep_json_write_object(&writer);
    jk_jws_json_write_members(&writer, stream->encoded_header, stream->unprotected, encoded);
    jwkeep_json_write_end(&writer);
    return jwkeep_json_writer_finish(&writer);
}

jwkeep_code jwkeep_jws_stream_finish_sign(jwkeep_jws_stream *stream, jwkeep_buffer *token,
                                          jwkeep_error *error) {
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    char encoded[2 * JK_SIGNATURE_MAX_BYTES]; /* base64url needs a third more */
    size_t size;
    jwkeep_code code = jk_jws_stream_close(stream, true, error);
    if (!code)
        code = sign_digest(stream, signature, &size, error);
    if (code)
        return code;
    jk_base64url_encode(jwkeep_span_of(signature, size), encoded);
    jwkeep_span text = jwkeep_span_of(encoded, jk_base64url_encoded_size(size));
    size_t before = token->size;
    code = stream->form == JWKEEP_JWS_FORM_COMPACT ? write_compact(stream, text, token)
                                                   : write_flattened(stream, text, token);
    if (!code)
        return JWKEEP_OK;
    jk_buffer_truncate(token, before);
    return jk_fail(error, code);
}
