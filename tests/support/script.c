/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the scripted transport. */
#include "script.h"
#include "remote/refresher.h"
#include <ctype.h>
#include <jwkeep/jwkeep.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_TEXTS 256

static void copy_text(char *target, size_t size, const char *text) {
    snprintf(target, size, "%s", text ? text : "");
}

static jwkeep_code start(jk_transport *transport, const jk_request *request,
                         jk_transfer_done done, void *user, jk_transfer **ret_transfer,
                         jwkeep_error *error) {
    script *world = (script *)transport;
    if (world->is_refusing || world->request_count == SCRIPT_MAX_REQUESTS) {
        if (error)
            *error = (jwkeep_error){.code = JWKEEP_SYSTEM_FAILED, .text = "scripted"};
        return JWKEEP_SYSTEM_FAILED;
    }
    script_request *made = &world->requests[world->request_count];
    *made = (script_request){.is_forced = request->is_forced,
                             .total_timeout_ms = request->total_timeout_ms,
                             .is_open = true,
                             .done = done,
                             .user = user};
    copy_text(made->url, sizeof made->url, request->url);
    copy_text(made->etag, sizeof made->etag, request->etag);
    copy_text(made->last_modified, sizeof made->last_modified, request->last_modified);
    snprintf(made->content, sizeof made->content, "%.*s", (int)request->content.size,
             request->content.data ? (const char *)request->content.data : "");
    for (const char *const *line = request->headers; line && *line; line++)
        snprintf(made->lines + strlen(made->lines), sizeof made->lines - strlen(made->lines),
                 "%s\n", *line);
    *ret_transfer = (jk_transfer *)(void *)made;
    world->request_count++;
    return JWKEEP_OK;
}

static void cancel(jk_transport *transport, jk_transfer *transfer) {
    (void)transport;
    script_request *made = (script_request *)transfer;
    made->is_open = false;
    made->is_cancelled = true;
}

static void run(jk_transport *transport, int64_t wait_ms) {
    script *world = (script *)transport;
    (void)wait_ms;
    for (size_t i = 0; world->has_answer && i < world->request_count; i++) {
        if (!world->requests[i].is_open)
            continue;
        world->requests[i].is_open = false;
        world->has_answer = false;
        world->requests[i].done(world->requests[i].user, &world->answer);
    }
}

static void wake(jk_transport *transport) {
    ((script *)transport)->wakes++;
}

static void free_transport(jk_transport *transport) {
    ((script *)transport)->is_freed = true;
}

static const jk_transport_class methods = {start, cancel, run, wake, free_transport};

static int64_t monotonic_ms(void *user) {
    return ((script *)user)->now_ms;
}
static int64_t wall_ms(void *user) {
    return ((script *)user)->wall_ms;
}

jk_environment script_environment(script *world) {
    memset(world, 0, sizeof *world);
    world->base.methods = &methods;
    world->now_ms = 1000000;
    world->wall_ms = 1700000000000;
    return (jk_environment){.transport = &world->base,
                            .monotonic_ms = monotonic_ms,
                            .wall_ms = wall_ms,
                            .user = world,
                            .seed = 42};
}

jwkeep_refresher *script_refresher(script *world, size_t max_downloads) {
    jk_environment environment = script_environment(world);
    jwkeep_refresher *refresher = NULL;
    if (jk_refresher_new_in(&environment, max_downloads, false, &refresher, NULL))
        return NULL;
    return refresher;
}

void script_pass(script *world, jwkeep_refresher *refresher, int64_t ms) {
    world->now_ms += ms;
    world->wall_ms += ms;
    jk_refresher_turn(refresher);
}

/* A second turn: what the answer made due begins. */
void script_answer(script *world, jwkeep_refresher *refresher, const jk_response *answer) {
    world->answer = *answer;
    world->has_answer = true;
    jk_refresher_turn(refresher);
    jk_refresher_turn(refresher);
}

void script_answer_body(script *world, jwkeep_refresher *refresher, const char *body) {
    jk_response answer = {.body = jwkeep_span_text(body)};
    script_answer(world, refresher, &answer);
}

void script_answer_keys(script *world, jwkeep_refresher *refresher, const char *letters) {
    script_answer_body(world, refresher, script_keys(letters));
}

void script_answer_failure(script *world, jwkeep_refresher *refresher, jwkeep_code code) {
    jk_response answer = {.error = {.code = code, .text = jwkeep_code_text(code)}};
    script_answer(world, refresher, &answer);
}

static jwkeep_code name_status(unsigned status) {
    return status / 100 == 2   ? JWKEEP_OK
           : status / 100 == 3 ? JWKEEP_TRANSPORT_REDIRECT
                               : JWKEEP_TRANSPORT_STATUS;
}

void script_answer_status(script *world, jwkeep_refresher *refresher, unsigned status,
                          const char *retry_after) {
    jwkeep_code code = name_status(status);
    jk_response answer = {.error = {.code = code, .text = jwkeep_code_text(code)},
                          .status = status};
    if (retry_after)
        answer.cache.retry_after = jwkeep_span_text(retry_after);
    script_answer(world, refresher, &answer);
}

size_t script_open_requests(const script *world) {
    size_t open = 0;
    for (size_t i = 0; i < world->request_count; i++)
        open += world->requests[i].is_open;
    return open;
}

const script_request *script_last(const script *world) {
    return world->request_count ? &world->requests[world->request_count - 1] : NULL;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static jwkeep_jwk *keys[128];

static struct {
    char letters[32];
    char *json;
} texts[MAX_TEXTS];

static void free_all(void) {
    for (size_t i = 0; i < 128; i++)
        jwkeep_jwk_unref(keys[i]);
    for (size_t i = 0; i < MAX_TEXTS; i++)
        free(texts[i].json);
}

static jwkeep_jwk *key_for(unsigned char letter) {
    char kid = (char)tolower(letter);
    jwkeep_jwk_spec spec = {.algorithm = JWKEEP_ALGORITHM_EDDSA,
                            .kid = jwkeep_span_of(&kid, 1)};
    if (!keys[letter] && jwkeep_jwk_generate(&spec, &keys[letter], NULL))
        abort();
    return keys[letter];
}

static char *write_set(const char *letters) {
    jwkeep_jwk *members[32];
    jwkeep_keyset *set = NULL;
    size_t count = strlen(letters);
    for (size_t i = 0; i < count; i++)
        members[i] = key_for((unsigned char)letters[i]);
    jwkeep_buffer buffer;
    jwkeep_buffer_init(&buffer, 1u << 20);
    if (jwkeep_keyset_new(members, count, &set, NULL) ||
        jwkeep_keyset_write(set, false, &buffer, NULL))
        abort();
    char *json = strndup((const char *)buffer.data, buffer.size);
    jwkeep_buffer_done(&buffer);
    jwkeep_keyset_unref(set);
    return json;
}

const char *script_keys(const char *letters) {
    const char *found = NULL;
    pthread_mutex_lock(&mutex);
    if (!texts[0].json)
        atexit(free_all);
    for (size_t i = 0; i < MAX_TEXTS && !found; i++) {
        if (!texts[i].json) {
            copy_text(texts[i].letters, sizeof texts[i].letters, letters);
            texts[i].json = write_set(letters);
        }
        if (strcmp(texts[i].letters, letters) == 0)
            found = texts[i].json;
    }
    pthread_mutex_unlock(&mutex);
    return found;
}
