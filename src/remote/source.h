/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the parts of a source, for the files that work on them: source.c its life, flight.c
 * its downloads, lookup.c those who wait for it, source_options.c and source_status.c what
 * goes in and what can be seen. */
#ifndef JK_REMOTE_SOURCE_H
#define JK_REMOTE_SOURCE_H

#include "remote/download.h"
#include "remote/negative.h"
#include "remote/policy.h"
#include "remote/refresher.h"
#include <jwkeep/source.h>
#include <pthread.h>
#include <stdatomic.h>

/* How far a waiter has come. */
typedef enum jk_waiter_state {
    JK_WAITER_WAITING = 0,   /* in the source's list */
    JK_WAITER_ANSWERED = 1,  /* `notify` is still to be called */
    JK_WAITER_NOTIFYING = 2, /* it is being called, without the mutex */
    JK_WAITER_DONE = 3
} jk_waiter_state;

/* Somebody who waits for a flight; on the stack of a blocking call, or in a lookup. All of it
 * under the source's mutex. */
typedef struct jk_waiter jk_waiter;
struct jk_waiter {
    jk_waiter *next;
    jk_waiter *before;
    jwkeep_span kid;
    bool is_suspect;     /* not for keys: for the next download, after a bad signature */
    uint64_t decided_by; /* see jk_policy_settle */
    jk_waiter_state state;
    jwkeep_error answer;
    jk_timer deadline;    /* set for a lookup only */
    pthread_cond_t *wake; /* of a blocking call; NULL for a lookup */
};

typedef struct jk_waiter_list {
    jk_waiter *first;
    jk_waiter *last;
} jk_waiter_list;

/* The options, resolved and copied. */
typedef struct jk_source_settings {
    jwkeep_source_options options; /* `limits` points to the copy below */
    jwkeep_limits limits;
    char *url;
    char *issuer;
    char *snapshot_file;
    char *fallback_urls[JWKEEP_MAX_FALLBACKS];
    size_t fallback_count;
    jk_route route;
} jk_source_settings;

struct jwkeep_source {
    jk_task task;
    jwkeep_refresher *refresher; /* gone, perhaps, once the source is detached */
    unsigned fork_count;         /* of the process that made it */
    _Atomic unsigned holders;    /* its maker, lookups, calls that wait: the last frees (F) */
    jk_source_settings settings;
    jwkeep_keyring *ring; /* once made, written on the refresher's thread only */
    /* jk_policy_usable_until, for readers without the mutex (I). */
    _Atomic int64_t usable_until_ms;

    /* The refresher's thread only. */
    jk_download download;
    jk_flight flight;      /* under way, if number is not 0 */
    int64_t emptied_at_ms; /* the first of a row of empty answers, or JK_NEVER */
    bool is_restore_due;   /* what came of the snapshot file is still to be told */
    jwkeep_error restore_error;

    pthread_mutex_t mutex;
    pthread_cond_t changed; /* is_detached; the end of a notification, of a download */
    jk_policy policy;
    jk_negative negative; /* of the set in the ring */
    jk_waiter_list waiting;
    jk_waiter_list answered;
    jk_timers deadlines;
    int64_t wake_at_ms; /* the timer, or earlier where a kick is under way */
    bool is_queued;     /* for room for a download */
    bool is_stale_told;
    bool is_detaching;
    bool is_abandoned; /* the refresher holds it in its maker's place */
    bool is_detached;
    jwkeep_source_status figures; /* the counters of it */
    int64_t last_success_ms;      /* monotonic */
    jwkeep_error last_error;
};

/* Copies `options`, or the defaults when it is NULL. A structure of an older, shorter version
 * gets the defaults for what it does not have.
 * Errors: MISUSE_ARGUMENT (a struct_size that is none). */
JWKEEP_MUST_USE jwkeep_code jk_source_options_resolve(const jwkeep_source_options *options,
                                                      jwkeep_source_options *ret_options,
                                                      jwkeep_error *error);

/* Checks and copies. Errors: MISUSE_ARGUMENT, TRANSPORT_URL, OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_source_settings_init(jk_source_settings *settings,
                                                    const jwkeep_source_options *options,
                                                    jwkeep_error *error);
void jk_source_settings_done(jk_source_settings *settings);

/* As jwkeep_source_new. Where `before` is not NULL, and has keys, the source begins with these,
 * and with what it has come to: it must be of the same issuer and options, and of a refresher
 * with the same clock. Errors: those of jwkeep_source_new. */
