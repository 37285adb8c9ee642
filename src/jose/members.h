/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the members of a key or a set that the library does not know: kept as they came, found
 * by name, shared by everything that is derived from where they stood. */
#ifndef JK_JOSE_MEMBERS_H
#define JK_JOSE_MEMBERS_H

#include "base/attributes.h"
#include <jwkeep/json.h>

/* At least one member; NULL stands for none wherever one is taken. Immutable: any number of
 * threads may read them. */
typedef struct jk_members jk_members;

/* Those members of `object` for which `is_kept` says yes; NULL if there is none. `object` may
 * go away afterwards. Errors: OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_members_collect(const jwkeep_json *object,
                                               bool (*is_kept)(jwkeep_span name),
                                               jk_members **ret_members, jwkeep_error *error);

/* The same with the member `name` set to `json`, or without it if that is absent.
 * Errors: OUT_OF_MEMORY, those of jwkeep_json_parse for `json`. */
JWKEEP_MUST_USE jwkeep_code jk_members_with(const jk_members *members, jwkeep_span name,
                                            jwkeep_span json, jk_members **ret_members,
                                            jwkeep_error *error);

jk_members *jk_members_ref(jk_members *members);
void jk_members_unref(jk_members *members); /* wipes: a member may be a secret */

/* The value called `name`, or NULL. */
const jwkeep_json *jk_members_get(const jk_members *members, const char *name);

/* All of them as an object; NULL for none. */
const jwkeep_json *jk_members_root(const jk_members *members);

/* Each with its name, into the object that is open. */
void jk_members_write(const jk_members *members, jwkeep_json_writer *writer);

/* The same names with the same values as they are written, in any order. */
bool jk_members_equal(const jk_members *a, const jk_members *b);

#endif
