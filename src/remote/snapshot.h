/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the file that the last good set of a source is kept in: its text, and reading and
 * replacing it. Refuses a file that somebody else may have written, one of another source,
 * one that is too old or too large, and to follow a link. Public keys only. */
#ifndef JK_REMOTE_SNAPSHOT_H
#define JK_REMOTE_SNAPSHOT_H

#include "base/attributes.h"
#include <jwkeep/keyset.h>

/* What the text may be larger than the set in it. */
#define JK_SNAPSHOT_OVERHEAD_BYTES 16384u
/* Values that stand beside the set, and how deep it stands. */
#define JK_SNAPSHOT_VALUES 8u
#define JK_SNAPSHOT_DEPTH 1u

/* The set, when it was downloaded (wall clock) and how long it was good for. */
typedef struct jk_snapshot {
    jwkeep_keyset *set;
    int64_t fetched_at_ms;
    int64_t lifetime_ms;
} jk_snapshot;

/* Where it belongs. */
typedef struct jk_snapshot_place {
    const char *file;
    const char *origin; /* the URL or the issuer: of another one it is refused */
    const jwkeep_limits *limits;
} jk_snapshot_place;

/* Reads it; `ret_snapshot->set` gains the caller as its holder. Age is the caller's to judge.
 * Errors: NOT_FOUND (there is no file), SYSTEM_FAILED (it cannot be read, is no regular file,
 * or others may write it), TOKEN_TOO_LARGE, KEYSET_INVALID (not a snapshot, of another
 * origin, without a usable key), those of jwkeep_keyset_parse. */
JWKEEP_MUST_USE jwkeep_code jk_snapshot_read(const jk_snapshot_place *place,
                                             jk_snapshot *ret_snapshot, jwkeep_error *error);

/* Replaces it at once: whoever reads meanwhile, or after a crash, finds the old or the new one
 * whole. Mode 0600.
 * Errors: SYSTEM_FAILED, OUT_OF_MEMORY, MISUSE_TOO_SMALL (the set is over max_keyset_bytes,
 * written out). */
JWKEEP_MUST_USE jwkeep_code jk_snapshot_write(const jk_snapshot_place *place,
                                              const jk_snapshot *snapshot, jwkeep_error *error);

#endif
