/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the typed reading of the registered claims (RFC 7519 §4.1), in one walk over the
 * payload. Refuses to judge them: a claim of the wrong type or range is only marked. */
#ifndef JK_JWT_CLAIMS_H
#define JK_JWT_CLAIMS_H

#include "base/attributes.h"
#include <jwkeep/json.h>

/* A NumericDate (RFC 7519 §2) lies between 1970 and the last second of the year 9999. */
#define JK_NUMERIC_DATE_MAX_S INT64_C(253402300799)

typedef enum jk_claim {
    JK_CLAIM_ISS = 0,
    JK_CLAIM_AUD = 1,
    JK_CLAIM_SUB = 2,
    JK_CLAIM_JTI = 3,
    JK_CLAIM_EXP = 4,
    JK_CLAIM_NBF = 5,
    JK_CLAIM_IAT = 6
} jk_claim;
#define JK_CLAIM_COUNT 7

typedef struct jk_claim_info {
    const char *name;
    const char *clause;
} jk_claim_info;

const jk_claim_info *jk_claim_info_of(jk_claim claim);

/* The claim called `name`, or JK_CLAIM_COUNT if it is not a registered one. */
JWKEEP_PURE int jk_claim_of_name(jwkeep_span name);

typedef struct jk_claims {
    const jwkeep_json *object;
    const jwkeep_json *values[JK_CLAIM_COUNT]; /* NULL where absent */
    int64_t times_ms[JK_CLAIM_COUNT];          /* exp, nbf, iat, where well typed */
    uint32_t ill_typed;                        /* a bit for each claim */
} jk_claims;

static inline bool jk_claims_is_ill_typed(const jk_claims *claims, jk_claim claim) {
    return (claims->ill_typed >> (unsigned)claim & 1u) != 0;
}

/* Reads `object`, which the result borrows. An `aud` of more than `max_audiences` values is
 * ill typed. What is finer than a millisecond is cut off a NumericDate. */
void jk_claims_read(const jwkeep_json *object, size_t max_audiences, jk_claims *ret_claims);

/* Reads a NumericDate in milliseconds; what is finer is cut off. False if it is none. */
bool jk_numeric_date_read(const jwkeep_json *value, int64_t *ret_time_ms);

/* Number of values of `aud`, and one of them; absent past the end. */
size_t jk_claims_audience_count(const jk_claims *claims);
jwkeep_span jk_claims_audience_at(const jk_claims *claims, size_t index);

/* Whether `aud` holds `audience`, compared byte by byte. */
bool jk_claims_has_audience(const jk_claims *claims, jwkeep_span audience);

#endif
