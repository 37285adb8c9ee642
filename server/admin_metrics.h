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

/* Decisions of an outcome so far, by all policies. */
uint64_t admin_count_outcome(const admin_context *context, size_t outcome);

/* The members "requests", "connections" and "parked" of an open object. */
void admin_write_totals(const admin_context *context, jwkeep_json_writer *writer);

#endif
