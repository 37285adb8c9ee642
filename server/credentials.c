/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the places where a token may stand. */
#include "server/credentials.h"
#include "server/http/characters.h"
#include "server/http/fields.h"

jwkeep_span credentials_bearer(jwkeep_span authorization) {
    static const char scheme[] = "bearer";
    const size_t size = sizeof scheme - 1;
    if (authorization.size < size ||
        !http_text_equals(jwkeep_span_of(authorization.data, size), scheme) ||
        (authorization.size > size && authorization.data[size] != ' '))
        return JWKEEP_SPAN_NONE;
    return http_trim(jwkeep_span_of(authorization.data + size, authorization.size - size));
}

static bool is_single(jwkeep_span token) {
    for (size_t i = 0; i < token.size; i++)
        if (token.data[i] == ' ' || token.data[i] == '\t' || token.data[i] == ',')
            return false;
    return token.size > 0;
}

static void add(credentials *found, jwkeep_span token) {
    if (!is_single(token))
        found->fault = "not exactly one token";
    else if (jwkeep_span_is_present(found->token))
        found->fault = "more than one token";
    else
        found->token = token;
}

static void look_in_authorization(const http_request *request, credentials *found) {
    if (request->reader->authorization_count > 1) {
        found->fault = "more than one Authorization field";
        return;
    }
    jwkeep_span token = credentials_bearer(http_request_field(request, "authorization"));
    if (jwkeep_span_is_present(token))
        add(found, token);
}

/* The next piece of `rest` up to `separator`; false at the end. */
static bool next_piece(jwkeep_span *rest, uint8_t separator, jwkeep_span *ret_piece) {
    if (rest->size == 0)
        return false;
    const uint8_t *end = memchr(rest->data, separator, rest->size);
    size_t size = end ? (size_t)(end - rest->data) : rest->size;
    size_t taken = end ? size + 1 : size;
    *ret_piece = jwkeep_span_of(rest->data, size);
    *rest = jwkeep_span_of(rest->data + taken, rest->size - taken);
    return true;
}

/* The value of `pair` if it is NAME=VALUE. Empty ones are what a log-out leaves behind. */
static jwkeep_span value_of(jwkeep_span pair, const char *name) {
    size_t size = strlen(name);
    if (pair.size <= size + 1 || memcmp(pair.data, name, size) != 0 || pair.data[size] != '=')
        return JWKEEP_SPAN_NONE;
    return jwkeep_span_of(pair.data + size + 1, pair.size - size - 1);
}

/* RFC 6265 §4.1.1: a value may stand in quotes. */
static jwkeep_span unquoted(jwkeep_span value) {
    if (value.size >= 2 && value.data[0] == '"' && value.data[value.size - 1] == '"')
        return jwkeep_span_of(value.data + 1, value.size - 2);
    return value;
}

static void look_in_cookies(const http_request *request, const char *name, credentials *found) {
    jwkeep_span field;
    jwkeep_span pair;
    for (size_t at = 0; http_fields_next(request, "cookie", &at, &field);) {
        while (next_piece(&field, ';', &pair)) {
            jwkeep_span value = value_of(http_trim(pair), name);
            if (jwkeep_span_is_present(value))
                add(found, unquoted(value));
        }
    }
}

static void look_in_field(const http_request *request, const char *name, credentials *found) {
    jwkeep_span field;
    for (size_t at = 0; http_fields_next(request, name, &at, &field);) {
        jwkeep_span token = credentials_bearer(field);
        if (jwkeep_span_is_present(token))
            add(found, token);
        else if (field.size > 0)
            add(found, field);
    }
}

static void look_in_query(jwkeep_span query, const char *name, credentials *found) {
    jwkeep_span pair;
    while (next_piece(&query, '&', &pair)) {
        jwkeep_span value = value_of(pair, name);
        if (jwkeep_span_is_present(value))
            add(found, value);
    }
}

credentials credentials_find(const server_policy *policy, const http_request *request,
                             jwkeep_span query) {
    credentials found = {.token = JWKEEP_SPAN_NONE};
    if (policy->takes_authorization)
        look_in_authorization(request, &found);
    if (policy->token_cookie)
        look_in_cookies(request, policy->token_cookie, &found);
    if (policy->token_header)
        look_in_field(request, policy->token_header, &found);
    if (policy->token_query)
        look_in_query(query, policy->token_query, &found);
    return found;
}
