/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the key set as a value (RFC 7517 §5): ordered, indexed by `kid`, immutable. What
 * changes a set gives a new one; the concurrent cell that holds one is <jwkeep/keyring.h>.
 *
 * A key's identity is its thumbprint together with its `kid`: a set never holds the same key
 * twice. Keys may share a `kid` (RFC 7517 §4.5). What a set says besides `keys` (§5) stays with
 * it: every set that is made from another by leaving out or adding keeps it. A set being
 * immutable, one more holder is all that a clone would be. */
#ifndef JWKEEP_KEYSET_H
#define JWKEEP_KEYSET_H

#include <jwkeep/jwk.h>

JWKEEP_BEGIN

/* The most keys a set may hold, wherever they come from; a text is bounded by max_keys. */
#define JWKEEP_KEYSET_MAX_KEYS 10000u

typedef struct jwkeep_keyset jwkeep_keyset;

/* One more holder, which is returned; one fewer, the last of which frees the set and gives up
 * its keys. Any number of threads may read a set. Giving up NULL is fine. */
JWKEEP_API jwkeep_keyset *jwkeep_keyset_ref(jwkeep_keyset *set);
JWKEEP_API void jwkeep_keyset_unref(jwkeep_keyset *set);

/* A key of the text that was left out (RFC 7517 §5 asks for that). */
typedef struct jwkeep_keyset_skip {
    size_t index;     /* in the array `keys` */
    jwkeep_span kid;  /* borrowed from the text, during the call; absent if it has none */
    jwkeep_span kty;  /* likewise */
    jwkeep_error why; /* JWK_…, KID_TOO_LONG */
} jwkeep_keyset_skip;

typedef struct jwkeep_keyset_options {
    const jwkeep_limits *limits; /* NULL: the defaults */
    bool is_public_only;         /* private and symmetric keys are skipped: JWK_NOT_PUBLIC */
    void (*on_skip)(void *user, const jwkeep_keyset_skip *skip); /* may be NULL */
    void *user;
} jwkeep_keyset_options;

/* Parses a JWK Set. Keys that are malformed, unknown or (if asked) not public are skipped one
 * by one and named to `on_skip`; a key that stands twice counts once. `options` may be NULL.
 * `ret_skipped` may be NULL.
 * Errors: those of jwkeep_json_parse (the text as a whole), KEYSET_INVALID,
 * KEYSET_TOO_MANY_KEYS, TOKEN_TOO_LARGE (over max_keyset_bytes), OUT_OF_MEMORY,
 * CRYPTO_FAILED, SYSTEM_FAILED, MISUSE_ARGUMENT (the limits). */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_keyset_parse(jwkeep_span json,
                                                           const jwkeep_keyset_options *options,
                                                           jwkeep_keyset **ret_set,
                                                           size_t *ret_skipped,
                                                           jwkeep_error *error);

/* A set of the `count` keys, in this order, each gaining a holder; the same key twice counts
 * once. `count` may be 0.
 * Errors: KEYSET_TOO_MANY_KEYS (over JWKEEP_KEYSET_MAX_KEYS), OUT_OF_MEMORY, CRYPTO_FAILED,
 * SYSTEM_FAILED (no random bytes). */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_keyset_new(jwkeep_jwk *const *keys, size_t count,
                                                         jwkeep_keyset **ret_set,
                                                         jwkeep_error *error);

/* A set like `set` with the keys of `added` after its own, where it does not have them. What
 * `added` says besides its keys is left out.
 * `ret_added` (may be NULL) says how many it had not. Errors as jwkeep_keyset_new. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_keyset_merge(const jwkeep_keyset *set,
                                                           const jwkeep_keyset *added,
                                                           jwkeep_keyset **ret_set,
                                                           size_t *ret_added,
                                                           jwkeep_error *error);

/* A set like `set` without `key` (the same key, see jwkeep_jwk_is_same).
 * Errors: NOT_FOUND, and those of jwkeep_keyset_new. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_keyset_without(const jwkeep_keyset *set,
                                                             const jwkeep_jwk *key,
                                                             jwkeep_keyset **ret_set,
                                                             jwkeep_error *error);

/* A set like `set` with `key` (which gains a holder) after its own, if it has not the same key.
 * `*ret_is_added` (may be NULL) says which. Errors as jwkeep_keyset_new. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_keyset_with(const jwkeep_keyset *set,
                                                          jwkeep_jwk *key,
                                                          jwkeep_keyset **ret_set,
                                                          bool *ret_is_added,
                                                          jwkeep_error *error);

/* A set of those keys of `set` for which `is_kept` gives true, in their order. It is called
 * once for each key, in the caller's thread. Errors as jwkeep_keyset_new. */
typedef bool (*jwkeep_keyset_predicate)(void *user, const jwkeep_jwk *key);
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_keyset_filter(const jwkeep_keyset *set,
                                                            jwkeep_keyset_predicate is_kept,
                                                            void *user, jwkeep_keyset **ret_set,
                                                            jwkeep_error *error);

/* The member `name` of the set, as it came; NULL if there is none, and for "keys". All of them
 * as one object; NULL if there is none. Borrowed. */
