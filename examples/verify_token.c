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

    jwkeep_error error = {0};
    jwkeep_verifier *verifier = NULL; /* one for the program, shared by its threads */
    jwkeep_token *token = NULL;       /* one for each thread */
    jwkeep_code code = jwkeep_verifier_new(&options, &verifier, &error);
    if (code == JWKEEP_OK)
        code = jwkeep_token_new(&token, &error);
    if (code == JWKEEP_OK)
        code =
            jwkeep_verifier_verify(verifier, jwkeep_span_text(argv[3]), 0, token, NULL, &error);
    if (code == JWKEEP_OK) {
        jwkeep_span subject = jwkeep_token_subject(token);
        printf("yes: %.*s\n", (int)subject.size, (const char *)subject.data);
    } else {
        printf("no: %s (%s)\n", error.text, error.clause ? error.clause : "");
    }
    jwkeep_token_free(token);
    jwkeep_verifier_free(verifier);
    return code == JWKEEP_OK ? 0 : 1;
}
