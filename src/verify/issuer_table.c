/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the places of the table. */
#include "verify/issuer_table.h"
#include "base/error.h"

#define FEW_PLACES 8u /* walking through them costs less than a hash */

jwkeep_code jk_issuer_table_init(jk_issuer_table *table, size_t capacity, jk_arena *arena,
                                 jwkeep_error *error) {
    size_t places = 2;
    while (places < 2 * capacity)
        places *= 2;
    jk_issuer_table made = {.mask = places - 1};
    made.entries = jk_arena_alloc(arena, places * sizeof *made.entries);
    if (!made.entries)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    for (size_t i = 0; i < places; i++)
        made.entries[i] = (jk_issuer_entry){JWKEEP_SPAN_NONE, 0};
    if (!jk_hash_key_random(&made.key))
        return jk_fail(error, JWKEEP_SYSTEM_FAILED);
    *table = made;
    return JWKEEP_OK;
}

/* The place of `name`, or the free one where it would go: there always is one, since the
 * table is at most half full. */
static jk_issuer_entry *place_of(const jk_issuer_table *table, jwkeep_span name) {
    size_t at = (size_t)jk_hash(&table->key, name) & table->mask;
    while (jwkeep_span_is_present(table->entries[at].name) &&
           !jwkeep_span_equals(table->entries[at].name, name))
        at = (at + 1) & table->mask;
    return &table->entries[at];
}

bool jk_issuer_table_add(jk_issuer_table *table, jwkeep_span name, size_t index) {
    jk_issuer_entry *entry = place_of(table, name);
    if (jwkeep_span_is_present(entry->name))
        return false;
    *entry = (jk_issuer_entry){name, index};
    return true;
}

static const jk_issuer_entry *find_among_few(const jk_issuer_table *table, jwkeep_span name) {
    for (const jk_issuer_entry *one = table->entries; one <= table->entries + table->mask;
         one++)
        if (one->name.size == name.size && jwkeep_span_is_present(one->name) &&
            memcmp(one->name.data, name.data, name.size) == 0)
            return one;
    return NULL;
}

size_t jk_issuer_table_find(const jk_issuer_table *table, jwkeep_span name) {
    const jk_issuer_entry *entry =
        table->mask < FEW_PLACES ? find_among_few(table, name) : place_of(table, name);
    return entry && jwkeep_span_is_present(entry->name) ? entry->index : JK_ISSUER_NONE;
}
