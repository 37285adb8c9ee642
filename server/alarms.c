/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns judging what is alarming. */
#include "server/alarms.h"
#include "base/clock.h"
#include "server/webhook.h"

typedef struct visitor {
    void (*visit)(void *user, const service_alarm *it);
    void *user;
} visitor;

static void tell(const visitor *it, service_alarm said) {
    it->visit(it->user, &said);
}

static void visit_webhook(const admin_context *context, const visitor *it) {
    jwkeep_webhook_status status;
    if (event_webhook_status(context->webhook, &status) &&
        status.failures_in_row >= WEBHOOK_ALARM_FAILURES)
        tell(it, (service_alarm){ALARM_OF_WEBHOOK, false, NULL,
                                 "The receiver of events takes none.", status.last_error});
}

static void visit_service(const admin_context *context, const visitor *it) {
    const sample *from, *to;
    if (atomic_load_explicit(&context->is_draining, memory_order_acquire))
        tell(it, (service_alarm){"draining", false, NULL, "The service is about to end.",
                                 JWKEEP_OK});
    if (server_counter_get(&context->reload->is_failing))
        tell(it, (service_alarm){
                     "reload_failed", false, NULL,
                     "The configuration could not be read again; the earlier one stays.",
                     JWKEEP_OK});
    if (samples_recent(&context->samples, &from, &to) && to->misses > from->misses &&
        (double)(to->misses - from->misses) / sample_seconds(from, to) >=
            ALARM_MISSES_PER_SECOND)
        tell(it, (service_alarm){"unknown_kids", false, NULL,
                                 "Many tokens name keys that no issuer has.", JWKEEP_OK});
}

static void visit_keys(const jwkeep_source_status *status, const char *name,
                       const visitor *it) {
    const jwkeep_code reason = status->last_error;
    if (status->health == JWKEEP_HEALTH_FAILING && status->last_success_ms == 0)
        tell(it, (service_alarm){"no_keys", true, name, "No keys yet.", reason});
    else if (status->health == JWKEEP_HEALTH_FAILING)
        tell(it, (service_alarm){"stale", true, name, "The keys are past the stale limit.",
                                 reason});
    else if (reason != JWKEEP_OK)
        tell(it, (service_alarm){"refresh_failing", false, name,
                                 "Downloads fail; the earlier keys serve on.", reason});
    if (status->is_size_alarm)
        tell(it, (service_alarm){"size", false, name, "The key set grows.", JWKEEP_OK});
}

void alarms_visit(admin_context *context, void (*visit)(void *user, const service_alarm *it),
                  void *user) {
    const visitor all = {visit, user};
    const int64_t since_ms = jk_clock_wall_ms() - ALARM_KID_REUSED_S * 1000;
    visit_service(context, &all);
    visit_webhook(context, &all);
    for (size_t i = 0; i < jwkeep_verifier_issuer_count(context->verifier); i++) {
        const char *name = jwkeep_verifier_issuer_name(context->verifier, i);
        jwkeep_source_status status;
        if (jwkeep_verifier_status(context->verifier, i, &status) != JWKEEP_OK)
            continue;
        visit_keys(&status, name, &all);
        if (history_kid_reused_ms(context->history, name) > since_ms)
            tell(&all,
                 (service_alarm){"kid_reused", true, name,
                                 "Other key material stands under a kid that was there before.",
                                 JWKEEP_OK});
    }
}
