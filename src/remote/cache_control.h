/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the reading of the header fields that say how long an answer is good and when to ask
 * again (RFC 9111, RFC 9110 §10.2.3). Pure; the fields come from a stranger, and whatever is
 * in them a number comes out. A field that makes no sense counts as absent, except an
 * `Expires` that is no date, which is in the past (RFC 9111 §5.3). */
#ifndef JK_REMOTE_CACHE_CONTROL_H
#define JK_REMOTE_CACHE_CONTROL_H

#include "base/attributes.h"
#include <jwkeep/span.h>

/* The fields of an answer as they came, white space at the ends included; several lines of
 * `cache_control` are joined by commas. Absent where there was none. */
typedef struct jk_cache_fields {
    jwkeep_span cache_control;
    jwkeep_span age;
    jwkeep_span expires;
    jwkeep_span date;
    jwkeep_span retry_after;
} jk_cache_fields;

typedef struct jk_lifetime_limits {
    int64_t min_s;
    int64_t max_s;
    int64_t default_s; /* where the answer says nothing */
} jk_lifetime_limits;

/* R7: `max-age` − `Age`; else `Expires` − `Date` (or − now) − `Age`; else the default; then
 * within min and max. `no-store`, `no-cache` and 0 give min. `now_s` is wall time. */
int64_t jk_cache_lifetime_s(const jk_cache_fields *fields, const jk_lifetime_limits *limits,
                            int64_t now_s);

/* The seconds that `Retry-After` asks for, at least 0; 0 without one. */
int64_t jk_cache_retry_after_s(const jk_cache_fields *fields, int64_t now_s);

/* An HTTP-date in any of its three forms (RFC 9110 §5.6.7), as seconds since 1970. A year of
 * two digits is the one nearest to the year of `now_s`. False if it is none. */
JWKEEP_MUST_USE bool jk_http_date(jwkeep_span text, int64_t now_s, int64_t *ret_time_s);

#endif
