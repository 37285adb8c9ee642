/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the check of one proof from a file. */
#include "cli/possession.h"
#include "cli/input.h"

exit_status possession_check(const possession_options *options) {
    if (options->proof && !options->url)
        return report_usage("--dpop needs --dpop-url: a proof is for one request");
    if (!options->proof && (options->method || options->url || options->nonce))
        return report_usage("--dpop-method, --dpop-url and --dpop-nonce go with --dpop FILE");
    return STATUS_YES;
}

static jwkeep_code check(const possession_options *options, const jwkeep_token *token,
                         jwkeep_span proof_bytes, jwkeep_span bytes, int64_t now_ms,
                         jwkeep_error *error) {
    jwkeep_dpop_proof *proof = NULL;
    const jwkeep_dpop_request request = {
        .proofs = &proof_bytes,
        .proof_count = 1,
        .method = jwkeep_span_text(options->method ? options->method : "GET"),
        .url = jwkeep_span_text(options->url),
        .access_token = bytes,
        .nonce = jwkeep_span_text(options->nonce)};
    jwkeep_code code = jwkeep_dpop_proof_new(&proof, error);
    if (code != JWKEEP_OK)
        return code;
    code = jwkeep_dpop_verify(&request, NULL, now_ms, proof, error);
    if (code == JWKEEP_OK) {
        const jwkeep_presented presented = {.proof = proof};
        code = jwkeep_confirmation_check(token, &presented, error);
    }
    jwkeep_dpop_proof_free(proof);
    return code;
}

exit_status possession_verify(const possession_options *options, const jwkeep_token *token,
                              jwkeep_span bytes, int64_t now_ms, jwkeep_code *ret_code,
                              jwkeep_error *ret_error) {
    jwkeep_buffer buffer;
    *ret_code = JWKEEP_OK;
    if (!options->proof) {
        if (jwkeep_json_member(jwkeep_token_claims(token), "cnf"))
            report_note("note: the token is bound to a key (cnf), which was not checked: see "
                        "--dpop");
        return STATUS_YES;
    }
    exit_status status =
        input_read(options->proof, 2u * JWKEEP_MAX_TOKEN_BYTES, STATUS_NO, &buffer);
    if (status != STATUS_YES)
        return status;
    *ret_code = check(options, token, input_trim(jwkeep_buffer_span(&buffer)), bytes, now_ms,
                      ret_error);
    jwkeep_buffer_done(&buffer);
    return STATUS_YES;
}
