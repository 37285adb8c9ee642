/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the inside of the token object: the memory of one verification, and what of it the
 * accessors may show. */
#ifndef JK_JWT_TOKEN_H
#define JK_JWT_TOKEN_H

#include "jwt/claims.h"
#include "jwt/header_memory.h"
#include <jwkeep/jwt.h>

/* How far a verification has come; each state holds all that the ones before it hold. */
typedef enum jk_token_state {
    JK_TOKEN_EMPTY = 0,
    JK_TOKEN_OPENED = 1,   /* parts and header */
    JK_TOKEN_SIGNED = 2,   /* the signature is good: key */
    JK_TOKEN_VERIFIED = 3, /* the claims are good: the accessors speak */
} jk_token_state;

struct jwkeep_token {
    jk_token_state state;
    bool has_payload; /* `payload` was decoded */
    bool has_claims;  /* `claims` were read from it */
    jk_jws_parts parts;
    const jk_jws_header *header;
    jwkeep_span payload; /* decoded */
    jk_claims claims;
    uint8_t key_thumbprint[JWKEEP_THUMBPRINT_SIZE];
    jwkeep_span key_kid;
    jk_arena arena; /* the payload, its values and `key_kid` */
    jk_arena outer; /* the payload of the token that this one was in */
    jk_header_memory headers;
};

/* Forgets the token, not the memory and not the headers that are remembered. */
void jk_token_reset(jwkeep_token *token);

#endif
