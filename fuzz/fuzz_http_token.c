/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns fuzzing the search for a request's token. The input's lines are: two Authorization
 * fields, two Cookie fields, method, content type, query; the rest is the body. Whatever is
 * found is a token68 within the limit, from a place that was switched on; after a failure
 * nothing was written. */
#include <jwkeep/http_token.h>
#include <stdlib.h>

#define CHECK(claim)                                                                           \
    do {                                                                                       \
        if (!(claim))                                                                          \
            abort();                                                                           \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static jwkeep_span next_line(jwkeep_span *rest) {
    const jwkeep_span all = *rest;
    const uint8_t *end = all.size > 0 ? memchr(all.data, '\n', all.size) : NULL;
    size_t size = end ? (size_t)(end - all.data) : all.size;
    size_t taken = end ? size + 1 : size;
    *rest = jwkeep_span_of(all.data + taken, all.size - taken);
    return jwkeep_span_of(all.data, size);
}

/* Fields that are empty are left out; how many are not. */
static size_t read_fields(jwkeep_span *rest, jwkeep_span ret_fields[2]) {
    size_t count = 0;
    for (size_t i = 0; i < 2; i++) {
        ret_fields[count] = next_line(rest);
        count += ret_fields[count].size > 0;
    }
    return count;
}

static void check_token(jwkeep_span token) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-._~+/";
    size_t at = 0;
    while (at < token.size && memchr(letters, token.data[at], sizeof letters - 1))
        at++;
    CHECK(at > 0);
    while (at < token.size && token.data[at] == '=')
        at++;
    CHECK(at == token.size && token.size <= JWKEEP_MAX_TOKEN_BYTES);
}

static void look(const jwkeep_http_request *request, const jwkeep_http_token_options *options) {
    jwkeep_buffer token;
    jwkeep_error error = {.code = JWKEEP_OK};
    jwkeep_http_found found = {(jwkeep_http_place)0, false};
    jwkeep_buffer_init(&token, 2 * JWKEEP_MAX_TOKEN_BYTES);
    jwkeep_code code = jwkeep_http_token_find(request, options, &token, &found, &error);
    CHECK(error.code == code);
    if (code == JWKEEP_OK)
        check_token(jwkeep_buffer_span(&token));
    else
        CHECK(token.size == 0 && found.place == 0 &&
              jwkeep_code_class(code) == JWKEEP_CLASS_REJECTED);
    CHECK(found.place != JWKEEP_HTTP_PLACE_QUERY || options->is_query_read);
    CHECK(found.place != JWKEEP_HTTP_PLACE_COOKIE || options->cookie);
    jwkeep_buffer_done(&token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    jwkeep_span rest = jwkeep_span_of(data, size);
    jwkeep_span authorization[2];
    jwkeep_span cookies[2];
    jwkeep_http_request request = {.authorization = authorization, .cookies = cookies};
    request.authorization_count = read_fields(&rest, authorization);
    request.cookie_count = read_fields(&rest, cookies);
    request.method = next_line(&rest);
    request.content_type = next_line(&rest);
    request.query = next_line(&rest);
    request.body = rest;
    jwkeep_http_token_options options;
    jwkeep_http_token_options_init(&options);
    look(&request, &options);
    options.is_dpop_taken = options.is_form_read = options.is_query_read = true;
    options.cookie = "session";
    look(&request, &options);
    return 0;
}
