/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the issuers that are accepted at run time: made when the first token names them, found
 * without a lock, gone when they are idle. Who may become one is the caller's to say; how many
 * there are, and how many of them without keys, is bounded here. Guarantee R of
 * docs/design/concurrency.md. */
#ifndef JK_VERIFY_DYNAMIC_H
#define JK_VERIFY_DYNAMIC_H

#include "base/arena.h"
#include "base/hash.h"
#include "sync/published.h"
#include "verify/issuer.h"
#include <jwkeep/verifier.h>
#include <pthread.h>
#include <stdatomic.h>

/* Each is a table of its own, so that a new issuer costs the copy of one of them only. */
#define JK_DYNAMIC_SHARDS 64u

/* An issuer without keys keeps its place so long at least: until then what failed is not asked
 * for anew, whoever names it. */
#define JK_DYNAMIC_UNLOADED_MS 60000

typedef struct jk_dynamic jk_dynamic;

/* An issuer that was accepted; as long as its table is pinned, or `calls` is not 0. */
typedef struct jk_dynamic_issuer jk_dynamic_issuer;
struct jk_dynamic_issuer {
    jk_issuer issuer; /* first: what a call knows it by */
    jk_dynamic *dynamic;
    uint64_t hash;
    int64_t made_at_ms;
    /* The last use, to the second: written by readers, read by who evicts. Orders nothing. */
    _Atomic int64_t used_at_ms;
    /* The registry's mutex. */
    size_t tables; /* that name it, replaced ones too: the last to go frees it (R) */
    size_t calls;  /* that wait for its keys */
    bool is_evicted;
    bool is_ended; /* its source is abandoned */
    /* In the list of those without keys: who comes next, and what names this one, NULL if it is
     * not there. */
    jk_dynamic_issuer *next_unloaded;
    jk_dynamic_issuer **unloaded_link;
    char iss[];
};

/* The options, resolved and copied. */
typedef struct jk_dynamic_settings {
    jwkeep_dynamic_issuers options; /* its texts are in the verifier's arena */
    jwkeep_source_options source;   /* of each source but `issuer` and `limits` */
    jwkeep_limits limits;           /* of each source */
    jwkeep_rules rules;             /* resolved; `issuers` empty */
} jk_dynamic_settings;

struct jk_dynamic {
    jk_dynamic_settings settings;
    jwkeep_refresher *refresher;
    unsigned fork_count; /* of the process that made it */
    jk_hash_key key;
    jk_published *shards[JK_DYNAMIC_SHARDS]; /* of jk_dynamic_table */
    /* When something may be idle again: written under the mutex, looked at without. Orders
     * nothing: who sees an old one looks in vain. */
    _Atomic int64_t sweep_at_ms;
    _Atomic uint64_t refused; /* a figure; orders nothing */

    pthread_mutex_t mutex; /* before a source's, and the refresher's */
    bool is_closed;
    jwkeep_dynamic_status figures;
    int64_t squeeze_at_ms; /* when somebody may have to make room again */
    int64_t prune_at_ms;   /* when all that are unloaded may be looked at again */
    /* Those without keys; among them, until it is looked at, one whose keys came when nobody
     * waited for them any more. */
    jk_dynamic_issuer *unloaded;
    size_t unloaded_count;
    uint64_t made_count; /* so that each is numbered differently */
};

/* dynamic_options.c: checks and copies into `arena`. `engine` (of rules that name none)
 * and `limits` are the verifier's, and last.
 * Errors: MISUSE_ARGUMENT, OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_dynamic_settings_init(jk_dynamic_settings *settings,
                                                     const jwkeep_dynamic_issuers *options,
                                                     const char *engine,
                                                     const jwkeep_limits *limits,
                                                     jk_arena *arena, jwkeep_error *error);

/* Whether the caller's word lets `iss` become one. */
bool jk_dynamic_settings_accept(const jk_dynamic_settings *settings, jwkeep_span iss);

/* The same for a token that names it; one that is refused is counted. */
bool jk_dynamic_accepts(jk_dynamic *dynamic, jwkeep_span iss);

/* Errors: OUT_OF_MEMORY, SYSTEM_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_dynamic_new(const jk_dynamic_settings *settings,
                                           jwkeep_refresher *refresher,
                                           jk_dynamic **ret_dynamic, jwkeep_error *error);

/* Takes in the issuers of `before` that have keys and are accepted here, with their keys, while
 * there is room. Nobody else knows `dynamic` yet; nobody who uses `before` waits for this.
 * Errors: OUT_OF_MEMORY, MISUSE_STATE (from within too many reads). */
JWKEEP_MUST_USE jwkeep_code jk_dynamic_inherit(jk_dynamic *dynamic, const jk_dynamic *before,
                                               jwkeep_error *error);

/* Abandons all sources, which tells those who wait. In a child of a fork: nothing. NULL is
 * fine. */
void jk_dynamic_end(jk_dynamic *dynamic);

/* After jk_dynamic_end, when nobody waits and the refresher is gone. NULL is fine. */
void jk_dynamic_free(jk_dynamic *dynamic);

/* A call's use of an issuer, all zero before: one that is configured, one that is pinned, or
 * one that is held. */
typedef struct jk_issuer_use {
    const jk_issuer *issuer;
    jk_dynamic_issuer *held;
    jk_pin pin;           /* with a slot: `issuer` is pinned */
    bool is_suspect;      /* what is waited for: another look at a bad signature */
    jwkeep_code unusable; /* why the last look found no keys that may be used; or OK */
} jk_issuer_use;

/* The issuer of that name, pinned. No lock. Gives NOT_FOUND, OUT_OF_MEMORY, MISUSE_STATE. */
JWKEEP_MUST_USE jwkeep_code jk_dynamic_find(const jk_dynamic *dynamic, jwkeep_span iss,
                                            jk_issuer_use *ret_use);

/* The issuer of that name, held; it is made if there is none.
 * Errors: KEYS_BUSY (no place for one more), KEYS_SHUTDOWN, OUT_OF_MEMORY, SYSTEM_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_dynamic_make(jk_dynamic *dynamic, jwkeep_span iss,
                                            jk_issuer_use *ret_use, jwkeep_error *error);

/* Before a wait: what was pinned is held from now on. Nothing for what is configured.
 * Errors: as jk_dynamic_make, if it was evicted meanwhile. */
JWKEEP_MUST_USE jwkeep_code jk_issuer_use_hold(jk_issuer_use *use, jwkeep_error *error);

/* Of one that is all zero, too. */
void jk_issuer_use_done(jk_issuer_use *use);

/* Calls `visit` for each, its table pinned meanwhile. Errors: OUT_OF_MEMORY, MISUSE_STATE. */
JWKEEP_MUST_USE jwkeep_code jk_dynamic_visit(const jk_dynamic *dynamic,
                                             void (*visit)(void *user,
                                                           const jk_dynamic_issuer *issuer),
                                             void *user);

/* The counters; in a child of a fork all zero. */
jwkeep_dynamic_status jk_dynamic_figures(jk_dynamic *dynamic);

/* Evicts what is idle, if something may be. */
void jk_dynamic_sweep_if_due(jk_dynamic *dynamic);

#endif
