/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what `jws sign` and `jwt sign` have in common: the options that choose the key and the
 * header. */
#ifndef CLI_SIGNING_H
#define CLI_SIGNING_H

#include "cli/keys.h"
#include <jwkeep/jws.h>

typedef struct signing_options {
    const char *key;
    const char *alg;
    const char *typ;
    const char *kid;
    bool is_kid_omitted;
} signing_options;

/* Rows of a table for the field `signing` of `structure`. */
#define SIGNING_OPTIONS(structure)                                                             \
    TEXT(structure, signing.key, "key", "FILE", "private key: a JWK, a JWK Set or PEM"),       \
        TEXT(structure, signing.alg, "alg", "ALG",                                             \
             "the algorithm (default: the key's, or the usual one of its type)"),              \
        TEXT(structure, signing.typ, "typ", "TYP", "the header's typ"),                        \
        TEXT(structure, signing.kid, "kid", "KID", "which key of a set"),                      \
        FLAG(structure, signing.is_kid_omitted, "no-kid", "leave the key's kid out")

/* Reads the key and fills `ret_signer`, which borrows from `ret_keys`. `input` is where the
 * payload comes from. `ret_keys` must be freed also after a failure. */
exit_status signing_begin(const signing_options *options, const char *input, key_file *ret_keys,
                          jwkeep_jws_signer *ret_signer);

#endif
