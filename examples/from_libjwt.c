/* SPDX-License-Identifier: Apache-2.0
 *
 * What a program that used libjwt becomes: a token signed with RS256 is checked with the
 * issuer's public key in PEM, its issuer and times with it. The same program with libjwt is in
 * docs/migrating.md.
 * Usage: from_libjwt PEM-FILE ISSUER TOKEN */
#include <jwkeep/jwkeep.h>
#include <stdio.h>
#include <time.h>

#define MAX_FILE_BYTES 16384

static jwkeep_code read_key(const char *path, jwkeep_jwk **ret_key, jwkeep_error *error) {
    static char bytes[MAX_FILE_BYTES];
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    else
        perror(path); /* and no bytes are no key */
    return jwkeep_jwk_parse_pem(jwkeep_span_of(bytes, size), ret_key, error);
}

int main(int argc, char **argv) {
    if (argc != 4)
        return 2;
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.algorithms = JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_RS256);
    rules.issuers = (const char *const[]){argv[2]};
    rules.issuer_count = 1;
    rules.required = (const char *const[]){"exp"};
    rules.required_count = 1;

    jwkeep_jwk *key = NULL;
    jwkeep_token *token = NULL;
    jwkeep_error error;
    jwkeep_code code = read_key(argv[1], &key, &error);
    if (code == JWKEEP_OK)
        code = jwkeep_token_new(&token, &error);
    if (code == JWKEEP_OK)
        code = jwkeep_jwt_verify(jwkeep_span_text(argv[3]), key, NULL, &rules,
                                 (int64_t)time(NULL) * 1000, token, NULL, &error);
    jwkeep_span subject = jwkeep_token_subject(token); /* absent unless it was verified */
    if (code == JWKEEP_OK)
        printf("%.*s\n", (int)subject.size, (const char *)subject.data);
    else
        fprintf(stderr, "refused: %s\n", error.text);
    jwkeep_token_free(token);
    jwkeep_jwk_unref(key);
    return code == JWKEEP_OK ? 0 : 1;
}
