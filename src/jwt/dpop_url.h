/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns comparing the URLs of `htu` and of a request (RFC 9449 §4.3). */
#ifndef JK_JWT_DPOP_URL_H
#define JK_JWT_DPOP_URL_H

#include "base/attributes.h"
#include <jwkeep/dpop.h>

/* An http or https URL, normalised (RFC 3986 §6.2.2, §6.2.3), without query and fragment. */
typedef struct jk_dpop_url {
    size_t size;
    uint8_t text[JWKEEP_DPOP_MAX_URL_BYTES + 1]; /* an empty path becomes "/" */
} jk_dpop_url;

/* False if it is none, has user information, a control character or a space, a broken escape,
 * or is longer than JWKEEP_DPOP_MAX_URL_BYTES. */
JWKEEP_MUST_USE bool jk_dpop_url_read(jwkeep_span url, jk_dpop_url *ret_url);

#endif
