/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the scripted issuer: its keys, its moods, what its answers say about themselves, and an
 * intermediary on the way that may hold an old answer. */
#ifndef SIM_ISSUER_H
#define SIM_ISSUER_H

#include "remote/cache_control.h"
#include "sim/keys.h"
#include "sim/scenario.h"

#define SIM_FRESHNESS_COUNT 15u
#define SIM_RETRY_AFTER_COUNT 8u

typedef struct sim_document {
    sim_keys keys;
    uint64_t version; /* from 1; what an ETag says */
} sim_document;

typedef struct sim_issuer {
    sim_document document;
    sim_document held;     /* by the intermediary */
    int64_t held_until_ms; /* real time */
    uint32_t next_kid;
    uint32_t next_material;
    int64_t latency_ms;
    uint8_t mood;
    uint8_t freshness;
    uint8_t retry_after;
    bool reads_late;   /* the keys that an answer has are those of its end, not its start */
    bool is_cluttered; /* copies and unusable keys among them */
} sim_issuer;

void sim_issuer_init(sim_issuer *issuer);

/* Each of these does what the scenario's action of that name says. */
void sim_issuer_rotate(sim_issuer *issuer);
void sim_issuer_remove(sim_issuer *issuer, uint32_t which);
void sim_issuer_reuse(sim_issuer *issuer, uint32_t which);
void sim_issuer_withdraw(sim_issuer *issuer);
void sim_issuer_hold(sim_issuer *issuer, int64_t until_ms);

/* What a request reads: past the intermediary if it is forced. */
const sim_document *sim_issuer_read(const sim_issuer *issuer, bool is_forced, int64_t at_ms);

/* The fields that go with an answer. */
jk_cache_fields sim_issuer_fields(const sim_issuer *issuer);
const char *sim_freshness_name(uint32_t index);
const char *sim_retry_after_name(uint32_t index);

#endif
