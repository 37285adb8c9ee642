/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the thumbprint of a key (RFC 7638): a hash over the required members alone, in the
 * order of their names, without white space; and its URI (RFC 9278). */
#include <jwkeep/thumbprint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/secret.h"
#include "codec/base64url.h"
#include "crypto/digest.h"
#include "jose/jwk_form.h"
#include "jose/jwk_number.h"

/* The widest: an RSA key with both numbers at their bound, and the names around them. */
#define THUMBPRINT_MAX_TEXT 2048u

#define URI_START "urn:ietf:params:oauth:jwk-thumbprint:"
#define URI_MAX_TEXT 86u /* of SHA-512 in base64url */

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

jwkeep_code jk_thumbprint(const jk_key_material *material, size_t size, uint8_t *ret_digest,
                          jwkeep_error *error) {
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
                           : jk_digest(size, jwkeep_buffer_span(&buffer), ret_digest, error);
    jwkeep_buffer_done(&buffer);
    return code;
}

/* By the value of the enumeration; the names are those of RFC 9278 §5, which takes them from
 * the registry of Named Information hashes. */
static const struct {
    size_t size;
    const char *prefix;
} hashes[] = {
    [JWKEEP_THUMBPRINT_SHA256] = {32, URI_START "sha-256:"},
    [JWKEEP_THUMBPRINT_SHA384] = {48, URI_START "sha-384:"},
    [JWKEEP_THUMBPRINT_SHA512] = {64, URI_START "sha-512:"},
};

static jwkeep_code hash_key(const jwkeep_jwk *key, size_t size, uint8_t *ret_bytes,
                            jwkeep_error *error) {
    jk_arena arena;
    jk_key_material material = {0};
    jk_arena_init(&arena, SIZE_MAX); /* the numbers of one prepared key */
    jwkeep_code code = jk_key_export(key->prepared, &arena, &material, error);
    if (!code)
        code = jk_thumbprint(&material, size, ret_bytes, error);
    jk_arena_done(&arena);
    return code;
}

jwkeep_code jwkeep_thumbprint_compute(const jwkeep_jwk *key, jwkeep_thumbprint_hash hash,
                                      jwkeep_thumbprint *ret_thumbprint, jwkeep_error *error) {
    if ((unsigned)hash >= JK_COUNT_OF(hashes))
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "hash", NULL, JWKEEP_NO_OFFSET);
    jwkeep_thumbprint made = {.hash = hash, .size = hashes[hash].size};
    jwkeep_code code = hash_key(key, made.size, made.bytes, error);
    if (!code)
        *ret_thumbprint = made;
    jk_secret_wipe(&made, sizeof made); /* of an oct key it is one */
    return code;
}

jwkeep_code jwkeep_thumbprint_write_uri(const jwkeep_jwk *key, jwkeep_thumbprint_hash hash,
                                        jwkeep_buffer *uri, jwkeep_error *error) {
    if (jwkeep_jwk_kty(key) == JWKEEP_KTY_OCT)
        return jk_fail_at(error, JWKEEP_JWK_NOT_PUBLIC, "k", "RFC 7638 §7", JWKEEP_NO_OFFSET);
    jwkeep_thumbprint made;
    jwkeep_code code = jwkeep_thumbprint_compute(key, hash, &made, error);
    if (code)
        return code;
    char text[URI_MAX_TEXT];
    size_t before = uri->size;
    jk_base64url_encode(jwkeep_span_of(made.bytes, made.size), text);
    code = jwkeep_buffer_append_text(uri, hashes[hash].prefix);
    if (!code)
        code = jwkeep_buffer_append(uri,
                                    jwkeep_span_of(text, jk_base64url_encoded_size(made.size)));
    if (!code)
        return JWKEEP_OK;
    jk_buffer_truncate(uri, before);
    return jk_fail(error, code);
}

/* Whether `uri` is the prefix of `hash` and a thumbprint of its size. */
static bool read_as(jwkeep_span uri, size_t hash, jwkeep_thumbprint *ret_thumbprint) {
    size_t prefix = strlen(hashes[hash].prefix);
    if (uri.size != prefix + jk_base64url_encoded_size(hashes[hash].size) ||
        memcmp(uri.data, hashes[hash].prefix, prefix) != 0)
        return false;
    *ret_thumbprint =
        (jwkeep_thumbprint){.hash = (jwkeep_thumbprint_hash)hash, .size = hashes[hash].size};
    return jk_base64url_decode(jwkeep_span_of(uri.data + prefix, uri.size - prefix),
                               ret_thumbprint->bytes, NULL);
}

jwkeep_code jwkeep_thumbprint_read_uri(jwkeep_span uri, jwkeep_thumbprint *ret_thumbprint,
                                       jwkeep_error *error) {
    for (size_t hash = 0; hash < JK_COUNT_OF(hashes); hash++) {
        jwkeep_thumbprint read;
        if (!read_as(uri, hash, &read))
            continue;
        *ret_thumbprint = read;
        return JWKEEP_OK;
    }
    return jk_fail_at(error, JWKEEP_THUMBPRINT_URI_INVALID, NULL, "RFC 9278 §3",
                      JWKEEP_NO_OFFSET);
}

jwkeep_code jwkeep_thumbprint_is_of(const jwkeep_thumbprint *thumbprint, const jwkeep_jwk *key,
                                    bool *ret_is_of, jwkeep_error *error) {
    jwkeep_thumbprint made;
    jwkeep_code code = jwkeep_thumbprint_compute(key, thumbprint->hash, &made, error);
    if (code)
        return code;
    *ret_is_of = thumbprint->size == made.size &&
                 jk_secret_equals(jwkeep_span_of(thumbprint->bytes, made.size),
                                  jwkeep_span_of(made.bytes, made.size));
    jk_secret_wipe(&made, sizeof made);
    return JWKEEP_OK;
}
