/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the fields by which gateways tell of the client's request. */
#include "server/original.h"
#include "server/http/characters.h"
#include "server/http/fields.h"

static bool read_fields(const http_request *request, const char *method_name,
                        const char *uri_name, original_request *ret_original) {
    jwkeep_span method;
    jwkeep_span uri;
    if (!http_fields_only(request, method_name, &method) ||
        !http_fields_only(request, uri_name, &uri) || !http_is_token(method) || uri.size == 0 ||
        uri.data[0] != '/')
        return false;
    const uint8_t *mark = memchr(uri.data, '?', uri.size);
    size_t size = mark ? (size_t)(mark - uri.data) : uri.size;
    *ret_original = (original_request){
        .method = method,
        .path = jwkeep_span_of(uri.data, size),
        .query = mark ? jwkeep_span_of(mark + 1, uri.size - size - 1) : JWKEEP_SPAN_NONE,
    };
    return true;
}

bool original_read(policy_gateway gateway, const http_request *request, jwkeep_span rest,
                   original_request *ret_original) {
    switch (gateway) {
    case POLICY_GATEWAY_NGINX:
        return read_fields(request, "x-original-method", "x-original-uri", ret_original);
    case POLICY_GATEWAY_FORWARDED:
        return read_fields(request, "x-forwarded-method", "x-forwarded-uri", ret_original);
    case POLICY_GATEWAY_NONE:
    case POLICY_GATEWAY_ENVOY:
        break;
    }
    *ret_original = (original_request){
        .method = http_request_method(request),
        .path = gateway == POLICY_GATEWAY_ENVOY ? rest : JWKEEP_SPAN_NONE,
        .query = http_request_query(request),
    };
    return gateway != POLICY_GATEWAY_ENVOY || rest.size > 0;
}
