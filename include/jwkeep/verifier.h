/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the one object an application makes at start and shares among all its threads: issuers
 * with their keys and rules. A token comes in, a verdict goes out.
 *
 * When the token's key is known, verifying takes no lock, makes no system call and allocates
 * nothing (to remember the token, if that is switched on, it allocates once, and waits for
 * nobody). When it is not, one download is shared by all who need it; the blocking form waits
 * for it, the other gives PENDING and calls back, so that an event loop never stands still. */
#ifndef JWKEEP_VERIFIER_H
#define JWKEEP_VERIFIER_H

#include <jwkeep/jwt.h>
#include <jwkeep/source.h>

JWKEEP_BEGIN

#define JWKEEP_MAX_ISSUERS 10000u

/* The cache of verified tokens: ranges, and what is reckoned for a token where only their
 * number is given. */
#define JWKEEP_CACHE_MAX_ENTRIES 4194304u
#define JWKEEP_CACHE_MIN_BYTES (64u * 1024u)
#define JWKEEP_CACHE_MAX_BYTES (UINT64_C(1) << 40)
#define JWKEEP_CACHE_ENTRY_BYTES 4096u

typedef struct jwkeep_verifier jwkeep_verifier;

/* One issuer. Zero it, then set `issuer` (discovery), or `issuer` and `jwks_url`, or `issuer`
 * and `keys`. `issuer` is what `iss` must be, byte by byte (RFC 7519 §4.1.1); it may be NULL,
 * with `jwks_url` or `keys`, for a verifier of one issuer only: then `iss` is not looked at.
 * All is copied or gains a holder. */
typedef struct jwkeep_issuer {
    const char *name; /* for status and metrics; NULL: "default" */
    const char *issuer;
    const char *jwks_url;
    jwkeep_keyset *keys;       /* local keys: nothing is downloaded */
    const jwkeep_rules *rules; /* NULL: the defaults; `issuers` must be empty, nesting not
                                  allowed */
    const jwkeep_source_options *source; /* NULL: the defaults; `url` and `issuer` of it are
                                            ignored */
    /* Keys from a source that is there already, instead of `jwks_url`, `keys`, `source`, so
     * that verifiers with other rules share one download. Borrowed: it must outlive the
     * verifier. Discovery, if any, was the source's. */
    jwkeep_source *shared_source;
} jwkeep_issuer;

#define JWKEEP_MAX_DYNAMIC_ISSUERS 10000u /* 1–10000 */
#define JWKEEP_MAX_UNLOADED_ISSUERS 256u  /* 1–10000 */
#define JWKEEP_DYNAMIC_IDLE_S 3600u       /* 60–604800 */
#define JWKEEP_MAX_ISSUER_PATTERNS 64u

/* Issuers that are not configured, but accepted when a token names them (multi-tenancy). Fill
 * with jwkeep_dynamic_issuers_init, then set `patterns`, `accepts_issuer` or both. Such an
 * issuer's keys are found by discovery, over https, at public addresses only (`is_dynamic` of
 * the source). All is copied.
 *
 * Whoever may become one decides whose tokens are good: accept no name that a stranger may
 * register, and check which tenant a token is of.
 *
 * An `iss` is accepted if it is a plain URL (https; a name as the host, in lower case; without
 * user, query, fragment, `%` and dot segments; up to 512 bytes), if one of the patterns stands
 * for it, where there are any, and if `accepts_issuer` says so, where it is given. It is asked
 * only for tokens that are acceptable in all but their signature.
 *
 * An accepted issuer has a place until it is idle: no token named it for `idle_s`, or, if its
 * keys were never loaded, for a minute. Without a place for one more, tokens of new issuers are
 * answered with KEYS_BUSY; nobody who is in use loses its place. One whose keys were never
 * loaded may lose it to another a minute after it was made: so invented names cost downloads
 * for `max_unloaded` names a minute at the most, and keep nobody out for longer. */
