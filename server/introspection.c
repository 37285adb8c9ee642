/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns who may ask about tokens, and what they are told. */
#include "server/introspection.h"
#include "base/secret.h"
#include "server/http/characters.h"
#include "server/http/form.h"
#include <stdio.h>

#define MAX_PAIR_BYTES (INTROSPECTION_MAX_ID_BYTES + INTROSPECTION_MAX_SECRET_BYTES + 2u)

void introspection_encode(const char *id, const char *secret,
                          char ret_credentials[INTROSPECTION_CREDENTIALS_BYTES]) {
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char pair[MAX_PAIR_BYTES];
    int written = snprintf(pair, sizeof pair, "%s:%s", id, secret);
    size_t size = written > 0 ? (size_t)written : 0;
    char *out = ret_credentials;
    for (size_t at = 0; at < size; at += 3) {
        uint32_t group = (uint32_t)(uint8_t)pair[at] << 16;
        if (at + 1 < size)
            group |= (uint32_t)(uint8_t)pair[at + 1] << 8;
        if (at + 2 < size)
            group |= (uint8_t)pair[at + 2];
        *out++ = digits[group >> 18];
        *out++ = digits[group >> 12 & 63];
        *out++ = at + 1 < size ? digits[group >> 6 & 63] : '=';
        *out++ = at + 2 < size ? digits[group & 63] : '=';
    }
    *out = '\0';
    jk_secret_wipe(pair, sizeof pair);
}

/* What stands behind the scheme and its spaces; absent for another scheme. */
static jwkeep_span behind(jwkeep_span authorization, const char *scheme) {
    size_t size = strlen(scheme);
    if (authorization.size <= size || authorization.data[size] != ' ' ||
        !http_text_equals(jwkeep_span_of(authorization.data, size), scheme))
        return JWKEEP_SPAN_NONE;
    return http_trim(jwkeep_span_of(authorization.data + size, authorization.size - size));
}

bool introspection_knows(const introspection *it, const http_request *request) {
    jwkeep_span authorization = http_request_field(request, "authorization");
    jwkeep_span basic = behind(authorization, "basic");
    jwkeep_span bearer = behind(authorization, "bearer");
    bool is_known = false;
    for (size_t i = 0; i < it->client_count; i++) {
        const introspection_client *client = &it->clients[i];
        bool is_basic = jk_secret_equals(basic, jwkeep_span_text(client->basic));
        bool is_bearer = jk_secret_equals(bearer, jwkeep_span_text(client->bearer));
        is_known |= is_basic | is_bearer;
    }
    return is_known && request->reader->authorization_count == 1;
}

static bool is_form(const http_request *request) {
    static const char form[] = "application/x-www-form-urlencoded";
    jwkeep_span type = http_request_field(request, "content-type");
    const uint8_t *end = type.size ? memchr(type.data, ';', type.size) : NULL;
    if (end)
        type.size = (size_t)(end - type.data);
    return http_text_equals(http_trim(type), form);
}

/* Exactly one `token`; other parameters (token_type_hint) say nothing to us. */
static bool read_token(const http_request *request, uint8_t *storage, jwkeep_span *ret_token) {
    http_form form;
    jwkeep_span name;
    jwkeep_span value;
    jwkeep_span token = JWKEEP_SPAN_NONE;
    jwkeep_span body = http_request_body(request);
    http_form_init(&form, body, storage, body.size);
    while (http_form_next(&form, &name, &value)) {
        if (!jwkeep_span_equals(name, JWKEEP_SPAN("token")))
            continue;
        if (jwkeep_span_is_present(token))
            return false;
        token = value;
    }
    if (form.is_malformed || token.size == 0)
        return false;
    *ret_token = token;
    return true;
}

static void answer_fault(http_response *response, uint16_t status, const char *text) {
    http_response_text(response, status, text);
    http_response_field(response, "Cache-Control", "no-store");
}

bool introspection_refuses(const introspection *it, const http_request *request,
                           http_response *response, uint8_t *storage, jwkeep_span *ret_token) {
    if (!http_request_is(request, "POST")) {
        answer_fault(response, 405, "POST");
        http_response_field(response, "Allow", "POST");
    } else if (!introspection_knows(it, request)) {
        answer_fault(response, 401, "say who you are");
        http_response_field(response, "WWW-Authenticate", "Basic realm=\"introspection\"");
        http_response_field(response, "WWW-Authenticate", "Bearer realm=\"introspection\"");
    } else if (!is_form(request)) {
        answer_fault(response, 415, "application/x-www-form-urlencoded");
    } else if (!read_token(request, storage, ret_token)) {
        answer_fault(response, 400, "exactly one token expected in a well-formed form");
    } else {
        return false;
    }
    return true;
}

void introspection_tell(const jwkeep_token *token, http_response *response) {
    jwkeep_json_writer writer;
    http_response_start(response, 200);
    jwkeep_json_writer_init(&writer, &response->body);
    jwkeep_json_write_object(&writer);
    jwkeep_json_write_member_boolean(&writer, "active", token != NULL);
    const jwkeep_json *claim = token ? jwkeep_json_first(jwkeep_token_claims(token)) : NULL;
    for (; claim; claim = jwkeep_json_next(claim)) {
        /* A claim of that name says nothing about us. */
        if (jwkeep_span_equals(jwkeep_json_name(claim), JWKEEP_SPAN("active")))
            continue;
        jwkeep_json_write_name(&writer, jwkeep_json_name(claim));
        jwkeep_json_write_raw(&writer, jwkeep_json_raw(claim));
    }
    jwkeep_json_write_end(&writer);
    http_response_json(response, &writer);
    http_response_field(response, "Cache-Control", "no-store");
}
