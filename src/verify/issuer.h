/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns one issuer inside the verifier: what its tokens must be, and where its keys are. */
#ifndef JK_VERIFY_ISSUER_H
#define JK_VERIFY_ISSUER_H

#include <jwkeep/jwt.h>
#include <jwkeep/source.h>

/* A dynamic issuer: one that was accepted at run time. */
typedef struct jk_issuer {
    const char *name;   /* NULL: dynamic */
    const char *issuer; /* NULL: `iss` is not looked at */
    jwkeep_rules rules; /* resolved; `iss` among them */
    jwkeep_source *source;
    bool is_source_borrowed;
    jwkeep_keyset *keys; /* local ones, instead of a source */
    uint64_t number;     /* of no other issuer of this verifier, ever: its cache goes by it */
} jk_issuer;

#endif
