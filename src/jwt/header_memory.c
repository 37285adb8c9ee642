/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the ring of remembered headers. One slot more than are remembered takes the header
 * that is being judged; keeping it is moving on to the next slot. */
#include "jwt/header_memory.h"
#include "base/error.h"

/* What a header takes is bounded by the limits on its bytes, values and depth. */
#define HEADER_ARENA_MAX_BYTES (SIZE_MAX / 2)

void jk_header_memory_init(jk_header_memory *memory) {
    *memory = (jk_header_memory){0};
    for (size_t i = 0; i < JK_COUNT_OF(memory->slots); i++)
        jk_arena_init(&memory->slots[i].arena, HEADER_ARENA_MAX_BYTES);
}

void jk_header_memory_done(jk_header_memory *memory) {
    for (size_t i = 0; i < JK_COUNT_OF(memory->slots); i++)
        jk_arena_done(&memory->slots[i].arena);
}

/* jwkeep_limits is all size_t: it has no padding that could differ. */
static bool is_same_limits(const jwkeep_limits *a, const jwkeep_limits *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

static void forget_all(jk_header_memory *memory) {
    for (size_t i = 0; i < JK_COUNT_OF(memory->slots); i++)
        memory->slots[i].encoded = JWKEEP_SPAN_NONE;
}

static const jk_jws_header *find(const jk_header_memory *memory, jwkeep_span encoded) {
    for (size_t i = 0; i < JK_COUNT_OF(memory->slots); i++) {
        const jk_header_slot *slot = &memory->slots[i];
        if (i != memory->spare && jwkeep_span_is_present(slot->encoded) &&
            jwkeep_span_equals(slot->encoded, encoded))
            return &slot->header;
    }
    return NULL;
}

static jwkeep_code read_into(jk_header_slot *slot, jwkeep_span encoded,
                             const jwkeep_limits *limits, jwkeep_error *error) {
    slot->encoded = JWKEEP_SPAN_NONE;
    jk_arena_reset(&slot->arena);
    uint8_t *copy = jk_arena_bytes(&slot->arena, encoded.size);
    if (!copy)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    memcpy(copy, encoded.data, encoded.size);
    jwkeep_span kept = jwkeep_span_of(copy, encoded.size);
    jwkeep_code code = jk_jws_read_header(kept, limits, &slot->arena, &slot->header, error);
    if (code == JWKEEP_OK)
        slot->encoded = kept;
    return code;
}

jwkeep_code jk_header_memory_read(jk_header_memory *memory, jwkeep_span encoded,
                                  const jwkeep_limits *limits, const jk_jws_header **ret_header,
                                  jwkeep_error *error) {
    if (!is_same_limits(&memory->limits, limits)) {
        forget_all(memory);
        memory->limits = *limits;
    }
    const jk_jws_header *remembered = find(memory, encoded);
    if (!remembered) {
        jk_header_slot *spare = &memory->slots[memory->spare];
        jwkeep_code code = read_into(spare, encoded, limits, error);
        if (code != JWKEEP_OK)
            return code;
        remembered = &spare->header;
    }
    *ret_header = remembered;
    return JWKEEP_OK;
}

void jk_header_memory_keep(jk_header_memory *memory, const jk_jws_header *header) {
    if (header == &memory->slots[memory->spare].header)
        memory->spare = (memory->spare + 1) % JK_COUNT_OF(memory->slots);
}
