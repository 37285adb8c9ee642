/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what must be done with secrets: comparing without telling where they differ, and
 * wiping so that the compiler cannot leave it out. */
#ifndef JK_BASE_SECRET_H
#define JK_BASE_SECRET_H

#include "base/attributes.h"
#include <jwkeep/span.h>

/* Time depends on the sizes alone. Unequal sizes are unequal. */
JWKEEP_MUST_USE bool jk_secret_equals(jwkeep_span a, jwkeep_span b);

void jk_secret_wipe(void *data, size_t size);

#endif
