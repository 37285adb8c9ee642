/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the key: a JSON Web Key (RFC 7517, RFC 7518 §6, RFC 8037) that has been parsed,
 * checked and prepared for use. A key never changes; any number of threads may use one.
 *
 * Every key that exists has passed every check: members present, of the right type, width and
 * range, the point on its curve, the private half belonging to the public one, the sizes
 * within bounds, and `use`, `key_ops` and `alg` consistent with each other and with `kty`. */
#ifndef JWKEEP_JWK_H
#define JWKEEP_JWK_H

#include <jwkeep/algorithm.h>
#include <jwkeep/buffer.h>
#include <jwkeep/error.h>
#include <jwkeep/json.h>
#include <jwkeep/limits.h>
#include <jwkeep/passphrase.h>
#include <jwkeep/span.h>

JWKEEP_BEGIN

#define JWKEEP_THUMBPRINT_SIZE 32u      /* SHA-256 */
#define JWKEEP_THUMBPRINT_TEXT_SIZE 43u /* in base64url, without a NUL */

typedef struct jwkeep_jwk jwkeep_jwk;

/* `use` (RFC 7517 §4.2). OTHER is a value that is neither: legal, but the key is then for no
 * use that this library has. */
typedef enum jwkeep_jwk_use {
    JWKEEP_JWK_USE_ABSENT = 0,
    JWKEEP_JWK_USE_SIG = 1,
    JWKEEP_JWK_USE_ENC = 2,
    JWKEEP_JWK_USE_OTHER = 3
} jwkeep_jwk_use;

/* `key_ops` (RFC 7517 §4.3) as a set of bits; 0 when the member is absent. OTHER stands for
 * operations that are not among these, and for an empty array, which allows nothing. */
typedef enum jwkeep_jwk_op {
    JWKEEP_JWK_OP_SIGN = 1 << 0,
    JWKEEP_JWK_OP_VERIFY = 1 << 1,
    JWKEEP_JWK_OP_ENCRYPT = 1 << 2,
    JWKEEP_JWK_OP_DECRYPT = 1 << 3,
    JWKEEP_JWK_OP_WRAP_KEY = 1 << 4,
    JWKEEP_JWK_OP_UNWRAP_KEY = 1 << 5,
    JWKEEP_JWK_OP_DERIVE_KEY = 1 << 6,
    JWKEEP_JWK_OP_DERIVE_BITS = 1 << 7,
    JWKEEP_JWK_OP_OTHER = 1 << 8
} jwkeep_jwk_op;

/* One more holder of `key`, which is returned. */
JWKEEP_API jwkeep_jwk *jwkeep_jwk_ref(jwkeep_jwk *key);

/* One holder fewer; the last one frees it and wipes its private half. NULL is fine. */
JWKEEP_API void jwkeep_jwk_unref(jwkeep_jwk *key);

/* Parses one JWK (RFC 7517 §4). Members that are not known are kept and ignored. That a
 * certificate of `x5c` is to be trusted is not asked here: <jwkeep/trust.h>. The caller
 * becomes the holder of `*ret_key`. `limits` may be NULL.
 * Errors: those of jwkeep_json_parse; JWK_INVALID, JWK_MEMBER_MISSING, JWK_MEMBER_INVALID,
 * JWK_KTY_UNSUPPORTED, JWK_KTY_NOT_IN_BUILD (AKP), JWK_CRV_UNSUPPORTED, JWK_ALG_UNSUPPORTED,
 * JWK_ALG_MISMATCH, JWK_USE_INCONSISTENT, JWK_TOO_WEAK, JWK_TOO_LARGE, JWK_NOT_ON_CURVE,
 * JWK_KEY_MISMATCH, KID_TOO_LONG, CERTIFICATE_INVALID, CERTIFICATE_TOO_LARGE,
 * CERTIFICATE_CHAIN_TOO_LONG, CERTIFICATE_KEY_MISMATCH (the first certificate of `x5c` is for
 * another key, RFC 7517 §4.7), CERTIFICATE_HASH_MISMATCH (`x5t` or `x5t#S256` is not its hash),
 * each with `where` naming the member; OUT_OF_MEMORY,
 * CRYPTO_FAILED, MISUSE_ARGUMENT (the limits, or JWKEEP_ENGINE, see <jwkeep/engine.h>). */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jwk_parse(jwkeep_span json,
                                                        const jwkeep_limits *limits,
                                                        jwkeep_jwk **ret_key,
                                                        jwkeep_error *error);

