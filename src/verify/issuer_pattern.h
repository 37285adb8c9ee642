/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns which issuers a pattern stands for, and the plain form that an issuer accepted at run
 * time must have. Both are chosen so that there is one way to read them: nothing is decoded,
 * nothing is folded, every byte outside a `*` is compared. Pure. */
#ifndef JK_VERIFY_ISSUER_PATTERN_H
#define JK_VERIFY_ISSUER_PATTERN_H

#include "base/attributes.h"
#include <jwkeep/span.h>
#include <stdbool.h>

#define JK_MAX_DYNAMIC_ISSUER_BYTES 512u

/* https://HOST[:PORT][PATH]: labels of a-z, 0-9 and `-`, the last beginning with a letter (no
 * address, however it is written); a port of 1 to 65535; a path without `%`, query, fragment,
 * dot segments and empty segments but the last; JK_MAX_DYNAMIC_ISSUER_BYTES at the most. */
bool jk_issuer_is_plain(jwkeep_span iss);

/* A plain issuer where `*` may stand as the whole leftmost label of a host with at least two
 * labels more, and as a whole segment of the path. */
bool jk_issuer_pattern_is_valid(const char *pattern);

/* Whether valid `pattern` stands for `iss`: each `*` is one label of a-z, 0-9 and `-`, or one
 * segment of unreserved characters (RFC 3986 §2.3). What is not plain is matched by nothing. */
bool jk_issuer_pattern_matches(const char *pattern, jwkeep_span iss);

#endif
