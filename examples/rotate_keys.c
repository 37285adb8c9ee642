/* SPDX-License-Identifier: Apache-2.0
 *
 * What an issuer does to change its key so that no token is refused meanwhile, with a keyring,
 * which any number of threads read while it changes: publish the next key; sign with it once
 * everybody may have fetched it; take the old one away once its last token has expired.
 * Says after each step which tokens hold. Usage: rotate_keys */
#include <jwkeep/jwkeep.h>
#include <stdio.h>
#include <time.h>

#define TTL_S 600 /* of a token */

struct issuer {
    jwkeep_keyring *published; /* public halves: what GET /jwks.json answers */
    jwkeep_jwk *signing;       /* the private key in use */
    jwkeep_jwk *next;          /* published, not in use yet; NULL but in a rotation */
    jwkeep_jwk *retiring;      /* not in use any more, its tokens still are; likewise */
};

static jwkeep_code publish(struct issuer *issuer, jwkeep_jwk *key, jwkeep_error *error) {
    jwkeep_jwk *public = NULL;
    jwkeep_code code = jwkeep_jwk_public(key, &public, error);
    if (code == JWKEEP_OK)
        code = jwkeep_keyring_add(issuer->published, public, NULL, error);
    jwkeep_jwk_unref(public);
    return code;
}

/* Step 1. Then wait for as long as caches may keep the set: its max-age. */
static jwkeep_code announce(struct issuer *issuer, jwkeep_error *error) {
    const jwkeep_jwk_spec spec = {.algorithm = JWKEEP_ALGORITHM_ES256};
    jwkeep_code code = jwkeep_jwk_generate(&spec, &issuer->next, error);
    return code == JWKEEP_OK ? publish(issuer, issuer->next, error) : code;
}

/* Step 2. Then wait for TTL_S. */
static void use_next(struct issuer *issuer) {
    issuer->retiring = issuer->signing;
    issuer->signing = issuer->next;
    issuer->next = NULL;
}

/* Step 3. A private key and its public half are the same key: either names it. */
static jwkeep_code retire(struct issuer *issuer, jwkeep_error *error) {
    jwkeep_code code = jwkeep_keyring_remove(issuer->published, issuer->retiring, error);
    jwkeep_jwk_unref(issuer->retiring);
    issuer->retiring = NULL;
    return code;
}

static jwkeep_code sign(const struct issuer *issuer, jwkeep_buffer *token,
                        jwkeep_error *error) {
    jwkeep_builder *builder = NULL;
    jwkeep_code code = jwkeep_builder_new(&builder, error);
    if (code != JWKEEP_OK)
        return code;
    jwkeep_builder_set_subject(builder, JWKEEP_SPAN("alice"));
    jwkeep_builder_set_expires_in(builder, TTL_S);
    const jwkeep_jws_signer signer = {.key = issuer->signing};
    code = jwkeep_builder_sign(builder, &signer, (int64_t)time(NULL) * 1000, token, error);
    jwkeep_builder_free(builder);
    return code;
}

/* What every thread that verifies does: takes the set as it is now, without a lock; nobody can
 * change it under its hands, and the last holder frees it. */
static const char *verify(const struct issuer *issuer, jwkeep_span bytes, jwkeep_token *token) {
    jwkeep_error error = {.text = "it holds"};
    jwkeep_keyset *keys = jwkeep_keyring_take(issuer->published, NULL);
    jwkeep_code code = jwkeep_jwt_verify(bytes, NULL, keys, NULL, (int64_t)time(NULL) * 1000,
                                         token, NULL, &error);
    jwkeep_keyset_unref(keys);
    return code == JWKEEP_OK ? "holds" : error.text;
}

struct tokens {
    jwkeep_buffer before, after; /* signed before and after the change */
    jwkeep_token *memory;
};

static void tell(const char *step, const struct issuer *issuer, const struct tokens *tokens) {
    jwkeep_keyset *keys = jwkeep_keyring_take(issuer->published, NULL);
    printf("%s: %zu keys; before: %s", step, jwkeep_keyset_count(keys),
           verify(issuer, jwkeep_buffer_span(&tokens->before), tokens->memory));
    if (tokens->after.size > 0)
        printf("; after: %s",
               verify(issuer, jwkeep_buffer_span(&tokens->after), tokens->memory));
    putchar('\n');
    jwkeep_keyset_unref(keys);
}

static jwkeep_code rotate(struct issuer *issuer, struct tokens *tokens, jwkeep_error *error) {
    jwkeep_code code = announce(issuer, error);
    if (code != JWKEEP_OK)
        return code;
    tell("announced", issuer, tokens);
    use_next(issuer);
    code = sign(issuer, &tokens->after, error);
    if (code != JWKEEP_OK)
        return code;
    tell("in use", issuer, tokens);
    code = retire(issuer, error);
    if (code == JWKEEP_OK)
        tell("retired", issuer, tokens);
    return code;
}

static jwkeep_code start(struct issuer *issuer, struct tokens *tokens, jwkeep_error *error) {
    jwkeep_code code = jwkeep_keyring_new(NULL, &issuer->published, error);
    if (code == JWKEEP_OK)
        code = jwkeep_token_new(&tokens->memory, error);
    if (code == JWKEEP_OK)
        code = announce(issuer, error);
    if (code != JWKEEP_OK)
        return code;
    use_next(issuer);
    code = sign(issuer, &tokens->before, error);
    if (code == JWKEEP_OK)
        tell("started", issuer, tokens);
    return code;
}

int main(void) {
    struct issuer issuer = {.published = NULL};
    struct tokens tokens = {.memory = NULL};
    jwkeep_error error;
    jwkeep_buffer_init(&tokens.before, JWKEEP_MAX_TOKEN_BYTES);
    jwkeep_buffer_init(&tokens.after, JWKEEP_MAX_TOKEN_BYTES);
    jwkeep_code code = start(&issuer, &tokens, &error);
    if (code == JWKEEP_OK)
        code = rotate(&issuer, &tokens, &error);
    if (code != JWKEEP_OK)
        fprintf(stderr, "rotation failed: %s\n", error.text);
    jwkeep_buffer_done(&tokens.before);
    jwkeep_buffer_done(&tokens.after);
    jwkeep_token_free(tokens.memory);
    jwkeep_jwk_unref(issuer.signing);
    jwkeep_jwk_unref(issuer.next);
    jwkeep_jwk_unref(issuer.retiring);
    jwkeep_keyring_free(issuer.published);
    return code == JWKEEP_OK ? 0 : 1;
}