typedef struct jwkeep_dynamic_issuers {
    size_t struct_size;
    /* Issuers, with `*` for the whole first label of a host of three labels or more (as in
     * *.example.com), and for any whole segment of the path. `*` is one label or segment,
     * never part of one and never more; every other byte is compared, a slash at the end too.
     * Up to JWKEEP_MAX_ISSUER_PATTERNS. */
    const char *const *patterns;
    size_t pattern_count;
    /* Whether tokens of `iss` are accepted, on the verifying thread, for tokens whose issuer
     * has no place. Must return soon and not use the verifier. NULL: the patterns decide. */
    bool (*accepts_issuer)(void *user, const char *iss);
    void *user;
    const jwkeep_rules *rules; /* NULL: the defaults; `issuers` must be empty, nesting not
                                  allowed */
    /* NULL: the defaults. Without `fallback_urls`, `snapshot_file`, `proxy` and
     * `allows_http_loopback`, and without what would tell a stranger who asks
     * (`client_cert_file`, `request_headers`). `url`, `issuer`, `is_dynamic` and `is_eager`
     * are ignored. */
    const jwkeep_source_options *source;
    uint32_t max_issuers;  /* at a time */
    uint32_t max_unloaded; /* of them without keys */
    uint32_t idle_s;
    /* A verifier in whose place this one comes, with the same `source` and `limits`, or NULL.
     * Those of its dynamic issuers that have keys, and are accepted here (`accepts_issuer` is
     * asked while the verifier is made), have a place from the start, as many as there is room
     * for, and begin with these keys: they are good for as long as there, and downloaded again
     * when they were to be. Only jwkeep_verifier_new looks at it, in any thread, while others
     * verify with it. */
    const jwkeep_verifier *predecessor;
} jwkeep_dynamic_issuers;

/* Sets every field to its default. Any thread. Never fails. */
JWKEEP_API void jwkeep_dynamic_issuers_init(jwkeep_dynamic_issuers *options);

typedef struct jwkeep_verifier_options {
    size_t struct_size;
    const jwkeep_issuer *issuers;
    size_t issuer_count;  /* 1–JWKEEP_MAX_ISSUERS (0 with `dynamic`), no two with the same
                             `issuer` or `name` */
    size_t max_downloads; /* at once, for all issuers, and as many for all dynamic ones; 0:
                             JWKEEP_MAX_DOWNLOADS */
    const jwkeep_limits *limits; /* NULL: the defaults; for every token */
    /* The wall clock, in milliseconds since 1970; NULL: the system's. Any thread. */
    int64_t (*now_ms)(void *user);
    void *user;
    const char
        *engine; /* the `engine` of all rules that have none; NULL: whichever a key has */
    /* NULL: no others than `issuers`. With it, each of those must have an `issuer`. */
    const jwkeep_dynamic_issuers *dynamic;

    /* Verified tokens to remember, at the most; 0: none, up to JWKEEP_CACHE_MAX_ENTRIES. A
     * remembered token is recognized by all its bytes, and spares the parsing and the signature
     * check, nothing else: that its key is among the issuer's keys now, that these are not
     * stale, and that its claims meet the rules at this moment is asked each time, with the
     * same answers and errors as without. Only tokens that passed are remembered. They and
     * their claims are then in memory until they are pushed out, forgotten, or the verifier
     * ends; then they are wiped. */
    size_t cache_entries;
    /* What they may take, JWKEEP_CACHE_MIN_BYTES to JWKEEP_CACHE_MAX_BYTES; 0:
     * JWKEEP_CACHE_ENTRY_BYTES each. On top comes the index, 24 to 28 bytes for each of
     * `cache_entries`. A token that takes more than a quarter of a shard (of which there are up
     * to 16), or is longer than 65,535 bytes, is not remembered. */
    size_t cache_bytes;
} jwkeep_verifier_options;

/* Sets every field to its default: no issuers yet. Any thread. Never fails. */
JWKEEP_API void jwkeep_verifier_options_init(jwkeep_verifier_options *options);

