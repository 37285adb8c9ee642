/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns reading the two clocks. Both exist on every Linux, so no call can fail. */
#include "base/clock.h"
#include <time.h>

static int64_t read_ms(clockid_t id) {
    struct timespec now = {0, 0};
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t jk_clock_wall_ms(void) {
    return read_ms(CLOCK_REALTIME);
}

int64_t jk_clock_wall_tick_ms(void) {
    return read_ms(CLOCK_REALTIME_COARSE);
}

int64_t jk_clock_monotonic_ms(void) {
    return read_ms(CLOCK_MONOTONIC);
}
