/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what the scripted issuer does. */
#include "sim/issuer.h"
#include "base/attributes.h"

#define FIRST_KID 1u

/* Fields as servers send them, right and wrong. */
typedef struct freshness {
    const char *cache_control;
    const char *age;
    const char *expires;
} freshness;

static const freshness FRESHNESS[SIM_FRESHNESS_COUNT] = {
    {"max-age=300", NULL, NULL},
    {NULL, NULL, NULL},
    {"public, max-age=3600", "600", NULL},
    {"max-age=0", NULL, NULL},
    {"no-store", NULL, NULL},
    {"no-cache, max-age=900", NULL, NULL},
    {"max-age=99999999999999999999", NULL, NULL},
    {"max-age=600", "99999999999999999999", NULL},
    {"max-age=600", "-5", NULL},
    {"max-age=-1", NULL, NULL},
    {"max-age", "oops", NULL},
    {"max-age=\"120\", max-age=7", NULL, NULL},
    {NULL, NULL, "Thu, 01 Jan 1970 00:00:00 GMT"},
    {NULL, NULL, "0"},
    {"max-age=21600", "21590", "Fri, 31 Dec 9999 23:59:59 GMT"},
};

static const char *const RETRY_AFTER[SIM_RETRY_AFTER_COUNT] = {
    NULL, "0", "7", "120", "86400", "-3", "99999999999999999999", "soon",
};

static void change(sim_issuer *issuer) {
    issuer->document.version++;
}

static void add(sim_issuer *issuer, uint32_t kid) {
    sim_keys *keys = &issuer->document.keys;
    keys->items[keys->count++] = (sim_key){kid, issuer->next_material++};
    change(issuer);
}

void sim_issuer_init(sim_issuer *issuer) {
    *issuer = (sim_issuer){
        .next_kid = FIRST_KID, .next_material = SIM_MATERIAL_UNUSABLE + 1, .latency_ms = 100};
    sim_issuer_rotate(issuer);
}

/* The oldest goes where there is no room: half of the places are for clutter. */
void sim_issuer_rotate(sim_issuer *issuer) {
    if (issuer->document.keys.count == SIM_MAX_KEYS / 2)
        sim_issuer_remove(issuer, 0);
    add(issuer, issuer->next_kid++);
}

void sim_issuer_remove(sim_issuer *issuer, uint32_t which) {
    sim_keys *keys = &issuer->document.keys;
    if (keys->count == 0)
        return;
    for (uint32_t i = which % keys->count; i + 1 < keys->count; i++)
        keys->items[i] = keys->items[i + 1];
    keys->count--;
    change(issuer);
}

void sim_issuer_reuse(sim_issuer *issuer, uint32_t which) {
    sim_keys *keys = &issuer->document.keys;
    if (keys->count == 0)
        return;
    keys->items[which % keys->count].material = issuer->next_material++;
    change(issuer);
}

void sim_issuer_withdraw(sim_issuer *issuer) {
    issuer->document.keys.count = 0;
    change(issuer);
}

void sim_issuer_hold(sim_issuer *issuer, int64_t until_ms) {
    issuer->held = issuer->document;
    issuer->held_until_ms = until_ms;
}

const sim_document *sim_issuer_read(const sim_issuer *issuer, bool is_forced, int64_t at_ms) {
    return !is_forced && at_ms < issuer->held_until_ms ? &issuer->held : &issuer->document;
}

jk_cache_fields sim_issuer_fields(const sim_issuer *issuer) {
    const freshness *said = &FRESHNESS[issuer->freshness];
    return (jk_cache_fields){
        .cache_control = jwkeep_span_text(said->cache_control),
        .age = jwkeep_span_text(said->age),
        .expires = jwkeep_span_text(said->expires),
        .retry_after = jwkeep_span_text(RETRY_AFTER[issuer->retry_after]),
    };
}

const char *sim_freshness_name(uint32_t index) {
    const freshness *said = &FRESHNESS[index % SIM_FRESHNESS_COUNT];
    if (said->cache_control)
        return said->cache_control;
    return said->expires ? said->expires : "nothing";
}

const char *sim_retry_after_name(uint32_t index) {
    const char *said = RETRY_AFTER[index % SIM_RETRY_AFTER_COUNT];
    return said ? said : "nothing";
}
