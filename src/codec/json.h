/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the form of a parsed JSON text inside the library: an array of values in the order of
 * the text, in an arena. The public functions of <jwkeep/json.h> read it. */
#ifndef JK_CODEC_JSON_H
#define JK_CODEC_JSON_H

#include "base/arena.h"
#include <jwkeep/json.h>

/* A text may not be longer: values hold 32-bit sizes. */
#define JK_JSON_MAX_BYTES ((size_t)UINT32_MAX)

/* Parses `bytes`, which must outlive the values: strings without escapes point into them,
 * others into `arena`. One pass. Errors as jwkeep_json_parse; `limits` must not be NULL.
 * The arena needs room as jk_json_arena_bytes says, or OUT_OF_MEMORY may come of the text. */
JWKEEP_MUST_USE jwkeep_code jk_json_parse(jwkeep_span bytes, const jwkeep_limits *limits,
                                          jk_arena *arena, const jwkeep_json **ret_root,
                                          jwkeep_error *error);

/* A bound for an arena that is to hold what any text of `size` bytes may need. */
JWKEEP_PURE size_t jk_json_arena_bytes(size_t size, const jwkeep_limits *limits);

/* The member called `name`, as jwkeep_json_member, for a name of known size. */
const jwkeep_json *jk_json_member(const jwkeep_json *object, jwkeep_span name);

/* Whether the string `value` of `array` stands in it before, too. */
JWKEEP_PURE bool jk_json_is_repeated(const jwkeep_json *array, const jwkeep_json *value);

#endif
