/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what claims must be before they are signed. */
#ifndef JK_JWT_SIGN_H
#define JK_JWT_SIGN_H

#include "base/attributes.h"
#include <jwkeep/jwt.h>

/* Whether `text` is a JSON object whose registered claims have the right types.
 * Errors: JSON_…, CLAIMS_INVALID, CLAIM_TYPE, OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_jwt_check_claims(jwkeep_span text, jwkeep_error *error);

#endif
