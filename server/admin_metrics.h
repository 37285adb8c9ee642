/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns adding up what the workers counted, as metrics and as JSON. */
#ifndef SERVER_ADMIN_METRICS_H
#define SERVER_ADMIN_METRICS_H

#include "server/admin_routes.h"
#include <jwkeep/json.h>

#define ADMIN_METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* "ok", "degraded", "failing"; and what a download was caused by: "start", "schedule", … */
#define ADMIN_HEALTH_COUNT 3
extern const char *const admin_health_names[ADMIN_HEALTH_COUNT];
extern const char *const admin_trigger_names[JWKEEP_TRIGGER_COUNT];

/* Errors: those of the buffer. */
JWKEEP_MUST_USE jwkeep_code admin_write_metrics(admin_context *context, jwkeep_buffer *buffer);

/* "allowed", "no_token", … */
extern const char *const admin_outcome_names[VERIFY_OUTCOME_COUNT];

/* Decisions so far: of an outcome by the policy of a number, of which there are so many; by all
 * policies. */
size_t admin_count_policies(const admin_context *context);
uint64_t admin_count_decisions(const admin_context *context, size_t policy, size_t outcome);
uint64_t admin_count_outcome(const admin_context *context, size_t outcome);

/* Now: open connections, requests that wait for keys. */
uint64_t admin_count_open(const admin_context *context);
uint64_t admin_count_parked(const admin_context *context);

/* Adds to the context's samples, if it is time for another. */
void admin_take_sample(admin_context *context);

/* The members "requests", "connections" and "parked" of an open object. */
void admin_write_totals(const admin_context *context, jwkeep_json_writer *writer);

#endif
