/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the checks of one login. */
#include "base/secret.h"
#include "codec/base64url.h"
#include "crypto/algorithm.h"
#include "crypto/digest.h"
#include "jwt/profile.h"
#include "jwt/token.h"
#include <jwkeep/id_token.h>

#define HASH_MAX_BYTES 114u
#define HALF_TEXT_MAX_BYTES 76u /* of the half of those in base64url */
#define ED25519_HASH_BYTES 64u
#define ED448_SIGNATURE_TEXT_BYTES 152u
_Static_assert(HASH_MAX_BYTES == JK_SHAKE256_ED448_SIZE, "the longest of the hashes");
_Static_assert(HALF_TEXT_MAX_BYTES == (HASH_MAX_BYTES / 2 * 8 + 5) / 6, "base64url of half");

static bool is_eddsa(jwkeep_algorithm algorithm) {
    return algorithm == JWKEEP_ALGORITHM_EDDSA || algorithm == JWKEEP_ALGORITHM_ED25519 ||
           algorithm == JWKEEP_ALGORITHM_ED448;
}

/* `EdDSA` takes the curve from the key; a good signature has the size of its curve's. */
static bool is_by_ed448(const jwkeep_token *token) {
    return is_eddsa(token->header->algorithm) &&
           token->parts.signature.size == ED448_SIGNATURE_TEXT_BYTES;
}

/* By the hash function that the token's `alg` signs with: of Ed25519 SHA-512, of Ed448 SHAKE256
 * with 114 bytes of output (RFC 8032 §5). */
static jwkeep_code hash_as_signed(const jwkeep_token *token, jwkeep_span bytes,
                                  uint8_t ret_hash[HASH_MAX_BYTES], size_t *ret_size,
                                  jwkeep_error *error) {
    jwkeep_algorithm algorithm = token->header->algorithm;
    if (is_by_ed448(token)) {
        *ret_size = JK_SHAKE256_ED448_SIZE;
        return jk_shake256(bytes, ret_hash, error);
    }
    *ret_size =
        is_eddsa(algorithm) ? ED25519_HASH_BYTES : jk_algorithm_info_of(algorithm)->hash_bytes;
    return jk_digest(*ret_size, bytes, ret_hash, error);
}

/* Whether `text` is the base64url of the left half of the hash of `bytes`. */
static jwkeep_code compare_half(const jwkeep_token *token, jwkeep_span bytes, jwkeep_span text,
                                bool *ret_equal, jwkeep_error *error) {
    uint8_t hash[HASH_MAX_BYTES];
    char half[HALF_TEXT_MAX_BYTES];
    size_t size;
    jwkeep_code code = hash_as_signed(token, bytes, hash, &size, error);
    if (code != JWKEEP_OK)
        return code;
    jk_base64url_encode(jwkeep_span_of(hash, size / 2), half);
    *ret_equal =
        jk_secret_equals(text, jwkeep_span_of(half, jk_base64url_encoded_size(size / 2)));
    return JWKEEP_OK;
}

static void check_nonce(const jwkeep_json *claims, jwkeep_span sent, jk_verdict *verdict) {
    static const char clause[] = "OIDC Core §3.1.3.7";
    const jwkeep_json *value = jwkeep_json_member(claims, "nonce");
    const jwkeep_span nonce = jwkeep_json_string(value);
    if (!value && !jwkeep_span_is_present(sent))
        return;
    if (!value)
        jk_verdict_note(verdict, JWKEEP_CLAIM_MISSING, "nonce", clause);
    else if (!jwkeep_span_is_present(nonce))
        jk_verdict_note(verdict, JWKEEP_CLAIM_TYPE, "nonce", clause);
    else if (!jwkeep_span_is_present(sent) || !jk_secret_equals(nonce, sent))
        jk_verdict_note(verdict, JWKEEP_NONCE_MISMATCH, "nonce", clause);
}

