/* SPDX-License-Identifier: Apache-2.0
 *
 * One verifier for several issuers, each with its own keys and rules: a key of one never passes
 * for another's, whatever `kid` and `iss` a token claims. Threads share it; here one asks.
 * Reads tokens from standard input, one a line.
 * Usage: several_issuers ISSUER AUDIENCE [ISSUER AUDIENCE]… */
#include <jwkeep/jwkeep.h>
#include <stdio.h>
#include <string.h>

#define MAX_TENANTS 8

/* Rules and options are copied by the verifier: they may live on the stack. */
static jwkeep_code make_verifier(char **pairs, size_t count, jwkeep_verifier **ret_verifier,
                                 jwkeep_error *error) {
    jwkeep_rules rules[MAX_TENANTS];
    jwkeep_issuer issuers[MAX_TENANTS];
    jwkeep_source_options source;
    jwkeep_source_options_init(&source);
    source.is_eager = true;             /* download at the start, not at the first token */
    source.allows_http_loopback = true; /* for a test issuer on this machine */
    for (size_t i = 0; i < count; i++) {
        jwkeep_rules_init(&rules[i]);
        rules[i].audiences = (const char *const *)&pairs[2 * i + 1];
        rules[i].audience_count = 1;
        rules[i].leeway_s = 5;
        issuers[i] = (jwkeep_issuer){.name = pairs[2 * i],
                                     .issuer = pairs[2 * i],
                                     .rules = &rules[i],
                                     .source = &source};
    }
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = issuers;
    options.issuer_count = count;
    return jwkeep_verifier_new(&options, ret_verifier, error);
}

/* True if it passes. What cannot be decided (keys, network) is no reason to let it pass. */
static bool check(jwkeep_verifier *verifier, jwkeep_token *token, jwkeep_span bytes) {
    jwkeep_error error;
    jwkeep_code code = jwkeep_verifier_verify(verifier, bytes, 0, token, NULL, &error);
    jwkeep_span issuer = jwkeep_token_issuer(token);
    jwkeep_span subject = jwkeep_token_subject(token);
    if (code == JWKEEP_OK)
        printf("yes: %.*s of %.*s\n", (int)subject.size, (const char *)subject.data,
               (int)issuer.size, (const char *)issuer.data);
    else
        printf("%s: %s\n",
               jwkeep_code_class(code) == JWKEEP_CLASS_REJECTED ? "no" : "cannot tell",
               error.text);
    return code == JWKEEP_OK;
}

int main(int argc, char **argv) {
    size_t count = (size_t)(argc - 1) / 2;
    if (argc % 2 == 0 || count < 1 || count > MAX_TENANTS)
        return 2;
    jwkeep_verifier *verifier = NULL;
    jwkeep_token *token = NULL;
    jwkeep_error error;
    jwkeep_code code = make_verifier(argv + 1, count, &verifier, &error);
    if (code == JWKEEP_OK)
        code = jwkeep_token_new(&token, &error);
    if (code == JWKEEP_OK && jwkeep_verifier_wait_ready(verifier, 0, &error) != JWKEEP_OK)
        fprintf(stderr, "no keys of %s yet: %s\n", error.where ? error.where : "an issuer",
                error.text); /* the others serve, and it is tried on */
    bool is_good = code == JWKEEP_OK;
    if (!is_good)
        fprintf(stderr, "cannot start: %s\n", error.text);
    static char line[JWKEEP_MAX_TOKEN_BYTES + 2];
    while (code == JWKEEP_OK && fgets(line, sizeof line, stdin))
        is_good &= check(verifier, token, jwkeep_span_of(line, strcspn(line, "\r\n")));
    jwkeep_token_free(token);
    jwkeep_verifier_free(verifier);
    return is_good ? 0 : 1;
}
