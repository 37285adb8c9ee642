/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the grammar of the four places. Each offers what it holds to one record, which takes one
 * token and no second. */
#include "base/ascii.h"
#include "base/attributes.h"
#include "base/error.h"
#include "base/limits.h"
#include <jwkeep/http_token.h>

struct finding {
    const jwkeep_http_request *request;
    const jwkeep_http_token_options *options;
    jwkeep_error *error;
    jwkeep_span token; /* absent: none yet */
    bool is_encoded;   /* in percent-encoding */
    jwkeep_http_found found;
};

static const char *const PLACES[] = {
    [JWKEEP_HTTP_PLACE_HEADER] = "Authorization",
    [JWKEEP_HTTP_PLACE_COOKIE] = "Cookie",
    [JWKEEP_HTTP_PLACE_FORM] = "body",
    [JWKEEP_HTTP_PLACE_QUERY] = "query",
};

static const char *const CLAUSES[] = {
    [JWKEEP_HTTP_PLACE_HEADER] = "RFC 6750 §2.1",
    [JWKEEP_HTTP_PLACE_COOKIE] = "RFC 6265 §4.2.1",
    [JWKEEP_HTTP_PLACE_FORM] = "RFC 6750 §2.2",
    [JWKEEP_HTTP_PLACE_QUERY] = "RFC 6750 §2.3",
};

void jwkeep_http_token_options_init(jwkeep_http_token_options *options) {
    *options =
        (jwkeep_http_token_options){.struct_size = sizeof *options, .is_header_read = true};
}

static jwkeep_code malformed(const struct finding *finding, jwkeep_http_place place) {
    return jk_fail_at(finding->error, JWKEEP_HTTP_TOKEN_MALFORMED, PLACES[place],
                      CLAUSES[place], JWKEEP_NO_OFFSET);
}

static jwkeep_code offer(struct finding *finding, jwkeep_http_place place, jwkeep_span token) {
    if (jwkeep_span_is_present(finding->token))
        return jk_fail_at(finding->error, JWKEEP_HTTP_TOKEN_REPEATED, PLACES[place],
                          "RFC 6750 §2", JWKEEP_NO_OFFSET);
    finding->token = token;
    finding->found.place = place;
    finding->is_encoded = place == JWKEEP_HTTP_PLACE_FORM || place == JWKEEP_HTTP_PLACE_QUERY;
    return JWKEEP_OK;
}

static jwkeep_span from(jwkeep_span bytes, size_t start) {
    return jwkeep_span_of(bytes.data + start, bytes.size - start);
}

/* Without white space (RFC 9110 §5.6.3) at either end. */
static jwkeep_span trim(jwkeep_span bytes) {
    while (bytes.size > 0 && (bytes.data[0] == ' ' || bytes.data[0] == '\t'))
        bytes = from(bytes, 1);
    while (bytes.size > 0 &&
           (bytes.data[bytes.size - 1] == ' ' || bytes.data[bytes.size - 1] == '\t'))
        bytes.size--;
    return bytes;
}

/* What stands before the first `separator`, and, in `rest`, behind it; all if there is none,
 * and `rest` is then absent. */
static jwkeep_span cut(jwkeep_span *rest, char separator) {
    const jwkeep_span all = *rest;
    const uint8_t *at = all.size > 0 ? memchr(all.data, separator, all.size) : NULL;
    if (!at) {
        *rest = JWKEEP_SPAN_NONE;
        return all;
    }
    size_t size = (size_t)(at - all.data);
    *rest = from(all, size + 1);
    return jwkeep_span_of(all.data, size);
}

static bool is_token68_letter(uint8_t byte) {
    return jk_ascii_is_alphanumeric(byte) || (byte != '\0' && strchr("-._~+/", byte) != NULL);
}

/* RFC 9110 §11.2: 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=" */
static bool is_token68(jwkeep_span text) {
    size_t at = 0;
    while (at < text.size && is_token68_letter(text.data[at]))
        at++;
    size_t letters = at;
    while (at < text.size && text.data[at] == '=')
        at++;
    return letters > 0 && at == text.size;
}

