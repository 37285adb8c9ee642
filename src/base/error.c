/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the table of the codes: one row each, in the order of their values. */
#include "base/error.h"

typedef struct code_row {
    jwkeep_code code;
    const char *name;
    const char *text;
} code_row;

static const code_row rows[] = {
    {JWKEEP_OK, "ok", "success"},
    {JWKEEP_PENDING, "pending", "the answer comes later"},
    {JWKEEP_CONFLICT, "conflict", "somebody else changed it first"},
    {JWKEEP_NOT_FOUND, "not_found", "not found"},
    {JWKEEP_TOKEN_MALFORMED, "token_malformed", "not a compact token of three segments"},
    {JWKEEP_TOKEN_TOO_LARGE, "token_too_large", "the token is too large"},
    {JWKEEP_BASE64URL_INVALID, "base64url_invalid", "not base64url without padding"},
    {JWKEEP_JSON_SYNTAX, "json_syntax", "not a JSON text"},
    {JWKEEP_JSON_UTF8, "json_utf8", "the JSON text is not valid UTF-8"},
    {JWKEEP_JSON_DUPLICATE, "json_duplicate", "a member name appears twice"},
    {JWKEEP_JSON_TOO_DEEP, "json_too_deep", "the JSON text is nested too deeply"},
    {JWKEEP_JSON_TOO_LARGE, "json_too_large", "the JSON text has too many values"},
    {JWKEEP_JSON_TYPE, "json_type", "a JSON value has another type than expected"},
    {JWKEEP_JSON_RANGE, "json_range", "a JSON number is out of range"},
    {JWKEEP_HEADER_INVALID, "header_invalid", "a header parameter has the wrong type"},
    {JWKEEP_ALG_MISSING, "alg_missing", "the header has no `alg`"},
    {JWKEEP_ALG_NONE, "alg_none", "unsigned tokens are not accepted"},
    {JWKEEP_ALG_UNSUPPORTED, "alg_unsupported", "the algorithm is not supported"},
    {JWKEEP_ALG_NOT_ALLOWED, "alg_not_allowed", "the algorithm is not allowed here"},
    {JWKEEP_CRIT_INVALID, "crit_invalid", "`crit` is malformed"},
    {JWKEEP_CRIT_UNSUPPORTED, "crit_unsupported",
     "`crit` names an extension that is not understood"},
    {JWKEEP_TYP_MISMATCH, "typ_mismatch", "`typ` is not the expected one"},
    {JWKEEP_KID_TOO_LONG, "kid_too_long", "`kid` is too long"},
    {JWKEEP_KID_MISSING, "kid_missing", "the header has no `kid`"},
    {JWKEEP_HEADER_UNPROTECTED, "header_unprotected",
     "a parameter that must be protected is in the unprotected header"},
    {JWKEEP_HEADER_REPEATED, "header_repeated",
     "a name is in both the protected and the unprotected header"},
    {JWKEEP_JWS_JSON_INVALID, "jws_json_invalid", "not a JWS in JSON serialization"},
    {JWKEEP_TOO_MANY_SIGNATURES, "too_many_signatures", "the token has too many signatures"},
    {JWKEEP_PAYLOAD_MISSING, "payload_missing", "the token has no payload"},
    {JWKEEP_PAYLOAD_NOT_DETACHED, "payload_not_detached",
     "the token has a payload of its own beside the detached one"},
    {JWKEEP_PAYLOAD_UNENCODABLE, "payload_unencodable",
     "the payload cannot stand in the token without an encoding"},
    {JWKEEP_B64_INCONSISTENT, "b64_inconsistent", "the signatures differ in `b64`"},
    {JWKEEP_EXTENSION_REFUSED, "extension_refused", "a critical extension was refused"},
    {JWKEEP_KID_UNKNOWN, "kid_unknown", "no key has this `kid`"},
    {JWKEEP_KEY_ALG_MISMATCH, "key_alg_mismatch", "the key is not for this algorithm"},
    {JWKEEP_KEY_USE_FORBIDDEN, "key_use_forbidden",
     "`use` or `key_ops` of the key forbid this"},
    {JWKEEP_SIGNATURE_INVALID, "signature_invalid", "the signature does not verify"},
    {JWKEEP_SIGNATURES_UNMET, "signatures_unmet", "not all signatures that are asked for hold"},
    {JWKEEP_EMBEDDED_KEY_MISSING, "embedded_key_missing", "the header has no `jwk`"},
    {JWKEEP_EMBEDDED_KEY_MISMATCH, "embedded_key_mismatch",
     "`jwk` in the header is not the pinned key"},
    {JWKEEP_ALG_NOT_STREAMABLE, "alg_not_streamable",
     "the algorithm needs the whole payload at once"},
    {JWKEEP_CLAIMS_INVALID, "claims_invalid", "the payload is not a JSON object"},
    {JWKEEP_CLAIM_MISSING, "claim_missing", "a required claim is missing"},
    {JWKEEP_CLAIM_TYPE, "claim_type", "a claim has the wrong type or range"},
    {JWKEEP_TOKEN_EXPIRED, "token_expired", "the token has expired"},
    {JWKEEP_TOKEN_NOT_YET_VALID, "token_not_yet_valid", "the token is not valid yet"},
    {JWKEEP_TOKEN_ISSUED_IN_FUTURE, "token_issued_in_future",
     "the token was issued in the future"},
    {JWKEEP_TOKEN_TOO_OLD, "token_too_old", "the token is too old"},
    {JWKEEP_ISSUER_MISMATCH, "issuer_mismatch", "the issuer is not the expected one"},
    {JWKEEP_ISSUER_UNKNOWN, "issuer_unknown", "the issuer is not known here"},
    {JWKEEP_AUDIENCE_MISMATCH, "audience_mismatch", "the token is for another audience"},
    {JWKEEP_SUBJECT_MISMATCH, "subject_mismatch", "the subject is not the expected one"},
    {JWKEEP_JTI_MISMATCH, "jti_mismatch", "`jti` is not the expected one"},
    {JWKEEP_CLAIM_MISMATCH, "claim_mismatch", "a claim is not what it must be"},
    {JWKEEP_SCOPE_INSUFFICIENT, "scope_insufficient", "a required scope is missing"},
    {JWKEEP_VALIDATOR_REFUSED, "validator_refused", "a check of the application refused it"},
    {JWKEEP_AZP_MISMATCH, "azp_mismatch", "the token was issued to another party"},
    {JWKEEP_NONCE_MISMATCH, "nonce_mismatch", "`nonce` is not the expected one"},
    {JWKEEP_AUTH_TOO_OLD, "auth_too_old", "the user authenticated too long ago"},
    {JWKEEP_HASH_MISMATCH, "hash_mismatch", "a hash is not that of what came with the token"},
    {JWKEEP_TOKEN_NESTED, "token_nested", "the token holds another token, not claims"},
    {JWKEEP_NESTING_TOO_DEEP, "nesting_too_deep", "tokens are nested too deeply"},
    {JWKEEP_CLIENT_MISMATCH, "client_mismatch", "the token was issued to another client"},
    {JWKEEP_HTTP_TOKEN_MISSING, "http_token_missing", "the request has no token"},
    {JWKEEP_HTTP_TOKEN_REPEATED, "http_token_repeated", "the request has more than one token"},
    {JWKEEP_HTTP_TOKEN_MALFORMED, "http_token_malformed", "the request's token is malformed"},
    {JWKEEP_DPOP_MISSING, "dpop_missing", "the request has no DPoP proof"},
    {JWKEEP_DPOP_REPEATED, "dpop_repeated", "the request has more than one DPoP proof"},
    {JWKEEP_DPOP_KEY_INVALID, "dpop_key_invalid", "the proof has no public key in its header"},
    {JWKEEP_DPOP_METHOD_MISMATCH, "dpop_method_mismatch", "the proof is for another method"},
    {JWKEEP_DPOP_URL_MISMATCH, "dpop_url_mismatch", "the proof is for another URL"},
    {JWKEEP_DPOP_NONCE_MISMATCH, "dpop_nonce_mismatch",
     "the proof has not the nonce that the server gave"},
    {JWKEEP_DPOP_HASH_MISMATCH, "dpop_hash_mismatch", "the proof is for another access token"},
    {JWKEEP_REPLAYED, "replayed", "this was used before"},
    {JWKEEP_REPLAY_MEMORY_FULL, "replay_memory_full",
     "the replay memory is full, so nothing is known to be new"},
    {JWKEEP_CONFIRMATION_MISSING, "confirmation_missing",
     "the token is bound to a key that was not shown, or to none"},
    {JWKEEP_CONFIRMATION_MISMATCH, "confirmation_mismatch",
     "the token is bound to another key"},
    {JWKEEP_CONFIRMATION_UNSUPPORTED, "confirmation_unsupported",
     "the token is bound in a way that is not understood"},
    {JWKEEP_JWK_INVALID, "jwk_invalid", "not a JWK"},
    {JWKEEP_JWK_MEMBER_MISSING, "jwk_member_missing", "a member of the JWK is missing"},
    {JWKEEP_JWK_MEMBER_INVALID, "jwk_member_invalid", "a member of the JWK is invalid"},
    {JWKEEP_JWK_KTY_UNSUPPORTED, "jwk_kty_unsupported", "the key type is not supported"},
    {JWKEEP_JWK_CRV_UNSUPPORTED, "jwk_crv_unsupported", "the curve is not supported"},
    {JWKEEP_JWK_ALG_UNSUPPORTED, "jwk_alg_unsupported", "`alg` of the JWK is not supported"},
    {JWKEEP_JWK_ALG_MISMATCH, "jwk_alg_mismatch", "`alg` does not fit the key"},
    {JWKEEP_JWK_USE_INCONSISTENT, "jwk_use_inconsistent",
     "`use`, `key_ops` and `alg` contradict each other"},
    {JWKEEP_JWK_TOO_WEAK, "jwk_too_weak", "the key is too weak"},
    {JWKEEP_JWK_TOO_LARGE, "jwk_too_large", "the key is too large"},
    {JWKEEP_JWK_NOT_ON_CURVE, "jwk_not_on_curve", "the point is not on the curve"},
    {JWKEEP_JWK_KEY_MISMATCH, "jwk_key_mismatch",
     "the private key does not belong to the public key"},
    {JWKEEP_JWK_NOT_PUBLIC, "jwk_not_public",
     "a private or symmetric key where only public keys may be"},
    {JWKEEP_KEYSET_INVALID, "keyset_invalid", "not a JWK Set"},
    {JWKEEP_KEYSET_TOO_MANY_KEYS, "keyset_too_many_keys", "the key set has too many keys"},
    {JWKEEP_PEM_INVALID, "pem_invalid", "not a key in PEM"},
    {JWKEEP_PEM_TOO_LARGE, "pem_too_large", "the PEM or DER text is too large"},
    {JWKEEP_PASSPHRASE_NEEDED, "passphrase_needed",
     "the key is encrypted and no passphrase was given"},
    {JWKEEP_PASSPHRASE_WRONG, "passphrase_wrong", "the passphrase does not open the key"},
    {JWKEEP_PASSPHRASE_TOO_COSTLY, "passphrase_too_costly",
     "the key was encrypted with more rounds than are allowed"},
    {JWKEEP_CERTIFICATE_INVALID, "certificate_invalid", "not an X.509 certificate"},
    {JWKEEP_CERTIFICATE_TOO_LARGE, "certificate_too_large", "the certificate is too large"},
    {JWKEEP_CERTIFICATE_CHAIN_TOO_LONG, "certificate_chain_too_long",
     "the chain has too many certificates"},
    {JWKEEP_CERTIFICATE_KEY_MISMATCH, "certificate_key_mismatch",
     "the certificate is for another key"},
    {JWKEEP_CERTIFICATE_HASH_MISMATCH, "certificate_hash_mismatch",
     "the hash is that of another certificate"},
    {JWKEEP_CERTIFICATE_UNTRUSTED, "certificate_untrusted",
     "the chain leads to no trusted certificate"},
    {JWKEEP_CERTIFICATE_EXPIRED, "certificate_expired", "a certificate has expired"},
    {JWKEEP_CERTIFICATE_NOT_YET_VALID, "certificate_not_yet_valid",
     "a certificate is not valid yet"},
    {JWKEEP_CERTIFICATE_PURPOSE, "certificate_purpose",
     "a certificate may not be used for what it is used for"},
    {JWKEEP_CERTIFICATE_CHAIN_INVALID, "certificate_chain_invalid", "the chain does not hold"},
    {JWKEEP_JWK_KTY_NOT_IN_BUILD, "jwk_kty_not_in_build",
     "keys of this type are not in this build of the library"},
    {JWKEEP_THUMBPRINT_URI_INVALID, "thumbprint_uri_invalid", "not the URI of a thumbprint"},
    {JWKEEP_KEY_AMBIGUOUS, "key_ambiguous", "more than one key fits"},
    {JWKEEP_KEYS_NOT_LOADED, "keys_not_loaded", "no keys have been loaded yet"},
    {JWKEEP_KEYS_STALE, "keys_stale", "the keys are too old to be used"},
    {JWKEEP_KEYS_TIMEOUT, "keys_timeout", "the keys did not arrive in time"},
    {JWKEEP_KEYS_FETCH_FAILED, "keys_fetch_failed", "the keys could not be downloaded"},
    {JWKEEP_KEYS_BUSY, "keys_busy", "too many requests are waiting for keys"},
    {JWKEEP_KEYS_SHUTDOWN, "keys_shutdown", "the source of the keys is shutting down"},
    {JWKEEP_TRANSPORT_URL, "transport_url", "not a URL that may be used"},
    {JWKEEP_TRANSPORT_RESOLVE, "transport_resolve", "the host name does not resolve"},
    {JWKEEP_TRANSPORT_CONNECT, "transport_connect", "the connection failed"},
    {JWKEEP_TRANSPORT_TLS, "transport_tls", "the TLS handshake failed"},
    {JWKEEP_TRANSPORT_TIMEOUT, "transport_timeout", "the download took too long"},
    {JWKEEP_TRANSPORT_BROKEN, "transport_broken", "the connection broke before the end"},
    {JWKEEP_TRANSPORT_STATUS, "transport_status", "the server answered with an error status"},
    {JWKEEP_TRANSPORT_REDIRECT, "transport_redirect", "redirects are not followed"},
    {JWKEEP_TRANSPORT_CONTENT_TYPE, "transport_content_type",
     "the answer has a wrong content type"},
    {JWKEEP_TRANSPORT_TOO_LARGE, "transport_too_large", "the answer is too large"},
    {JWKEEP_TRANSPORT_BODY, "transport_body", "the answer is not the expected document"},
    {JWKEEP_TRANSPORT_ISSUER, "transport_issuer",
     "the discovery document names another issuer"},
    {JWKEEP_TRANSPORT_CANCELLED, "transport_cancelled", "the download was cancelled"},
    {JWKEEP_MISUSE_ARGUMENT, "misuse_argument",
     "an argument is outside what the interface allows"},
    {JWKEEP_MISUSE_STATE, "misuse_state", "the call is not allowed in this state"},
    {JWKEEP_MISUSE_PRIVATE_NEEDED, "misuse_private_needed", "a private key is needed"},
    {JWKEEP_MISUSE_KEY_ALG, "misuse_key_alg",
     "signing with a key that is not for this algorithm"},
    {JWKEEP_MISUSE_TOO_SMALL, "misuse_too_small", "the output does not fit"},
    {JWKEEP_OUT_OF_MEMORY, "out_of_memory", "out of memory"},
    {JWKEEP_CRYPTO_FAILED, "crypto_failed", "the crypto library failed"},
    {JWKEEP_SYSTEM_FAILED, "system_failed", "the operating system refused a resource"},
    {JWKEEP_SIGNER_FAILED, "signer_failed", "the signing device gave no usable signature"},
};

static const code_row *find_row(jwkeep_code code) {
    size_t low = 0;
    size_t high = JK_COUNT_OF(rows);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rows[middle].code == code)
            return &rows[middle];
        if (rows[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

jwkeep_class jwkeep_code_class(jwkeep_code code) {
    return find_row(code) ? (jwkeep_class)(code / 1000) : JWKEEP_CLASS_INTERNAL;
}

const char *jwkeep_code_name(jwkeep_code code) {
    const code_row *row = find_row(code);
    return row ? row->name : "unknown";
}

const char *jwkeep_code_text(jwkeep_code code) {
    const code_row *row = find_row(code);
    return row ? row->text : "unknown code";
}

void jk_error_fill(jwkeep_error *error, jwkeep_code code, const char *text, const char *where,
                   const char *clause, size_t offset) {
    if (error)
        *error =
            (jwkeep_error){code, text ? text : jwkeep_code_text(code), where, clause, offset};
}
