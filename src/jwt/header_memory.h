/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the last few headers of tokens that verified, by their encoded bytes, with what was
 * read from them: tokens of one issuer have one header, which then costs a comparison.
 *
 * A header is found only if all its bytes are equal and it was read under the same limits.
 * Headers of tokens that did not verify are not kept, so a stranger cannot push good ones
 * out. Belongs to one token object: nothing is shared. */
#ifndef JK_JWT_HEADER_MEMORY_H
#define JK_JWT_HEADER_MEMORY_H

#include "jose/jws.h"

#define JK_HEADERS_REMEMBERED 4u

typedef struct jk_header_slot {
    jk_arena arena;      /* holds `encoded` and what `header` points to */
    jwkeep_span encoded; /* absent while the slot is empty */
    jk_jws_header header;
} jk_header_slot;

typedef struct jk_header_memory {
    jk_header_slot slots[JK_HEADERS_REMEMBERED + 1];
    size_t spare; /* the slot the next header is read into; never searched */
    jwkeep_limits limits;
} jk_header_memory;

void jk_header_memory_init(jk_header_memory *memory);
void jk_header_memory_done(jk_header_memory *memory);

/* The header with these encoded bytes, remembered or read now. Valid until the next call.
 * Errors: those of jk_jws_read_header. */
JWKEEP_MUST_USE jwkeep_code jk_header_memory_read(jk_header_memory *memory, jwkeep_span encoded,
                                                  const jwkeep_limits *limits,
                                                  const jk_jws_header **ret_header,
                                                  jwkeep_error *error);

/* Keeps `header`, from the last jk_header_memory_read, in place of the oldest one. */
void jk_header_memory_keep(jk_header_memory *memory, const jk_jws_header *header);

#endif
