/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the default limits and the check of the caller's. */
#include "base/limits.h"
#include "base/error.h"
#include <string.h>

static const struct {
    const char *name;
    size_t offset;
} fields[] = {
    {"max_token_bytes", offsetof(jwkeep_limits, max_token_bytes)},
    {"max_header_bytes", offsetof(jwkeep_limits, max_header_bytes)},
    {"max_kid_bytes", offsetof(jwkeep_limits, max_kid_bytes)},
    {"max_json_depth", offsetof(jwkeep_limits, max_json_depth)},
    {"max_json_values", offsetof(jwkeep_limits, max_json_values)},
    {"max_keyset_bytes", offsetof(jwkeep_limits, max_keyset_bytes)},
    {"max_keys", offsetof(jwkeep_limits, max_keys)},
    {"max_candidates", offsetof(jwkeep_limits, max_candidates)},
    {"max_crit", offsetof(jwkeep_limits, max_crit)},
    {"max_audiences", offsetof(jwkeep_limits, max_audiences)},
    {"max_pem_bytes", offsetof(jwkeep_limits, max_pem_bytes)},
    {"max_passphrase_rounds", offsetof(jwkeep_limits, max_passphrase_rounds)},
    {"max_nesting", offsetof(jwkeep_limits, max_nesting)},
    {"max_json_token_bytes", offsetof(jwkeep_limits, max_json_token_bytes)},
    {"max_signatures", offsetof(jwkeep_limits, max_signatures)},
    {"max_detached_bytes", offsetof(jwkeep_limits, max_detached_bytes)},
    {"max_certificate_bytes", offsetof(jwkeep_limits, max_certificate_bytes)},
    {"max_chain", offsetof(jwkeep_limits, max_chain)},
};

_Static_assert(sizeof(jwkeep_limits) == (1 + JK_COUNT_OF(fields)) * sizeof(size_t),
               "each field of jwkeep_limits has a row");

void jwkeep_limits_init(jwkeep_limits *limits) {
    *limits = (jwkeep_limits){
        .struct_size = sizeof *limits,
        .max_token_bytes = JWKEEP_MAX_TOKEN_BYTES,
        .max_header_bytes = JWKEEP_MAX_HEADER_BYTES,
        .max_kid_bytes = JWKEEP_MAX_KID_BYTES,
        .max_json_depth = JWKEEP_MAX_JSON_DEPTH,
        .max_json_values = JWKEEP_MAX_JSON_VALUES,
        .max_keyset_bytes = JWKEEP_MAX_KEYSET_BYTES,
        .max_keys = JWKEEP_MAX_KEYS,
        .max_candidates = JWKEEP_MAX_CANDIDATES,
        .max_crit = JWKEEP_MAX_CRIT,
        .max_audiences = JWKEEP_MAX_AUDIENCES,
        .max_pem_bytes = JWKEEP_MAX_PEM_BYTES,
        .max_passphrase_rounds = JWKEEP_MAX_PASSPHRASE_ROUNDS,
        .max_nesting = JWKEEP_MAX_NESTING,
        .max_json_token_bytes = JWKEEP_MAX_JSON_TOKEN_BYTES,
        .max_signatures = JWKEEP_MAX_SIGNATURES,
        .max_detached_bytes = JWKEEP_MAX_DETACHED_BYTES,
        .max_certificate_bytes = JWKEEP_MAX_CERTIFICATE_BYTES,
        .max_chain = JWKEEP_MAX_CHAIN,
    };
}

static const char *zero_field(const jwkeep_limits *limits) {
    for (size_t i = 0; i < JK_COUNT_OF(fields); i++) {
        size_t value;
        memcpy(&value, (const char *)limits + fields[i].offset, sizeof value);
        if (value == 0)
            return fields[i].name;
    }
    return NULL;
}

jwkeep_code jk_limits_resolve(const jwkeep_limits *limits, jwkeep_limits *ret_limits,
                              jwkeep_error *error) {
    if (!limits) {
        jwkeep_limits_init(ret_limits);
        return JWKEEP_OK;
    }
    jwkeep_limits resolved;
    jwkeep_limits_init(&resolved);
    size_t size = limits->struct_size;
    if (size <= sizeof size || size > sizeof resolved || size % sizeof size != 0)
        return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT,
                            "limits were not filled by jwkeep_limits_init", "struct_size",
                            NULL);
    memcpy(&resolved, limits, size);
    const char *zero = zero_field(&resolved);
    if (zero)
        return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT, "a limit is 0", zero, NULL);
    resolved.struct_size = sizeof resolved;
    *ret_limits = resolved;
    return JWKEEP_OK;
}
