/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns a YAML document as a tree that remembers its places: mappings, lists and scalars,
 * bounded in bytes, depth and number. Refuses what can make a small file large or a plain one
 * puzzling: anchors and aliases, tags, several documents, a key twice. The only place that
 * knows libyaml. */
#ifndef SERVER_CONFIG_DOCUMENT_H
#define SERVER_CONFIG_DOCUMENT_H

#include "base/arena.h"
#include "server/config/fault.h"

#define CONFIG_MAX_BYTES (4u << 20)
#define CONFIG_MAX_DEPTH 10u
#define CONFIG_MAX_NODES 200000u
#define CONFIG_MAX_KEYS 64u         /* of one mapping */
#define CONFIG_MAX_TEXT_BYTES 8192u /* of a scalar, variables put in */

typedef enum config_node_kind { CONFIG_SCALAR, CONFIG_LIST, CONFIG_MAP } config_node_kind;

typedef struct config_node config_node;
struct config_node {
    config_node_kind kind;
    config_place place;
    const char *text;   /* of a scalar: without NUL inside */
    bool is_plain;      /* a scalar without quotes */
    bool has_variable;  /* something of the environment is in it: perhaps a secret */
    const char *name;   /* its key, in a mapping */
    config_place named; /* where the key stands */
    config_node *first; /* of a list or mapping */
    config_node *last;
    config_node *next;
    size_t count;
};

/* Reads `bytes`. The tree lives in `arena`. `get` looks a variable of the environment up. */
JWKEEP_MUST_USE bool config_document_read(jwkeep_span bytes, jk_arena *arena,
                                          const char *(*get)(const char *name),
                                          const config_node **ret_root,
                                          config_fault *ret_fault);

/* The member of a mapping; NULL if it is not there, or `map` is none. */
const config_node *config_member(const config_node *map, const char *name);

/* The element of a list. */
const config_node *config_element(const config_node *list, size_t index);

#endif
