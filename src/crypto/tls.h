/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the server's side of TLS (RFC 8446, RFC 5246) over memory: bytes of the wire go in and
 * come out, whoever carries them. TLS 1.2 and later; no renegotiation; ALPN `http/1.1`. Refuses
 * to know sockets. No part of libjwkeep: the service alone links it, and libssl with it. */
#ifndef JK_CRYPTO_TLS_H
#define JK_CRYPTO_TLS_H

#include "base/attributes.h"
#include <jwkeep/error.h>
#include <jwkeep/span.h>

/* A certificate chain with its key. Does not change; holders are counted; any thread. */
typedef struct jk_tls_identity jk_tls_identity;

/* From PEM files. Errors: JWK_INVALID (no such certificate, or key, or not of each other, or a
 * key under a passphrase; `where` is "certificate_file" or "key_file"), OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_tls_identity_new(const char *certificate_file,
                                                const char *key_file,
                                                jk_tls_identity **ret_identity,
                                                jwkeep_error *error);
jk_tls_identity *jk_tls_identity_ref(jk_tls_identity *identity);
void jk_tls_identity_unref(jk_tls_identity *identity);

/* One connection; one thread at a time. */
typedef struct jk_tls jk_tls;

/* NULL without memory. */
JWKEEP_MUST_USE jk_tls *jk_tls_new(jk_tls_identity *identity);
void jk_tls_free(jk_tls *tls);

/* Takes bytes of the wire. False without memory. */
JWKEEP_MUST_USE bool jk_tls_feed(jk_tls *tls, jwkeep_span sealed);

typedef enum jk_tls_result {
    JK_TLS_BYTES,
    JK_TLS_MORE,  /* of the wire, first */
    JK_TLS_ENDED, /* the other side has ended it */
    JK_TLS_FAILED
} jk_tls_result;

/* Opens up to `room` bytes; with the first of them the handshake is made. There may be bytes to
 * send after it, also after a failure. */
JWKEEP_MUST_USE jk_tls_result jk_tls_open(jk_tls *tls, uint8_t *bytes, size_t room,
                                          size_t *ret_size);

/* Whether jk_tls_open may give bytes without more of the wire. */
bool jk_tls_has_more(const jk_tls *tls);
bool jk_tls_is_established(const jk_tls *tls);

/* Seals all of `bytes`, after the handshake. False if it is broken. */
JWKEEP_MUST_USE bool jk_tls_seal(jk_tls *tls, jwkeep_span bytes);

/* Says that nothing more will be sealed. */
void jk_tls_end(jk_tls *tls);

/* What is to be sent, valid until the next call; then jk_tls_sent. */
jwkeep_span jk_tls_sealed(const jk_tls *tls);
void jk_tls_sent(jk_tls *tls);

#endif
