/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the remote key set: one JWKS URL with its policy for freshness, misses and failures,
 * and the thread that downloads for all of them. What <jwkeep/verifier.h> is built on; use it
 * directly to keep a set fresh for something other than tokens.
 *
 * One download is shared by everybody who waits for it. A refresh replaces the whole set at
 * once. Readers take no lock and never wait for the network. */
#ifndef JWKEEP_SOURCE_H
#define JWKEEP_SOURCE_H

#include <jwkeep/keyring.h>

JWKEEP_BEGIN

/* Defaults, and the range each may be set to. */
#define JWKEEP_COOLDOWN_S 30u              /* 1–3600 */
#define JWKEEP_LIFETIME_MIN_S 60u          /* 1–86400 */
#define JWKEEP_LIFETIME_MAX_S 3600u        /* 1–86400 */
#define JWKEEP_LIFETIME_DEFAULT_S 600u     /* 1–86400; when the answer says nothing */
#define JWKEEP_STALE_LIMIT_S 3600u         /* 0–86400; past the lifetime */
#define JWKEEP_BACKOFF_MIN_MS 1000u        /* 100–60000 */
#define JWKEEP_BACKOFF_MAX_MS 60000u       /* 100–3600000 */
#define JWKEEP_RETRY_AFTER_MAX_S 300u      /* 0–3600 */
#define JWKEEP_CONNECT_TIMEOUT_MS 2000u    /* 1–60000 */
#define JWKEEP_FETCH_TIMEOUT_MS 5000u      /* 1–300000; connecting included */
#define JWKEEP_READY_TIMEOUT_MS 10000u     /* of a start that requires keys */
#define JWKEEP_WAIT_TIMEOUT_MS 2000u       /* a waiter's deadline where it gives none */
#define JWKEEP_MAX_WAITERS 65536u          /* of one source at a time */
#define JWKEEP_MAX_DOWNLOADS 32u           /* of one refresher at a time, 1–1024 */
#define JWKEEP_NEGATIVE_TTL_S 60u          /* 0–3600; 0: missing `kid`s are not remembered */
#define JWKEEP_NEGATIVE_MAX 1024u          /* `kid`s remembered as missing, 1–65536 */
#define JWKEEP_EMPTY_CONFIRM_S 30u         /* 0–3600; between two empty answers that count */
#define JWKEEP_SIZE_ALARM_KEYS 50u         /* 1–10000 */
#define JWKEEP_SIZE_ALARM_DOUBLED_KEYS 10u /* in a smaller set doubling is no news */
#define JWKEEP_REDISCOVERY_S 86400u        /* 60–604800 */
#define JWKEEP_SIGNATURE_REFETCH_S 0u      /* 1–86400; 0: off */
#define JWKEEP_MAX_FALLBACKS 8u            /* URLs after the first */
#define JWKEEP_MAX_REQUEST_HEADERS 16u

/* One thread that downloads for any number of sources. The thread does not live on in a child
 * of a fork: there, keys that are loaded can still be read, a lookup that would have to wait
 * gives KEYS_SHUTDOWN, and freeing a lookup, a source or a refresher of the parent does
 * nothing. Proxies that the environment names are not used. */
typedef struct jwkeep_refresher jwkeep_refresher;

/* `max_downloads` at once; 0 is the default.
 * Errors: MISUSE_ARGUMENT, OUT_OF_MEMORY, SYSTEM_FAILED. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_refresher_new(size_t max_downloads,
                                                            jwkeep_refresher **ret_refresher,
                                                            jwkeep_error *error);

/* Ends the thread, within 100 ms even in the middle of a download. All its sources must have
 * been freed. NULL is fine. Not from a callback. */
JWKEEP_API void jwkeep_refresher_free(jwkeep_refresher *refresher);

typedef struct jwkeep_source jwkeep_source;

