/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns comparing two looks, each sorted. */
#include "server/alarm_watch.h"
#include "base/error.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A copy: the issuer's name is its plan's. The other texts are constant. */
typedef struct watched {
    service_alarm told;
    char issuer[POLICY_MAX_NAME_BYTES + 1]; /* empty: of the service */
} watched;

typedef struct look {
    size_t count;
    watched alarms[ALARM_WATCH_MAX];
} look;

struct alarm_watch {
    look *before;
    look *now;
};

jwkeep_code alarm_watch_new(alarm_watch **ret_watch, jwkeep_error *error) {
    alarm_watch *it = calloc(1, sizeof *it);
    if (it)
        *it = (alarm_watch){calloc(1, sizeof(look)), calloc(1, sizeof(look))};
    if (it && it->before && it->now) {
        *ret_watch = it;
        return JWKEEP_OK;
    }
    alarm_watch_free(it);
    return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
}

void alarm_watch_free(alarm_watch *it) {
    if (!it)
        return;
    free(it->before);
    free(it->now);
    free(it);
}

void alarm_watch_forget(alarm_watch *it) {
    it->before->count = 0;
}

void alarm_watch_begin(alarm_watch *it) {
    it->now->count = 0;
}

void alarm_watch_add(alarm_watch *it, const service_alarm *seen) {
    if (it->now->count == ALARM_WATCH_MAX)
        return;
    watched *added = &it->now->alarms[it->now->count++];
    added->told = *seen;
    snprintf(added->issuer, sizeof added->issuer, "%s", seen->issuer ? seen->issuer : "");
}

static int compare(const void *a, const void *b) {
    const watched *left = a;
    const watched *right = b;
    int order = strcmp(left->issuer, right->issuer);
    return order ? order : strcmp(left->told.kind, right->told.kind);
}

/* Moved by sorting: the name is found again here. */
static service_alarm alarm_of(const watched *it) {
    service_alarm told = it->told;
    told.issuer = it->issuer[0] ? it->issuer : NULL;
    return told;
}

void alarm_watch_end(alarm_watch *it,
                     void (*on_change)(void *user, bool is_raised,
                                       const service_alarm *changed),
                     void *user) {
    const look *before = it->before;
    look *now = it->now;
    size_t i = 0;
    size_t j = 0;
    qsort(now->alarms, now->count, sizeof now->alarms[0], compare);
    while (i < before->count || j < now->count) {
        int order = i == before->count ? 1
                    : j == now->count  ? -1
                                       : compare(&before->alarms[i], &now->alarms[j]);
        service_alarm changed = alarm_of(order < 0 ? &before->alarms[i] : &now->alarms[j]);
        if (order < 0)
            changed.reason = JWKEEP_OK;
        if (order != 0)
            on_change(user, order > 0, &changed);
        i += order <= 0;
        j += order >= 0;
    }
    it->now = it->before;
    it->before = now;
}
