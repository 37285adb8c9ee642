/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns making them. */
#include "bench/cache_tokens.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define KEYS 3u
#define MAX_CLAIMS_BYTES 1024u
#define MAX_BYTES (size_t)(UINT32_MAX)
#define LIFETIME_S 86400
#define ISSUER "https://issuer.example/tenant/0b9b1b5e"
#define AUDIENCE "https://api.example"

static jwkeep_code out_of_memory(jwkeep_error *error) {
    if (error)
        *error = (jwkeep_error){.code = JWKEEP_OUT_OF_MEMORY,
                                .text = jwkeep_code_text(JWKEEP_OUT_OF_MEMORY),
                                .offset = JWKEEP_NO_OFFSET};
    return JWKEEP_OUT_OF_MEMORY;
}

uint64_t cache_tokens_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static jwkeep_code make_keys(jwkeep_algorithm algorithm, cache_tokens *tokens,
                             jwkeep_error *error) {
    static const char *const kids[KEYS] = {"2026-11-b", "2026-11-a", "2026-11-c"};
    jwkeep_jwk *keys[KEYS] = {NULL};
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = 0; code == JWKEEP_OK && i < KEYS; i++) {
        jwkeep_jwk_spec spec = {.algorithm = algorithm, .kid = jwkeep_span_text(kids[i])};
        code = jwkeep_jwk_generate(&spec, &keys[i], error);
    }
    if (code == JWKEEP_OK)
        code = jwkeep_keyset_new(keys, KEYS, &tokens->keys, error);
    if (code == JWKEEP_OK)
        tokens->signing = jwkeep_jwk_ref(keys[0]);
    for (size_t i = 0; i < KEYS; i++)
        jwkeep_jwk_unref(keys[i]);
    return code;
}

static jwkeep_code append_token(const cache_tokens *tokens, size_t number,
                                jwkeep_buffer *buffer, jwkeep_error *error) {
    const jwkeep_jws_signer signer = {.key = tokens->signing};
    const long long now_s = (long long)time(NULL);
    char claims[MAX_CLAIMS_BYTES];
    int size =
        snprintf(claims, sizeof claims,
                 "{\"iss\":\"" ISSUER "\",\"sub\":\"auth0|5f7c8ec7c33c6c00%08zx\","
                 "\"aud\":[\"" AUDIENCE "\",\"https://issuer.example/userinfo\"],"
                 "\"iat\":%lld,\"exp\":%lld,\"jti\":\"6f1c9f1e-8d1a-4a53-9a37-2b8d%08zx\","
                 "\"azp\":\"my_client_id_12345678\",\"gty\":\"client-credentials\","
                 "\"scope\":\"openid profile email read:orders write:orders\"}",
                 number, now_s - 60, now_s + LIFETIME_S, number);
    return jwkeep_jwt_sign(jwkeep_span_of(claims, (size_t)size), &signer, buffer, error);
}

/* The spans become those of the bytes once these stay where they are; shuffled, so that no
 * order of theirs is that of the memory. */
static void find_spans(cache_tokens *tokens, const size_t *ends) {
    uint64_t state = 88172645463325252u;
    for (size_t i = 0, start = 0; i < tokens->count; start = ends[i++])
        tokens->spans[i] = jwkeep_span_of(tokens->bytes.data + start, ends[i] - start);
    for (size_t i = tokens->count; i > 1; i--) {
        size_t other = (size_t)(cache_tokens_random(&state) % i);
        jwkeep_span span = tokens->spans[i - 1];
        tokens->spans[i - 1] = tokens->spans[other];
        tokens->spans[other] = span;
    }
}

static jwkeep_code make_tokens(cache_tokens *tokens, jwkeep_error *error) {
    size_t *ends = calloc(tokens->count, sizeof *ends);
    tokens->spans = calloc(tokens->count, sizeof *tokens->spans);
    jwkeep_code code = ends && tokens->spans ? JWKEEP_OK : out_of_memory(error);
    for (size_t i = 0; code == JWKEEP_OK && i < tokens->count; i++) {
        code = append_token(tokens, i, &tokens->bytes, error);
        ends[i] = tokens->bytes.size;
    }
    if (code == JWKEEP_OK)
        find_spans(tokens, ends);
    free(ends);
    return code;
}

jwkeep_code cache_tokens_make(jwkeep_algorithm algorithm, size_t count,
                              cache_tokens *ret_tokens, jwkeep_error *error) {
    cache_tokens tokens = {.count = count};
    jwkeep_buffer_init(&tokens.bytes, MAX_BYTES);
    jwkeep_buffer_init(&tokens.once, MAX_BYTES);
    jwkeep_code code = make_keys(algorithm, &tokens, error);
    if (code == JWKEEP_OK)
        code = make_tokens(&tokens, error);
    if (code == JWKEEP_OK)
        *ret_tokens = tokens;
    else
        cache_tokens_done(&tokens);
    return code;
}

void cache_tokens_done(cache_tokens *tokens) {
    jwkeep_buffer_done(&tokens->once);
    jwkeep_buffer_done(&tokens->bytes);
    free(tokens->spans);
    jwkeep_keyset_unref(tokens->keys);
    jwkeep_jwk_unref(tokens->signing);
}

jwkeep_code cache_tokens_once(cache_tokens *tokens, jwkeep_span *ret_bytes,
                              jwkeep_error *error) {
    jwkeep_buffer_clear(&tokens->once);
    jwkeep_code code =
        append_token(tokens, tokens->count + tokens->once_count++, &tokens->once, error);
    if (code == JWKEEP_OK)
        *ret_bytes = jwkeep_buffer_span(&tokens->once);
    return code;
}

jwkeep_code cache_tokens_verifier(const cache_tokens *tokens, size_t entries,
                                  jwkeep_verifier **ret_verifier, jwkeep_error *error) {
    static const char *const audiences[] = {AUDIENCE};
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.audiences = audiences;
    rules.audience_count = 1;
    const jwkeep_issuer issuer = {.issuer = ISSUER, .keys = tokens->keys, .rules = &rules};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;
    options.cache_entries = entries;
    return jwkeep_verifier_new(&options, ret_verifier, error);
}
