/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the decision: ANY /verify and /verify/<policy>, POST /introspect, GET /jwks/<issuer>.
 * The status follows from the class of the verdict, but for what authorization is about:
 *
 *   200  the identity headers, each always there (server/identity.h); no body
 *   401  no token, or a bad one, with WWW-Authenticate (RFC 6750 §3)
 *   403  a scope is missing (insufficient_scope); by configuration, the wrong audience; a rule
 *        that denies; a request of which it is not certain what it asks for
 *   503  the keys cannot be had now, with Retry-After
 *   500  our own fault
 *
 * Refuses to say anything about a token's content, in an answer or anywhere else. */
#ifndef SERVER_VERIFY_ROUTE_H
#define SERVER_VERIFY_ROUTE_H

#include "server/counters.h"
#include "server/exchange.h"
#include "server/http/path.h"
#include "server/log.h"
#include "server/policy_numbers.h"

typedef enum verify_outcome {
    VERIFY_ALLOWED,
    VERIFY_NO_TOKEN,
    VERIFY_INVALID_REQUEST,
    VERIFY_REJECTED,
    VERIFY_FORBIDDEN,
    VERIFY_UNAVAILABLE,
    VERIFY_FAILED,
    VERIFY_OUTCOME_COUNT
} verify_outcome;

/* Upper bounds of the latency histogram in nanoseconds; one bucket more is without bound. */
#define VERIFY_BUCKET_COUNT 14
extern const uint64_t verify_bucket_ns[VERIFY_BUCKET_COUNT];

/* Codes of the classes rejected, key unavailable and transport have a counter each. */
#define VERIFY_REASON_COUNT 512

/* What is counted of each policy: of the one that decided. */
typedef struct policy_counters {
    server_counter outcomes[VERIFY_OUTCOME_COUNT];
    server_counter algorithms[JWKEEP_ALGORITHM_COUNT]; /* of tokens that passed */
    server_counter buckets[VERIFY_BUCKET_COUNT + 1];
    server_counter total_ns;
} policy_counters;

typedef struct verify_counters {
    policy_counters policies[POLICY_NUMBERS_COUNT];
    server_counter reasons[VERIFY_REASON_COUNT];
    server_counter unsafe_values; /* identity values sent empty */
} verify_counters;

/* The code that `reasons[index]` counts. */
jwkeep_code verify_reason_code(size_t index);

/* What one worker's requests need; nothing of it is shared but the plan. */
typedef struct verify_context {
    plan_seat seat;
    uint32_t wait_ms; /* for keys */
    jwkeep_token *token;
    event_log *log; /* or NULL */
    policy_numbers *numbers;
    const server_plan *numbered; /* the plan whose policies have the numbers below */
    uint16_t number_of[PLAN_MAX_POLICIES];
    verify_counters counters;
    uint8_t path[HTTP_MAX_PATH_BYTES]; /* of the request that is being answered */
} verify_context;

extern const server_service verify_service;

#endif
