/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the environment of every day. */
#include "remote/environment.h"
#include "base/clock.h"

static int64_t monotonic_ms(void *user) {
    (void)user;
    return jk_clock_monotonic_ms();
}

static int64_t wall_ms(void *user) {
    (void)user;
    return jk_clock_wall_ms();
}

jwkeep_code jk_environment_system(jk_environment *ret_environment, jwkeep_error *error) {
    jk_transport *transport;
    jwkeep_code code = jk_transport_curl_new(&transport, error);
    if (code)
        return code;
    *ret_environment = (jk_environment){
        .transport = transport, .monotonic_ms = monotonic_ms, .wall_ms = wall_ms};
    return JWKEEP_OK;
}
