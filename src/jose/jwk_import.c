/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns keys in PEM and DER: read into a key without `kid` and `alg`, and written. */
#include "base/error.h"
#include "base/limits.h"
#include "jose/jwk_form.h"

#define DEFAULT_ITERATIONS 600000u
#define MIN_ITERATIONS 1000u /* RFC 8018 §4.2 */

static jwkeep_code read_key(jwkeep_span bytes, const jk_key_source *source,
                            jwkeep_jwk **ret_key, jwkeep_error *error) {
    jk_key *prepared = NULL;
    jwkeep_code code = jk_key_read(bytes, source, &prepared, error);
    if (code)
        return code;
    jwkeep_jwk_spec bare = {.kid = JWKEEP_SPAN("")};
    return jk_jwk_adopt(prepared, &bare, ret_key, error);
}

jwkeep_code jk_jwk_from_certificate(jwkeep_span der, jwkeep_jwk **ret_key,
                                    jwkeep_error *error) {
    jk_key_source source = {der.size, JWKEEP_MAX_PASSPHRASE_ROUNDS, NULL, false};
    return read_key(der, &source, ret_key, error);
}

jwkeep_code jwkeep_jwk_parse_pem(jwkeep_span pem, jwkeep_jwk **ret_key, jwkeep_error *error) {
    jk_key_source source = {JWKEEP_MAX_PEM_BYTES, JWKEEP_MAX_PASSPHRASE_ROUNDS, NULL, true};
    return read_key(pem, &source, ret_key, error);
}

jwkeep_code jwkeep_jwk_import(jwkeep_span bytes, const jwkeep_jwk_import_options *options,
                              jwkeep_jwk **ret_key, jwkeep_error *error) {
    jwkeep_limits limits;
    jwkeep_code code = jk_limits_resolve(options ? options->limits : NULL, &limits, error);
    if (code)
        return code;
    jk_key_source source = {limits.max_pem_bytes, limits.max_passphrase_rounds,
                            options ? options->passphrase : NULL, false};
    return read_key(bytes, &source, ret_key, error);
}

static jwkeep_code misuse(jwkeep_error *error, const char *field) {
    return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, field, NULL, JWKEEP_NO_OFFSET);
}

static jwkeep_code check_encryption(const jwkeep_jwk_export_options *options,
                                    jwkeep_error *error) {
    if (!jwkeep_span_is_present(options->passphrase))
        return options->iterations ? misuse(error, "iterations") : JWKEEP_OK;
    if (!options->with_private || options->passphrase.size == 0 ||
        options->passphrase.size > JWKEEP_PASSPHRASE_MAX_BYTES)
        return misuse(error, "passphrase");
    if (options->iterations && (options->iterations < MIN_ITERATIONS ||
                                options->iterations > JWKEEP_MAX_PASSPHRASE_ROUNDS))
        return misuse(error, "iterations");
    return JWKEEP_OK;
}

static jwkeep_code check_export(const jwkeep_jwk *key, const jwkeep_jwk_export_options *options,
                                jwkeep_error *error) {
    if (options->format != JWKEEP_JWK_FORMAT_PEM && options->format != JWKEEP_JWK_FORMAT_DER)
        return misuse(error, "format");
    if (jwkeep_jwk_kty(key) == JWKEEP_KTY_OCT)
        return jk_fail_text(error, JWKEEP_JWK_NOT_PUBLIC,
                            "a symmetric key has no form in PEM or DER", "k", NULL);
    if (options->with_private && !jwkeep_jwk_is_private(key))
        return jk_fail(error, JWKEEP_MISUSE_PRIVATE_NEEDED);
    return check_encryption(options, error);
}

jwkeep_code jwkeep_jwk_export(const jwkeep_jwk *key, const jwkeep_jwk_export_options *options,
                              jwkeep_buffer *buffer, jwkeep_error *error) {
    jwkeep_code code = check_export(key, options, error);
    if (code)
        return code;
    const jk_key_form form = {
        .is_der = options->format == JWKEEP_JWK_FORMAT_DER,
        .with_private = options->with_private,
        .passphrase = options->passphrase,
        .iterations = options->iterations ? options->iterations : DEFAULT_ITERATIONS,
    };
    return jk_key_write(key->prepared, &form, buffer, error);
}
