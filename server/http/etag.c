/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the comparison of entity tags (RFC 9110 §8.8.3, §13.1.2). */
#include "server/http/etag.h"
#include "server/http/characters.h"

bool http_etag_matches(jwkeep_span value, const char *etag) {
    while (value.size > 0) {
        const uint8_t *comma = memchr(value.data, ',', value.size);
        size_t size = comma ? (size_t)(comma - value.data) : value.size;
        jwkeep_span one = http_trim(jwkeep_span_of(value.data, size));
        /* Weak comparison (RFC 9110 §13.1.2). */
        if (one.size > 2 && memcmp(one.data, "W/", 2) == 0)
            one = jwkeep_span_of(one.data + 2, one.size - 2);
        if (jwkeep_span_equals(one, JWKEEP_SPAN("*")) ||
            jwkeep_span_equals(one, jwkeep_span_text(etag)))
            return true;
        size += comma ? 1 : 0;
        value = jwkeep_span_of(value.data + size, value.size - size);
    }
    return false;
}
