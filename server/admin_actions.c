/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the actions of administration. */
#include "server/admin_actions.h"
#include "server/admin_host.h"
#include "server/jwks_route.h"

#define RELOAD_PATH "/reload"
#define REFRESH_PREFIX "/refresh/"

static bool is_refresh(jwkeep_span path) {
    const size_t size = sizeof REFRESH_PREFIX - 1;
    return path.size > size && memcmp(path.data, REFRESH_PREFIX, size) == 0;
}

bool admin_is_action(jwkeep_span path) {
    return is_refresh(path) || jwkeep_span_equals(path, JWKEEP_SPAN(RELOAD_PATH));
}

static bool is_for_us(admin_context *context, const http_request *request) {
    const server_plan *plan = plan_seat_look(&context->seat);
    return admin_host_is_ours(http_request_field(request, "host"), plan->admin_hosts,
                              plan->admin_host_count);
}

/* A browser says where a request comes from (RFC 6454 §7); curl and its like say nothing. */
static bool is_of_another_origin(const http_request *request) {
    jwkeep_span origin = http_request_field(request, "origin");
    jwkeep_span host = http_request_field(request, "host");
    if (!jwkeep_span_is_present(origin))
        return false;
    const uint8_t *colon = memchr(origin.data, ':', origin.size);
    size_t scheme = colon ? (size_t)(colon - origin.data) + 3 : 0;
    return scheme == 0 || scheme > origin.size ||
           !jwkeep_span_equals(host,
                               jwkeep_span_of(origin.data + scheme, origin.size - scheme));
}

static void refresh(admin_context *context, jwkeep_span path, http_response *response) {
    const size_t size = sizeof REFRESH_PREFIX - 1;
    jwkeep_span name = jwkeep_span_of(path.data + size, path.size - size);
    size_t index = 0;
    if (!jwks_find_issuer(context->verifier, name, &index) ||
        jwkeep_verifier_refresh(context->verifier, index) != JWKEEP_OK)
        http_response_text(response, 404, "no such issuer");
    else
        http_response_text(response, 202, "asked for");
}

server_outcome admin_act(admin_context *context, server_exchange *exchange) {
    const http_request *request = server_exchange_request(exchange);
    http_response *response = server_exchange_response(exchange);
    jwkeep_span path = http_request_path(request);
    if (!http_request_is(request, "POST")) {
        http_response_text(response, 405, "POST");
        http_response_field(response, "Allow", "POST");
    } else if (!is_for_us(context, request)) {
        http_response_text(response, 421,
                           "Host is no name of the administration (admin.hosts in the file, "
                           "--admin-host)");
    } else if (is_of_another_origin(request)) {
        http_response_text(response, 403, "asked for by a page of another origin");
    } else if (is_refresh(path)) {
        refresh(context, path, response);
    } else {
        return reload_answer(context->reload, exchange);
    }
    return SERVER_ANSWERED;
}
