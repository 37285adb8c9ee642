/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the options that say how a source keeps its keys: when it downloads, how long keys are
 * good, who may wait. Their ranges are those of <jwkeep/source.h>; what the
 * library refuses all the same, since two do not go together, is told by the option's
 * name. */
#ifndef CLI_SOURCE_FLAGS_H
#define CLI_SOURCE_FLAGS_H

#include "cli/options.h"
#include "cli/report.h"
#include <jwkeep/source.h>

typedef struct source_flags {
    int64_t cooldown_s;
    int64_t lifetime_min_s;
    int64_t lifetime_max_s;
    int64_t lifetime_default_s;
    int64_t stale_limit_s;
    int64_t backoff_min_ms;
    int64_t backoff_max_ms;
    int64_t retry_after_max_s;
    int64_t max_waiters;
    int64_t negative_ttl_s;
    int64_t negative_max;
    int64_t empty_confirm_s;
    int64_t size_alarm_keys;
    int64_t rediscovery_s;
    int64_t signature_refetch_s;
} source_flags;

/* The value of a field that was not given. */
#define SOURCE_FLAG_UNSET (-1)
#define SOURCE_FLAGS_DEFAULTS                                                                  \
    {                                                                                          \
        .cooldown_s = SOURCE_FLAG_UNSET, .lifetime_min_s = SOURCE_FLAG_UNSET,                  \
        .lifetime_max_s = SOURCE_FLAG_UNSET, .lifetime_default_s = SOURCE_FLAG_UNSET,          \
        .stale_limit_s = SOURCE_FLAG_UNSET, .backoff_min_ms = SOURCE_FLAG_UNSET,               \
        .backoff_max_ms = SOURCE_FLAG_UNSET, .retry_after_max_s = SOURCE_FLAG_UNSET,           \
        .max_waiters = SOURCE_FLAG_UNSET, .negative_ttl_s = SOURCE_FLAG_UNSET,                 \
        .negative_max = SOURCE_FLAG_UNSET, .empty_confirm_s = SOURCE_FLAG_UNSET,               \
        .size_alarm_keys = SOURCE_FLAG_UNSET, .rediscovery_s = SOURCE_FLAG_UNSET,              \
        .signature_refetch_s = SOURCE_FLAG_UNSET                                               \
    }

#define SOURCE_FLAG(structure, field, name, value, low, high, help)                            \
    NUMBER(structure, source.field, name, value, low, high, help)

/* Rows of a table for the field `source` of `structure`. */
#define SOURCE_FLAGS(structure)                                                                \
    SOURCE_FLAG(structure, cooldown_s, "cooldown", "S", 1, 3600,                               \
                "between downloads for unknown keys, 1-3600 (default 30)"),                    \
        SOURCE_FLAG(structure, lifetime_min_s, "lifetime-min", "S", 1, 86400,                  \
                    "keys live so long at least, 1-86400 (default 60)"),                       \
        SOURCE_FLAG(structure, lifetime_max_s, "lifetime-max", "S", 1, 86400,                  \
                    "and so long at the most, 1-86400 (default 3600)"),                        \
        SOURCE_FLAG(structure, lifetime_default_s, "lifetime-default", "S", 1, 86400,          \
                    "where the answer says nothing, 1-86400 (default 600)"),                   \
        SOURCE_FLAG(structure, stale_limit_s, "stale-limit", "S", 0, 86400,                    \
                    "use past the lifetime, 0-86400 (default 3600)"),                          \
        SOURCE_FLAG(structure, backoff_min_ms, "backoff-min", "MS", 100, 60000,                \
                    "after a first failure, 100-60000 (default 1000)"),                        \
        SOURCE_FLAG(structure, backoff_max_ms, "backoff-max", "MS", 100, 3600000,              \
                    "after many failures, 100-3600000 (default 60000)"),                       \
        SOURCE_FLAG(structure, retry_after_max_s, "retry-after-max", "S", 0, 3600,             \
                    "Retry-After heeded so far, 0-3600 (default 300)"),                        \
        SOURCE_FLAG(structure, max_waiters, "max-waiters", "N", 1, UINT32_MAX,                 \
                    "who may wait for a download at a time (default 65536)"),                  \
        SOURCE_FLAG(structure, negative_ttl_s, "negative-ttl", "S", 0, 3600,                   \
                    "memory of missing kids, 0-3600 (default 60)"),                            \
        SOURCE_FLAG(structure, negative_max, "negative-max", "N", 1, 65536,                    \
                    "of so many, 1-65536 (default 1024)"),                                     \
        SOURCE_FLAG(structure, empty_confirm_s, "empty-confirm", "S", 0, 3600,                 \
                    "until an empty set is believed, 0-3600 (default 30)"),                    \
        SOURCE_FLAG(structure, size_alarm_keys, "size-alarm", "N", 1, 10000,                   \
                    "more keys raise an alarm, 1-10000 (default 50)"),                         \
        SOURCE_FLAG(structure, rediscovery_s, "rediscovery", "S", 60, 604800,                  \
                    "discover again after, 60-604800 (default 86400)"),                        \
        SOURCE_FLAG(structure, signature_refetch_s, "signature-refetch", "S", 0, 86400,        \
                    "for bad signatures of known keys, one in, 0-86400 (default 0: none)")

/* Puts what was given into `source`, which was filled before. */
void source_flags_fill(const source_flags *flags, jwkeep_source_options *source);

/* Reports why a source, or a verifier with one, was not made: by the name of the option, if
 * one of these was refused, else as `what`. */
exit_status source_flags_report(const char *what, const jwkeep_error *error);

#endif
