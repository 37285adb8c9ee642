/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns reading application/x-www-form-urlencoded bodies: pairs in their order, percent-decoded
 * into the caller's storage. Refuses a malformed escape, a NUL and a pair without a name. */
#ifndef SERVER_HTTP_FORM_H
#define SERVER_HTTP_FORM_H

#include <jwkeep/span.h>

typedef struct http_form {
    jwkeep_span rest;
    uint8_t *storage;
    size_t room;
    bool is_malformed; /* once the reading has ended: why */
} http_form;

/* Begins reading `body`. `storage` of body.size bytes is always enough. */
void http_form_init(http_form *form, jwkeep_span body, uint8_t *storage, size_t size);

/* The next pair, decoded in the storage; false at the end, or if the body is malformed. */
JWKEEP_MUST_USE bool http_form_next(http_form *form, jwkeep_span *ret_name,
                                    jwkeep_span *ret_value);

#endif
