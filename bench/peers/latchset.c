/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns latchset/jose among the peers. It takes the flattened JSON serialization: the compact
 * token's segments are put into it. */
#include "bench/peers/peer.h"
#include <jose/b64.h>
#include <jose/jws.h>
#include <string.h>
#include <time.h>

static const peer_keys *all;
static json_t *prepared[PEER_KEYS];

static bool prepare(const peer_keys *keys) {
    all = keys;
    for (size_t i = 0; i < PEER_KEYS; i++) {
        prepared[i] = json_loads(keys->each[i].jwk.data, 0, NULL);
        if (!prepared[i])
            return false;
    }
    return true;
}

static json_t *flatten(const char *token, size_t size) {
    const char *first = memchr(token, '.', size);
    const char *second = first ? strchr(first + 1, '.') : NULL;
    if (!second)
        return NULL;
    return json_pack("{s:s%,s:s%,s:s}", "protected", token, (size_t)(first - token), "payload",
                     first + 1, (size_t)(second - first - 1), "signature", second + 1);
}

static bool is_text(const json_t *object, const char *name, const char *expected) {
    const char *value = json_string_value(json_object_get(object, name));
    return value && strcmp(value, expected) == 0;
}

static const json_t *find_key(const json_t *jws) {
    json_t *header = jose_b64_dec_load(json_object_get(jws, "protected"));
    const json_t *found = NULL;
    for (size_t i = 0; i < PEER_KEYS && is_text(header, "alg", all->alg); i++)
        if (is_text(header, "kid", all->each[i].kid))
            found = prepared[i];
    json_decref(header);
    return found;
}

static bool judge(const json_t *jws) {
    json_t *claims = jose_b64_dec_load(json_object_get(jws, "payload"));
    bool is_good = is_text(claims, "iss", PEER_ISSUER) &&
                   is_text(claims, "aud", PEER_AUDIENCE) &&
                   json_integer_value(json_object_get(claims, "exp")) > time(NULL);
    json_decref(claims);
    return is_good;
}

static bool verify(const char *token, size_t size) {
    json_t *jws = flatten(token, size);
    const json_t *key = jws ? find_key(jws) : NULL;
    bool is_good = key && jose_jws_ver(NULL, jws, NULL, key, false) && judge(jws);
    json_decref(jws);
    return is_good;
}

int main(int argc, char **argv) {
    const peer me = {prepare, verify};
    return peer_main(&me, argc, argv);
}
