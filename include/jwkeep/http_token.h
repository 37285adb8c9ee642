/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns finding the token of an HTTP request: in the Authorization header (RFC 6750 §2.1,
 * RFC 9449 §7.1), a cookie, a form (RFC 6750 §2.2) or, where switched on, the query (§2.3).
 * Refuses a request with more than one token, wherever they are, and a token that is no
 * token68 (RFC 9110 §11.2). Pure: reads no socket, keeps nothing. */
#ifndef JWKEEP_HTTP_TOKEN_H
#define JWKEEP_HTTP_TOKEN_H

#include <jwkeep/buffer.h>
#include <jwkeep/error.h>
#include <jwkeep/limits.h>

JWKEEP_BEGIN

/* What of a request may hold a token, as it came. Zero it, then set what there is. */
typedef struct jwkeep_http_request {
    const jwkeep_span *authorization; /* the value of each Authorization field */
    size_t authorization_count;
    const jwkeep_span *cookies; /* the value of each Cookie field */
    size_t cookie_count;
    jwkeep_span method;       /* "POST" */
    jwkeep_span content_type; /* the field's value */
    jwkeep_span body;
    jwkeep_span query; /* of the target, without '?' and fragment */
} jwkeep_http_request;

/* Where tokens are looked for. Fill with jwkeep_http_token_options_init. */
typedef struct jwkeep_http_token_options {
    size_t struct_size;
    bool is_header_read; /* default true */
    bool is_dpop_taken;  /* "Authorization: DPoP" as well as Bearer; default false */
    bool is_form_read;   /* `access_token` of an application/x-www-form-urlencoded body of POST,
                            PUT or PATCH; default false */
    bool is_query_read;  /* `access_token` of the query: URLs are logged and kept in histories
                            (RFC 6750 §5.3); default false */
    const char *cookie;  /* the cookie of this name; NULL: none. A cookie is sent by the browser
                            whoever made the request: check for forged ones (CSRF) as well */
    const jwkeep_limits *limits; /* NULL: the defaults */
} jwkeep_http_token_options;

/* Sets every field to its default. Any thread. Never fails. */
JWKEEP_API void jwkeep_http_token_options_init(jwkeep_http_token_options *options);

typedef enum jwkeep_http_place {
    JWKEEP_HTTP_PLACE_HEADER = 1,
    JWKEEP_HTTP_PLACE_COOKIE = 2,
    JWKEEP_HTTP_PLACE_FORM = 3,
    JWKEEP_HTTP_PLACE_QUERY = 4
} jwkeep_http_place;

/* Where the token was. `is_dpop`: under the scheme DPoP; the token must then be checked with
 * its proof (<jwkeep/dpop.h>, <jwkeep/confirmation.h>). */
typedef struct jwkeep_http_found {
    jwkeep_http_place place;
    bool is_dpop;
} jwkeep_http_found;

/* Appends the one token of `request` to `token`. `options` may be NULL: the Authorization
 * header alone, scheme Bearer. Any thread. The answers that RFC 6750 §3.1 has for a failure are
 * 401 without an error code for HTTP_TOKEN_MISSING, and 400 invalid_request for the next two.
 * Errors: HTTP_TOKEN_MISSING; HTTP_TOKEN_REPEATED (two Authorization fields, two cookies of the
 * name, two places); HTTP_TOKEN_MALFORMED (`where` names the place); TOKEN_TOO_LARGE (over
 * limits.max_token_bytes); MISUSE_ARGUMENT; those of the buffer. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_http_token_find(
    const jwkeep_http_request *request, const jwkeep_http_token_options *options,
    jwkeep_buffer *token, jwkeep_http_found *ret_found, jwkeep_error *error);

JWKEEP_END

#endif
