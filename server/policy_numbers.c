/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns numbering policies. */
#include "server/policy_numbers.h"
#include <stdio.h>
#include <string.h>

void policy_numbers_init(policy_numbers *it) {
    *it = (policy_numbers){.count = 0};
    pthread_mutex_init(&it->mutex, NULL);
}

void policy_numbers_done(policy_numbers *it) {
    pthread_mutex_destroy(&it->mutex);
}

static size_t number_of(policy_numbers *it, const char *name) {
    for (size_t i = 0; i < it->count; i++)
        if (strcmp(it->names[i], name) == 0)
            return i;
    if (it->count == POLICY_NUMBERS_MAX)
        return POLICY_NUMBERS_MAX;
    snprintf(it->names[it->count], sizeof it->names[0], "%s", name);
    return it->count++;
}

void policy_numbers_assign(policy_numbers *it, const server_plan *plan,
                           uint16_t ret_numbers[PLAN_MAX_POLICIES]) {
    pthread_mutex_lock(&it->mutex);
    for (size_t i = 0; i < plan->policy_count; i++)
        ret_numbers[i] = (uint16_t)number_of(it, plan->policies[i].name);
    pthread_mutex_unlock(&it->mutex);
}

size_t policy_numbers_count(policy_numbers *it) {
    pthread_mutex_lock(&it->mutex);
    size_t count = it->count;
    pthread_mutex_unlock(&it->mutex);
    return count;
}

const char *policy_numbers_name(policy_numbers *it, size_t number) {
    return number < policy_numbers_count(it) ? it->names[number] : POLICY_NUMBERS_REST;
}
