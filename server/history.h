/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what happened at the issuers, for whoever looks later: counts by kind of event, the last
 * events of each issuer, and when each of its keys came. All of it bounded: names and `kid`s
 * come from outside. */
#ifndef SERVER_HISTORY_H
#define SERVER_HISTORY_H

#include <jwkeep/source.h>

#define HISTORY_MAX_ISSUERS 1024u /* later ones have no history */
#define HISTORY_MAX_EVENTS 64u    /* of an issuer: the oldest go */
#define HISTORY_MAX_KEYS 128u     /* of an issuer, whose coming is remembered */
#define HISTORY_MAX_NAME_BYTES 64u
#define HISTORY_MAX_KID_BYTES 96u /* cut, between characters */
#define HISTORY_KIND_COUNT 12

/* "refreshed", "unchanged", "failed", … */
extern const char *const history_kind_names[HISTORY_KIND_COUNT];

/* An event; the same one several times in a row is told once. Times are wall clock. */
typedef struct history_event {
    jwkeep_event_kind kind;
    jwkeep_code code; /* what went wrong, or JWKEEP_OK */
    uint32_t times;
    int64_t first_ms;
    int64_t last_ms;
    size_t keys; /* of the set then */
    size_t kid_size;
    char kid[HISTORY_MAX_KID_BYTES];
} history_event;

typedef struct history_key {
    uint8_t thumbprint[JWKEEP_THUMBPRINT_SIZE];
    int64_t came_ms;
} history_key;

/* All of an issuer, as of one moment. */
typedef struct history_issuer {
    char name[HISTORY_MAX_NAME_BYTES + 1];
    uint64_t counts[HISTORY_KIND_COUNT];
    size_t event_count;
    history_event events[HISTORY_MAX_EVENTS]; /* oldest first */
    size_t key_count;
    history_key keys[HISTORY_MAX_KEYS];
    int64_t kid_reused_ms; /* the last time; 0: never */
} history_issuer;

/* How much of a UTF-8 text is kept where `max_bytes` have room, between characters. */
JWKEEP_PURE size_t history_cut(jwkeep_span text, size_t max_bytes);

typedef struct history history;

/* Errors: OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code history_new(history **ret_history, jwkeep_error *error);

/* NULL is fine. */
void history_free(history *it);

/* Any thread; holds a lock for the moment of the writing down. Without memory, or with too many
 * issuers, nothing is written down. `it` NULL: likewise. */
void history_add(history *it, const char *issuer, const jwkeep_event *event);

/* Copies what there is of an issuer; false, and all zero, if there is nothing. Any thread. */
bool history_read(history *it, const char *issuer, history_issuer *ret_issuer);

/* When a `kid` was last given to other key material, on the wall clock; 0: never. Any thread.
 */
int64_t history_kid_reused_ms(history *it, const char *issuer);

/* When a key came, on the wall clock; 0 if that is not known. */
int64_t history_key_came_ms(const history_issuer *issuer, const uint8_t *thumbprint);

#endif
