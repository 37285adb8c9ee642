/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what the library does with buffers beyond their interface: taking back what was
 * appended, so that a failing function leaves its output as it was. */
#ifndef JK_BASE_BUFFER_H
#define JK_BASE_BUFFER_H

#include "base/attributes.h"
#include <jwkeep/buffer.h>

/* Wipes and takes back what was written after the first `size` bytes. */
void jk_buffer_truncate(jwkeep_buffer *buffer, size_t size);

/* Appends both or neither; either buffer may be NULL. Errors: those of the buffers. */
JWKEEP_MUST_USE jwkeep_code jk_buffer_append_both(jwkeep_buffer *first, jwkeep_span first_bytes,
                                                  jwkeep_buffer *second,
                                                  jwkeep_span second_bytes,
                                                  jwkeep_error *error);

#endif
