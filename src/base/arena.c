/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the arena: blocks that double, a bump of a pointer for each piece. */
#include "base/arena.h"
#include "base/allocator.h"
#include "base/secret.h"

#define ARENA_MIN_BLOCK_BYTES 1024u
#define ARENA_ALIGNMENT _Alignof(max_align_t)

struct jk_arena_block {
    jk_arena_block *previous;
    size_t size; /* of `bytes` */
    _Alignas(max_align_t) uint8_t bytes[];
};

void jk_arena_init(jk_arena *arena, size_t max_bytes) {
    *arena = (jk_arena){.max_bytes = max_bytes};
}

static void free_blocks(jk_arena_block *block, const jk_arena_block *kept) {
    while (block) {
        jk_arena_block *previous = block->previous;
        if (block != kept) {
            jk_secret_wipe(block, sizeof *block + block->size);
            jk_free(block);
        }
        block = previous;
    }
}

void jk_arena_done(jk_arena *arena) {
    if (!arena)
        return;
    free_blocks(arena->blocks, NULL);
    *arena = (jk_arena){0};
}

void jk_arena_reset(jk_arena *arena) {
    jk_arena_block *largest = arena->blocks;
    if (!largest)
        return;
    for (jk_arena_block *block = largest->previous; block; block = block->previous)
        if (block->size > largest->size)
            largest = block;
    free_blocks(arena->blocks, largest);
    largest->previous = NULL;
    arena->blocks = largest;
    arena->used = largest->size;
    arena->next = largest->bytes;
    arena->end = largest->bytes + largest->size;
}

/* Puts a block with room for `size` bytes in front; at least twice the one before it, as far
 * as the bound allows, so that the number of blocks is logarithmic. */
static bool add_block(jk_arena *arena, size_t size) {
    size_t available = arena->max_bytes - arena->used;
    if (size > available)
        return false;
    size_t wanted = arena->blocks ? arena->blocks->size * 2 : ARENA_MIN_BLOCK_BYTES;
    if (wanted < size)
        wanted = size;
    if (wanted > available)
        wanted = available;
    if (wanted > SIZE_MAX - sizeof(jk_arena_block))
        return false;
    jk_arena_block *block = jk_alloc(sizeof *block + wanted);
    if (!block)
        return false;
    block->previous = arena->blocks;
    block->size = wanted;
    arena->blocks = block;
    arena->used += wanted;
    arena->next = block->bytes;
    arena->end = block->bytes + wanted;
    return true;
}

uint8_t *jk_arena_bytes(jk_arena *arena, size_t size) {
    if (JK_UNLIKELY(!arena->next || size > (size_t)(arena->end - arena->next)) &&
        !add_block(arena, size))
        return NULL;
    uint8_t *piece = arena->next;
    arena->next += size;
    return piece;
}

void *jk_arena_alloc(jk_arena *arena, size_t size) {
    size_t padding = -(uintptr_t)arena->next & (ARENA_ALIGNMENT - 1);
    if (arena->next && padding <= (size_t)(arena->end - arena->next))
        arena->next += padding;
    else
        arena->next = arena->end; /* a fresh block starts aligned */
    return jk_arena_bytes(arena, size);
}

void jk_arena_shrink(jk_arena *arena, uint8_t *piece, size_t used) {
    arena->next = piece + used;
}

bool jk_arena_keep_text(jk_arena *arena, const char **text) {
    if (!*text)
        return true;
    size_t size = strlen(*text) + 1;
    uint8_t *copy = jk_arena_bytes(arena, size);
    if (!copy)
        return false;
    memcpy(copy, *text, size);
    *text = (const char *)copy;
    return true;
}

bool jk_arena_keep_list(jk_arena *arena, const char *const **list, size_t count) {
    if (count == 0) {
        *list = NULL;
        return true;
    }
    if (count > SIZE_MAX / sizeof **list)
        return false;
    const char **copy = jk_arena_alloc(arena, count * sizeof *copy);
    if (!copy)
        return false;
    for (size_t i = 0; i < count; i++) {
        copy[i] = (*list)[i];
        if (!jk_arena_keep_text(arena, &copy[i]))
            return false;
    }
    *list = copy;
    return true;
}
