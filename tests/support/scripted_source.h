/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns one source in a scripted world, for tests of what it does: its life, lookups of it, and
 * the events it told of. What fails ends the test. */
#ifndef TESTS_SUPPORT_SCRIPTED_SOURCE_H
#define TESTS_SUPPORT_SCRIPTED_SOURCE_H

#include "remote/refresher.h"
#include "support/script.h"
#include <jwkeep/jwkeep.h>

#define MAX_EVENTS 64
#define SECOND 1000
#define MINUTE (60 * SECOND)

typedef struct seen_event {
    jwkeep_event_kind kind;
    jwkeep_trigger trigger;
    jwkeep_code code; /* of the error, or of the skip */
    char kid;         /* its first letter */
    size_t count;
} seen_event;

typedef struct fixture {
    script world;
    jwkeep_refresher *refresher;
    jwkeep_source *source;
    seen_event events[MAX_EVENTS];
    size_t event_count;
    size_t notified;
} fixture;

/* Without a source; with one that has nothing yet; with one that has loaded the keys a and b.
 */
int scripted_set_up_bare(void **state);
int scripted_set_up(void **state);
int scripted_set_up_loaded(void **state);
int scripted_tear_down(void **state);

/* The defaults, an address, and the fixture's ear. */
jwkeep_source_options scripted_options(fixture *f);

/* Has the keys of `letters` downloaded. */
void scripted_load(fixture *f, const char *letters);

/* Events of this kind, about any key (0) or that of one letter. */
size_t scripted_count(const fixture *f, jwkeep_event_kind kind, char kid);

jwkeep_code scripted_begin(fixture *f, const char *kid, uint32_t timeout_ms,
                           jwkeep_lookup **ret_lookup);

/* Begins a lookup that must wait. */
jwkeep_lookup *scripted_wait(fixture *f, const char *kid);

/* The answer to a lookup, which is freed. */
jwkeep_code scripted_end(jwkeep_lookup *lookup);

bool scripted_has(fixture *f, const char *kid);
jwkeep_source_status scripted_status(const fixture *f);

/* A JWK Set: the JWKs `others`, then the keys of `letters`. Good until the next call. */
const char *scripted_mix(const char *others, const char *letters);

#endif