typedef enum jwkeep_trigger {
    JWKEEP_TRIGGER_START = 0,    /* the first download */
    JWKEEP_TRIGGER_SCHEDULE = 1, /* freshness, and retries after a failure */
    JWKEEP_TRIGGER_MISS = 2,     /* a `kid` that is not there */
    JWKEEP_TRIGGER_TRAILING = 3, /* a miss within the cooldown, at its end */
    JWKEEP_TRIGGER_REQUEST = 4,  /* jwkeep_source_refresh */
    JWKEEP_TRIGGER_SIGNATURE = 5 /* a bad signature under a known `kid`, if switched on */
} jwkeep_trigger;
#define JWKEEP_TRIGGER_COUNT 6

typedef enum jwkeep_event_kind {
    JWKEEP_EVENT_REFRESHED = 0,   /* a new set was published: generation, count */
    JWKEEP_EVENT_UNCHANGED = 1,   /* a download renewed the set: 304, or the same keys */
    JWKEEP_EVENT_FAILED = 2,      /* a download failed: error */
    JWKEEP_EVENT_KEY_ADDED = 3,   /* key */
    JWKEEP_EVENT_KEY_REMOVED = 4, /* key */
    JWKEEP_EVENT_KID_REUSED = 5,  /* key: new material under a `kid` that was there before */
    JWKEEP_EVENT_KEY_SKIPPED = 6, /* skip */
    JWKEEP_EVENT_EMPTY_KEPT = 7,  /* an answer without a usable key, the old set stays: error */
    JWKEEP_EVENT_SIZE_ALARM =
        8,                  /* a set over size_alarm_keys, or doubled, was published: count */
    JWKEEP_EVENT_STALE = 9, /* the stale limit has passed: lookups give KEYS_STALE */
    JWKEEP_EVENT_RESTORED = 10,       /* keys came from the snapshot file: generation, count */
    JWKEEP_EVENT_SNAPSHOT_FAILED = 11 /* the file was refused, or not written: error */
} jwkeep_event_kind;

/* Something that happened at a source; all pointers are borrowed during the call. */
typedef struct jwkeep_event {
    jwkeep_event_kind kind;
    jwkeep_source *source;
    const char *url;
    jwkeep_trigger trigger;
    jwkeep_generation generation;
    size_t count;                   /* keys of the set now */
    const jwkeep_jwk *key;          /* NULL but where named above */
    const jwkeep_keyset_skip *skip; /* likewise */
    const jwkeep_error *error;      /* likewise */
} jwkeep_event;

/* Where the keys are and how they are kept. Fill with jwkeep_source_options_init, then set
 * `url`, or `issuer` for discovery: the document at `issuer`/.well-known/openid-configuration
 * (OpenID Connect Discovery 1.0 §4) or, where the server answers that it has none, the one that
 * RFC 8414 §3.1 puts between host and path, names the JWKS URL; its `issuer` must equal this
 * one byte by byte. Texts are copied. */
