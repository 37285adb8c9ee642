/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the anchors and the question whether a chain leads to one (RFC 5280 §6), which OpenSSL
 * answers. What came with the chain is only ever a candidate for an issuer in between. */
#include "base/allocator.h"
#include "crypto/openssl/failure.h"
#include "crypto/openssl/x509_read.h"
#include "crypto/x509.h"
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

/* OpenSSL's security level of 112 bits: RSA of 2048, no SHA-1 in signatures. */
#define AUTH_LEVEL 2

struct jk_x509_store {
    X509_STORE *anchors; /* only added to before the first question */
};

void jk_x509_store_free(jk_x509_store *store) {
    if (!store)
        return;
    X509_STORE_free(store->anchors);
    jk_free(store);
}

jwkeep_code jk_x509_store_new(bool with_system, jk_x509_store **ret_store,
                              jwkeep_error *error) {
    jk_x509_store *store = jk_alloc_zeroed(1, sizeof *store);
    if (!store)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    store->anchors = X509_STORE_new();
    if (!store->anchors || (with_system && X509_STORE_set_default_paths(store->anchors) != 1)) {
        jk_x509_store_free(store);
        return jk_openssl_fail(error);
    }
    ERR_clear_error(); /* default places that are not there */
    *ret_store = store;
    return JWKEEP_OK;
}

jwkeep_code jk_x509_store_add(jk_x509_store *store, jwkeep_span der, jwkeep_error *error) {
    X509 *certificate = NULL;
    jwkeep_code code = jk_x509_parse(der, &certificate, error);
    if (code)
        return code;
    if (X509_STORE_add_cert(store->anchors, certificate) != 1)
        code = jk_openssl_fail(error);
    X509_free(certificate);
    return code;
}

static jwkeep_code read_chain(const jk_x509_question *question, STACK_OF(X509) * chain,
                              jwkeep_error *error) {
    for (size_t i = 0; i < question->count; i++) {
        X509 *certificate = NULL;
        jwkeep_code code = jk_x509_parse(question->chain[i], &certificate, error);
        if (code)
            return code;
        if (sk_X509_push(chain, certificate) <= 0) {
            X509_free(certificate);
            return jk_openssl_fail(error);
        }
    }
    return JWKEEP_OK;
}

static jwkeep_code refuse(int reason, jwkeep_error *error) {
    jwkeep_code code = JWKEEP_CERTIFICATE_CHAIN_INVALID;
    switch (reason) {
    case X509_V_ERR_OUT_OF_MEM:
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    case X509_V_ERR_CERT_HAS_EXPIRED:
        code = JWKEEP_CERTIFICATE_EXPIRED;
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        code = JWKEEP_CERTIFICATE_NOT_YET_VALID;
        break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
        code = JWKEEP_CERTIFICATE_UNTRUSTED;
        break;
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
        code = JWKEEP_CERTIFICATE_CHAIN_TOO_LONG;
        break;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_INVALID_PURPOSE:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
        code = JWKEEP_CERTIFICATE_PURPOSE;
        break;
    default:
        break;
    }
    return jk_fail_at(error, code, NULL, "RFC 5280 §6.1", JWKEEP_NO_OFFSET);
}

static int purpose_of(jk_x509_purpose purpose) {
    switch (purpose) {
    case JK_X509_TLS_SERVER:
        return X509_PURPOSE_SSL_SERVER;
    case JK_X509_TLS_CLIENT:
        return X509_PURPOSE_SSL_CLIENT;
    case JK_X509_SIGNING:
    case JK_X509_ANY:
        break;
    }
    return X509_PURPOSE_ANY;
}

/* Whether the key usage of the first certificate, if it has one, names signatures. */
static bool may_sign(X509 *certificate) {
    return (X509_get_key_usage(certificate) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0;
}

static bool set_rules(X509_STORE_CTX *context, const jk_x509_question *question) {
    X509_VERIFY_PARAM *rules = X509_STORE_CTX_get0_param(context);
    int depth = question->max_chain < INT_MAX ? (int)question->max_chain : INT_MAX;
    X509_VERIFY_PARAM_set_time(rules, question->time_s);
    X509_VERIFY_PARAM_set_depth(rules, depth - 1); /* certificates between first and anchor */
    X509_VERIFY_PARAM_set_auth_level(rules, AUTH_LEVEL);
    return X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
           X509_VERIFY_PARAM_set_purpose(rules, purpose_of(question->purpose)) == 1;
}

static jwkeep_code ask(X509_STORE_CTX *context, const jk_x509_question *question, X509 *first,
                       jwkeep_error *error) {
    if (!set_rules(context, question))
        return jk_openssl_fail(error);
    if (X509_verify_cert(context) != 1) {
        ERR_clear_error();
        return refuse(X509_STORE_CTX_get_error(context), error);
    }
    ERR_clear_error();
    if (question->purpose == JK_X509_SIGNING && !may_sign(first))
        return jk_fail_at(error, JWKEEP_CERTIFICATE_PURPOSE, NULL, "RFC 5280 §4.2.1.3",
                          JWKEEP_NO_OFFSET);
    return JWKEEP_OK;
}

static jwkeep_code check(const jk_x509_store *store, const jk_x509_question *question,
                         STACK_OF(X509) * chain, jwkeep_error *error) {
    jwkeep_code code = read_chain(question, chain, error);
    if (code)
        return code;
    X509 *first = sk_X509_value(chain, 0);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (context && X509_STORE_CTX_init(context, store->anchors, first, chain) == 1)
        code = ask(context, question, first, error);
    else
        code = jk_openssl_fail(error);
    X509_STORE_CTX_free(context);
    return code;
}

jwkeep_code jk_x509_store_check(const jk_x509_store *store, const jk_x509_question *question,
                                jwkeep_error *error) {
    STACK_OF(X509) *chain = sk_X509_new_null();
    jwkeep_code code = chain ? check(store, question, chain, error) : jk_openssl_fail(error);
    sk_X509_pop_free(chain, X509_free);
    return code;
}
