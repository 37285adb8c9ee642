/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns making a JWT (RFC 7519 §7.1). Refuses to sign claims that no verifier may accept. */
#include "jwt/sign.h"
#include "base/error.h"
#include "base/limits.h"
#include "codec/json.h"
#include "jwt/claims.h"
#include "jwt/media_type.h"

/* Bounded by the limits on values and depth. */
#define CLAIMS_ARENA_MAX_BYTES (SIZE_MAX / 2)

static jwkeep_code check_types(const jwkeep_json *object, const jwkeep_limits *limits,
                               jwkeep_error *error) {
    jk_claims claims;
    jk_claims_read(object, limits->max_audiences, &claims);
    for (int i = 0; i < JK_CLAIM_COUNT; i++) {
        const jk_claim_info *info = jk_claim_info_of((jk_claim)i);
        if (jk_claims_is_ill_typed(&claims, (jk_claim)i))
            return jk_fail_at(error, JWKEEP_CLAIM_TYPE, info->name, info->clause,
                              JWKEEP_NO_OFFSET);
    }
    return JWKEEP_OK;
}

jwkeep_code jk_jwt_check_claims(jwkeep_span text, jwkeep_error *error) {
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    jk_arena arena;
    jk_arena_init(&arena, CLAIMS_ARENA_MAX_BYTES);
    const jwkeep_json *root;
    jwkeep_code code = jk_json_parse(text, &limits, &arena, &root, error);
    if (code == JWKEEP_OK && jwkeep_json_type_of(root) != JWKEEP_JSON_OBJECT)
        code =
            jk_fail_at(error, JWKEEP_CLAIMS_INVALID, NULL, "RFC 7519 §7.1", JWKEEP_NO_OFFSET);
    if (code == JWKEEP_OK)
        code = check_types(root, &limits, error);
    jk_arena_done(&arena);
    return code;
}

jwkeep_code jwkeep_jwt_sign(jwkeep_span claims, const jwkeep_jws_signer *signer,
                            jwkeep_buffer *token, jwkeep_error *error) {
    if (!signer || !token)
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, signer ? "token" : "signer", NULL,
                          JWKEEP_NO_OFFSET);
    if (jk_media_type_is(signer->cty, JWKEEP_SPAN("JWT")))
        return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT,
                            "`cty` \"JWT\" says that the payload is a token, not claims",
                            "signer.cty", "RFC 7519 §5.2");
    if (signer->is_payload_unencoded || signer->is_payload_detached)
        return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT,
                            "a JWT holds its claims, and encoded", "signer", "RFC 7797 §7");
    jwkeep_code code = jk_jwt_check_claims(claims, error);
    if (code != JWKEEP_OK)
        return code;
    jwkeep_jws_signer typed = *signer;
    if (!jwkeep_span_is_present(typed.typ))
        typed.typ = JWKEEP_SPAN("JWT");
    return jwkeep_jws_sign(claims, &typed, token, error);
}
