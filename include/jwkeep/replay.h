/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the memory of what may be used once: which identifiers were seen in the last seconds.
 * Its size is fixed when it is made. Refuses to forget early: when it is full, nothing is told
 * to be new until time has passed. One process; several behind one address need one of their
 * own. */
#ifndef JWKEEP_REPLAY_H
#define JWKEEP_REPLAY_H

#include <jwkeep/error.h>
#include <jwkeep/span.h>

JWKEEP_BEGIN

#define JWKEEP_REPLAY_MAX_ENTRIES (16u * 1024u * 1024u)
#define JWKEEP_REPLAY_MAX_WINDOW_S 86400u

typedef struct jwkeep_replay jwkeep_replay;

/* A memory that keeps each identifier for `window_s` seconds at least, twice that at the most,
 * and `max_entries` of them at least; it takes about 64 bytes for each, at once.
 * Errors: MISUSE_ARGUMENT (0, or over the maximum), OUT_OF_MEMORY, SYSTEM_FAILED (no random
 * bytes). */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_replay_new(size_t max_entries, uint32_t window_s,
                                                         jwkeep_replay **ret_replay,
                                                         jwkeep_error *error);
JWKEEP_API void jwkeep_replay_free(jwkeep_replay *replay); /* NULL is fine */

/* The `window_s` that it was made with. Any thread. */
JWKEEP_API uint32_t jwkeep_replay_window_s(const jwkeep_replay *replay);

/* Remembers `id`, which a stranger may have chosen; of several calls with one `id`, also at
 * once, one gets JWKEEP_OK. `now_ms` is the time by which the identifiers are judged. Any
 * thread.
 * Errors: REPLAYED (it was seen), REPLAY_MEMORY_FULL, MISUSE_ARGUMENT. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_replay_take(jwkeep_replay *replay, jwkeep_span id,
                                                          int64_t now_ms, jwkeep_error *error);

JWKEEP_END

#endif