JWKEEP_API const jwkeep_json *jwkeep_keyset_member(const jwkeep_keyset *set, const char *name);
JWKEEP_API const jwkeep_json *jwkeep_keyset_members(const jwkeep_keyset *set);

/* A set like `set` whose member `name` is the JSON value `json`; absent: without that member.
 * Errors: MISUSE_ARGUMENT (the name "keys"), JSON_UTF8 (another name that is none), those of
 * jwkeep_json_parse and of jwkeep_keyset_new. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_keyset_with_member(const jwkeep_keyset *set,
                                                                 const char *name,
                                                                 jwkeep_span json,
                                                                 jwkeep_keyset **ret_set,
                                                                 jwkeep_error *error);

/* How many keys the set holds. */
JWKEEP_API size_t jwkeep_keyset_count(const jwkeep_keyset *set);

/* The key at `index` in the set's order, borrowed; NULL past the end. */
JWKEEP_API jwkeep_jwk *jwkeep_keyset_at(const jwkeep_keyset *set, size_t index);

/* The first key with this `kid` (byte by byte), and the one after `key` with the same;
 * borrowed, NULL at the end. Constant time on average, whatever `kid` a stranger sends. */
JWKEEP_API jwkeep_jwk *jwkeep_keyset_find(const jwkeep_keyset *set, jwkeep_span kid);
JWKEEP_API jwkeep_jwk *jwkeep_keyset_find_next(const jwkeep_keyset *set, const jwkeep_jwk *key);

/* Whether the same key is in the set. */
JWKEEP_API bool jwkeep_keyset_has(const jwkeep_keyset *set, const jwkeep_jwk *key);

/* A key with this SHA-256 thumbprint (JWKEEP_THUMBPRINT_SIZE bytes), borrowed; NULL if there is
 * none. Of several, which differ in their `kid`, one without `kid` before any other. */
JWKEEP_API jwkeep_jwk *jwkeep_keyset_find_thumbprint(const jwkeep_keyset *set,
                                                     jwkeep_span thumbprint);

/* Where the same key is in the set's order; SIZE_MAX if it is not there. */
JWKEEP_API size_t jwkeep_keyset_index_of(const jwkeep_keyset *set, const jwkeep_jwk *key);

/* Whether both hold identical keys (jwkeep_jwk_is_identical) in the same order and say the same
 * besides. */
JWKEEP_API bool jwkeep_keyset_is_identical(const jwkeep_keyset *a, const jwkeep_keyset *b);

/* Whether both hold the same keys, in any order. */
JWKEEP_API bool jwkeep_keyset_is_same(const jwkeep_keyset *a, const jwkeep_keyset *b);

/* SHA-256 over the sorted identities of the keys, JWKEEP_THUMBPRINT_SIZE bytes, borrowed:
 * equal for sets that hold the same keys. It says nothing of their order, nor of `alg`, `use`
 * and other members: two sets of one hash may be written differently. */
JWKEEP_API jwkeep_span jwkeep_keyset_hash(const jwkeep_keyset *set);

/* Appends `{"keys":[…]}` with what the set says besides. Errors as jwkeep_jwk_write. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_keyset_write(const jwkeep_keyset *set,
                                                           bool with_private,
                                                           jwkeep_buffer *buffer,
                                                           jwkeep_error *error);

/* By what an application chooses keys from a set, to sign with or for a protocol of its own.
 * Verifying asks for none of this: by the token's header it takes keys by the same comparisons,
 * requires `kid` where the rules say so, tries limits.max_candidates at the most, and has no
 * default key: whoever wants one gives a set of it alone. Zero it, then set what is wanted. */
typedef struct jwkeep_keyset_selection {
    jwkeep_span kid;            /* what the token names; absent: it names none */
    jwkeep_algorithm algorithm; /* of the token; ABSENT: not looked at */
    jwkeep_jwk_op operation;    /* 0: not looked at; with `algorithm` SIGN or VERIFY */
    bool is_kid_required;       /* without `kid` there is no key */
    bool is_kid_unique;         /* more than one key that fits is a failure */
    bool is_key_alg_required;   /* a key without `alg` does not fit; otherwise it is for what
                                   its type is for */
    jwkeep_jwk *default_key;    /* without `kid`: this one, instead of all */
} jwkeep_keyset_selection;

/* Chooses keys: those whose `kid` is the one given, byte by byte, or without one `default_key`,
 * or else all; of them, in the set's order, those that are for the algorithm and the operation:
 * `alg`, `kty` and `crv`, `use`, `key_ops`, and for SIGN, DECRYPT and UNWRAP_KEY a private
 * half. The first `capacity` of them, one at least, are put into `ret_keys`, borrowed. Errors:
 * KID_MISSING, KID_UNKNOWN, KEY_ALG_MISMATCH, KEY_USE_FORBIDDEN, KEY_AMBIGUOUS, MISUSE_ARGUMENT
 * (a capacity of 0, an algorithm with another operation). */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_keyset_select(
    const jwkeep_keyset *set, const jwkeep_keyset_selection *selection, size_t capacity,
    jwkeep_jwk **ret_keys, size_t *ret_count, jwkeep_error *error);

JWKEEP_END

#endif
