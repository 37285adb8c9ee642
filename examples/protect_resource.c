/* SPDX-License-Identifier: Apache-2.0
 *
 * What a resource server does with one request: takes its token, verifies it as an access token
 * (RFC 9068), and, where the token is bound to a key, the proof that the sender has it
 * (RFC 9449). Says the status that RFC 6750 §3.1 has for the outcome.
 * Usage: protect_resource JWKS-FILE ISSUER AUDIENCE METHOD URL AUTHORIZATION [DPOP] */
#include <jwkeep/jwkeep.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MAX_FILE_BYTES 65536

struct request {
    jwkeep_span method, url, authorization, proof;
};

/* What a server makes once, and once for each thread. */
struct server {
    jwkeep_keyset *keys;
    jwkeep_replay *replay;
    jwkeep_rules rules;
    jwkeep_token *token;
    jwkeep_dpop_proof *proof;
    jwkeep_buffer bytes;
};

static int64_t now_ms(void) {
    return (int64_t)time(NULL) * 1000;
}

/* The scheme DPoP needs its proof; Bearer needs a token that is bound to nothing. */
static jwkeep_code check_possession(struct server *server, const struct request *request,
                                    bool is_dpop, jwkeep_error *error) {
    jwkeep_presented presented = {.proof = NULL};
    if (is_dpop) {
        jwkeep_dpop_options options;
        jwkeep_dpop_options_init(&options);
        options.replay = server->replay;
        const jwkeep_dpop_request asked = {.proofs = &request->proof,
                                           .proof_count = request->proof.data ? 1 : 0,
                                           .method = request->method,
                                           .url = request->url,
                                           .access_token = jwkeep_buffer_span(&server->bytes)};
        jwkeep_code code = jwkeep_dpop_verify(&asked, &options, now_ms(), server->proof, error);
        if (code != JWKEEP_OK)
            return code;
        presented.proof = server->proof;
    }
    return jwkeep_confirmation_check(server->token, &presented, error);
}

static jwkeep_code check_request(struct server *server, const struct request *request,
                                 jwkeep_error *error) {
    jwkeep_http_token_options options;
    jwkeep_http_found found;
    jwkeep_http_token_options_init(&options);
    options.is_dpop_taken = true;
    const jwkeep_http_request headers = {.authorization = &request->authorization,
                                         .authorization_count = 1};
    jwkeep_buffer_clear(&server->bytes);
    jwkeep_code code =
        jwkeep_http_token_find(&headers, &options, &server->bytes, &found, error);
    if (code == JWKEEP_OK)
        code = jwkeep_jwt_verify(jwkeep_buffer_span(&server->bytes), NULL, server->keys,
                                 &server->rules, now_ms(), server->token, NULL, error);
    if (code == JWKEEP_OK)
        code = check_possession(server, request, found.is_dpop, error);
    return code;
}

static int status_of(jwkeep_code code) {
    switch (jwkeep_code_class(code)) {
    case JWKEEP_CLASS_OK:
        return 200;
    case JWKEEP_CLASS_REJECTED:
        break;
    case JWKEEP_CLASS_KEY_UNAVAILABLE:
    case JWKEEP_CLASS_TRANSPORT:
        return 503;
    case JWKEEP_CLASS_MISUSE:
    case JWKEEP_CLASS_INTERNAL:
        return 500;
    }
    if (code == JWKEEP_HTTP_TOKEN_REPEATED || code == JWKEEP_HTTP_TOKEN_MALFORMED)
        return 400;
    return code == JWKEEP_SCOPE_INSUFFICIENT ? 403 : 401;
}

static jwkeep_code read_keys(const char *path, jwkeep_keyset **ret_keys, jwkeep_error *error) {
    static char bytes[MAX_FILE_BYTES];
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    else
        perror(path); /* and no bytes are no key */
    return jwkeep_keyset_parse(jwkeep_span_of(bytes, size), NULL, ret_keys, NULL, error);
}

static jwkeep_code start(struct server *server, char **arguments, jwkeep_error *error) {
    static const char *issuers[1];
    static const char *audiences[1];
    issuers[0] = arguments[1];
    audiences[0] = arguments[2];
    jwkeep_rules_init(&server->rules);
    server->rules.profile = JWKEEP_PROFILE_AT_JWT;
    server->rules.issuers = issuers;
    server->rules.audiences = audiences;
    server->rules.issuer_count = server->rules.audience_count = 1;
    jwkeep_buffer_init(&server->bytes, JWKEEP_MAX_TOKEN_BYTES);
    jwkeep_code code = read_keys(arguments[0], &server->keys, error);
    if (code == JWKEEP_OK)
        code = jwkeep_token_new(&server->token, error);
    if (code == JWKEEP_OK)
        code = jwkeep_dpop_proof_new(&server->proof, error);
    if (code == JWKEEP_OK)
        code = jwkeep_replay_new(10000, JWKEEP_DPOP_MAX_AGE_S + JWKEEP_DPOP_LEEWAY_S,
                                 &server->replay, error);
    return code;
}

int main(int argc, char **argv) {
    struct server server = {.keys = NULL};
    jwkeep_error error = {.text = "ok"};
    if (argc != 7 && argc != 8)
        return 2;
    const struct request request = {jwkeep_span_text(argv[4]), jwkeep_span_text(argv[5]),
                                    jwkeep_span_text(argv[6]),
                                    jwkeep_span_text(argc == 8 ? argv[7] : NULL)};
    jwkeep_code code = start(&server, argv + 1, &error);
    if (code != JWKEEP_OK) {
        fprintf(stderr, "cannot start: %s\n", error.text);
    } else if ((code = check_request(&server, &request, &error)) != JWKEEP_OK) {
        printf("%d %s\n", status_of(code), error.text);
    } else {
        jwkeep_span subject = jwkeep_token_subject(server.token);
        printf("200 %.*s\n", (int)subject.size, (const char *)subject.data);
    }
    jwkeep_buffer_done(&server.bytes);
    jwkeep_replay_free(server.replay);
    jwkeep_dpop_proof_free(server.proof);
    jwkeep_token_free(server.token);
    jwkeep_keyset_unref(server.keys);
    return code == JWKEEP_OK ? 0 : 1;
}