typedef struct jwkeep_source_options {
    size_t struct_size;
    const char *url;
    const char *issuer;
    bool allows_http_loopback;   /* plain http, to a loopback address only */
    bool is_eager;               /* download at once, not at the first lookup */
    const char *ca_file;         /* PEM; NULL: the system's */
    const jwkeep_limits *limits; /* NULL: the defaults */
    uint32_t cooldown_s;
    uint32_t lifetime_min_s;
    uint32_t lifetime_max_s;
    uint32_t lifetime_default_s;
    uint32_t stale_limit_s;
    uint32_t backoff_min_ms;
    uint32_t backoff_max_ms;
    uint32_t retry_after_max_s;
    uint32_t connect_timeout_ms;
    uint32_t fetch_timeout_ms;
    uint32_t max_waiters;

    /* Tried in this order, within the same download and its time, when `url` fails; with
     * `url` only. A download that somebody waits for begins at the one that answered last. */
    const char *const *fallback_urls;
    size_t fallback_count;
    uint32_t rediscovery_s; /* also after three failed downloads in a row */

    /* The URL or issuer comes from input: the address that its name resolves to is checked
     * when connecting, and loopback, link-local, private and other special ranges are
     * refused (TRANSPORT_CONNECT), whatever allows_http_loopback says. Not with `proxy`. */
    bool is_dynamic;
    const char *pinned_key;       /* SHA-256 of the server's SubjectPublicKeyInfo, standard
                                     base64, up to 8 separated by ';', one of which must be
                                     it; NULL: none. On top of the authorities */
    const char *client_cert_file; /* PEM; with client_key_file */
    const char *client_key_file;  /* PEM, not under a passphrase: nobody is asked for one */
    const char *proxy;            /* http://HOST:PORT, for https URLs; NULL: none */
    /* "Name: value", up to 4096 bytes each; not what the transport says itself (Accept, Host,
     * Cache-Control, If-None-Match and the like). They go wherever the source's requests go: to
     * the fallbacks and to the URL that discovery names, too. */
    const char *const *request_headers;
    size_t request_header_count;

    uint32_t negative_ttl_s;
    uint32_t negative_max;
    /* An answer without a usable key counts as a failed download, and a source that has no
     * keys yet is not loaded by it; a set that has keys is emptied by the second such answer
     * in a row that comes this long after the first. */
    uint32_t empty_confirm_s;
    /* A set with more keys than this raises the size alarm, which stands until the next one;
     * so does one with twice the keys of the set before it, or more, if it has
     * JWKEEP_SIZE_ALARM_DOUBLED_KEYS: an issuer that publishes new keys beside its old ones
     * doubles a small set whenever it rotates. */
    uint32_t size_alarm_keys;

    /* The last good set is kept here, mode 0600, replaced atomically by each good download,
     * and used from the start until the first one, as if it had come at its time; past the
     * stale limit it is refused, as is a file of another URL or issuer, and one that others
     * may write. A local file of this source alone: it is written on the refresher's thread.
     * NULL: no file. */
    const char *snapshot_file;

    /* Called on the refresher's thread; must return soon and not free the source. May be
     * NULL. */
    void (*on_event)(void *user, const jwkeep_event *event);
    void *user;

    /* Whether a token whose signature is bad under a known `kid` may cause a download, for
     * issuers that put new material under an old name: 0, never; otherwise one at the most in
     * so many seconds, whatever the misses cost. Such a token waits for that download, or for
     * one that is under way, and is judged once more. Anybody can send one. */
    uint32_t signature_refetch_s;
} jwkeep_source_options;

/* Sets every field to its default. Any thread. Never fails. */
JWKEEP_API void jwkeep_source_options_init(jwkeep_source_options *options);

/* A source whose keys `refresher`, which must outlive it, downloads; it is freed with
 * jwkeep_source_free. Any thread.
 * Errors: MISUSE_ARGUMENT (a number out of range, neither or both of `url` and `issuer`, a
 * pin, proxy or header line that is none, too many fallbacks, half a client certificate, an
 * empty text for the snapshot file),
 * TRANSPORT_URL (not https, nor http to a loopback address where that is allowed),
 * KEYS_SHUTDOWN (the refresher is the parent's of a fork), and those of jwkeep_keyring_new. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_source_new(jwkeep_refresher *refresher,
                                                         const jwkeep_source_options *options,
                                                         jwkeep_source **ret_source,
                                                         jwkeep_error *error);

/* Cancels its download, ends every lookup with KEYS_SHUTDOWN, and frees it, within 100 ms. No
 * other thread may start a call on it; lookups that were begun must still be freed, before or
 * after. NULL is fine. Not from a callback. */
JWKEEP_API void jwkeep_source_free(jwkeep_source *source);

/* The ring that the source publishes into: for reading only. Borrowed. */
JWKEEP_API const jwkeep_keyring *jwkeep_source_ring(const jwkeep_source *source);

/* Whether the keys may be used now.
 * Gives JWKEEP_OK, KEYS_NOT_LOADED or KEYS_STALE. No lock. */
JWKEEP_API jwkeep_code jwkeep_source_check(const jwkeep_source *source);

/* Asks for a download now. Joins one that is under way; within the cooldown it is put off to
 * its end. Returns at once. */
JWKEEP_API void jwkeep_source_refresh(jwkeep_source *source);

