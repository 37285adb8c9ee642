/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the way from the options to the issuers that are accepted at run time. */
#include "cli/accepted_flags.h"
#include <string.h>

bool accepted_flags_are_given(const accepted_flags *flags) {
    return flags->patterns.count > 0;
}

exit_status accepted_flags_check(const accepted_flags *flags) {
    bool is_bounded = flags->max_issuers || flags->max_unloaded || flags->idle_s;
    if (is_bounded && !accepted_flags_are_given(flags))
        return report_usage("--accept-max, --accept-max-unloaded and --accept-idle go with "
                            "--accept-issuer");
    return STATUS_YES;
}

void accepted_flags_fill(const accepted_flags *flags, const jwkeep_rules *rules,
                         jwkeep_source_options *source, jwkeep_dynamic_issuers *ret_accepted) {
    source->allows_http_loopback = false;
    source->pinned_key = NULL;
    source->client_cert_file = source->client_key_file = NULL;
    source->proxy = NULL;
    source->request_header_count = source->fallback_count = 0;
    source->snapshot_file = NULL;
    source->on_event = NULL; /* whoever is told would take them for the configured issuer's */
    jwkeep_dynamic_issuers_init(ret_accepted);
    ret_accepted->patterns = flags->patterns.items;
    ret_accepted->pattern_count = flags->patterns.count;
    ret_accepted->rules = rules;
    ret_accepted->source = source;
    if (flags->max_issuers)
        ret_accepted->max_issuers = (uint32_t)flags->max_issuers;
    if (flags->max_unloaded)
        ret_accepted->max_unloaded = (uint32_t)flags->max_unloaded;
    if (flags->idle_s)
        ret_accepted->idle_s = (uint32_t)flags->idle_s;
}

bool accepted_flags_are_refused(const jwkeep_error *error) {
    return error->code == JWKEEP_MISUSE_ARGUMENT && error->where &&
           strcmp(error->where, "dynamic.patterns") == 0;
}