/* A key from PEM (RFC 7468): SubjectPublicKeyInfo, PKCS#1, SEC1, PKCS#8 without a passphrase,
 * or the public key of an X.509 certificate, of which nothing is validated: the first block of
 * the text. The key has no `kid` and no `alg`.
 * Errors: PEM_INVALID, PEM_TOO_LARGE, PASSPHRASE_NEEDED, and those of jwkeep_jwk_parse. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jwk_parse_pem(jwkeep_span pem,
                                                            jwkeep_jwk **ret_key,
                                                            jwkeep_error *error);

/* Zero it, then set what is wanted. */
typedef struct jwkeep_jwk_import_options {
    const jwkeep_limits *limits;         /* NULL: the defaults */
    const jwkeep_passphrase *passphrase; /* NULL: encrypted keys are refused */
} jwkeep_jwk_import_options;

/* A key from PEM, as jwkeep_jwk_parse_pem, or from DER, which may be any of the same forms,
 * and nothing after it. Also from PKCS#8 encrypted under PBES2 (RFC 5958 §3, RFC 8018 §6.2),
 * with PBKDF2 or scrypt; older ways to encrypt are refused. `options` may be NULL.
 * Errors: PEM_INVALID, PEM_TOO_LARGE, PASSPHRASE_NEEDED, PASSPHRASE_WRONG (after
 * JWKEEP_PASSPHRASE_MAX_ATTEMPTS), PASSPHRASE_TOO_COSTLY (nobody has been asked then),
 * MISUSE_ARGUMENT (the limits), and those of jwkeep_jwk_parse. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code
jwkeep_jwk_import(jwkeep_span bytes, const jwkeep_jwk_import_options *options,
                  jwkeep_jwk **ret_key, jwkeep_error *error);

typedef enum jwkeep_jwk_format {
    JWKEEP_JWK_FORMAT_PEM = 0,
    JWKEEP_JWK_FORMAT_DER = 1
} jwkeep_jwk_format;

/* How to write a key. Zero it, then set what is wanted: without more it is the public half in
 * PEM. */
typedef struct jwkeep_jwk_export_options {
    jwkeep_jwk_format format;
    bool with_private;      /* PKCS#8 (RFC 5958) instead of SubjectPublicKeyInfo */
    jwkeep_span passphrase; /* present: encrypted with AES-256 under a key that PBKDF2 makes
                               of it (RFC 8018); 1–JWKEEP_PASSPHRASE_MAX_BYTES */
    uint32_t iterations;    /* of PBKDF2, 1000 or more; 0: 600000 */
} jwkeep_jwk_export_options;

/* Appends the key in PEM or DER. What a JWK says besides its numbers has no place there.
 * Errors: JWK_NOT_PUBLIC (an oct key has no such form), MISUSE_PRIVATE_NEEDED,
 * MISUSE_ARGUMENT, OUT_OF_MEMORY, CRYPTO_FAILED, those of the buffer. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code
jwkeep_jwk_export(const jwkeep_jwk *key, const jwkeep_jwk_export_options *options,
                  jwkeep_buffer *buffer, jwkeep_error *error);

/* What to generate. Zero it, then set what is wanted: `algorithm` alone is enough (EdDSA
 * without `crv` gives Ed25519), or `kty` with `crv` or `bits` for a key without `alg`. */
typedef struct jwkeep_jwk_spec {
    jwkeep_algorithm algorithm; /* becomes `alg` */
    jwkeep_kty kty;             /* ABSENT: follows from `algorithm` */
    jwkeep_crv crv;             /* ABSENT: follows from `algorithm` */
    uint32_t bits;      /* RSA 2048–8192, oct 256–8192 in whole bytes; 0: 2048, or the
                           size of the algorithm's hash, or 256 */
    jwkeep_jwk_use use; /* ABSENT, SIG, or without an algorithm ENC */
    jwkeep_span kid;    /* absent: the thumbprint, or for an oct key, whose thumbprint
                           is made from the secret, a random one; empty: no `kid` */
    uint32_t ops;       /* `key_ops`, bits of jwkeep_jwk_op without OTHER; 0: no such member */
} jwkeep_jwk_spec;

/* A new random key.
 * Errors: MISUSE_ARGUMENT (the spec contradicts itself), KID_TOO_LONG, JWK_TOO_WEAK,
 * JWK_TOO_LARGE, OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jwk_generate(const jwkeep_jwk_spec *spec,
                                                           jwkeep_jwk **ret_key,
                                                           jwkeep_error *error);

/* What to say of a key besides its numbers. Zero it, then set what is to change. */
typedef struct jwkeep_jwk_labels {
    jwkeep_span kid;            /* absent: as it was; empty: none */
    jwkeep_algorithm algorithm; /* ABSENT: as it was */
    jwkeep_jwk_use use;         /* ABSENT: as it was; SIG or ENC */
    uint32_t ops;               /* 0: as it was; bits of jwkeep_jwk_op without OTHER */
} jwkeep_jwk_labels;

