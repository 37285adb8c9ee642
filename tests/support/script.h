/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns a remote world for tests: a transport that answers as it is told, a clock that stands
 * until it is moved, and JWK Sets written as a few letters. */
#ifndef TESTS_SUPPORT_SCRIPT_H
#define TESTS_SUPPORT_SCRIPT_H

#include "remote/environment.h"
#include <jwkeep/source.h>

#define SCRIPT_MAX_REQUESTS 4096

/* A request that was made, as it was. */
typedef struct script_request {
    char url[256];
    char etag[64];          /* empty: not sent */
    char last_modified[64]; /* likewise */
    bool is_forced;
    uint32_t total_timeout_ms;
    char content[192]; /* empty: nothing to deliver */
    char lines[384];   /* with content: header lines, each with a newline */
    bool is_open;      /* neither answered nor cancelled */
    bool is_cancelled;
    jk_transfer_done done;
    void *user;
} script_request;

/* One transport with its clock. Used by one thread: the one that turns the refresher. */
typedef struct script {
    jk_transport base;
    int64_t now_ms;
    int64_t wall_ms;
    script_request requests[SCRIPT_MAX_REQUESTS];
    size_t request_count;
    bool is_refusing; /* `start` fails */
    bool is_freed;
    size_t wakes;
    /* The answer that `run` gives to the first open request. */
    bool has_answer;
    jk_response answer;
} script;

/* An environment over `script`, which is emptied; the seed is fixed. */
jk_environment script_environment(script *world);

/* The refresher on it, without a thread; NULL if it cannot be made. */
jwkeep_refresher *script_refresher(script *world, size_t max_downloads);

/* Moves both clocks, then turns the refresher once. */
void script_pass(script *world, jwkeep_refresher *refresher, int64_t ms);

/* Answers the first open request, and turns the refresher until that is told. `body` is
 * borrowed until then. The fields of `cache` may be NULL. */
void script_answer(script *world, jwkeep_refresher *refresher, const jk_response *answer);
void script_answer_body(script *world, jwkeep_refresher *refresher, const char *body);
void script_answer_keys(script *world, jwkeep_refresher *refresher, const char *letters);
void script_answer_failure(script *world, jwkeep_refresher *refresher, jwkeep_code code);
/* To what was delivered. `retry_after` NULL: none. */
void script_answer_status(script *world, jwkeep_refresher *refresher, unsigned status,
                          const char *retry_after);

size_t script_open_requests(const script *world);

/* The last request made, or NULL. */
const script_request *script_last(const script *world);

/* A JWK Set with a key for each letter: `a` is a key whose kid is "a", `A` another key under
 * the same kid. The text stays until the program ends. */
const char *script_keys(const char *letters);

#endif
