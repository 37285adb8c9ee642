/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what a key says of its use. */
#include "jose/jwk_ops.h"
#include "base/error.h"

static const struct {
    const char *name;
    jwkeep_jwk_op op;
} ops[] = {
    {"sign", JWKEEP_JWK_OP_SIGN},
    {"verify", JWKEEP_JWK_OP_VERIFY},
    {"encrypt", JWKEEP_JWK_OP_ENCRYPT},
    {"decrypt", JWKEEP_JWK_OP_DECRYPT},
    {"wrapKey", JWKEEP_JWK_OP_WRAP_KEY},
    {"unwrapKey", JWKEEP_JWK_OP_UNWRAP_KEY},
    {"deriveKey", JWKEEP_JWK_OP_DERIVE_KEY},
    {"deriveBits", JWKEEP_JWK_OP_DERIVE_BITS},
};

#define OPS_OF_SIG ((uint32_t)(JWKEEP_JWK_OP_SIGN | JWKEEP_JWK_OP_VERIFY))
#define OPS_OF_ENC                                                                             \
    ((uint32_t)(JWKEEP_JWK_OP_ENCRYPT | JWKEEP_JWK_OP_DECRYPT | JWKEEP_JWK_OP_WRAP_KEY |       \
                JWKEEP_JWK_OP_UNWRAP_KEY | JWKEEP_JWK_OP_DERIVE_KEY |                          \
                JWKEEP_JWK_OP_DERIVE_BITS))

uint32_t jk_jwk_op_of(jwkeep_span name) {
    for (size_t i = 0; i < JK_COUNT_OF(ops); i++)
        if (jwkeep_span_equals(name, jwkeep_span_text(ops[i].name)))
            return (uint32_t)ops[i].op;
    return JWKEEP_JWK_OP_OTHER;
}

jwkeep_code jk_jwk_ops_set(jk_jwk_traits *traits, uint32_t set, jwkeep_buffer *json) {
    jwkeep_json_writer writer;
    jwkeep_json_writer_init(&writer, json);
    jwkeep_json_write_array(&writer);
    for (size_t i = 0; i < JK_COUNT_OF(ops); i++)
        if (set & (uint32_t)ops[i].op)
            jwkeep_json_write_string(&writer, jwkeep_span_text(ops[i].name));
    jwkeep_json_write_end(&writer);
    traits->ops = set;
    jwkeep_code code = jwkeep_json_writer_finish(&writer);
    traits->ops_json = jwkeep_buffer_span(json);
    return code;
}

/* All algorithms known here sign, so an `alg` says as much as `use` does. */
jwkeep_code jk_jwk_check_use(const jk_jwk_traits *traits, jwkeep_error *error) {
    uint32_t known = traits->ops & (OPS_OF_SIG | OPS_OF_ENC);
    bool is_sig = traits->use == JWKEEP_JWK_USE_SIG;
    bool is_enc = traits->use == JWKEEP_JWK_USE_ENC;
    const char *where = NULL;
    const char *clause = "RFC 7517 §4.4";
    if ((is_sig && (known & OPS_OF_ENC)) || (is_enc && (known & OPS_OF_SIG))) {
        where = "key_ops";
        clause = "RFC 7517 §4.3";
    } else if (traits->algorithm && is_enc) {
        where = "use";
    } else if (traits->algorithm && known && !(known & OPS_OF_SIG)) {
        where = "key_ops";
    }
    return where
               ? jk_fail_at(error, JWKEEP_JWK_USE_INCONSISTENT, where, clause, JWKEEP_NO_OFFSET)
               : JWKEEP_OK;
}