/* RFC 9110 §11.4: another scheme than those asked for holds no token. */
static jwkeep_code read_authorization(struct finding *finding, jwkeep_span value) {
    jwkeep_span rest = trim(value);
    const jwkeep_span scheme = cut(&rest, ' ');
    bool is_dpop = finding->options->is_dpop_taken &&
                   jk_ascii_equals_ignoring_case(scheme, JWKEEP_SPAN("DPoP"));
    if (!is_dpop && !jk_ascii_equals_ignoring_case(scheme, JWKEEP_SPAN("Bearer")))
        return JWKEEP_OK;
    while (rest.size > 0 && rest.data[0] == ' ')
        rest = from(rest, 1);
    if (!is_token68(rest))
        return malformed(finding, JWKEEP_HTTP_PLACE_HEADER);
    finding->found.is_dpop = is_dpop;
    return offer(finding, JWKEEP_HTTP_PLACE_HEADER, rest);
}

static jwkeep_code read_header(struct finding *finding) {
    const jwkeep_http_request *request = finding->request;
    if (request->authorization_count > 1)
        return jk_fail_at(finding->error, JWKEEP_HTTP_TOKEN_REPEATED, "Authorization",
                          "RFC 9110 §5.3", JWKEEP_NO_OFFSET);
    return request->authorization_count == 1
               ? read_authorization(finding, request->authorization[0])
               : JWKEEP_OK;
}

/* A value may stand in double quotes (RFC 6265 §4.1.1). */
static jwkeep_span without_quotes(jwkeep_span value) {
    if (value.size < 2 || value.data[0] != '"' || value.data[value.size - 1] != '"')
        return value;
    return jwkeep_span_of(value.data + 1, value.size - 2);
}

static jwkeep_code read_cookie_field(struct finding *finding, jwkeep_span rest) {
    const jwkeep_span wanted = jwkeep_span_text(finding->options->cookie);
    while (jwkeep_span_is_present(rest)) {
        jwkeep_span value = trim(cut(&rest, ';'));
        const jwkeep_span name = cut(&value, '=');
        if (!jwkeep_span_equals(name, wanted))
            continue;
        value = without_quotes(value);
        if (!is_token68(value))
            return malformed(finding, JWKEEP_HTTP_PLACE_COOKIE);
        jwkeep_code code = offer(finding, JWKEEP_HTTP_PLACE_COOKIE, value);
        if (code != JWKEEP_OK)
            return code;
    }
    return JWKEEP_OK;
}

static jwkeep_code read_cookies(struct finding *finding) {
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = 0; i < finding->request->cookie_count && code == JWKEEP_OK; i++)
        code = read_cookie_field(finding, finding->request->cookies[i]);
    return code;
}

/* The next character of percent-encoded text, which is taken off; -1 for a broken escape. */
static int decode_one(jwkeep_span *text) {
    uint8_t byte = text->data[0];
    if (byte != '%') {
        *text = from(*text, 1);
        return byte == '+' ? ' ' : byte;
    }
    int high = text->size > 2 ? jk_ascii_hex_digit(text->data[1]) : -1;
    int low = text->size > 2 ? jk_ascii_hex_digit(text->data[2]) : -1;
    if (high < 0 || low < 0)
        return -1;
    *text = from(*text, 3);
    return high * 16 + low;
}

/* Whether `name`, decoded, is "access_token"; false as well in `*is_whole` if it cannot be
 * decoded. */
static bool is_access_token(jwkeep_span name, bool *is_whole) {
    const jwkeep_span wanted = JWKEEP_SPAN("access_token");
    size_t at = 0;
    bool is_equal = true;
    while (name.size > 0 && *is_whole) {
        int byte = decode_one(&name);
        *is_whole = byte >= 0;
        is_equal = is_equal && at < wanted.size && byte == wanted.data[at];
        at++;
    }
    return is_equal && at == wanted.size;
}

static jwkeep_code read_pairs(struct finding *finding, jwkeep_http_place place,
                              jwkeep_span rest) {
    jwkeep_code code = JWKEEP_OK;
    while (jwkeep_span_is_present(rest) && code == JWKEEP_OK) {
        jwkeep_span value = cut(&rest, '&');
        const jwkeep_span name = cut(&value, '=');
        bool is_whole = true;
        bool is_meant = is_access_token(name, &is_whole);
        if (!is_whole || (is_meant && value.size == 0))
            return malformed(finding, place);
        if (is_meant)
            code = offer(finding, place, value);
    }
    return code;
}

