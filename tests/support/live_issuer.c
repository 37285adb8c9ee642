/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the transport behind a mutex: one request at a time is all that one source makes. */
#include "support/live_issuer.h"
#include "remote/refresher.h"
#include "support/forge.h"
#include "verify/verifier.h"
#include <pthread.h>
#include <stdlib.h>

struct live_issuer {
    jk_transport base;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    /* All under the mutex. */
    int64_t now_ms;
    const char *body;
    bool is_held;
    bool is_woken;
    bool has_request;
    size_t request_count;
    const char *answer; /* `body` when the request was made */
    jk_transfer_done done;
    void *user;
};

static jwkeep_code start(jk_transport *transport, const jk_request *request,
                         jk_transfer_done done, void *user, jk_transfer **ret_transfer,
                         jwkeep_error *error) {
    live_issuer *issuer = (live_issuer *)transport;
    (void)request;
    (void)error;
    pthread_mutex_lock(&issuer->mutex);
    issuer->has_request = true;
    issuer->request_count++;
    issuer->answer = issuer->body;
    issuer->done = done;
    issuer->user = user;
    pthread_cond_broadcast(&issuer->changed);
    pthread_mutex_unlock(&issuer->mutex);
    *ret_transfer = (jk_transfer *)(void *)issuer;
    return JWKEEP_OK;
}

static void cancel(jk_transport *transport, jk_transfer *transfer) {
    live_issuer *issuer = (live_issuer *)transport;
    (void)transfer;
    pthread_mutex_lock(&issuer->mutex);
    issuer->has_request = false;
    pthread_mutex_unlock(&issuer->mutex);
}

static void run(jk_transport *transport, int64_t wait_ms) {
    live_issuer *issuer = (live_issuer *)transport;
    pthread_mutex_lock(&issuer->mutex);
    while (wait_ms != 0 && !issuer->is_woken && (!issuer->has_request || issuer->is_held))
        pthread_cond_wait(&issuer->changed, &issuer->mutex);
    issuer->is_woken = false;
    bool is_answered = issuer->has_request && !issuer->is_held;
    if (is_answered)
        issuer->has_request = false;
    const char *body = issuer->answer;
    jk_transfer_done done = issuer->done;
    void *user = issuer->user;
    pthread_mutex_unlock(&issuer->mutex);
    if (!is_answered)
        return;
    jk_response response = {.body = jwkeep_span_text(body)};
    if (!body)
        response.error = (jwkeep_error){.code = JWKEEP_TRANSPORT_CONNECT,
                                        .text = jwkeep_code_text(JWKEEP_TRANSPORT_CONNECT),
                                        .offset = JWKEEP_NO_OFFSET};
    done(user, &response);
}

static void wake(jk_transport *transport) {
    live_issuer *issuer = (live_issuer *)transport;
    pthread_mutex_lock(&issuer->mutex);
    issuer->is_woken = true;
    pthread_cond_broadcast(&issuer->changed);
    pthread_mutex_unlock(&issuer->mutex);
}

static void leave(jk_transport *transport) {
    (void)transport;
}

static const jk_transport_class methods = {start, cancel, run, wake, leave};

live_issuer *live_issuer_new(void) {
    live_issuer *issuer = calloc(1, sizeof *issuer);
    if (!issuer)
        abort();
    issuer->base.methods = &methods;
    issuer->now_ms = 1000000;
    pthread_mutex_init(&issuer->mutex, NULL);
    pthread_cond_init(&issuer->changed, NULL);
    return issuer;
}

void live_issuer_free(live_issuer *issuer) {
    pthread_cond_destroy(&issuer->changed);
    pthread_mutex_destroy(&issuer->mutex);
    free(issuer);
}

static int64_t monotonic_ms(void *user) {
    live_issuer *issuer = user;
    pthread_mutex_lock(&issuer->mutex);
    int64_t now_ms = issuer->now_ms;
    pthread_mutex_unlock(&issuer->mutex);
    return now_ms;
}

jk_environment live_issuer_environment(live_issuer *issuer) {
    return (jk_environment){.transport = &issuer->base,
                            .monotonic_ms = monotonic_ms,
                            .wall_ms = monotonic_ms,
                            .user = issuer,
                            .seed = 7};
}

jwkeep_verifier *live_issuer_new_verifier(live_issuer *issuer, size_t cache_entries) {
    jk_environment environment = live_issuer_environment(issuer);
    jwkeep_refresher *refresher = NULL;
    if (jk_refresher_new_in(&environment, 1, true, &refresher, NULL) != JWKEEP_OK)
        return NULL;
    jwkeep_source_options source;
    jwkeep_source_options_init(&source);
    source.cooldown_s = 1;
    const jwkeep_issuer configured = {
        .issuer = "i", .jwks_url = "https://issuer.test/jwks", .source = &source};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = &configured;
    options.issuer_count = 1;
    options.now_ms = forge_now_ms;
    options.cache_entries = cache_entries;
    jwkeep_verifier *verifier = NULL;
    return jk_verifier_new_in(&options, refresher, &verifier, NULL) == JWKEEP_OK ? verifier
                                                                                 : NULL;
}

void live_issuer_publish(live_issuer *issuer, const char *body) {
    pthread_mutex_lock(&issuer->mutex);
    issuer->body = body;
    pthread_mutex_unlock(&issuer->mutex);
}

void live_issuer_hold(live_issuer *issuer, bool is_held) {
    pthread_mutex_lock(&issuer->mutex);
    issuer->is_held = is_held;
    pthread_cond_broadcast(&issuer->changed);
    pthread_mutex_unlock(&issuer->mutex);
}

void live_issuer_advance(live_issuer *issuer, int64_t ms) {
    pthread_mutex_lock(&issuer->mutex);
    issuer->now_ms += ms;
    issuer->is_woken = true;
    pthread_cond_broadcast(&issuer->changed);
    pthread_mutex_unlock(&issuer->mutex);
}

size_t live_issuer_requests(live_issuer *issuer) {
    pthread_mutex_lock(&issuer->mutex);
    size_t count = issuer->request_count;
    pthread_mutex_unlock(&issuer->mutex);
    return count;
}

void live_issuer_await_requests(live_issuer *issuer, size_t count) {
    pthread_mutex_lock(&issuer->mutex);
    while (issuer->request_count < count)
        pthread_cond_wait(&issuer->changed, &issuer->mutex);
    pthread_mutex_unlock(&issuer->mutex);
}
