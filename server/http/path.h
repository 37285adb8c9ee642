/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the forms of a path that rules are held against (RFC 3986 §6.2.2). Refuses a path whose
 * characters programs behind a gateway are known to read in different ways. */
#ifndef SERVER_HTTP_PATH_H
#define SERVER_HTTP_PATH_H

#include <jwkeep/span.h>

#define HTTP_MAX_PATH_BYTES 8192u

/* Dot segments beside doubled slashes mean different things to different programs: one takes
 * the slashes together first, one does not, as in RFC 3986 §5.2.4, and one looks at neither. */
typedef enum http_path_reading {
    HTTP_PATH_PLAIN,   /* doubled slashes and dot segments are gone, and the slash at the end */
    HTTP_PATH_RFC3986, /* dot segments are gone; an empty segment is one like another */
    HTTP_PATH_LITERAL, /* decoded, nothing more */
    HTTP_PATH_READINGS
} http_path_reading;

/* Decodes `path` once and reads it so; the result stands in `storage`, of HTTP_MAX_PATH_BYTES.
 * False, and nothing is told, for a path that does not begin with a slash, is too long, leads
 * above the root, is not UTF-8 once decoded, or holds, plain or encoded, a backslash, a
 * semicolon (path parameters), a control character, or, encoded, a slash, a question mark, a
 * number sign or another escape. */
JWKEEP_MUST_USE bool http_path_read(jwkeep_span path, http_path_reading reading,
                                    uint8_t *storage, jwkeep_span *ret_path);

/* As HTTP_PATH_PLAIN: the form that the prefixes of rules have. */
JWKEEP_MUST_USE bool http_path_normalise(jwkeep_span path, uint8_t *storage,
                                         jwkeep_span *ret_path);

/* Whether `path` is `prefix` or below it; both in that form. */
bool http_path_is_below(jwkeep_span path, jwkeep_span prefix);

#endif
