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

#endif
