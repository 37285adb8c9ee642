/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns reading the two clocks. Both exist on every Linux, so no call can fail. */
#include "base/clock.h"

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

void jk_clock_init_condition(pthread_cond_t *condition) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct timespec jk_clock_moment(int64_t time_ms) {
    return (struct timespec){.tv_sec = (time_t)(time_ms / 1000),
                             .tv_nsec = (long)(time_ms % 1000) * 1000000};
}
