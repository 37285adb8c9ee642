/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns that world. */
#include "many_issuers.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WELL_KNOWN "/.well-known/openid-configuration"

struct jk_transfer {
    jk_transfer *next;
    char *url;
    jk_transfer_done done;
    void *user;
};

struct many_issuers {
    jk_transport base;
    const char *body;
    bool has_thread;
    jk_transfer *open; /* the refresher's */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_woken, is_held;
    int64_t now_ms;
    size_t requests, unfiltered;
};

static jwkeep_code start(jk_transport *transport, const jk_request *request,
                         jk_transfer_done done, void *user, jk_transfer **ret_transfer,
                         jwkeep_error *error) {
    many_issuers *issuers = (many_issuers *)transport;
    jk_transfer *made = calloc(1, sizeof *made);
    (void)error;
    if (!made)
        abort();
    *made = (jk_transfer){issuers->open, strdup(request->url), done, user};
    issuers->open = made;
    *ret_transfer = made;
    pthread_mutex_lock(&issuers->mutex);
    issuers->requests++;
    issuers->unfiltered += !request->route->is_dynamic;
    pthread_mutex_unlock(&issuers->mutex);
    return JWKEEP_OK;
}

static void take_out(many_issuers *issuers, const jk_transfer *transfer) {
    jk_transfer **link = &issuers->open;
    while (*link != transfer)
        link = &(*link)->next;
    *link = transfer->next;
}

static void free_transfer(jk_transfer *transfer) {
    free(transfer->url);
    free(transfer);
}

static void cancel(jk_transport *transport, jk_transfer *transfer) {
    take_out((many_issuers *)transport, transfer);
    free_transfer(transfer);
}

static void answer_document(const many_issuers *issuers, const jk_transfer *asked) {
    char document[2048];
    jk_response response = {.body = jwkeep_span_text(issuers->body)};
    const char *well_known = strstr(asked->url, WELL_KNOWN);
    if (well_known) {
        int size = (int)(well_known - asked->url);
        snprintf(document, sizeof document, "{\"issuer\":\"%.*s\",\"jwks_uri\":\"%.*s/jwks\"}",
                 size, asked->url, size, asked->url);
        response.body = jwkeep_span_text(document);
    }
    if (strncmp(asked->url, "https://down", 12) == 0)
        response = (jk_response){.error = {.code = JWKEEP_TRANSPORT_CONNECT,
                                           .text = "scripted",
                                           .offset = JWKEEP_NO_OFFSET}};
    asked->done(asked->user, &response);
}

/* Those that are open now; what the answers begin is for the next round. */
static void answer_all(many_issuers *issuers) {
    jk_transfer *last = issuers->open;
    bool is_over = !last;
    while (!is_over) {
        jk_transfer *first = issuers->open;
        while (first->next)
            first = first->next;
        is_over = first == last;
        take_out(issuers, first);
        answer_document(issuers, first);
        free_transfer(first);
    }
}

static void run(jk_transport *transport, int64_t wait_ms) {
    many_issuers *issuers = (many_issuers *)transport;
    pthread_mutex_lock(&issuers->mutex);
    while (issuers->has_thread && wait_ms > 0 && !issuers->is_woken &&
           (issuers->is_held || !issuers->open))
        pthread_cond_wait(&issuers->changed, &issuers->mutex);
    issuers->is_woken = false;
    bool is_held = issuers->is_held;
    pthread_mutex_unlock(&issuers->mutex);
    if (!is_held)
        answer_all(issuers);
}

static void wake_up(many_issuers *issuers) {
    issuers->is_woken = true;
    pthread_cond_broadcast(&issuers->changed);
}

static void wake(jk_transport *transport) {
    many_issuers *issuers = (many_issuers *)transport;
    pthread_mutex_lock(&issuers->mutex);
    wake_up(issuers);
    pthread_mutex_unlock(&issuers->mutex);
}

static void leave(jk_transport *transport) {
    (void)transport;
}

static const jk_transport_class methods = {start, cancel, run, wake, leave};

many_issuers *many_issuers_new(const char *body) {
    many_issuers *issuers = calloc(1, sizeof *issuers);
    if (!issuers)
        abort();
    issuers->base.methods = &methods;
    issuers->body = body;
    issuers->now_ms = 1000000;
    pthread_mutex_init(&issuers->mutex, NULL);
    pthread_cond_init(&issuers->changed, NULL);
    return issuers;
}

void many_issuers_free(many_issuers *issuers) {
    pthread_cond_destroy(&issuers->changed);
    pthread_mutex_destroy(&issuers->mutex);
    free(issuers);
}

static int64_t read_clock(void *user) {
    many_issuers *issuers = user;
    pthread_mutex_lock(&issuers->mutex);
    int64_t now_ms = issuers->now_ms;
    pthread_mutex_unlock(&issuers->mutex);
    return now_ms;
}

jk_environment many_issuers_environment(many_issuers *issuers, bool has_thread) {
    issuers->has_thread = has_thread;
    return (jk_environment){.transport = &issuers->base,
                            .monotonic_ms = read_clock,
                            .wall_ms = read_clock,
                            .user = issuers,
                            .seed = 11};
}

void many_issuers_hold(many_issuers *issuers, bool is_held) {
    pthread_mutex_lock(&issuers->mutex);
    issuers->is_held = is_held;
    wake_up(issuers);
    pthread_mutex_unlock(&issuers->mutex);
}

void many_issuers_advance(many_issuers *issuers, int64_t ms) {
    pthread_mutex_lock(&issuers->mutex);
    issuers->now_ms += ms;
    wake_up(issuers);
    pthread_mutex_unlock(&issuers->mutex);
}

size_t many_issuers_requests(many_issuers *issuers) {
    pthread_mutex_lock(&issuers->mutex);
    size_t requests = issuers->requests;
    pthread_mutex_unlock(&issuers->mutex);
    return requests;
}

size_t many_issuers_unfiltered(many_issuers *issuers) {
    pthread_mutex_lock(&issuers->mutex);
    size_t unfiltered = issuers->unfiltered;
    pthread_mutex_unlock(&issuers->mutex);
    return unfiltered;
}
