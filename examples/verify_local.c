/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns verifying with a key at hand, nothing downloaded: a key set in JSON, a token, claims.
 *   verify_local JWKS-FILE ISSUER AUDIENCE TOKEN */
#include <jwkeep/jwt.h>
#include <stdio.h>
#include <time.h>

/* The key set in a file, or NULL. */
static jwkeep_keyset *load(const char *path, jwkeep_error *error) {
    char text[65536];
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    size_t size = fread(text, 1, sizeof text, file);
    fclose(file);
    jwkeep_keyset *set = NULL;
    if (jwkeep_keyset_parse(jwkeep_span_of(text, size), NULL, &set, NULL, error) != JWKEEP_OK)
        return NULL;
    return set;
}

int main(int argc, char **argv) {
    if (argc != 5)
        return 2;
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.algorithms = jwkeep_algorithm_asymmetric();
    rules.issuers = (const char *const[]){argv[2]};
    rules.issuer_count = 1;
    rules.audiences = (const char *const[]){argv[3]};
    rules.audience_count = 1;
    rules.leeway_s = 5;

    jwkeep_error error = {.text = "no such file"};
    jwkeep_keyset *keys = load(argv[1], &error);
    jwkeep_token *token = NULL;
    jwkeep_failures failures = {0};
    int64_t now_ms = (int64_t)time(NULL) * 1000;
    bool is_good = keys && jwkeep_token_new(&token, &error) == JWKEEP_OK &&
                   jwkeep_jwt_verify(jwkeep_span_text(argv[4]), NULL, keys, &rules, now_ms,
                                     token, &failures, &error) == JWKEEP_OK;
    if (is_good) {
        jwkeep_span claims = jwkeep_token_claims_json(token);
        printf("%.*s\n", (int)claims.size, (const char *)claims.data);
    } else {
        fprintf(stderr, "refused: %s\n", error.text);
    }
    for (size_t i = 1; i < failures.count; i++)
        fprintf(stderr, "and: %s: %s\n", failures.items[i].where, failures.items[i].text);
    jwkeep_token_free(token);
    jwkeep_keyset_unref(keys);
    return is_good ? 0 : 1;
}
