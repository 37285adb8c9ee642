/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns cjose among the peers. It knows no claims: they are read with jansson, which it stands
 * on itself. */
#include "bench/peers/peer.h"
#include <cjose/cjose.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

static const peer_keys *all;
static cjose_jwk_t *prepared[PEER_KEYS];

static bool prepare(const peer_keys *keys) {
    all = keys;
    for (size_t i = 0; i < PEER_KEYS; i++) {
        prepared[i] = cjose_jwk_import(keys->each[i].jwk.data, keys->each[i].jwk.size, NULL);
        if (!prepared[i])
            return false;
    }
    return true;
}

static const cjose_jwk_t *find_key(cjose_header_t *header) {
    const char *alg = cjose_header_get(header, CJOSE_HDR_ALG, NULL);
    const char *kid = cjose_header_get(header, CJOSE_HDR_KID, NULL);
    if (!alg || !kid || strcmp(alg, all->alg) != 0)
        return NULL;
    for (size_t i = 0; i < PEER_KEYS; i++)
        if (strcmp(all->each[i].kid, kid) == 0)
            return prepared[i];
    return NULL;
}

static bool is_text(const json_t *claims, const char *name, const char *expected) {
    const char *value = json_string_value(json_object_get(claims, name));
    return value && strcmp(value, expected) == 0;
}

static bool judge(const uint8_t *payload, size_t size) {
    json_t *claims = json_loadb((const char *)payload, size, JSON_REJECT_DUPLICATES, NULL);
    bool is_good = is_text(claims, "iss", PEER_ISSUER) &&
                   is_text(claims, "aud", PEER_AUDIENCE) &&
                   json_integer_value(json_object_get(claims, "exp")) > time(NULL);
    json_decref(claims);
    return is_good;
}

static bool verify(const char *token, size_t size) {
    cjose_jws_t *jws = cjose_jws_import(token, size, NULL);
    if (!jws)
        return false;
    uint8_t *payload = NULL;
    size_t payload_size = 0;
    const cjose_jwk_t *key = find_key(cjose_jws_get_protected(jws));
    bool is_good = key && cjose_jws_verify(jws, key, NULL) &&
                   cjose_jws_get_plaintext(jws, &payload, &payload_size, NULL) &&
                   judge(payload, payload_size);
    cjose_jws_release(jws);
    return is_good;
}

int main(int argc, char **argv) {
    const peer me = {prepare, verify};
    return peer_main(&me, argc, argv);
}
