/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what remote/ takes from the world: two clocks, a transport, a seed. Injected, so that
 * tests have their own time and their own issuer. */
#ifndef JK_REMOTE_ENVIRONMENT_H
#define JK_REMOTE_ENVIRONMENT_H

#include "remote/transport.h"

typedef struct jk_environment {
    jk_transport *transport;
    int64_t (*monotonic_ms)(void *user); /* any thread */
    int64_t (*wall_ms)(void *user);      /* any thread */
    void *user;
    uint64_t seed; /* of the jitter; 0: another one for each source */
} jk_environment;

/* The system's clocks and libcurl. The caller frees the transport.
 * Errors: OUT_OF_MEMORY, SYSTEM_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_environment_system(jk_environment *ret_environment,
                                                  jwkeep_error *error);

static inline int64_t jk_environment_now_ms(const jk_environment *environment) {
    return environment->monotonic_ms(environment->user);
}

static inline int64_t jk_environment_wall_ms(const jk_environment *environment) {
    return environment->wall_ms(environment->user);
}

#endif
