/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the anchors that the caller trusts, and asking whether certificates lead to one. */
#include <jwkeep/trust.h>

#include "base/allocator.h"
#include "base/error.h"
#include "base/limits.h"
#include "crypto/x509.h"

struct jwkeep_trust {
    jk_x509_store *store;
};

static jwkeep_code add_anchor(void *user, jwkeep_span der, jwkeep_error *error) {
    return jk_x509_store_add(user, der, error);
}

static jwkeep_code fill(jwkeep_trust *trust, const jwkeep_trust_options *options,
                        jwkeep_error *error) {
    jwkeep_code code = jk_x509_store_new(options->uses_system_store, &trust->store, error);
    if (code || !options->anchors.data)
        return code;
    return jk_x509_walk(options->anchors, add_anchor, trust->store, error);
}

jwkeep_code jwkeep_trust_new(const jwkeep_trust_options *options, jwkeep_trust **ret_trust,
                             jwkeep_error *error) {
    if (!options->anchors.data && !options->uses_system_store)
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "anchors", NULL, JWKEEP_NO_OFFSET);
    if (options->anchors.size > JWKEEP_TRUST_MAX_BYTES)
        return jk_fail(error, JWKEEP_PEM_TOO_LARGE);
    jwkeep_trust *trust = jk_alloc_zeroed(1, sizeof *trust);
    if (!trust)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    jwkeep_code code = fill(trust, options, error);
    if (code)
        jwkeep_trust_free(trust);
    else
        *ret_trust = trust;
    return code;
}

void jwkeep_trust_free(jwkeep_trust *trust) {
    if (!trust)
        return;
    jk_x509_store_free(trust->store);
    jk_free(trust);
}

static jwkeep_code check(const jwkeep_trust *trust, const jwkeep_certificate *certificate,
                         jk_x509_question *question, jwkeep_error *error) {
    question->count = jwkeep_certificate_count(certificate);
    jwkeep_span *chain = jk_alloc_zeroed(question->count, sizeof *chain);
    if (!chain)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    for (size_t i = 0; i < question->count; i++)
        chain[i] = jwkeep_certificate_at(certificate, i)->der;
    question->chain = chain;
    jwkeep_code code = jk_x509_store_check(trust->store, question, error);
    jk_free(chain);
    return code;
}

jwkeep_code jwkeep_trust_check(const jwkeep_trust *trust, const jwkeep_certificate *certificate,
                               int64_t time_s, jwkeep_trust_purpose purpose,
                               const jwkeep_limits *limits, jwkeep_error *error) {
    static const jk_x509_purpose purposes[] = {
        [JWKEEP_TRUST_SIGNING] = JK_X509_SIGNING,
        [JWKEEP_TRUST_ANY] = JK_X509_ANY,
        [JWKEEP_TRUST_TLS_SERVER] = JK_X509_TLS_SERVER,
        [JWKEEP_TRUST_TLS_CLIENT] = JK_X509_TLS_CLIENT,
    };
    jwkeep_limits resolved;
    jwkeep_code code = jk_limits_resolve(limits, &resolved, error);
    if (code)
        return code;
    if ((unsigned)purpose >= JK_COUNT_OF(purposes))
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "purpose", NULL, JWKEEP_NO_OFFSET);
    jk_x509_question question = {
        .time_s = time_s, .max_chain = resolved.max_chain, .purpose = purposes[purpose]};
    return check(trust, certificate, &question, error);
}
