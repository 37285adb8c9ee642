/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the cell: publishing, and the way of a retired object. The letters are the guarantees
 * of docs/design/concurrency.md. */
#include "sync/published.h"
#include "base/allocator.h"
#include "base/error.h"

/* What the cell points to. Nodes are reused within their cell and freed with it, so that a
 * generation may be read without a pin (D). `object` changes only while no slot names the
 * node and the cell does not point to it. */
typedef struct node node;
struct node {
    void *object;
    _Atomic uint64_t generation; /* written before the node is published (C, D) */
    node *next;                  /* of the retired or the spare ones; publishers only */
};

struct jk_published {
    /* Exchanged by the publisher, loaded by readers before and after they announce it; all
     * seq_cst, so that announcing and exchanging have one order (A). */
    _Atomic(void *) current;
    void (*release)(void *object);
    node *retired;
    node *spare;
    _Atomic size_t retired_count; /* a figure for tests and status; orders nothing */
};

static node *take_node(jk_published *cell) {
    node *taken = cell->spare;
    if (taken) {
        cell->spare = taken->next;
        return taken;
    }
    taken = jk_alloc(sizeof *taken);
    if (taken)
        atomic_init(&taken->generation, 0);
    return taken;
}

jwkeep_code jk_published_new(void *initial, void (*release)(void *object),
                             jk_published **ret_cell, jwkeep_error *error) {
    jk_published *cell = jk_alloc_zeroed(1, sizeof *cell);
    if (!cell)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    cell->release = release;
    node *only = take_node(cell);
    if (!only) {
        jk_free(cell);
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    }
    only->object = initial;
    atomic_store_explicit(&only->generation, 1, memory_order_relaxed);
    atomic_init(&cell->retired_count, 0);
    atomic_init(&cell->current, only);
    *ret_cell = cell;
    return JWKEEP_OK;
}

static void free_nodes(jk_published *cell, node *list, bool has_object) {
    while (list) {
        node *next = list->next;
        if (has_object)
            cell->release(list->object);
        jk_free(list);
        list = next;
    }
}

void jk_published_free(jk_published *cell) {
    if (!cell)
        return;
    node *last = atomic_load_explicit(&cell->current, memory_order_acquire);
    last->next = cell->retired;
    free_nodes(cell, last, true);
    free_nodes(cell, cell->spare, false);
    jk_free(cell);
}

jwkeep_code jk_published_pin(const jk_published *cell, jk_pin *ret_pin) {
    jk_hazard *slot;
    jwkeep_code code = jk_hazard_find(&slot);
    if (JK_UNLIKELY(code != JWKEEP_OK))
        return code;
    const node *seen = jk_hazard_announce(slot, &cell->current);
    ret_pin->object = seen->object;
    ret_pin->generation = atomic_load_explicit(&seen->generation, memory_order_relaxed);
    ret_pin->slot = slot;
    return JWKEEP_OK;
}

void jk_published_unpin(jk_pin *pin) {
    jk_hazard *slot = pin->slot;
    pin->object = NULL;
    pin->slot = NULL;
    jk_hazard_clear(slot);
}

uint64_t jk_published_generation(const jk_published *cell) {
    const node *seen = atomic_load_explicit(&cell->current, memory_order_seq_cst);
    for (;;) {
        uint64_t generation = atomic_load_explicit(&seen->generation, memory_order_acquire);
        const node *again = atomic_load_explicit(&cell->current, memory_order_seq_cst);
        if (again == seen)
            return generation;
        seen = again;
    }
}

void *jk_published_current(const jk_published *cell, uint64_t *ret_generation) {
    const node *now = atomic_load_explicit(&cell->current, memory_order_acquire);
    if (ret_generation)
        *ret_generation = atomic_load_explicit(&now->generation, memory_order_relaxed);
    return now->object;
}

size_t jk_published_collect(jk_published *cell) {
    size_t kept = 0;
    for (node **link = &cell->retired; *link;) {
        node *retired = *link;
        if (jk_hazard_is_announced(retired)) {
            kept++;
            link = &retired->next;
            continue;
        }
        *link = retired->next;
        cell->release(retired->object);
        retired->object = NULL;
        retired->next = cell->spare;
        cell->spare = retired;
    }
    atomic_store_explicit(&cell->retired_count, kept, memory_order_relaxed);
    return kept;
}

jwkeep_code jk_published_swap(jk_published *cell, void *next, uint64_t *ret_generation,
                              jwkeep_error *error) {
    uint64_t generation;
    jk_published_current(cell, &generation);
    node *fresh = take_node(cell);
    if (!fresh)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    fresh->object = next;
    /* Release: whoever reads this number of a reused node reads it of the new use (D). */
    atomic_store_explicit(&fresh->generation, generation + 1, memory_order_release);
    node *old = atomic_exchange_explicit(&cell->current, fresh, memory_order_seq_cst);
    old->next = cell->retired;
    cell->retired = old;
    (void)jk_published_collect(cell);
    if (ret_generation)
        *ret_generation = generation + 1;
    return JWKEEP_OK;
}

size_t jk_published_retired(const jk_published *cell) {
    return atomic_load_explicit(&cell->retired_count, memory_order_relaxed);
}
