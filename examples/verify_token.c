/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the smallest program that verifies a token against an issuer's keys:
 *   verify_token ISSUER AUDIENCE TOKEN */
#include <jwkeep/verifier.h>
#include <stdio.h>

int main(int argc, char **argv) {
    if (argc != 4)
        return 2;
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.audiences = (const char *const[]){argv[2]};
    rules.audience_count = 1;
    jwkeep_issuer issuer = {.issuer = argv[1], .rules = &rules};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;

    jwkeep_error error;
    jwkeep_verifier *verifier = NULL; /* one for the program, shared by its threads */
    jwkeep_token *token = NULL;       /* one for each thread */
    jwkeep_span bytes = jwkeep_span_text(argv[3]);
    bool is_good = !jwkeep_verifier_new(&options, &verifier, &error) &&
                   !jwkeep_token_new(&token, &error) &&
                   !jwkeep_verifier_verify(verifier, bytes, 0, token, NULL, &error);
    if (is_good) {
        jwkeep_span claims = jwkeep_token_claims_json(token);
        printf("yes: %.*s\n", (int)claims.size, (const char *)claims.data);
    } else {
        printf("no: %s\n", error.text);
    }
    jwkeep_token_free(token);
    jwkeep_verifier_free(verifier);
    return is_good ? 0 : 1;
}
