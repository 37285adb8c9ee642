/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the emptying of OpenSSL's error queue. */
#include "crypto/openssl/failure.h"
#include <openssl/err.h>

bool jk_openssl_take_memory_failure(void) {
    bool is_memory = ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE ||
                     ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE;
    ERR_clear_error();
    return is_memory;
}

jwkeep_code jk_openssl_refuse(jwkeep_error *error, jwkeep_code code, const char *where,
                              const char *clause) {
    if (jk_openssl_take_memory_failure())
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    return jk_fail_at(error, code, where, clause, JWKEEP_NO_OFFSET);
}

jwkeep_code jk_openssl_refuse_signature(jwkeep_error *error, const jk_algorithm_info *info) {
    if (jk_openssl_take_memory_failure())
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    return jk_fail_signature(info, error);
}