/* RFC 6750 §2.2: methods whose body has a meaning, and GET never. */
static bool has_form(const jwkeep_http_request *request) {
    jwkeep_span type = request->content_type;
    return (jwkeep_span_equals(request->method, JWKEEP_SPAN("POST")) ||
            jwkeep_span_equals(request->method, JWKEEP_SPAN("PUT")) ||
            jwkeep_span_equals(request->method, JWKEEP_SPAN("PATCH"))) &&
           jk_ascii_equals_ignoring_case(trim(cut(&type, ';')),
                                         JWKEEP_SPAN("application/x-www-form-urlencoded"));
}

static jwkeep_code look(struct finding *finding) {
    const jwkeep_http_request *request = finding->request;
    const jwkeep_http_token_options *options = finding->options;
    jwkeep_code code = options->is_header_read ? read_header(finding) : JWKEEP_OK;
    if (code == JWKEEP_OK && options->cookie)
        code = read_cookies(finding);
    if (code == JWKEEP_OK && options->is_form_read && has_form(request))
        code = read_pairs(finding, JWKEEP_HTTP_PLACE_FORM, request->body);
    if (code == JWKEEP_OK && options->is_query_read)
        code = read_pairs(finding, JWKEEP_HTTP_PLACE_QUERY, request->query);
    if (code == JWKEEP_OK && !jwkeep_span_is_present(finding->token))
        code = jk_fail_at(finding->error, JWKEEP_HTTP_TOKEN_MISSING, NULL, "RFC 6750 §3",
                          JWKEEP_NO_OFFSET);
    return code;
}

/* The bytes of the token once it is decoded, checked to be a token68. */
static bool measure_decoded(jwkeep_span text, size_t *ret_size) {
    size_t letters = 0;
    size_t pads = 0;
    while (text.size > 0) {
        int byte = decode_one(&text);
        if (byte == '=' && letters > 0)
            pads++;
        else if (byte > 0 && pads == 0 && is_token68_letter((uint8_t)byte))
            letters++;
        else
            return false;
    }
    *ret_size = letters + pads;
    return true;
}

static jwkeep_code append_found(const struct finding *finding, size_t max_bytes,
                                jwkeep_buffer *token) {
    jwkeep_span text = finding->token;
    size_t size = text.size;
    if (finding->is_encoded && !measure_decoded(text, &size))
        return malformed(finding, finding->found.place);
    if (size > max_bytes)
        return jk_fail_at(finding->error, JWKEEP_TOKEN_TOO_LARGE, PLACES[finding->found.place],
                          NULL, max_bytes);
    uint8_t *room = jwkeep_buffer_extend(token, size);
    if (!room)
        return jk_fail(finding->error, token->is_fixed || size > token->max_size - token->size
                                           ? JWKEEP_MISUSE_TOO_SMALL
                                           : JWKEEP_OUT_OF_MEMORY);
    if (!finding->is_encoded)
        memcpy(room, text.data, size);
    for (size_t i = 0; finding->is_encoded && i < size; i++)
        room[i] = (uint8_t)decode_one(&text);
    return JWKEEP_OK;
}

static jwkeep_code resolve(const jwkeep_http_token_options *options,
                           jwkeep_http_token_options *ret_options, jwkeep_error *error) {
    jwkeep_http_token_options resolved;
    jwkeep_http_token_options_init(&resolved);
    if (options) {
        const size_t size = options->struct_size;
        if (size < sizeof size || size > sizeof resolved)
            return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "struct_size", NULL,
                              JWKEEP_NO_OFFSET);
        memcpy(&resolved, options, size);
    }
    if (resolved.cookie && !*resolved.cookie)
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "cookie", NULL, JWKEEP_NO_OFFSET);
    *ret_options = resolved;
    return JWKEEP_OK;
}

jwkeep_code jwkeep_http_token_find(const jwkeep_http_request *request,
                                   const jwkeep_http_token_options *options,
                                   jwkeep_buffer *token, jwkeep_http_found *ret_found,
                                   jwkeep_error *error) {
    if (!request || !token || !ret_found)
        return jk_fail(error, JWKEEP_MISUSE_ARGUMENT);
    jwkeep_limits limits;
    jwkeep_http_token_options resolved;
    struct finding finding = {.request = request, .options = &resolved, .error = error};
    jwkeep_code code = resolve(options, &resolved, error);
    if (code == JWKEEP_OK)
        code = jk_limits_resolve(resolved.limits, &limits, error);
    if (code == JWKEEP_OK)
        code = look(&finding);
    if (code == JWKEEP_OK)
        code = append_found(&finding, limits.max_token_bytes, token);
    if (code == JWKEEP_OK)
        *ret_found = finding.found;
    return code;
}
