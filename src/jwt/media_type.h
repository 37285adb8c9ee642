/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns comparing the media types of `typ` and `cty` (RFC 7515 §4.1.9, §4.1.10). */
#ifndef JK_JWT_MEDIA_TYPE_H
#define JK_JWT_MEDIA_TYPE_H

#include "base/attributes.h"
#include <jwkeep/span.h>

/* Whether both are present and name one type: without regard to case, and with or without
 * "application/". */
JWKEEP_PURE bool jk_media_type_is(jwkeep_span a, jwkeep_span b);

#endif
