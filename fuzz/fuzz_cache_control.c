/* SPDX-License-Identifier: Apache-2.0
 *
 * Whatever stands in the header fields, the lifetime is within its bounds and a date within
 * four digits of years. The input: five fields, one a line. */
#include "remote/cache_control.h"
#include <stdlib.h>

#define NOW_S 1700000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static jwkeep_span take_line(jwkeep_span *rest) {
    const uint8_t *end = rest->size ? memchr(rest->data, '\n', rest->size) : NULL;
    size_t length = end ? (size_t)(end - rest->data) : rest->size;
    jwkeep_span line = length ? jwkeep_span_of(rest->data, length) : JWKEEP_SPAN_NONE;
    size_t taken = end ? length + 1 : length;
    *rest = jwkeep_span_of(rest->data + taken, rest->size - taken);
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const jk_lifetime_limits limits = {.min_s = 60, .max_s = 3600, .default_s = 600};
    jwkeep_span rest = jwkeep_span_of(data, size);
    jk_cache_fields fields;
    fields.cache_control = take_line(&rest);
    fields.age = take_line(&rest);
    fields.expires = take_line(&rest);
    fields.date = take_line(&rest);
    fields.retry_after = take_line(&rest);
    int64_t lifetime_s = jk_cache_lifetime_s(&fields, &limits, NOW_S);
    if (lifetime_s < limits.min_s || lifetime_s > limits.max_s)
        abort();
    if (jk_cache_retry_after_s(&fields, NOW_S) < 0)
        abort();
    int64_t time_s = 0;
    if (jk_http_date(fields.date, NOW_S, &time_s) &&
        (time_s < -62200000000 || time_s > 253405000000))
        abort();
    return 0;
}
