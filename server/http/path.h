/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the one form of a path that rules are held against (RFC 3986 §6.2.2). Refuses a path
 * that programs behind a gateway are known to read in different ways. */
#ifndef SERVER_HTTP_PATH_H
#define SERVER_HTTP_PATH_H

#include <jwkeep/span.h>

#define HTTP_MAX_PATH_BYTES 8192u

/* Decodes `path` once, takes dot segments and doubled slashes out, and the slash at the end;
 * the result stands in `storage`, of HTTP_MAX_PATH_BYTES. False, and nothing is told, for a
 * path that does not begin with a slash, is too long, leads above the root, is not UTF-8 once
 * decoded, or holds, plain or encoded, a backslash, a semicolon (path parameters), a control
 * character, or, encoded, a slash, a question mark, a number sign or another escape. */
JWKEEP_MUST_USE bool http_path_normalise(jwkeep_span path, uint8_t *storage,
                                         jwkeep_span *ret_path);

/* Whether `path` is `prefix` or below it; both in that form. */
bool http_path_is_below(jwkeep_span path, jwkeep_span prefix);

#endif
