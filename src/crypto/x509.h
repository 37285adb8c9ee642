/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what is asked of X.509: what a certificate says, the blocks of a PEM text, and whether a
 * chain leads to an anchor. */
#ifndef JK_CRYPTO_X509_H
#define JK_CRYPTO_X509_H

#include "base/arena.h"
#include "base/attributes.h"
#include <jwkeep/error.h>

/* Texts live in the arena that was given. */
typedef struct jk_x509_facts {
    jwkeep_span subject;
    jwkeep_span issuer;
    jwkeep_span serial;
    int64_t not_before_s;
    int64_t not_after_s;
    bool is_ca;
} jk_x509_facts;

/* All of `der` is one certificate. Errors: CERTIFICATE_INVALID, OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_x509_read(jwkeep_span der, jk_arena *arena,
                                         jk_x509_facts *ret_facts, jwkeep_error *error);

/* Called with the DER of each certificate in order; what it returns ends the walk unless it is
 * JWKEEP_OK. */
typedef jwkeep_code jk_x509_each(void *user, jwkeep_span der, jwkeep_error *error);

/* Walks the certificates of a PEM text, of which every block must be one, or the one that all
 * of `bytes` is in DER. Errors: CERTIFICATE_INVALID (also: none at all), those of `each`. */
JWKEEP_MUST_USE jwkeep_code jk_x509_walk(jwkeep_span bytes, jk_x509_each *each, void *user,
                                         jwkeep_error *error);

typedef struct jk_x509_store jk_x509_store;

JWKEEP_MUST_USE jwkeep_code jk_x509_store_new(bool with_system, jk_x509_store **ret_store,
                                              jwkeep_error *error);
void jk_x509_store_free(jk_x509_store *store); /* NULL is fine */

/* One more anchor. Errors: CERTIFICATE_INVALID, OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_x509_store_add(jk_x509_store *store, jwkeep_span der,
                                              jwkeep_error *error);

typedef enum jk_x509_purpose {
    JK_X509_SIGNING,
    JK_X509_ANY,
    JK_X509_TLS_SERVER,
    JK_X509_TLS_CLIENT
} jk_x509_purpose;

/* A chain and how it is looked at. */
typedef struct jk_x509_question {
    const jwkeep_span *chain; /* DER, each; the first is the one in question */
    size_t count;             /* 1 or more */
    int64_t time_s;
    size_t max_chain;
    jk_x509_purpose purpose;
} jk_x509_question;

/* Any number of threads at once. Errors: CERTIFICATE_…, OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_x509_store_check(const jk_x509_store *store,
                                                const jk_x509_question *question,
                                                jwkeep_error *error);

#endif
