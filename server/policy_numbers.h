/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the numbers under which policies are counted: a name keeps its number over reloads, so
 * that its figures go on. Bounded: names past the bound share one number. */
#ifndef SERVER_POLICY_NUMBERS_H
#define SERVER_POLICY_NUMBERS_H

#include "server/plan.h"
#include <pthread.h>

#define POLICY_NUMBERS_MAX (2u * PLAN_MAX_POLICIES)
#define POLICY_NUMBERS_COUNT (POLICY_NUMBERS_MAX + 1u)
#define POLICY_NUMBERS_REST "(other)" /* no policy's name: it has parentheses */

typedef struct policy_numbers {
    pthread_mutex_t mutex; /* taken when a thread takes a plan, and when figures are told */
    size_t count;
    char names[POLICY_NUMBERS_MAX][POLICY_MAX_NAME_BYTES + 1];
} policy_numbers;

void policy_numbers_init(policy_numbers *it);
void policy_numbers_done(policy_numbers *it);

/* The number of each policy of `plan`, in its order. Any thread. */
void policy_numbers_assign(policy_numbers *it, const server_plan *plan,
                           uint16_t ret_numbers[PLAN_MAX_POLICIES]);

/* How many numbers have a name; and the name of a number, which does not change: that of the
 * rest for those without. Any thread. */
size_t policy_numbers_count(policy_numbers *it);
const char *policy_numbers_name(policy_numbers *it, size_t number);

#endif
