/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the check of the options and of one signature. Refuses to take a key out of a header
 * that is not the one the caller pinned. */
#include "jose/jws_setup.h"
#include "base/error.h"
#include "base/limits.h"
#include "codec/base64url.h"
#include "jose/jwk.h"

static jwkeep_code misuse(jwkeep_error *error, const char *text, const char *where) {
    return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT, text, where, NULL);
}

static jwkeep_code check_extensions(const jwkeep_jws_options *options, jwkeep_error *error) {
    if (options->extension_count && !options->extensions)
        return misuse(error, "the extensions are missing", "extensions");
    for (size_t i = 0; i < options->extension_count; i++) {
        jwkeep_span name = jwkeep_span_text(options->extensions[i].name);
        if (!name.size || jk_jws_is_standard(name) ||
            jwkeep_span_equals(name, JWKEEP_SPAN("b64")))
            return misuse(error, "not the name of an extension", "extensions");
    }
    return JWKEEP_OK;
}

static jwkeep_code check_keys(const jwkeep_jws_options *options, jwkeep_error *error) {
    bool is_pinned = options->pinned_thumbprint.data != NULL;
    if ((options->key != NULL) + (options->keys != NULL) + is_pinned != 1)
        return misuse(error, "a key, a set or a pinned thumbprint is needed", "options");
    if (is_pinned && options->pinned_thumbprint.size != JWKEEP_THUMBPRINT_SIZE)
        return misuse(error, "not a SHA-256 thumbprint", "pinned_thumbprint");
    return JWKEEP_OK;
}

jwkeep_code jk_jws_set_up(const jwkeep_jws_options *options, jk_jws_setup *ret_setup,
                          jwkeep_error *error) {
    if (!options)
        return misuse(error, "options are needed", "options");
    jk_jws_setup setup = {
        .choice = {.key = options->key,
                   .keys = options->keys,
                   .algorithms = options->algorithms,
                   .is_kid_required = options->is_kid_required},
        .understood = {options->extensions, options->extension_count, true},
        .pinned = options->pinned_thumbprint,
        .detached = options->detached,
    };
    jwkeep_code code = check_keys(options, error);
    if (!code)
        code = check_extensions(options, error);
    if (!code)
        code = jk_limits_resolve(options->limits, &setup.limits, error);
    if (!code && setup.detached.size > setup.limits.max_detached_bytes)
        code = jk_fail_text(error, JWKEEP_TOKEN_TOO_LARGE, "the detached payload is too large",
                            NULL, NULL);
    if (!code)
        *ret_setup = setup;
    return code;
}

static jwkeep_code refuse_embedded(jwkeep_error *error, jwkeep_code code) {
    return jk_fail_at(error, code, "jwk", "RFC 7515 §4.1.3", JWKEEP_NO_OFFSET);
}

jwkeep_code jk_jws_embedded_key(const jk_jws_setup *setup, const jk_jws_header *header,
                                jwkeep_jwk **ret_key, jwkeep_error *error) {
    const jwkeep_json *jwk = jwkeep_json_member(header->json, "jwk");
    if (!jwk)
        return refuse_embedded(error, JWKEEP_EMBEDDED_KEY_MISSING);
    if (jk_jwk_has_secret(jwk))
        return refuse_embedded(error, JWKEEP_JWK_NOT_PUBLIC);
    jwkeep_jwk *key = NULL;
    jwkeep_code code = jk_jwk_from_json(jwk, &setup->limits, &key, error);
    if (code)
        return code;
    if (!jwkeep_span_equals(jwkeep_jwk_thumbprint(key), setup->pinned)) {
        jwkeep_jwk_unref(key);
        return refuse_embedded(error, JWKEEP_EMBEDDED_KEY_MISMATCH);
    }
    *ret_key = key;
    return JWKEEP_OK;
}

jwkeep_code jk_jws_judge_extensions(const jk_jws_setup *setup, const jk_jws_header *header,
                                    jwkeep_error *error) {
    for (size_t i = 0; i < setup->understood.extension_count; i++) {
        const jwkeep_jws_extension *extension = &setup->understood.extensions[i];
        jwkeep_span name = jwkeep_span_text(extension->name);
        if (extension->accept && jk_jws_is_critical(header->crit, name) &&
            !extension->accept(extension->user, jk_json_member(header->json, name)))
            return jk_fail_at(error, JWKEEP_EXTENSION_REFUSED, extension->name,
                              "RFC 7515 §4.1.11", JWKEEP_NO_OFFSET);
    }
    return JWKEEP_OK;
}

jwkeep_code jk_jws_judge(const jk_jws_setup *setup, const jk_jws_parts *parts,
                         const jk_jws_header *header, const jwkeep_jwk **ret_key,
                         jwkeep_error *error) {
    jwkeep_jwk *embedded = NULL;
    jk_jws_choice choice = setup->choice;
    jwkeep_code code = JWKEEP_OK;
    if (setup->pinned.data)
        code = jk_jws_embedded_key(setup, header, &embedded, error);
    if (code)
        return code;
    if (embedded)
        choice.key = embedded;
    const jwkeep_jwk *fitting = NULL;
    code = jk_jws_check_signature(parts, header, &choice, &setup->limits, &fitting, error);
    if (!code)
        code = jk_jws_judge_extensions(setup, header, error);
    if (!code)
        *ret_key = embedded ? NULL : fitting;
    jwkeep_jwk_unref(embedded);
    return code;
}

jwkeep_code jk_jws_signing_input(jwkeep_span encoded_header, jwkeep_span payload,
                                 bool is_unencoded, jk_arena *arena, jwkeep_span *ret_input,
                                 jwkeep_error *error) {
    size_t lead = encoded_header.size + 1;
    size_t size = is_unencoded ? payload.size : jk_base64url_encoded_size(payload.size);
    uint8_t *bytes = jk_arena_bytes(arena, lead + size);
    if (!bytes)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    memcpy(bytes, encoded_header.data, encoded_header.size);
    bytes[encoded_header.size] = '.';
    if (!is_unencoded)
        jk_base64url_encode(payload, (char *)bytes + lead);
    else if (size)
        memcpy(bytes + lead, payload.data, size);
    *ret_input = jwkeep_span_of(bytes, lead + size);
    return JWKEEP_OK;
}
