/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns how a failure of OpenSSL becomes one of ours. Each call empties the error queue of the
 * calling thread: what OpenSSL says in it is for logs, and may quote the input. */
#ifndef JK_CRYPTO_OPENSSL_FAILURE_H
#define JK_CRYPTO_OPENSSL_FAILURE_H

#include "base/error.h"
#include "crypto/engine.h"

/* Whether it was memory that OpenSSL lacked; empties the queue. */
bool jk_openssl_take_memory_failure(void);

/* OpenSSL failed at what does not depend on the input: OUT_OF_MEMORY or CRYPTO_FAILED. */
static inline jwkeep_code jk_openssl_fail(jwkeep_error *error) {
    return jk_fail(error, jk_openssl_take_memory_failure() ? JWKEEP_OUT_OF_MEMORY
                                                           : JWKEEP_CRYPTO_FAILED);
}

/* OpenSSL refused the input: `code`, unless it was memory that was lacking. */
jwkeep_code jk_openssl_refuse(jwkeep_error *error, jwkeep_code code, const char *where,
                              const char *clause);

/* OpenSSL refused a signature: SIGNATURE_INVALID, unless it was memory that was lacking. */
jwkeep_code jk_openssl_refuse_signature(jwkeep_error *error, const jk_algorithm_info *info);

#endif
