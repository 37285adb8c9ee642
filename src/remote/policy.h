/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns every decision about one source: when to download, what to answer to whom, how long
 * keys are good. Pure: it reads no clock, allocates nothing, opens nothing and starts no
 * thread; time and outcomes come in, decisions go out. docs/design/refresh-policy.md has the
 * table of its states.
 *
 * A driver tells what happens (a lookup, a request, the end of a download), asks after each
 * event whether a download must start (jk_policy_start), and comes back without an event at
 * jk_policy_wake_at. There is one download of a source at a time, a flight; flights are
 * numbered from 1. A driver serialises its calls. */
#ifndef JK_REMOTE_POLICY_H
#define JK_REMOTE_POLICY_H

#include "base/attributes.h"
#include <jwkeep/error.h>
#include <jwkeep/source.h>
#include <stdbool.h>
#include <stdint.h>

#define JK_NEVER INT64_MAX

/* All positive but stale_limit_ms, retry_after_max_ms and signature_ms, which may be 0. */
typedef struct jk_policy_options {
    int64_t cooldown_ms;
    int64_t stale_limit_ms;
    int64_t backoff_min_ms;
    int64_t backoff_max_ms;
    int64_t retry_after_max_ms;
    int64_t signature_ms; /* between downloads for bad signatures; 0: there are none */
    bool is_eager;
} jk_policy_options;

typedef struct jk_flight {
    uint64_t number;
    jwkeep_trigger trigger;
    bool is_forced; /* asks past every cache on the way: Cache-Control: no-cache */
} jk_flight;

typedef enum jk_outcome_kind {
    JK_OUTCOME_GOOD = 0,  /* the driver has published what came, or what it has is renewed */
    JK_OUTCOME_FAILED = 1 /* what there was stays */
} jk_outcome_kind;

/* How a flight ended. */
typedef struct jk_outcome {
    jk_outcome_kind kind;
    int64_t lifetime_ms;    /* GOOD: clamped already */
    int64_t retry_after_ms; /* FAILED: what the server asked for; 0: nothing */
} jk_outcome;

/* The state; private to policy.c, in the open so that it can be embedded. Times are of the
 * driver's clock, in milliseconds. */
typedef struct jk_policy {
    jk_policy_options options;
    uint64_t random;
    int64_t now_ms; /* the latest time seen: a clock that steps back stands still */
    bool is_stopped;

    bool has_keys;
    int64_t expires_at_ms; /* end of the lifetime */
    int64_t stale_at_ms;

    jk_flight flight; /* the last one started; number 0 before the first */
    int64_t started_at_ms;
    bool is_in_flight;
    bool has_failed; /* the last one to end did */

    bool is_start_wanted; /* there is nothing usable and somebody asked */
    bool is_start_forced; /* and by name */
    bool is_miss_wanted;
    bool is_request_wanted;
    bool is_signature_wanted;
    bool owes_forced;        /* the retry must be forced: a miss waited for what failed */
    bool owes_late;          /* who came too late for the flight under way has left */
    int64_t scheduled_at_ms; /* the next refresh or retry, or JK_NEVER */
    int64_t trailing_at_ms;  /* the trailing refresh, if armed, or JK_NEVER */

    int64_t cooldown_ends_ms;  /* one cooldown after the last stamped flight started */
    int64_t signature_ends_ms; /* when the next flight for a bad signature may be wanted */
    int64_t burst_ends_ms;     /* when the second flight of a burst will have been paid for */
    int64_t absent_until_ms;   /* one cooldown after the start of the last good forced flight */
    bool is_absence_held;      /* the flight under way is the trailing one, and on time */
    uint32_t failures;         /* in a row */
    int64_t retry_at_ms;       /* while there are failures: nothing starts before */
} jk_policy;

void jk_policy_init(jk_policy *policy, const jk_policy_options *options, uint64_t seed,
                    int64_t now_ms);

