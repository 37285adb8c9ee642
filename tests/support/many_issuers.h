/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns a world of issuers for tests: a transport where every https issuer has a discovery
 * document and the same keys, but those whose host begins with `down`; and a clock that stands
 * until it is moved. */
#ifndef TESTS_SUPPORT_MANY_ISSUERS_H
#define TESTS_SUPPORT_MANY_ISSUERS_H

#include "remote/environment.h"

typedef struct many_issuers many_issuers;

/* `body`, a JWK Set, must outlive it. */
many_issuers *many_issuers_new(const char *body);

/* After the refresher that ran it. */
void many_issuers_free(many_issuers *issuers);

/* For jk_refresher_new_in; `has_thread` as there. */
jk_environment many_issuers_environment(many_issuers *issuers, bool has_thread);

/* The rest from any thread. While held, requests are not answered. */
void many_issuers_hold(many_issuers *issuers, bool is_held);
void many_issuers_advance(many_issuers *issuers, int64_t ms);
size_t many_issuers_requests(many_issuers *issuers);

/* Of them, those that would have connected to any address. */
size_t many_issuers_unfiltered(many_issuers *issuers);

#endif
