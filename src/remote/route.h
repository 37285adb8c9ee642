/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns how a source connects, wherever its URLs lead (R18, R19): whom it trusts, who it says
 * it is, through whom it goes, what it adds to a request. Checks and copies; connects
 * nothing. */
#ifndef JK_REMOTE_ROUTE_H
#define JK_REMOTE_ROUTE_H

#include "base/attributes.h"
#include <jwkeep/source.h>

#define JK_MAX_PINS 8u
#define JK_MAX_REQUEST_HEADER_BYTES 4096u

typedef struct jk_route {
    bool is_dynamic;
    char *ca_file;
    char *pinned_key; /* as libcurl takes it: "sha256//…;sha256//…" */
    char *client_cert_file;
    char *client_key_file;
    char *proxy;
    char *request_headers[JWKEEP_MAX_REQUEST_HEADERS];
    size_t request_header_count;
} jk_route;

/* Errors: MISUSE_ARGUMENT, OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_route_init(jk_route *route, const jwkeep_source_options *options,
                                          jwkeep_error *error);

/* Of one that is all zero, too. Header lines are wiped: they may hold credentials. */
void jk_route_done(jk_route *route);

#endif
