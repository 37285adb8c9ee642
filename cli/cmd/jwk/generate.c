/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jwk generate`: a new private key on standard output. */
#include "cli/command.h"
#include "cli/keys.h"
#include "cli/output.h"
#include <string.h>

struct generate {
    const char *alg;
    const char *kty;
    const char *crv;
    int64_t bits;
    const char *kid;
    const char *use;
    text_list ops;
};

static const option_spec OPTIONS[] = {
    TEXT(struct generate, alg, "alg", "ALG", "the algorithm the key is for: ES256, RS256, …"),
    TEXT(struct generate, kty, "kty", "KTY", "instead of --alg: RSA, EC, OKP, oct"),
    TEXT(struct generate, crv, "crv", "CRV", "its curve: P-256, P-384, P-521, Ed25519, …"),
    NUMBER(struct generate, bits, "bits", "N", 256, 8192, "size of an RSA or oct key"),
    TEXT(struct generate, kid, "kid", "KID", "default: the thumbprint; \"\": none"),
    TEXT(struct generate, use, "use", "sig|enc", "adds the member use"),
    LIST(struct generate, ops, "key-op", "OP", "adds it to key_ops: sign, verify, …"),
};

static exit_status read_kty(const struct generate *values, jwkeep_jwk_spec *spec) {
    spec->kty = jwkeep_kty_from_name(jwkeep_span_text(values->kty));
    if (values->kty && spec->kty == JWKEEP_KTY_ABSENT)
        return report_usage("--kty is RSA, EC, OKP or oct, not \"%.64s\"", values->kty);
    spec->crv = jwkeep_crv_from_name(jwkeep_span_text(values->crv));
    if (values->crv && spec->crv == JWKEEP_CRV_ABSENT)
        return report_usage("--crv is P-256, P-384, P-521, secp256k1, Ed25519 or Ed448, not "
                            "\"%.64s\"",
                            values->crv);
    return STATUS_YES;
}

static exit_status read_ops(const text_list *names, uint32_t *ret_ops) {
    static const char *const ops[] = {"sign",    "verify",    "encrypt",   "decrypt",
                                      "wrapKey", "unwrapKey", "deriveKey", "deriveBits"};
    const size_t count = sizeof ops / sizeof ops[0];
    uint32_t set = 0;
    for (size_t i = 0; i < names->count; i++) {
        size_t at = 0;
        while (at < count && strcmp(names->items[i], ops[at]) != 0)
            at++;
        if (at == count)
            return report_usage("--key-op is one of RFC 7517 §4.3, not \"%.64s\"",
                                names->items[i]);
        set |= 1u << at; /* the values of jwkeep_jwk_op are in this order */
    }
    *ret_ops = set;
    return STATUS_YES;
}

static exit_status read_spec(const struct generate *values, jwkeep_jwk_spec *ret_spec) {
    jwkeep_jwk_spec spec = {.bits = (uint32_t)values->bits,
                            .kid = jwkeep_span_text(values->kid)};
    if (!values->alg && !values->kty)
        return report_usage("say what to generate: --alg ES256, or --kty EC --crv P-256");
    if (values->use && strcmp(values->use, "sig") != 0 && strcmp(values->use, "enc") != 0)
        return report_usage("--use is sig or enc, not \"%.64s\"", values->use);
    if (values->use)
        spec.use = values->use[0] == 's' ? JWKEEP_JWK_USE_SIG : JWKEEP_JWK_USE_ENC;
    if (values->alg && jwkeep_algorithm_is_left_out(jwkeep_span_text(values->alg)))
        return report_usage("%s is not in this build: its crypto library has no ML-DSA",
                            values->alg);
    exit_status status = key_algorithm(values->alg, &spec.algorithm);
    if (status == STATUS_YES)
        status = read_kty(values, &spec);
    if (status == STATUS_YES)
        status = read_ops(&values->ops, &spec.ops);
    if (status == STATUS_YES)
        *ret_spec = spec;
    return status;
}

static exit_status run(const void *values) {
    jwkeep_jwk_spec spec;
    jwkeep_jwk *key = NULL;
    jwkeep_error error;
    exit_status status = read_spec(values, &spec);
    if (status != STATUS_YES)
        return status;
    /* What is refused here are the arguments. */
    if (jwkeep_jwk_generate(&spec, &key, &error) != JWKEEP_OK) {
        status = report_failure("generating a key", &error);
        return status == STATUS_NO ? STATUS_USAGE : status;
    }
    status = output_key(key, true);
    jwkeep_jwk_unref(key);
    return status;
}

const struct command CMD_JWK_GENERATE = {
    .group = "jwk",
    .name = "generate",
    .summary = "make a private key and print it as a JWK",
    .examples = "  umask 077; jwkeep jwk generate --alg ES256 > key.json\n"
                "  jwkeep jwk generate --kty RSA --bits 3072 --kid 2026-11 > key.json\n",
    .options = OPTION_TABLE(OPTIONS),
    .values_size = sizeof(struct generate),
    .run = run,
};
