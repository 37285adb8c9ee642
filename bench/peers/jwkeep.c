/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns libjwkeep among the peers: jwkeep_jwt_verify with a key set and rules. */
#include "bench/peers/peer.h"
#include <jwkeep/jwt.h>
#include <time.h>

static jwkeep_keyset *set;
static jwkeep_rules rules;
static jwkeep_token *result;

static bool prepare(const peer_keys *keys) {
    static const char *const issuers[] = {PEER_ISSUER};
    static const char *const audiences[] = {PEER_AUDIENCE};
    jwkeep_rules_init(&rules);
    rules.algorithms =
        JWKEEP_ALGORITHM_BIT(jwkeep_algorithm_from_name(jwkeep_span_text(keys->alg)));
    rules.issuers = issuers;
    rules.issuer_count = 1;
    rules.audiences = audiences;
    rules.audience_count = 1;
    jwkeep_span text = jwkeep_span_of(keys->jwks.data, keys->jwks.size);
    return jwkeep_token_new(&result, NULL) == JWKEEP_OK &&
           jwkeep_keyset_parse(text, NULL, &set, NULL, NULL) == JWKEEP_OK;
}

static bool verify(const char *token, size_t size) {
    int64_t now_ms = (int64_t)time(NULL) * 1000;
    return jwkeep_jwt_verify(jwkeep_span_of(token, size), NULL, set, &rules, now_ms, result,
                             NULL, NULL) == JWKEEP_OK;
}

int main(int argc, char **argv) {
    const peer me = {prepare, verify};
    return peer_main(&me, argc, argv);
}
