/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns rhonabwy among the peers. */
#include "bench/peers/peer.h"
#include <rhonabwy.h>
#include <string.h>

static const char *alg;
static jwks_t *set;

static bool prepare(const peer_keys *keys) {
    alg = keys->alg;
    return r_global_init() == RHN_OK && r_jwks_init(&set) == RHN_OK &&
           r_jwks_import_from_json_str(set, keys->jwks.data) == RHN_OK;
}

static bool judge(jwt_t *jwt) {
    const char *kid = r_jwt_get_header_str_value(jwt, "kid");
    const char *named = r_jwt_get_header_str_value(jwt, "alg");
    if (!kid || !named || strcmp(named, alg) != 0)
        return false;
    jwk_t *key = r_jwks_get_by_kid(set, kid);
    bool is_good =
        key && r_jwt_verify_signature(jwt, key, 0) == RHN_OK &&
        r_jwt_validate_claims(jwt, R_JWT_CLAIM_ISS, PEER_ISSUER, R_JWT_CLAIM_AUD, PEER_AUDIENCE,
                              R_JWT_CLAIM_EXP, R_JWT_CLAIM_NOW, R_JWT_CLAIM_NOP) == RHN_OK;
    r_jwk_free(key);
    return is_good;
}

static bool verify(const char *token, size_t size) {
    jwt_t *jwt = r_jwt_quick_parsen(token, size, R_PARSE_NONE, 0);
    bool is_good = jwt && judge(jwt);
    r_jwt_free(jwt);
    return is_good;
}

int main(int argc, char **argv) {
    const peer me = {prepare, verify};
    return peer_main(&me, argc, argv);
}
