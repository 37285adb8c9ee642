/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the thumbprint of a key (RFC 7638): SHA-256 over the required members alone, in the
 * order of their names, without white space. */
#include "base/error.h"
#include "crypto/digest.h"
#include "jose/jwk_form.h"
#include "jose/jwk_number.h"

/* The widest: an RSA key with both numbers at their bound, and the names around them. */
#define THUMBPRINT_MAX_TEXT 2048u

static void write_text(jwkeep_json_writer *writer, const char *name, const char *text) {
    jwkeep_json_write_member_string(writer, name, jwkeep_span_text(text));
}

static void write_members(jwkeep_json_writer *writer, const jk_key_material *material) {
    const char *kty = jwkeep_kty_name(material->kty);
    switch (material->kty) {
    case JWKEEP_KTY_RSA:
        jk_jwk_number_write(writer, "e", material->e);
        write_text(writer, "kty", kty);
        jk_jwk_number_write(writer, "n", material->n);
        break;
    case JWKEEP_KTY_EC:
        write_text(writer, "crv", jwkeep_crv_name(material->crv));
        write_text(writer, "kty", kty);
        jk_jwk_number_write(writer, "x", material->x);
        jk_jwk_number_write(writer, "y", material->y);
        break;
    case JWKEEP_KTY_OKP:
        write_text(writer, "crv", jwkeep_crv_name(material->crv));
        write_text(writer, "kty", kty);
        jk_jwk_number_write(writer, "x", material->x);
        break;
    case JWKEEP_KTY_OCT:
        jk_jwk_number_write(writer, "k", material->k);
        write_text(writer, "kty", kty);
        break;
    case JWKEEP_KTY_ABSENT:
        writer->code = JWKEEP_CRYPTO_FAILED;
        break;
    }
}

jwkeep_code jk_thumbprint(const jk_key_material *material,
                          uint8_t ret_digest[JWKEEP_THUMBPRINT_SIZE], jwkeep_error *error) {
    uint8_t text[THUMBPRINT_MAX_TEXT];
    jwkeep_buffer buffer;
    jwkeep_json_writer writer;
    jwkeep_buffer_init_fixed(&buffer, text, sizeof text);
    jwkeep_json_writer_init(&writer, &buffer);
    jwkeep_json_write_object(&writer);
    write_members(&writer, material);
    jwkeep_json_write_end(&writer);
    /* The numbers of a prepared key are within their bounds, so that all of it fits. */
    jwkeep_code code = jwkeep_json_writer_finish(&writer)
                           ? jk_fail(error, JWKEEP_CRYPTO_FAILED)
                           : jk_sha256(jwkeep_buffer_span(&buffer), ret_digest, error);
    jwkeep_buffer_done(&buffer);
    return code;
}
