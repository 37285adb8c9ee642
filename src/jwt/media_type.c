/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the comparison. Knows no type by name. */
#include "jwt/media_type.h"
#include "base/ascii.h"

/* The prefix may be left out only where no other slash follows. */
static jwkeep_span without_application(jwkeep_span typ) {
    const jwkeep_span prefix = JWKEEP_SPAN("application/");
    if (typ.size < prefix.size ||
        !jk_ascii_equals_ignoring_case(jwkeep_span_of(typ.data, prefix.size), prefix))
        return typ;
    jwkeep_span rest = jwkeep_span_of(typ.data + prefix.size, typ.size - prefix.size);
    return memchr(rest.data, '/', rest.size) ? typ : rest;
}

bool jk_media_type_is(jwkeep_span a, jwkeep_span b) {
    return jwkeep_span_is_present(a) && jwkeep_span_is_present(b) &&
           jk_ascii_equals_ignoring_case(without_application(a), without_application(b));
}
