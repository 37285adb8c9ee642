/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns how a failure is recorded: one call that fills the caller's record and gives the code
 * back, so that every failing path reads `return jk_fail(...)`. */
#ifndef JK_BASE_ERROR_H
#define JK_BASE_ERROR_H

#include "base/attributes.h"
#include <jwkeep/error.h>

/* Fills `error` (which may be NULL). `text` NULL: the constant sentence of `code`. */
void jk_error_fill(jwkeep_error *error, jwkeep_code code, const char *text, const char *where,
                   const char *clause, size_t offset);

/* Fills `error` (which may be NULL) with the constant sentence of `code` and returns it. These
 * are inline so that compilers and analyzers see that what goes in comes out. */
static inline jwkeep_code jk_fail(jwkeep_error *error, jwkeep_code code) {
    jk_error_fill(error, code, NULL, NULL, NULL, JWKEEP_NO_OFFSET);
    return code;
}

/* The same, with where it was noticed. `where` and `clause` may be NULL. */
static inline jwkeep_code jk_fail_at(jwkeep_error *error, jwkeep_code code, const char *where,
                                     const char *clause, size_t offset) {
    jk_error_fill(error, code, NULL, where, clause, offset);
    return code;
}

/* The same, with a sentence of its own: `text` is constant. */
static inline jwkeep_code jk_fail_text(jwkeep_error *error, jwkeep_code code, const char *text,
                                       const char *where, const char *clause) {
    jk_error_fill(error, code, text, where, clause, JWKEEP_NO_OFFSET);
    return code;
}

#endif
