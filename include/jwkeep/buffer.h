/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the bounded writer that every output of variable size goes to: growing on the heap, or
 * over the caller's storage. Refuses to grow past its bound, and to leave secrets behind. */
#ifndef JWKEEP_BUFFER_H
#define JWKEEP_BUFFER_H

#include <jwkeep/error.h>
#include <jwkeep/span.h>

JWKEEP_BEGIN

/* Bytes written so far: `size` of them at `data`. The other fields are private. A buffer
 * belongs to one thread at a time. */
typedef struct jwkeep_buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
    size_t max_size;
    bool is_fixed; /* over the caller's storage */
} jwkeep_buffer;

/* An empty buffer that grows on the heap, to `max_size` bytes at the most. */
JWKEEP_API void jwkeep_buffer_init(jwkeep_buffer *buffer, size_t max_size);

/* An empty buffer over `size` bytes of the caller's, which must outlive it. */
JWKEEP_API void jwkeep_buffer_init_fixed(jwkeep_buffer *buffer, void *storage, size_t size);

/* Wipes what was written and frees what was allocated. NULL and a zeroed buffer are fine. */
JWKEEP_API void jwkeep_buffer_done(jwkeep_buffer *buffer);

/* Wipes what was written and starts anew, keeping the memory. */
JWKEEP_API void jwkeep_buffer_clear(jwkeep_buffer *buffer);

/* Appends; all of it or nothing. What a growing buffer moves out of is wiped.
 * Errors: OUT_OF_MEMORY; MISUSE_TOO_SMALL (the bound). */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_buffer_append(jwkeep_buffer *buffer,
                                                            jwkeep_span bytes);
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_buffer_append_text(jwkeep_buffer *buffer,
                                                                 const char *text);

/* Room for `size` more bytes: a pointer to them, counted as written, or NULL (as above). */
JWKEEP_API JWKEEP_MUST_USE uint8_t *jwkeep_buffer_extend(jwkeep_buffer *buffer, size_t size);

/* What was written so far, borrowed until the buffer is written to, cleared or done with. */
static inline jwkeep_span jwkeep_buffer_span(const jwkeep_buffer *buffer) {
    return jwkeep_span_of(buffer->data, buffer->size);
}

JWKEEP_END

#endif