/* A key of the same numbers that says so. The members that are not known stay.
 * Errors: MISUSE_ARGUMENT (a label that is none), KID_TOO_LONG, JWK_ALG_MISMATCH,
 * JWK_USE_INCONSISTENT, JWK_TOO_WEAK (an oct key shorter than the algorithm's hash),
 * OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jwk_relabel(const jwkeep_jwk *key,
                                                          const jwkeep_jwk_labels *labels,
                                                          jwkeep_jwk **ret_key,
                                                          jwkeep_error *error);

/* The public half of `key`, with the same `kid`, `alg` and `use`; `key_ops` of a private key
 * become their public counterparts. Of a public key: one more holder of the same.
 * Errors: JWK_NOT_PUBLIC (an oct key has no public half), OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jwk_public(jwkeep_jwk *key,
                                                         jwkeep_jwk **ret_public,
                                                         jwkeep_error *error);

/* Appends the key as JSON: `kty` first, then `kid`, `use`, `key_ops`, `alg`, the numbers, and
 * the members that are not known, as they came. With `with_private` false a private key's
 * secret members are left out; an oct key is then refused. Errors: JWK_NOT_PUBLIC,
 * OUT_OF_MEMORY, CRYPTO_FAILED, those of the buffer. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jwk_write(const jwkeep_jwk *key,
                                                        bool with_private,
                                                        jwkeep_buffer *buffer,
                                                        jwkeep_error *error);

/* The SHA-256 thumbprint (RFC 7638): JWKEEP_THUMBPRINT_SIZE bytes, and in base64url as
 * JWKEEP_THUMBPRINT_TEXT_SIZE characters. Borrowed from the key. For an oct key it is made
 * from the secret: do not publish it (RFC 7638 §7). */
JWKEEP_API jwkeep_span jwkeep_jwk_thumbprint(const jwkeep_jwk *key);
JWKEEP_API jwkeep_span jwkeep_jwk_thumbprint_text(const jwkeep_jwk *key);

/* Borrowed from the key; absent where the member is. */
JWKEEP_API jwkeep_span jwkeep_jwk_kid(const jwkeep_jwk *key);
JWKEEP_API jwkeep_kty jwkeep_jwk_kty(const jwkeep_jwk *key);
JWKEEP_API jwkeep_crv jwkeep_jwk_crv(const jwkeep_jwk *key);
JWKEEP_API jwkeep_algorithm jwkeep_jwk_algorithm(const jwkeep_jwk *key);
JWKEEP_API jwkeep_jwk_use jwkeep_jwk_use_of(const jwkeep_jwk *key);
JWKEEP_API uint32_t jwkeep_jwk_ops(const jwkeep_jwk *key);
JWKEEP_API size_t jwkeep_jwk_bits(const jwkeep_jwk *key);
JWKEEP_API bool jwkeep_jwk_is_private(const jwkeep_jwk *key); /* oct keys are */

/* Whether both are the same key: equal `kid` (or none in both) and equal thumbprint. A
 * private key and its public half are the same key. */
JWKEEP_API bool jwkeep_jwk_is_same(const jwkeep_jwk *a, const jwkeep_jwk *b);

/* The name of the engine (<jwkeep/engine.h>) that checks signatures under `algorithm` with
 * `key`, a constant; NULL if `kty` and `crv` are not for that algorithm. */
JWKEEP_API const char *jwkeep_jwk_engine(const jwkeep_jwk *key, jwkeep_algorithm algorithm);

/* Whether both have the same public numbers (oct: the same secret), whatever else they say. */
JWKEEP_API bool jwkeep_jwk_has_same_numbers(const jwkeep_jwk *a, const jwkeep_jwk *b);

/* Whether both are the same key, private both or neither, and say the same in every member,
 * those that are not known included: these and `key_ops` are compared as they are written. One
 * can stand for the other. */
JWKEEP_API bool jwkeep_jwk_is_identical(const jwkeep_jwk *a, const jwkeep_jwk *b);

/* The member called `name`, as it came, of those that the library does not know; NULL if there
 * is none. All of them as one object; NULL if there is none. Borrowed from the key. They stay
 * when its public half is taken and when it is written. */
JWKEEP_API const jwkeep_json *jwkeep_jwk_member(const jwkeep_jwk *key, const char *name);
JWKEEP_API const jwkeep_json *jwkeep_jwk_members(const jwkeep_jwk *key);

/* Whether `key` may check a signature under `algorithm`: `kty` and `crv` fit, the key's own
 * `alg` is absent or equal, `use` is absent or `sig`, `key_ops` is absent or has `verify`
 * (for signing: has `sign`).
 * Gives JWKEEP_OK, KEY_ALG_MISMATCH or KEY_USE_FORBIDDEN. */
JWKEEP_API jwkeep_code jwkeep_jwk_may_verify(const jwkeep_jwk *key, jwkeep_algorithm algorithm);
JWKEEP_API jwkeep_code jwkeep_jwk_may_sign(const jwkeep_jwk *key, jwkeep_algorithm algorithm);

JWKEEP_END

#endif
