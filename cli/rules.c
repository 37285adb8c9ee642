/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the way from options to rules. */
#include "cli/rules.h"

exit_status rules_fill(const rules_options *options, const text_list *audiences,
                       jwkeep_rules *ret_rules) {
    jwkeep_algorithm_set algorithms;
    exit_status status = key_algorithms(&options->algs, &algorithms);
    if (status != STATUS_YES)
        return status;
    jwkeep_rules_init(ret_rules);
    ret_rules->algorithms = algorithms;
    ret_rules->audiences = audiences->items;
    ret_rules->audience_count = audiences->count;
    ret_rules->required = options->required.items;
    ret_rules->required_count = options->required.count;
    ret_rules->typ = options->typ;
    ret_rules->leeway_s = options->leeway_s;
    ret_rules->max_age_s = options->max_age_s;
    return STATUS_YES;
}
