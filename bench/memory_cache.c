/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the rows of the token cache: what its index takes, and each token in it. */
#include "bench/cache_tokens.h"
#include "bench/memory.h"

#define TOKENS 256u
#define ENTRIES 1024u

static jwkeep_code verify_all(jwkeep_verifier *verifier, const cache_tokens *tokens,
                              size_t first, size_t count, jwkeep_token *token,
                              jwkeep_error *error) {
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = first; code == JWKEEP_OK && i < first + count; i++)
        code = jwkeep_verifier_verify(verifier, tokens->spans[i], 0, token, NULL, error);
    return code;
}

/* The first token warms up the key and the token object. */
static jwkeep_code measure(memory_table *table, const cache_tokens *tokens, jwkeep_token *token,
                           jwkeep_error *error) {
    jwkeep_verifier *plain = NULL;
    jwkeep_verifier *verifier = NULL;
    size_t before = memory_heap();
    jwkeep_code code = cache_tokens_verifier(tokens, 0, &plain, error);
    size_t without = memory_heap();
    if (code == JWKEEP_OK)
        code = cache_tokens_verifier(tokens, ENTRIES, &verifier, error);
    size_t empty = memory_heap();
    if (code == JWKEEP_OK)
        code = verify_all(verifier, tokens, 0, 1, token, error);
    size_t warm = memory_heap();
    if (code == JWKEEP_OK)
        code = verify_all(verifier, tokens, 1, TOKENS - 1, token, error);
    size_t full = memory_heap();
    jwkeep_verifier_free(verifier);
    jwkeep_verifier_free(plain);
    if (code != JWKEEP_OK)
        return code;
    char what[96];
    size_t token_bytes = tokens->bytes.size / tokens->count;
    snprintf(what, sizeof what, "remembered RS256 token of %zu bytes", token_bytes);
    memory_row(table, what, (full - warm) / (TOKENS - 1));
    memory_row(table, "  and for each that there may be",
               ((empty - without) - (without - before)) / ENTRIES);
    return JWKEEP_OK;
}

jwkeep_code memory_of_cache(memory_table *table, jwkeep_error *error) {
    cache_tokens tokens;
    jwkeep_token *token = NULL;
    jwkeep_code code = cache_tokens_make(JWKEEP_ALGORITHM_RS256, TOKENS, &tokens, error);
    if (code != JWKEEP_OK)
        return code;
    code = jwkeep_token_new(&token, error);
    if (code == JWKEEP_OK)
        code = measure(table, &tokens, token, error);
    jwkeep_token_free(token);
    cache_tokens_done(&tokens);
    return code;
}