/* What came along with the token, and the claim that names its hash. */
struct companion {
    jwkeep_span bytes;
    const char *claim;
    const char *clause;
    bool is_required;
};

static jwkeep_code check_hash(const jwkeep_token *token, const struct companion *companion,
                              jk_verdict *verdict, jwkeep_error *error) {
    bool is_equal = false;
    const jwkeep_json *value = jwkeep_json_member(jwkeep_token_claims(token), companion->claim);
    if (!value && companion->is_required)
        jk_verdict_note(verdict, JWKEEP_CLAIM_MISSING, companion->claim, companion->clause);
    if (!value || !jwkeep_span_is_present(companion->bytes))
        return JWKEEP_OK;
    const jwkeep_span text = jwkeep_json_string(value);
    if (!jwkeep_span_is_present(text)) {
        jk_verdict_note(verdict, JWKEEP_CLAIM_TYPE, companion->claim, companion->clause);
        return JWKEEP_OK;
    }
    jwkeep_code code = compare_half(token, companion->bytes, text, &is_equal, error);
    if (code == JWKEEP_OK && !is_equal)
        jk_verdict_note(verdict, JWKEEP_HASH_MISMATCH, companion->claim, companion->clause);
    return code;
}

void jwkeep_id_token_login_init(jwkeep_id_token_login *login) {
    *login = (jwkeep_id_token_login){.struct_size = sizeof *login};
}

static jwkeep_code resolve(const jwkeep_id_token_login *login, jwkeep_id_token_login *ret_login,
                           jwkeep_error *error) {
    const char *bad = NULL;
    jwkeep_id_token_login_init(ret_login);
    const size_t size = login ? login->struct_size : 0;
    if (size < sizeof size || size > sizeof *ret_login)
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, login ? "struct_size" : "login", NULL,
                          JWKEEP_NO_OFFSET);
    memcpy(ret_login, login, size);
    if (ret_login->max_age_s < 0 || ret_login->max_age_s > JK_NUMERIC_DATE_MAX_S)
        bad = "max_age_s";
    if (ret_login->leeway_s < 0 || ret_login->leeway_s > JWKEEP_MAX_LEEWAY_S)
        bad = "leeway_s";
    /* A hash that is required is checked: there must be something to check it with. */
    if (ret_login->is_at_hash_required && !jwkeep_span_is_present(ret_login->access_token))
        bad = "access_token";
    if (ret_login->is_c_hash_required && !jwkeep_span_is_present(ret_login->code))
        bad = "code";
    return bad ? jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, bad, NULL, JWKEEP_NO_OFFSET)
               : JWKEEP_OK;
}

jwkeep_code jwkeep_id_token_check(const jwkeep_token *token, const jwkeep_id_token_login *login,
                                  int64_t now_ms, jwkeep_failures *failures,
                                  jwkeep_error *error) {
    jwkeep_id_token_login known;
    if (failures)
        failures->count = 0;
    if (!jwkeep_token_claims(token))
        return jk_fail(error, JWKEEP_MISUSE_STATE);
    jwkeep_code code = resolve(login, &known, error);
    if (code != JWKEEP_OK)
        return code;
    jk_verdict verdict = {.failures = failures, .error = error};
    const struct companion access_token = {known.access_token, "at_hash", "OIDC Core §3.1.3.6",
                                           known.is_at_hash_required};
    const struct companion authorization = {known.code, "c_hash", "OIDC Core §3.3.2.11",
                                            known.is_c_hash_required};
    check_nonce(jwkeep_token_claims(token), known.nonce, &verdict);
    jk_auth_time_judge(&token->claims, known.max_age_s, known.leeway_s, now_ms, &verdict);
    code = check_hash(token, &access_token, &verdict, error);
    if (code == JWKEEP_OK)
        code = check_hash(token, &authorization, &verdict, error);
    return code == JWKEEP_OK ? verdict.code : code;
}
