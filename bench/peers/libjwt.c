/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns libjwt 1.10 among the peers. It takes one key a call and judges no claims: the token is
 * decoded twice, the first time without a key, to learn its `kid`. */
#include "bench/peers/peer.h"
#include <jwt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const peer_keys *all;

static bool prepare(const peer_keys *keys) {
    all = keys;
    return true;
}

static const peer_text *find_key(const char *token) {
    jwt_t *unverified = NULL;
    const peer_text *found = NULL;
    if (jwt_decode(&unverified, token, NULL, 0) != 0)
        return NULL;
    const char *kid = jwt_get_header(unverified, "kid");
    for (size_t i = 0; kid && i < PEER_KEYS; i++)
        if (strcmp(all->each[i].kid, kid) == 0)
            found = &all->each[i].bare;
    jwt_free(unverified);
    return found;
}

static bool is_text(jwt_t *jwt, const char *name, const char *expected) {
    const char *value = jwt_get_grant(jwt, name);
    return value && strcmp(value, expected) == 0;
}

static bool verify(const char *token, size_t size) {
    (void)size;
    jwt_t *jwt = NULL;
    const peer_text *key = find_key(token);
    if (!key || jwt_decode(&jwt, token, (const unsigned char *)key->data, (int)key->size) != 0)
        return false;
    bool is_good = strcmp(jwt_alg_str(jwt_get_alg(jwt)), all->alg) == 0 &&
                   is_text(jwt, "iss", PEER_ISSUER) && is_text(jwt, "aud", PEER_AUDIENCE) &&
                   jwt_get_grant_int(jwt, "exp") > time(NULL);
    jwt_free(jwt);
    return is_good;
}

int main(int argc, char **argv) {
    const peer me = {prepare, verify};
    return peer_main(&me, argc, argv);
}
