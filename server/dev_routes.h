/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the test issuer's routes, and the shape of the issuer that they and its life share. */
#ifndef SERVER_DEV_ROUTES_H
#define SERVER_DEV_ROUTES_H

#include "server/dev_issuer.h"
#include "server/dev_keys.h"
#include "server/exchange.h"
#include "server/worker.h"

#define DEV_URL_BYTES (SERVER_ADDRESS_BYTES + 32u)
#define DEV_AUDIENCE_BYTES 256u
#define DEV_MAX_TOKEN_BYTES 32768u

struct dev_issuer {
    server_worker *worker;
    dev_keys keys;
    uint32_t max_age_s;
    char address[SERVER_ADDRESS_BYTES];
    char url[DEV_URL_BYTES];
    char jwks_url[DEV_URL_BYTES];
    char audience[DEV_AUDIENCE_BYTES];
    uint8_t form[HTTP_MAX_BODY_BYTES]; /* the decoded form; the loop's thread only */

    /* Written by any thread, read by the loop's: release and acquire (Q). */
    _Atomic uint32_t latency_ms;
    _Atomic bool is_failing;

    /* Counted by several threads: acquire and release (Q). */
    _Atomic uint64_t downloads;
    _Atomic uint64_t not_modified;
    _Atomic uint64_t tokens;
    _Atomic uint64_t rotations;
};

extern const server_service dev_issuer_service;

#endif
