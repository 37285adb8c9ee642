/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns how a failure is recorded: one call that fills the caller's record and gives the code
 * back, so that every failing path reads `return jk_fail(...)`. */
#ifndef JK_BASE_ERROR_H
#define JK_BASE_ERROR_H

#include "base/attributes.h"
#include <jwkeep/error.h>

/* Fills `error` (which may be NULL) with the constant sentence of `code` and returns it. */
jwkeep_code jk_fail(jwkeep_error *error, jwkeep_code code);

/* The same, with where it was noticed. `where` and `clause` may be NULL. */
jwkeep_code jk_fail_at(jwkeep_error *error, jwkeep_code code, const char *where,
                       const char *clause, size_t offset);

/* The same, with a sentence of its own: `text` is constant. */
jwkeep_code jk_fail_text(jwkeep_error *error, jwkeep_code code, const char *text,
                         const char *where, const char *clause);

#endif
