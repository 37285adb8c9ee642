/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the prepared key: checked, immutable, shared by any number of threads, with all that a
 * signature check needs already made, and the one call that does it. OpenSSL
 * (src/crypto/openssl/) makes it, and an engine may verify in its place (crypto/engine.h);
 * neither is known to anybody above this header but by name.
 *
 * Every prepared key keeps a small pool of contexts. A check borrows one (an atomic exchange,
 * no lock), uses it and puts it back; a warmed-up check allocates nothing, fetches nothing and
 * touches no counter that threads share. */
#ifndef JK_CRYPTO_KEY_H
#define JK_CRYPTO_KEY_H

#include "base/arena.h"
#include "base/attributes.h"
#include <jwkeep/algorithm.h>
#include <jwkeep/buffer.h>
#include <jwkeep/error.h>
#include <jwkeep/passphrase.h>

#define JK_RSA_MIN_BITS 2048u
#define JK_RSA_MAX_BITS 8192u
#define JK_SIGNATURE_MAX_BYTES (JK_RSA_MAX_BITS / 8u)
#define JK_OCT_MAX_BYTES 1024u

/* The numbers of a key, big-endian, as RFC 7518 §6 and RFC 8037 §2 name them. RSA uses n e
 * and for a private key d p q dp dq qi (all or d alone); EC crv x y d; OKP crv x d; oct k.
 * Absent spans are absent members. Numbers come as they stood in the JWK: no leading zero
 * for RSA, full width for EC and OKP. */
typedef struct jk_key_material {
    jwkeep_kty kty;
    jwkeep_crv crv;
    jwkeep_span n, e, d, p, q, dp, dq, qi;
    jwkeep_span x, y;
    jwkeep_span k;
} jk_key_material;

typedef struct jk_key jk_key;

void jk_key_free(jk_key *key); /* wipes; NULL is fine */

/* Checks and prepares. Does not keep `material`.
 * Errors: JWK_MEMBER_MISSING, JWK_MEMBER_INVALID (`where` names the member: wrong width, a
 * leading zero, RSA exponent even, under 3 or over 64 bits), JWK_KTY_UNSUPPORTED,
 * JWK_CRV_UNSUPPORTED, JWK_TOO_WEAK and JWK_TOO_LARGE (RSA modulus, oct over
 * JK_OCT_MAX_BYTES or empty), JWK_NOT_ON_CURVE, JWK_KEY_MISMATCH (private does not belong to
 * public; p·q is not n), OUT_OF_MEMORY, CRYPTO_FAILED, MISUSE_ARGUMENT (JWKEEP_ENGINE). */
JWKEEP_MUST_USE jwkeep_code jk_key_import(const jk_key_material *material, jk_key **ret_key,
                                          jwkeep_error *error);

/* A new random key. `bits` is for RSA (0: 2048) and oct (0: 256; no fewer), whole bytes; `crv`
 * for EC and OKP; what is not for the type is 0.
 * Errors: MISUSE_ARGUMENT, OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_key_generate(jwkeep_kty kty, jwkeep_crv crv, size_t bits,
                                            jk_key **ret_key, jwkeep_error *error);

/* What reading a key from PEM or DER may cost, and who knows its passphrase. */
typedef struct jk_key_source {
    size_t max_bytes;
    size_t max_passphrase_rounds;
    const jwkeep_passphrase *passphrase; /* NULL: nobody */
    bool is_pem_only;
} jk_key_source;

/* From PEM, the first key or certificate of the text, or from DER: SPKI, PKCS#1, SEC1, PKCS#8,
 * also encrypted, or an X.509 certificate (its public key; nothing else of it is looked at).
 * The same checks as jk_key_import. Never asks for a passphrase but through `source`.
 * Errors: PEM_INVALID, PEM_TOO_LARGE, PASSPHRASE_NEEDED, PASSPHRASE_WRONG,
 * PASSPHRASE_TOO_COSTLY and those of jk_key_import. */
JWKEEP_MUST_USE jwkeep_code jk_key_read(jwkeep_span bytes, const jk_key_source *source,
                                        jk_key **ret_key, jwkeep_error *error);

/* How a key is written. */
typedef struct jk_key_form {
    bool is_der;            /* else PEM */
    bool with_private;      /* PKCS#8, else SPKI */
    jwkeep_span passphrase; /* present: encrypted, see jk_encrypted_key_make */
    uint32_t iterations;
} jk_key_form;

/* Appends an asymmetric key. `with_private` is for private keys only.
 * Errors: OUT_OF_MEMORY, CRYPTO_FAILED, those of the buffer. */
JWKEEP_MUST_USE jwkeep_code jk_key_write(const jk_key *key, const jk_key_form *form,
                                         jwkeep_buffer *buffer, jwkeep_error *error);

/* The numbers of `key` in `arena`, private ones included where it has them; the caller wipes
 * the arena. */
JWKEEP_MUST_USE jwkeep_code jk_key_export(const jk_key *key, jk_arena *arena,
                                          jk_key_material *ret_material, jwkeep_error *error);

jwkeep_kty jk_key_kty(const jk_key *key);
jwkeep_crv jk_key_crv(const jk_key *key);
size_t jk_key_bits(const jk_key *key);     /* RSA modulus, curve, oct length */
bool jk_key_is_private(const jk_key *key); /* oct keys are */

/* Whether `signature` is one of `message` by `key` under `algorithm`. ECDSA signatures are
 * r ‖ s of exact width (RFC 7518 §3.4). Any number of threads at once.
 * Errors: SIGNATURE_INVALID (wrong length, range, value: all alike), KEY_ALG_MISMATCH (the
 * algorithm is not for such keys; an HMAC key shorter than the hash, RFC 7518 §3.2),
 * OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_key_verify(const jk_key *key, jwkeep_algorithm algorithm,
                                          jwkeep_span message, jwkeep_span signature,
                                          jwkeep_error *error);

/* The same by the engine called `only`, if the key has it, or OpenSSL; NULL: by whichever the
 * key has. */
JWKEEP_MUST_USE jwkeep_code jk_key_verify_by(const jk_key *key, const char *only,
                                             jwkeep_algorithm algorithm, jwkeep_span message,
                                             jwkeep_span signature, jwkeep_error *error);

#define JK_ENGINE_OPENSSL "openssl"

/* What verifies under `algorithm` with `key`, a constant; NULL if the algorithm is not for it.
 */
const char *jk_key_engine_name(const jk_key *key, jwkeep_algorithm algorithm);

/* Whether this build has an engine called `name`. */
JWKEEP_PURE bool jk_engine_is_known(const char *name);

/* Errors: MISUSE_ARGUMENT (JWKEEP_ENGINE names none). */
JWKEEP_MUST_USE jwkeep_code jk_engine_check_environment(jwkeep_error *error);

/* Writes the signature (at most JK_SIGNATURE_MAX_BYTES) and its size.
 * Errors: MISUSE_PRIVATE_NEEDED, MISUSE_KEY_ALG, OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_key_sign(const jk_key *key, jwkeep_algorithm algorithm,
                                        jwkeep_span message,
                                        uint8_t ret_signature[JK_SIGNATURE_MAX_BYTES],
                                        size_t *ret_size, jwkeep_error *error);

#endif
