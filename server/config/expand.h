/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns variables of the environment in the values of a configuration: ${NAME}, and
 * ${NAME:-text} for one that may be unset or empty; $${ stands for a plain ${. What a variable
 * holds is a text, never more YAML. */
#ifndef SERVER_CONFIG_EXPAND_H
#define SERVER_CONFIG_EXPAND_H

#include "base/arena.h"
#include "server/config/fault.h"

#define CONFIG_MAX_VARIABLE_BYTES 128u /* of a name */

typedef struct config_expansion {
    const char *text;
    bool has_variable;
} config_expansion;

/* Expands `text`, of at most `max_bytes`, into `arena`. `place` is for faults. */
JWKEEP_MUST_USE bool config_expand(jwkeep_span text, size_t max_bytes,
                                   const char *(*get)(const char *name), config_place place,
                                   jk_arena *arena, config_expansion *ret_expansion,
                                   config_fault *ret_fault);

#endif
