/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the way from the options to the fields of a source, and from a refused field back. */
#include "cli/source_flags.h"
#include <string.h>

typedef struct field {
    const char *name; /* as the library's errors call it */
    const char *option;
    size_t from;
    size_t to;
} field;

#define FIELD(name, option)                                                                    \
    { #name, option, offsetof(source_flags, name), offsetof(jwkeep_source_options, name) }

static const field FIELDS[] = {
    FIELD(cooldown_s, "--cooldown"),
    FIELD(lifetime_min_s, "--lifetime-min"),
    FIELD(lifetime_max_s, "--lifetime-max"),
    FIELD(lifetime_default_s, "--lifetime-default"),
    FIELD(stale_limit_s, "--stale-limit"),
    FIELD(backoff_min_ms, "--backoff-min"),
    FIELD(backoff_max_ms, "--backoff-max"),
    FIELD(retry_after_max_s, "--retry-after-max"),
    FIELD(max_waiters, "--max-waiters"),
    FIELD(negative_ttl_s, "--negative-ttl"),
    FIELD(negative_max, "--negative-max"),
    FIELD(empty_confirm_s, "--empty-confirm"),
    FIELD(size_alarm_keys, "--size-alarm"),
    FIELD(rediscovery_s, "--rediscovery"),
    FIELD(signature_refetch_s, "--signature-refetch"),
};
#define FIELD_COUNT (sizeof FIELDS / sizeof *FIELDS)

void source_flags_fill(const source_flags *flags, jwkeep_source_options *source) {
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        int64_t given;
        memcpy(&given, (const char *)flags + FIELDS[i].from, sizeof given);
        uint32_t value = (uint32_t)given;
        if (given != SOURCE_FLAG_UNSET)
            memcpy((char *)source + FIELDS[i].to, &value, sizeof value);
    }
}

static const char *find_option(const char *name) {
    for (size_t i = 0; name && i < FIELD_COUNT; i++) {
        if (strcmp(FIELDS[i].name, name) == 0)
            return FIELDS[i].option;
    }
    return NULL;
}

exit_status source_flags_report(const char *what, const jwkeep_error *error) {
    const char *option =
        error->code == JWKEEP_MISUSE_ARGUMENT ? find_option(error->where) : NULL;
    if (option)
        return report_usage("%s does not go with the other options", option);
    return report_failure(what, error);
}
