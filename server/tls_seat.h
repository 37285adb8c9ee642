/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the certificate of a listener, which may be read again while connections come. */
#ifndef SERVER_TLS_SEAT_H
#define SERVER_TLS_SEAT_H

#include "crypto/tls.h"
#include <pthread.h>

#define TLS_MAX_PATH_BYTES 4096u

typedef struct tls_seat {
    char certificate_file[TLS_MAX_PATH_BYTES];
    char key_file[TLS_MAX_PATH_BYTES];
    pthread_mutex_t mutex; /* for the identity: taken once a connection */
    jk_tls_identity *identity;
} tls_seat;

/* Reads both files for the first time. Errors: those of jk_tls_identity_new, MISUSE_ARGUMENT (a
 * path that is too long). */
JWKEEP_MUST_USE jwkeep_code tls_seat_init(tls_seat *it, const char *certificate_file,
                                          const char *key_file, jwkeep_error *error);
void tls_seat_done(tls_seat *it);

/* Reads both again; a fault leaves what was there. Connections that are open go on. */
JWKEEP_MUST_USE jwkeep_code tls_seat_reload(tls_seat *it, jwkeep_error *error);

/* For a new connection; NULL without memory. */
JWKEEP_MUST_USE jk_tls *tls_seat_begin(tls_seat *it);

#endif
