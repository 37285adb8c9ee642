/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns memory that is given out piece by piece and taken back all at once. A reset keeps the
 * largest block, so that a warmed-up arena never calls the allocator. */
#ifndef JK_BASE_ARENA_H
#define JK_BASE_ARENA_H

#include "base/attributes.h"
#include <jwkeep/span.h>
#include <stdbool.h>

typedef struct jk_arena_block jk_arena_block;

typedef struct jk_arena {
    uint8_t *next;
    uint8_t *end;
    jk_arena_block *blocks;
    size_t used;      /* bytes of all blocks */
    size_t max_bytes; /* of all blocks together */
} jk_arena;

void jk_arena_init(jk_arena *arena, size_t max_bytes);
void jk_arena_done(jk_arena *arena); /* wipes and frees */

/* Takes everything back. Keeps one block, the largest. Contents are not wiped. */
void jk_arena_reset(jk_arena *arena);

/* `size` bytes aligned for any type, not zeroed; NULL over the bound or without memory. */
JWKEEP_MUST_USE void *jk_arena_alloc(jk_arena *arena, size_t size);

/* The same for bytes: no alignment. */
JWKEEP_MUST_USE uint8_t *jk_arena_bytes(jk_arena *arena, size_t size);

/* Makes `*text` (NULL stays NULL) a copy in the arena, `*list` a list of such copies (NULL if
 * it is empty). False over the bound or without memory. */
JWKEEP_MUST_USE bool jk_arena_keep_text(jk_arena *arena, const char **text);
JWKEEP_MUST_USE bool jk_arena_keep_list(jk_arena *arena, const char *const **list,
                                        size_t count);

/* Gives back the end of the piece given out last: it keeps `used` bytes. */
void jk_arena_shrink(jk_arena *arena, uint8_t *piece, size_t used);

#endif
