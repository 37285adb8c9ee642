/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the words of a trace. */
#include "sim/world.h"
#include <stdarg.h>

void sim_say(const sim_world *world, const char *format, ...) {
    if (!world->log)
        return;
    fprintf(world->log, "%12.3f s  ", (double)world->real_ms / 1000);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(world->log, format, arguments);
    va_end(arguments);
    fputc('\n', world->log);
}

const char *sim_code_name(jwkeep_code code) {
    switch ((int)code) {
    case JWKEEP_OK:
        return "found";
    case JWKEEP_PENDING:
        return "wait";
    case JWKEEP_KID_UNKNOWN:
        return "unknown";
    case JWKEEP_KEYS_FETCH_FAILED:
        return "fetch failed";
    case JWKEEP_KEYS_STALE:
        return "stale";
    case JWKEEP_KEYS_SHUTDOWN:
        return "shut down";
    default:
        return "something else";
    }
}

const char *sim_trigger_name(jwkeep_trigger trigger) {
    static const char *const NAMES[JWKEEP_TRIGGER_COUNT] = {
        "start", "schedule", "miss", "trailing", "request", "signature"};
    return NAMES[trigger];
}

void sim_say_options(const sim_world *world) {
    if (!world->log)
        return;
    const sim_scenario *scenario = world->scenario;
    const jk_policy_options *options = &scenario->options;
    fprintf(world->log,
            "cooldown %lld ms, lifetime %lld to %lld s, stale limit %lld ms,\n"
            "backoff %lld to %lld ms, Retry-After up to %lld ms, fetch timeout %lld ms, lag "
            "%lld ms, bad signatures %lld ms%s\n",
            (long long)options->cooldown_ms, (long long)scenario->lifetime.min_s,
            (long long)scenario->lifetime.max_s, (long long)options->stale_limit_ms,
            (long long)options->backoff_min_ms, (long long)options->backoff_max_ms,
            (long long)options->retry_after_max_ms, (long long)scenario->fetch_timeout_ms,
            (long long)scenario->lag_ms, (long long)options->signature_ms,
            options->is_eager ? ", eager" : "");
}