/* A verifier, with the threads that download for it where an issuer needs them. `options` and
 * what they point to are copied or gain a holder, but for `shared_source`, and `user` of
 * callbacks and validators. It is to be freed with jwkeep_verifier_free.
 * Errors: MISUSE_ARGUMENT (`where` names the field), TRANSPORT_URL, OUT_OF_MEMORY,
 * CRYPTO_FAILED, SYSTEM_FAILED. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code
jwkeep_verifier_new(const jwkeep_verifier_options *options, jwkeep_verifier **ret_verifier,
                    jwkeep_error *error);

/* Ends downloads, and the calls that wait for one (KEYS_SHUTDOWN), within 100 ms; a call that
 * waits at a shared source is let come to its own deadline. No other
 * thread may start a call or be in one that does not wait; pending verifications must have
 * been finished or cancelled. In a child of a fork it waits for nobody, and what the parent
 * downloads with is left alone. NULL is fine. */
JWKEEP_API void jwkeep_verifier_free(jwkeep_verifier *verifier);

/* For a start that requires keys: waits until every issuer has keys that may be used, asking
 * for downloads where there are none and waiting through failures and retries, `timeout_ms`
 * at the most (0: JWKEEP_READY_TIMEOUT_MS). On failure `where` is the name of the first issuer
 * without keys, borrowed from the verifier (not after KEYS_SHUTDOWN); the verifier may be used
 * all the same, and goes on trying. Without this call, a start is eager or lazy, as `is_eager`
 * of the sources says. Errors: KEYS_FETCH_FAILED (with the reason of its last download),
 * KEYS_TIMEOUT (no download has ended in time), KEYS_SHUTDOWN, MISUSE_ARGUMENT (no verifier).
 */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_verifier_wait_ready(jwkeep_verifier *verifier,
                                                                  uint32_t timeout_ms,
                                                                  jwkeep_error *error);

/* Verifies a JWT in JWS compact serialization: finds its issuer, its key, checks the
 * signature and the claims. If the key is missing and everything that can be checked without
 * it holds (algorithm, issuer, audience, times), waits for a download, `timeout_ms` at the
 * most (0: JWKEEP_WAIT_TIMEOUT_MS). On success `token` holds the result; otherwise it is
 * empty. `failures` may be NULL. Any number of threads, each with its own `token`.
 * Errors: those of jwkeep_jwt_verify; ISSUER_UNKNOWN; those of jwkeep_source_lookup. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code
jwkeep_verifier_verify(jwkeep_verifier *verifier, jwkeep_span bytes, uint32_t timeout_ms,
                       jwkeep_token *token, jwkeep_failures *failures, jwkeep_error *error);

/* Says that this thread will soon verify `bytes`, which are read now and not kept: has the
 * memory bring what is remembered of them, if anything is, and returns at once. It changes
 * nothing and tells nothing. The memory is asked in two steps, and each takes about as long as
 * verifying a remembered token: a call takes the first step for `bytes`, and the second for
 * those of the thread's call before. So a loop says it two or three tokens ahead; who has one
 * token says it as soon as it is known, and again after some other work. Nothing without a
 * cache. Any thread. */
JWKEEP_API void jwkeep_verifier_expect(const jwkeep_verifier *verifier, jwkeep_span bytes);

/* A verification that waits for a download. */
typedef struct jwkeep_pending jwkeep_pending;

/* The same without waiting. JWKEEP_PENDING: the key is missing and a download is under way;
 * `notify` will be called once, on another thread, and `*ret_pending` must be given to
 * jwkeep_pending_finish after that, or to jwkeep_pending_cancel at any time. Any other code
 * is the verdict, and `notify` is not called. `bytes` must live until then. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_verifier_begin(
    jwkeep_verifier *verifier, jwkeep_span bytes, uint32_t timeout_ms,
    jwkeep_lookup_notify notify, void *user, jwkeep_token *token, jwkeep_pending **ret_pending,
    jwkeep_failures *failures, jwkeep_error *error);

/* The verdict, as from jwkeep_verifier_verify, computed now in the calling thread; frees
 * `pending`, whatever it says. Before `notify` was called: MISUSE_STATE, and nothing is
 * freed. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_pending_finish(jwkeep_pending *pending,
                                                             jwkeep_token *token,
                                                             jwkeep_failures *failures,
                                                             jwkeep_error *error);

/* Gives up, and frees. After this `notify` is neither running nor called. Affects no other
 * waiter. Not from `notify`. NULL is fine. */
