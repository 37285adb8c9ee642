/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the two members of the document that matter here. */
#include "remote/discovery.h"
#include "base/allocator.h"
#include "base/error.h"
#include "remote/url.h"
#include <jwkeep/json.h>

static jwkeep_code copy_url(jwkeep_span text, bool allows_http_loopback, char **ret_url,
                            jwkeep_error *error) {
    if (text.size == 0 || memchr(text.data, 0, text.size))
        return jk_fail_text(error, JWKEEP_TRANSPORT_BODY, "no usable `jwks_uri`", "jwks_uri",
                            "OpenID Connect Discovery 1.0 §3");
    char *url = jk_strndup(text.data, text.size);
    if (!url)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    jwkeep_code code = jk_url_check(url, allows_http_loopback, error);
    if (code)
        jk_free(url);
    else
        *ret_url = url;
    if (code == JWKEEP_TRANSPORT_URL && error)
        error->where = "jwks_uri";
    return code;
}

jwkeep_code jk_discovery_read(jwkeep_span document, const char *issuer,
                              bool allows_http_loopback, const jwkeep_limits *limits,
                              char **ret_jwks_url, jwkeep_error *error) {
    jwkeep_json_text *text;
    jwkeep_error why;
    jwkeep_code code = jwkeep_json_parse(document, limits, &text, &why);
    if (code == JWKEEP_OUT_OF_MEMORY)
        return jk_fail(error, code);
    if (code)
        return jk_fail_text(error, JWKEEP_TRANSPORT_BODY, why.text, NULL, "RFC 8414 §3.2");
    const jwkeep_json *root = jwkeep_json_root(text);
    jwkeep_span named = jwkeep_json_string(jwkeep_json_member(root, "issuer"));
    if (!jwkeep_span_is_present(named) || !jwkeep_span_equals(named, jwkeep_span_text(issuer)))
        code = jk_fail_at(error, JWKEEP_TRANSPORT_ISSUER, "issuer",
                          "OpenID Connect Discovery 1.0 §4.3", JWKEEP_NO_OFFSET);
    else
        code = copy_url(jwkeep_json_string(jwkeep_json_member(root, "jwks_uri")),
                        allows_http_loopback, ret_jwks_url, error);
    jwkeep_json_text_free(text);
    return code;
}