/* Makes sure that `kid` (absent: any set at all) is in the source's ring if the issuer has
 * it, waiting `timeout_ms` at the most (0: JWKEEP_WAIT_TIMEOUT_MS). When it is there already,
 * this is one read of the ring. After JWKEEP_OK, read the ring.
 * Errors: KID_UNKNOWN (the issuer does not have it, as far as a download that was begun after
 * this call, or one within the cooldown, can tell), KID_TOO_LONG, KEYS_TIMEOUT,
 * KEYS_FETCH_FAILED, KEYS_STALE, KEYS_NOT_LOADED, KEYS_BUSY, KEYS_SHUTDOWN, OUT_OF_MEMORY. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_source_lookup(jwkeep_source *source,
                                                            jwkeep_span kid,
                                                            uint32_t timeout_ms,
                                                            jwkeep_error *error);

/* The same without waiting. JWKEEP_PENDING: `*ret_lookup` is the caller's to free, and
 * `notify` will be called once, on the refresher's thread, when there is an answer, the
 * timeout included; it must return soon (wake an event loop, not verify a token). Any other
 * code is the answer, `notify` is not called, and `*ret_lookup` is untouched. */
typedef struct jwkeep_lookup jwkeep_lookup;
typedef void (*jwkeep_lookup_notify)(void *user);
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_source_lookup_begin(
    jwkeep_source *source, jwkeep_span kid, uint32_t timeout_ms, jwkeep_lookup_notify notify,
    void *user, jwkeep_lookup **ret_lookup, jwkeep_error *error);

/* The answer, as from jwkeep_source_lookup; PENDING before there is one. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_lookup_result(const jwkeep_lookup *lookup,
                                                            jwkeep_error *error);

/* Frees a lookup, answered or not; after this `notify` is neither running nor called again.
 * Affects no other waiter. Not from `notify`. NULL is fine. */
JWKEEP_API void jwkeep_lookup_free(jwkeep_lookup *lookup);

typedef enum jwkeep_health {
    JWKEEP_HEALTH_OK = 0,
    JWKEEP_HEALTH_DEGRADED = 1, /* the last download failed, or the size alarm; keys serve on */
    JWKEEP_HEALTH_FAILING = 2   /* no keys, or stale */
} jwkeep_health;

typedef struct jwkeep_source_status {
    jwkeep_health health;
    size_t keys;
    jwkeep_generation generation;
    int64_t age_s;           /* since the last good download; -1 before the first */
    int64_t expires_in_s;    /* of the lifetime; negative once past */
    int64_t last_success_ms; /* wall clock; 0 before the first */
    uint64_t fetches[JWKEEP_TRIGGER_COUNT];
    uint64_t fetches_changed;
    uint64_t fetches_unchanged;
    uint64_t fetches_failed;
    uint64_t waiters;           /* now */
    uint64_t waiters_coalesced; /* lookups that joined a download somebody else began */
    uint64_t cooldown_rejections;
    uint64_t negative_rejections; /* misses answered from the memory of missing `kid`s */
    uint64_t stale_answers;       /* lookups that were given KEYS_STALE */
    uint64_t keys_skipped;        /* in the last good download */
    uint64_t snapshots_failed;    /* times the snapshot file was refused, or not written */
    bool is_size_alarm;
    uint8_t set_hash[JWKEEP_THUMBPRINT_SIZE]; /* jwkeep_keyset_hash of the set now */
    jwkeep_code last_error; /* of the last download; JWKEEP_OK if it was good */
} jwkeep_source_status;

/* Fills `*ret_status` with what there is to know of the source now. Any thread; takes the
 * source's mutex for a moment, never waits for a download. Never fails. */
JWKEEP_API void jwkeep_source_status_get(const jwkeep_source *source,
                                         jwkeep_source_status *ret_status);

/* Downloads a JWK Set once, in the calling thread, under the same rules of transport and with
 * the same limits as a source; keeps nothing. Of `options`, the fields about freshness and
 * waiting are ignored; each key that is left out is told to `on_event` as KEY_SKIPPED, with
 * `source` NULL.
 * Errors: TRANSPORT_…, MISUSE_ARGUMENT, OUT_OF_MEMORY, CRYPTO_FAILED, SYSTEM_FAILED. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_fetch_keyset(const jwkeep_source_options *options,
                                                           jwkeep_keyset **ret_set,
                                                           jwkeep_error *error);

JWKEEP_END

#endif