JWKEEP_API void jwkeep_pending_cancel(jwkeep_pending *pending);

/* How many issuers are configured; those accepted at run time are not among them. Any thread,
 * as all below. */
JWKEEP_API size_t jwkeep_verifier_issuer_count(const jwkeep_verifier *verifier);

/* Name and `iss` (NULL if any) of an issuer, borrowed; NULL past the end. */
JWKEEP_API const char *jwkeep_verifier_issuer_name(const jwkeep_verifier *verifier,
                                                   size_t index);
JWKEEP_API const char *jwkeep_verifier_issuer_id(const jwkeep_verifier *verifier, size_t index);

/* Status of the keys of an issuer (local keys are always ok).
 * Errors: NOT_FOUND (past the end). */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_verifier_status(const jwkeep_verifier *verifier,
                                                              size_t index,
                                                              jwkeep_source_status *ret_status);

/* The keys of an issuer now, with the caller as one more holder; NULL past the end. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_keyset *
jwkeep_verifier_take_keys(const jwkeep_verifier *verifier, size_t index);

/* Asks for a download of an issuer's keys, within its cooldown; nothing for local keys.
 * Errors: NOT_FOUND. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_verifier_refresh(jwkeep_verifier *verifier,
                                                               size_t index);

/* The issuers that were accepted at run time, all together; they have no index, since they
 * come and go. All zero without `dynamic`. */
typedef struct jwkeep_dynamic_status {
    size_t issuers;  /* now */
    size_t unloaded; /* of them without keys */
    size_t degraded; /* of the others: health */
    size_t failing;  /* likewise; keys that are stale */
    uint64_t accepted;
    uint64_t refused; /* tokens of issuers that are not accepted */
    uint64_t busy;    /* tokens of acceptable ones for which there was no place */
    uint64_t evicted;
} jwkeep_dynamic_status;

/* Looks at each of them. Errors: as jwkeep_verifier_visit_dynamic. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_verifier_dynamic_status(
    const jwkeep_verifier *verifier, jwkeep_dynamic_status *ret_status, jwkeep_error *error);

/* Calls `visit` for each of them, in no order; one that comes or goes meanwhile may be left
 * out. `iss` and `status` are borrowed for the call. Nobody who verifies waits for it.
 * Errors: OUT_OF_MEMORY (in a thread's first call), MISUSE_STATE (within too many others). */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_verifier_visit_dynamic(
    const jwkeep_verifier *verifier,
    void (*visit)(void *user, const char *iss, const jwkeep_source_status *status), void *user,
    jwkeep_error *error);

/* The cache of verified tokens, in figures. Each is right; they are not of one moment. */
typedef struct jwkeep_cache_status {
    uint64_t hits;      /* tokens whose signature needed no check */
    uint64_t misses;    /* tokens whose signature was checked or could not be */
    uint64_t inserts;   /* tokens remembered so far */
    uint64_t evictions; /* of them pushed out by others */
    size_t entries;     /* now */
    size_t bytes;       /* now, without the index */
    size_t max_entries;
    size_t max_bytes;
} jwkeep_cache_status;

/* Errors: NOT_FOUND (the verifier has no cache). Any thread. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code
jwkeep_verifier_cache_status(const jwkeep_verifier *verifier, jwkeep_cache_status *ret_status);

/* Forgets all remembered tokens: one that is verified after this has its signature checked,
 * whatever was under way before. Nothing without a cache. Any thread. */
JWKEEP_API void jwkeep_verifier_forget_tokens(jwkeep_verifier *verifier);

JWKEEP_END

#endif
