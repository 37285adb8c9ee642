/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the bounded writer. Whatever block it leaves, it wipes: an output may be a secret. */
#include "base/buffer.h"
#include "base/allocator.h"
#include "base/error.h"
#include "base/secret.h"

#define BUFFER_MIN_CAPACITY 128u

void jwkeep_buffer_init(jwkeep_buffer *buffer, size_t max_size) {
    *buffer = (jwkeep_buffer){.max_size = max_size};
}

void jwkeep_buffer_init_fixed(jwkeep_buffer *buffer, void *storage, size_t size) {
    *buffer =
        (jwkeep_buffer){.data = storage, .capacity = size, .max_size = size, .is_fixed = true};
}

void jwkeep_buffer_done(jwkeep_buffer *buffer) {
    if (!buffer)
        return;
    jk_secret_wipe(buffer->data, buffer->size);
    if (!buffer->is_fixed)
        jk_free(buffer->data);
    *buffer = (jwkeep_buffer){0};
}

void jk_buffer_truncate(jwkeep_buffer *buffer, size_t size) {
    if (size >= buffer->size)
        return;
    jk_secret_wipe(buffer->data + size, buffer->size - size);
    buffer->size = size;
}

void jwkeep_buffer_clear(jwkeep_buffer *buffer) {
    jk_buffer_truncate(buffer, 0);
}

static size_t grown_capacity(const jwkeep_buffer *buffer, size_t needed) {
    size_t capacity =
        buffer->capacity <= buffer->max_size / 2 ? buffer->capacity * 2 : buffer->max_size;
    if (capacity < BUFFER_MIN_CAPACITY)
        capacity = BUFFER_MIN_CAPACITY;
    if (capacity < needed)
        capacity = needed;
    return capacity < buffer->max_size ? capacity : buffer->max_size;
}

static jwkeep_code reserve(jwkeep_buffer *buffer, size_t size) {
    if (size <= buffer->capacity - buffer->size)
        return JWKEEP_OK;
    if (size > buffer->max_size - buffer->size)
        return JWKEEP_MISUSE_TOO_SMALL;
    size_t capacity = grown_capacity(buffer, buffer->size + size);
    uint8_t *grown = jk_alloc(capacity);
    if (!grown)
        return JWKEEP_OUT_OF_MEMORY;
    if (buffer->size)
        memcpy(grown, buffer->data, buffer->size);
    jk_secret_wipe(buffer->data, buffer->size);
    jk_free(buffer->data);
    buffer->data = grown;
    buffer->capacity = capacity;
    return JWKEEP_OK;
}

jwkeep_code jwkeep_buffer_append(jwkeep_buffer *buffer, jwkeep_span bytes) {
    jwkeep_code code = reserve(buffer, bytes.size);
    if (code)
        return code;
    if (bytes.size)
        memcpy(buffer->data + buffer->size, bytes.data, bytes.size);
    buffer->size += bytes.size;
    return JWKEEP_OK;
}

jwkeep_code jwkeep_buffer_append_text(jwkeep_buffer *buffer, const char *text) {
    return jwkeep_buffer_append(buffer, jwkeep_span_text(text));
}

uint8_t *jwkeep_buffer_extend(jwkeep_buffer *buffer, size_t size) {
    /* One byte at least, so that the pointer of an extension by 0 is not NULL. */
    if (!buffer->data && size == 0 ? reserve(buffer, 1) : reserve(buffer, size))
        return NULL;
    uint8_t *room = buffer->data + buffer->size;
    buffer->size += size;
    return room;
}

jwkeep_code jk_buffer_append_both(jwkeep_buffer *first, jwkeep_span first_bytes,
                                  jwkeep_buffer *second, jwkeep_span second_bytes,
                                  jwkeep_error *error) {
    size_t before = first ? first->size : 0;
    jwkeep_code code = first ? jwkeep_buffer_append(first, first_bytes) : JWKEEP_OK;
    if (code)
        return jk_fail(error, code);
    code = second ? jwkeep_buffer_append(second, second_bytes) : JWKEEP_OK;
    if (!code)
        return JWKEEP_OK;
    if (first)
        jk_buffer_truncate(first, before);
    return jk_fail(error, code);
}