JWKEEP_MUST_USE jwkeep_code jk_source_new_after(jwkeep_refresher *refresher,
                                                const jwkeep_source_options *options,
                                                jwkeep_source *before,
                                                jwkeep_source **ret_source,
                                                jwkeep_error *error);

/* What a download has to know of them; the texts are borrowed. */
jk_download_options jk_source_download_options(const jk_source_settings *settings);

/* As jwkeep_source_free, but returns at once, also on the refresher's thread and under locks:
 * the refresher ends and frees it, at the latest when it ends itself. Nobody may wait for it.
 */
void jk_source_abandon(jwkeep_source *source);

void jk_source_hold(jwkeep_source *source);
void jk_source_let_go(jwkeep_source *source);

/* Whether this process is the one that made it. In a child of a fork there is no refresher,
 * and the mutex may be held by a thread that does not exist there. */
bool jk_source_is_ours(const jwkeep_source *source);

static inline int64_t jk_source_now_ms(const jwkeep_source *source) {
    return jk_environment_now_ms(jk_refresher_environment(source->refresher));
}

/* Whether bad signatures may cause downloads. */
static inline bool jk_source_refetches(const jwkeep_source *source) {
    return source->settings.options.signature_refetch_s > 0;
}

/* For a token whose signature is bad under a `kid` that the ring has: as the lookups, but OK
 * means that a download has ended and the token may be looked at again, and NOT_FOUND that
 * none will help. */
JWKEEP_MUST_USE jwkeep_code jk_source_suspect(jwkeep_source *source, uint32_t timeout_ms,
                                              jwkeep_error *error);
JWKEEP_MUST_USE jwkeep_code jk_source_suspect_begin(jwkeep_source *source, uint32_t timeout_ms,
                                                    jwkeep_lookup_notify notify, void *user,
                                                    jwkeep_lookup **ret_lookup,
                                                    jwkeep_error *error);

/* Waits until the keys may be used, through failures and retries, or until `until_ms` of
 * jk_clock_monotonic_ms; a download must have been asked for.
 * Errors: KEYS_FETCH_FAILED (and why the last one failed), KEYS_TIMEOUT (none has ended),
 * KEYS_SHUTDOWN. */
JWKEEP_MUST_USE jwkeep_code jk_source_wait_usable(jwkeep_source *source, int64_t until_ms,
                                                  jwkeep_error *error);

/* Under the mutex: has the refresher look again if it is due before it would. */
void jk_source_kick_if_due(jwkeep_source *source);

/* flight.c, on the refresher's thread, without the mutex. */
void jk_source_on_skip(void *user, const jwkeep_keyset_skip *skip);
void jk_source_on_download(void *user, const jk_download_result *result);
bool jk_source_begin_flight(jk_task *task);
void jk_source_announce_stale(jwkeep_source *source);

/* source_inherit.c. Before anybody else knows the source: what jk_source_new_after says.
 * Errors: OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_source_inherit(jwkeep_source *source, jwkeep_source *before,
                                              jwkeep_error *error);

/* source_snapshot.c. Before anybody else knows the source: keys from its file, if there are. */
void jk_source_restore(jwkeep_source *source);

/* On the refresher's thread, without the mutex: tells what came of it, once; writes the set
 * that a download has just brought or renewed. */
void jk_source_tell_restored(jwkeep_source *source);
void jk_source_keep(jwkeep_source *source, int64_t lifetime_ms);

/* lookup.c. Under the mutex: answers everybody whom the policy has an answer for, after a
 * flight has ended or the source has been stopped. */
void jk_source_settle(jwkeep_source *source);

/* Under the mutex: answers the lookups whose time is up. */
void jk_source_expire(jwkeep_source *source, int64_t now_ms);

/* Without the mutex, on the refresher's thread: calls the callbacks of answered lookups. */
void jk_source_notify(jwkeep_source *source);

/* source.c, on the refresher's thread, without the mutex: wants a download if one is due, and
 * sets the timer. */
void jk_source_reschedule(jwkeep_source *source);

#endif
