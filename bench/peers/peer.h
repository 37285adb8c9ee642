/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what every peer program shares: the tokens and keys in a folder, and the words on
 * standard input by which bench/run has the programs take turns. */
#ifndef BENCH_PEERS_PEER_H
#define BENCH_PEERS_PEER_H

#include <stdbool.h>
#include <stddef.h>

#define PEER_ISSUER "https://issuer.example/tenant/0b9b1b5e"
#define PEER_AUDIENCE "https://api.example"
#define PEER_KEYS 3
#define PEER_SIGNING 1 /* the key that the tokens are signed with */

/* A text file of the folder, with a NUL behind it that is not counted. */
typedef struct peer_text {
    char *data;
    size_t size;
} peer_text;

/* What there is to verify with: the set of public keys as JWK Set, and each key by itself. */
typedef struct peer_keys {
    const char *alg;
    peer_text jwks;
    struct {
        char kid[32];
        peer_text jwk;
        peer_text bare; /* PEM, or the secret's bytes */
    } each[PEER_KEYS];
} peer_keys;

/* One library. `prepare` may keep what it is given. `verify` judges a whole token: key by
 * `kid`, signature, `iss`, `aud`, `exp`; the token has a NUL behind it. */
typedef struct peer {
    bool (*prepare)(const peer_keys *keys);
    bool (*verify)(const char *token, size_t size);
} peer;

/* The program: ALG FOLDER. Says "ready", or ends with status 3 if `prepare` or the first
 * verification says no, or if a token with a damaged signature passes; then answers each line
 * "run MILLISECONDS" with "COUNT NANOSECONDS" of its own time on the CPU. */
int peer_main(const peer *it, int argc, char **argv);

#endif
