/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns writing events down. */
#include "server/history.h"
#include "base/clock.h"
#include "base/error.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const history_kind_names[HISTORY_KIND_COUNT] = {
    [JWKEEP_EVENT_REFRESHED] = "refreshed",
    [JWKEEP_EVENT_UNCHANGED] = "unchanged",
    [JWKEEP_EVENT_FAILED] = "failed",
    [JWKEEP_EVENT_KEY_ADDED] = "key_added",
    [JWKEEP_EVENT_KEY_REMOVED] = "key_removed",
    [JWKEEP_EVENT_KID_REUSED] = "kid_reused",
    [JWKEEP_EVENT_KEY_SKIPPED] = "key_skipped",
    [JWKEEP_EVENT_EMPTY_KEPT] = "empty_kept",
    [JWKEEP_EVENT_SIZE_ALARM] = "size_alarm",
    [JWKEEP_EVENT_STALE] = "stale",
    [JWKEEP_EVENT_RESTORED] = "restored",
    [JWKEEP_EVENT_SNAPSHOT_FAILED] = "snapshot_failed",
};

struct history {
    pthread_mutex_t mutex; /* for everything below */
    bool has_reused;       /* there was a `kid` reused at one of them */
    size_t count;
    history_issuer *issuers[HISTORY_MAX_ISSUERS];
};

jwkeep_code history_new(history **ret_history, jwkeep_error *error) {
    history *it = calloc(1, sizeof *it);
    if (!it)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    pthread_mutex_init(&it->mutex, NULL);
    *ret_history = it;
    return JWKEEP_OK;
}

void history_free(history *it) {
    if (!it)
        return;
    for (size_t i = 0; i < it->count; i++)
        free(it->issuers[i]);
    pthread_mutex_destroy(&it->mutex);
    free(it);
}

static history_issuer *find(const history *it, const char *name) {
    for (size_t i = 0; i < it->count; i++)
        if (strncmp(it->issuers[i]->name, name, HISTORY_MAX_NAME_BYTES) == 0)
            return it->issuers[i];
    return NULL;
}

static history_issuer *find_or_make(history *it, const char *name) {
    history_issuer *found = find(it, name);
    if (found || it->count == HISTORY_MAX_ISSUERS)
        return found;
    found = calloc(1, sizeof *found);
    if (!found)
        return NULL;
    snprintf(found->name, sizeof found->name, "%s", name);
    it->issuers[it->count++] = found;
    return found;
}

/* UTF-8 (RFC 3629 §3): a byte 10xxxxxx goes on with the character before it. */
size_t history_cut(jwkeep_span text, size_t max_bytes) {
    if (text.size <= max_bytes)
        return text.size;
    size_t size = max_bytes;
    while (size > 0 && (text.data[size] & 0xC0) == 0x80)
        size--;
    return size;
}

static history_event event_of(const jwkeep_event *told, int64_t now_ms) {
    history_event event = {.kind = told->kind,
                           .times = 1,
                           .first_ms = now_ms,
                           .last_ms = now_ms,
                           .keys = told->count};
    jwkeep_span kid = JWKEEP_SPAN_NONE;
    if (told->skip)
        kid = told->skip->kid;
    else if (told->key)
        kid = jwkeep_jwk_kid(told->key);
    if (told->skip)
        event.code = told->skip->why.code;
    else if (told->error)
        event.code = told->error->code;
    if (kid.data) {
        event.kid_size = history_cut(kid, HISTORY_MAX_KID_BYTES);
        memcpy(event.kid, kid.data, event.kid_size);
    }
    return event;
}

static bool is_same(const history_event *a, const history_event *b) {
    return a->kind == b->kind && a->code == b->code && a->keys == b->keys &&
           a->kid_size == b->kid_size && memcmp(a->kid, b->kid, a->kid_size) == 0;
}

static void write_down(history_issuer *issuer, const history_event *event) {
    history_event *last = issuer->event_count ? &issuer->events[issuer->event_count - 1] : NULL;
    if (last && is_same(last, event)) {
        last->times++;
        last->last_ms = event->last_ms;
        return;
    }
    if (issuer->event_count == HISTORY_MAX_EVENTS)
        memmove(issuer->events, issuer->events + 1,
                --issuer->event_count * sizeof issuer->events[0]);
    issuer->events[issuer->event_count++] = *event;
}

static history_key *find_key(history_issuer *issuer, const uint8_t *thumbprint) {
    for (size_t i = 0; i < issuer->key_count; i++)
        if (memcmp(issuer->keys[i].thumbprint, thumbprint, JWKEEP_THUMBPRINT_SIZE) == 0)
            return &issuer->keys[i];
    return NULL;
}

static void follow_key(history_issuer *issuer, const jwkeep_event *event, int64_t now_ms) {
    const uint8_t *thumbprint = jwkeep_jwk_thumbprint(event->key).data;
    history_key *known = find_key(issuer, thumbprint);
    if (event->kind == JWKEEP_EVENT_KEY_REMOVED && known)
        *known = issuer->keys[--issuer->key_count];
    if (event->kind != JWKEEP_EVENT_KEY_ADDED || known || issuer->key_count == HISTORY_MAX_KEYS)
        return;
    history_key *added = &issuer->keys[issuer->key_count++];
    memcpy(added->thumbprint, thumbprint, JWKEEP_THUMBPRINT_SIZE);
    added->came_ms = now_ms;
}

void history_add(history *it, const char *issuer, const jwkeep_event *event) {
    if (!it || (size_t)event->kind >= HISTORY_KIND_COUNT)
        return;
    int64_t now_ms = jk_clock_wall_ms();
    history_event written = event_of(event, now_ms);
    pthread_mutex_lock(&it->mutex);
    history_issuer *found = find_or_make(it, issuer);
    if (found) {
        found->counts[event->kind]++;
        write_down(found, &written);
        if (event->key)
            follow_key(found, event, now_ms);
        if (event->kind == JWKEEP_EVENT_KID_REUSED) {
            found->kid_reused_ms = now_ms;
            it->has_reused = true;
        }
    }
    pthread_mutex_unlock(&it->mutex);
}

bool history_read(history *it, const char *issuer, history_issuer *ret_issuer) {
    history_issuer *found = NULL;
    memset(ret_issuer, 0, sizeof *ret_issuer);
    if (!it)
        return false;
    pthread_mutex_lock(&it->mutex);
    found = find(it, issuer);
    if (found)
        *ret_issuer = *found;
    pthread_mutex_unlock(&it->mutex);
    return found != NULL;
}

int64_t history_kid_reused_ms(history *it, const char *issuer) {
    if (!it)
        return 0;
    pthread_mutex_lock(&it->mutex);
    /* Asked of every issuer again and again, and hardly ever so. */
    const history_issuer *found = it->has_reused ? find(it, issuer) : NULL;
    int64_t reused_ms = found ? found->kid_reused_ms : 0;
    pthread_mutex_unlock(&it->mutex);
    return reused_ms;
}

int64_t history_key_came_ms(const history_issuer *issuer, const uint8_t *thumbprint) {
    for (size_t i = 0; i < issuer->key_count; i++)
        if (memcmp(issuer->keys[i].thumbprint, thumbprint, JWKEEP_THUMBPRINT_SIZE) == 0)
            return issuer->keys[i].came_ms;
    return 0;
}