/* Before anything else happens: there are keys from before the start, downloaded `age_ms` ago
 * (not negative) for `lifetime_ms`. They are good as long as they would have been, and a
 * download is due at once. */
void jk_policy_restore(jk_policy *policy, int64_t now_ms, int64_t age_ms, int64_t lifetime_ms);

/* Before anything else happens: goes on where `before`, which has keys and the same options,
 * has come to, with its keys, its next download, its failures and cooldowns. What is under way
 * or wanted there is so no more: a download that was is due at once. */
void jk_policy_inherit(jk_policy *policy, int64_t now_ms, const jk_policy *before);

/* What a caller is told. */
typedef struct jk_answer {
    jwkeep_code code;    /* PENDING: wait for a flight; anything else: now */
    uint64_t decided_by; /* PENDING: the number of the flight whose answer is the last word */
    bool is_shared;      /* PENDING: the download was wanted or under way before */
} jk_answer;

/* Somebody needs the keys: `is_by_kid` one of a certain name, which the published set has or
 * not (`is_present`). Gives OK, PENDING, KID_UNKNOWN (the cooldown: a trailing refresh is
 * armed), KEYS_FETCH_FAILED, KEYS_STALE, KEYS_SHUTDOWN. */
jk_answer jk_policy_lookup(jk_policy *policy, int64_t now_ms, bool is_by_kid, bool is_present);

/* Somebody needs a `kid` that the set has not, and that a forced flight is known not to have
 * brought since that set was published: whether it may be told KID_UNKNOWN without a place to
 * wait. If so, a trailing refresh is armed; if not, it is a lookup like any other. */
JWKEEP_MUST_USE bool jk_policy_refuses_missing(jk_policy *policy, int64_t now_ms);

/* A signature was bad under a name that the published set has. PENDING: wait for a flight, as
 * somebody who needs any keys (`is_by_kid` false), and check it once more; OK: no download can
 * help, the signature stays bad; or KEYS_SHUTDOWN. */
jk_answer jk_policy_suspect(jk_policy *policy, int64_t now_ms);

/* Somebody who was told PENDING leaves before an answer (its time is up, it was cancelled,
 * there is no place for it to wait): the arguments are those of jk_policy_settle. */
void jk_policy_leave(jk_policy *policy, uint64_t decided_by, bool is_by_kid);

/* Somebody asked for a refresh as such. */
void jk_policy_request(jk_policy *policy, int64_t now_ms);

/* Whether a download must start now; if so it counts as started: its number and the cooldown
 * are stamped. Not to be asked while the driver has no room for a download. */
JWKEEP_MUST_USE bool jk_policy_start(jk_policy *policy, int64_t now_ms, jk_flight *ret_flight);

/* When jk_policy_start will say yes without any further event: a time that may have passed,
 * or JK_NEVER. */
int64_t jk_policy_wake_at(const jk_policy *policy);

/* Whether the answer to flight `number` may still be published. A late answer may not. */
bool jk_policy_accepts(const jk_policy *policy, uint64_t number);

/* Flight `number` ended. One that is not accepted is ignored. */
void jk_policy_end(jk_policy *policy, int64_t now_ms, uint64_t number,
                   const jk_outcome *outcome);

/* After jk_policy_end: what a waiter is told, by what jk_policy_lookup said to it and by
 * whether the set published now has its key. PENDING: it waits on, for one more flight, with
 * the same `decided_by`. */
jwkeep_code jk_policy_settle(jk_policy *policy, int64_t now_ms, uint64_t decided_by,
                             bool is_by_kid, bool is_present);

/* From now on nothing starts, nothing is accepted and everybody is told KEYS_SHUTDOWN. */
void jk_policy_stop(jk_policy *policy);

/* The moment from which the keys are not to be used: INT64_MIN without keys. */
int64_t jk_policy_usable_until(const jk_policy *policy);

#endif
