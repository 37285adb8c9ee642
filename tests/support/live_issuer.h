/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns an issuer for tests with threads: a transport that a refresher's thread runs while
 * others publish, hold, fail and move its clock. Nothing here sleeps. */
#ifndef TESTS_SUPPORT_LIVE_ISSUER_H
#define TESTS_SUPPORT_LIVE_ISSUER_H

#include "remote/environment.h"
#include <jwkeep/verifier.h>

typedef struct live_issuer live_issuer;

live_issuer *live_issuer_new(void);

/* After the refresher that ran it. */
void live_issuer_free(live_issuer *issuer);

/* For jk_refresher_new_in. The monotonic clock stands until it is moved. */
jk_environment live_issuer_environment(live_issuer *issuer);

/* A verifier of tokens whose `iss` is "i", at forge_now_ms, with the issuer's keys: its
 * downloads may follow each other after a second. For jwkeep_verifier_free; NULL if it cannot
 * be made. */
jwkeep_verifier *live_issuer_new_verifier(live_issuer *issuer, size_t cache_entries);

/* From any thread. What requests are answered with that are made from now on: a body, which
 * must outlive the issuer, or, for NULL, a failure to connect. */
void live_issuer_publish(live_issuer *issuer, const char *body);

/* While held, requests are not answered. */
void live_issuer_hold(live_issuer *issuer, bool is_held);

void live_issuer_advance(live_issuer *issuer, int64_t ms);

size_t live_issuer_requests(live_issuer *issuer);

/* Returns when so many requests have been made. */
void live_issuer_await_requests(live_issuer *issuer, size_t count);

#endif
