/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the interface to whatever makes one HTTP request: fetches a document, or delivers one.
 * Injected, so that tests script it; transport_curl.c is the real one.
 *
 * All calls but `wake` come from one thread, the transport's own. */
#ifndef JK_REMOTE_TRANSPORT_H
#define JK_REMOTE_TRANSPORT_H

#include "base/attributes.h"
#include "remote/cache_control.h"
#include "remote/route.h"
#include <jwkeep/error.h>
#include <jwkeep/span.h>

/* What to fetch; or, where there is content, what to deliver (POST): then nothing but the
 * status of the answer counts, and of its body `max_body_bytes` are read and thrown away. All
 * of it is borrowed for the call that takes it. */
typedef struct jk_request {
    const char *url;           /* checked by jk_url_check */
    const jk_route *route;     /* NULL: nothing in particular */
    const char *etag;          /* sent as If-None-Match; NULL: not */
    const char *last_modified; /* sent as If-Modified-Since; NULL: not */
    bool is_forced;            /* Cache-Control: no-cache */
    size_t max_body_bytes;     /* after decoding */
    uint32_t connect_timeout_ms;
    uint32_t total_timeout_ms;
    jwkeep_span content;        /* JSON */
    const char *const *headers; /* lines, with content; ended by NULL */
} jk_request;

/* What came. Borrowed by the callback for its duration. */
typedef struct jk_response {
    jwkeep_error error;   /* code JWKEEP_OK, or one of TRANSPORT_… and OUT_OF_MEMORY */
    bool is_not_modified; /* OK: 304, which was asked for; otherwise 200, or for content 2xx */
    unsigned status;      /* of the answer, once its head was whole; 0: there was none */
    jwkeep_span body;
    jk_cache_fields cache; /* also with TRANSPORT_STATUS: its retry_after */
    jwkeep_span etag;
    jwkeep_span last_modified;
} jk_response;

typedef void (*jk_transfer_done)(void *user, const jk_response *response);

typedef struct jk_transfer jk_transfer;
typedef struct jk_transport jk_transport;

typedef struct jk_transport_class {
    /* Begins a transfer; `done` is called once, from within `run`, unless it is cancelled.
     * Errors: OUT_OF_MEMORY, SYSTEM_FAILED, TRANSPORT_URL. */
    jwkeep_code (*start)(jk_transport *transport, const jk_request *request,
                         jk_transfer_done done, void *user, jk_transfer **ret_transfer,
                         jwkeep_error *error);
    /* `done` will not be called. Not from within a `done`. Waits for nobody. */
    void (*cancel)(jk_transport *transport, jk_transfer *transfer);
    /* Moves everything on and waits, `wait_ms` at the most, until there is more to do. */
    void (*run)(jk_transport *transport, int64_t wait_ms);
    /* Ends the wait of `run`, or the next one. Any thread. */
    void (*wake)(jk_transport *transport);
    /* No transfer may be under way. */
    void (*free)(jk_transport *transport);
} jk_transport_class;

/* Embedded first in every transport. */
struct jk_transport {
    const jk_transport_class *methods;
};

/* Over libcurl. Errors: OUT_OF_MEMORY, SYSTEM_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_transport_curl_new(jk_transport **ret_transport,
                                                  jwkeep_error *error);

#endif
