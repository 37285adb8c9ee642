/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the check of `cnf`, member by member. */
#include "base/error.h"
#include "base/secret.h"
#include "codec/base64url.h"
#include "codec/json.h"
#include <jwkeep/confirmation.h>

#define HASH_TEXT_BYTES 43u /* base64url of JWKEEP_CERTIFICATE_HASH_SIZE bytes */

static jwkeep_code refuse(jwkeep_error *error, jwkeep_code code, const char *where,
                          const char *clause) {
    return jk_fail_at(error, code, where, clause, JWKEEP_NO_OFFSET);
}

/* `shown` is absent if it was not. */
static jwkeep_code check_text(const jwkeep_json *value, jwkeep_span shown, const char *where,
                              const char *clause, jwkeep_error *error) {
    jwkeep_span wanted = jwkeep_json_string(value);
    if (!jwkeep_span_is_present(wanted))
        return refuse(error, JWKEEP_CLAIM_TYPE, where, clause);
    if (!jwkeep_span_is_present(shown))
        return refuse(error, JWKEEP_CONFIRMATION_MISSING, where, clause);
    if (!jk_secret_equals(wanted, shown))
        return refuse(error, JWKEEP_CONFIRMATION_MISMATCH, where, clause);
    return JWKEEP_OK;
}

static jwkeep_code check_certificate(const jwkeep_json *value, jwkeep_span hash,
                                     jwkeep_error *error) {
    char text[HASH_TEXT_BYTES];
    jwkeep_span shown = JWKEEP_SPAN_NONE;
    if (jwkeep_span_is_present(hash)) {
        jk_base64url_encode(hash, text);
        shown = jwkeep_span_of(text, sizeof text);
    }
    return check_text(value, shown, "cnf.x5t#S256", "RFC 8705 §3.1", error);
}

static jwkeep_code check_member(const jwkeep_json *member, const jwkeep_presented *presented,
                                jwkeep_error *error) {
    const jwkeep_span name = jwkeep_json_name(member);
    if (jwkeep_span_equals(name, JWKEEP_SPAN("jkt")))
        return check_text(member, jwkeep_dpop_proof_jkt(presented->proof), "cnf.jkt",
                          "RFC 9449 §6.1", error);
    if (jwkeep_span_equals(name, JWKEEP_SPAN("x5t#S256")))
        return check_certificate(member, presented->certificate_hash, error);
    return refuse(error, JWKEEP_CONFIRMATION_UNSUPPORTED, "cnf", "RFC 7800 §3.1");
}

static jwkeep_code check_members(const jwkeep_json *cnf, const jwkeep_presented *presented,
                                 jwkeep_error *error) {
    if (jwkeep_json_type_of(cnf) != JWKEEP_JSON_OBJECT || jwkeep_json_count(cnf) == 0)
        return refuse(error, JWKEEP_CLAIM_TYPE, "cnf", "RFC 7800 §3.1");
    if (presented->proof && !jwkeep_json_member(cnf, "jkt"))
        return refuse(error, JWKEEP_CONFIRMATION_MISSING, "cnf.jkt", "RFC 9449 §7.1");
    jwkeep_code code = JWKEEP_OK;
    for (const jwkeep_json *one = jwkeep_json_first(cnf); one && code == JWKEEP_OK;
         one = jwkeep_json_next(one))
        code = check_member(one, presented, error);
    return code;
}

jwkeep_code jwkeep_confirmation_check(const jwkeep_token *token,
                                      const jwkeep_presented *presented, jwkeep_error *error) {
    static const jwkeep_presented nothing = {.proof = NULL};
    const jwkeep_json *claims = jwkeep_token_claims(token);
    if (!claims)
        return jk_fail(error, JWKEEP_MISUSE_STATE);
    if (!presented)
        presented = &nothing;
    const jwkeep_span hash = presented->certificate_hash;
    if (jwkeep_span_is_present(hash) && hash.size != JWKEEP_CERTIFICATE_HASH_SIZE)
        return refuse(error, JWKEEP_MISUSE_ARGUMENT, "certificate_hash", NULL);
    if (presented->proof && !jwkeep_span_is_present(jwkeep_dpop_proof_jkt(presented->proof)))
        return refuse(error, JWKEEP_MISUSE_STATE, "proof", NULL);
    const jwkeep_json *cnf = jwkeep_json_member(claims, "cnf");
    if (cnf)
        return check_members(cnf, presented, error);
    if (presented->is_binding_required || presented->proof)
        return refuse(error, JWKEEP_CONFIRMATION_MISSING, "cnf", "RFC 9449 §7.1");
    return JWKEEP_OK;
}
