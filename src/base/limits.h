/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the check of the caller's limits: every function that takes them resolves them here
 * and uses the copy. */
#ifndef JK_BASE_LIMITS_H
#define JK_BASE_LIMITS_H

#include "base/attributes.h"
#include <jwkeep/error.h>
#include <jwkeep/limits.h>

/* Copies `limits`, or the defaults when it is NULL. A structure of an older, shorter version
 * gets the defaults for what it does not have.
 * Errors: MISUSE_ARGUMENT (a field is 0, named by `where`; a struct_size that is none). */
JWKEEP_MUST_USE jwkeep_code jk_limits_resolve(const jwkeep_limits *limits,
                                              jwkeep_limits *ret_limits, jwkeep_error *error);

#endif
