/* SPDX-License-Identifier: Apache-2.0
 *
 * What an application asks of a token beyond the registered claims: values of claims of its
 * own, scopes, and a check that no table can say, as a function. All that is wrong with a token
 * is told at once.
 * Usage: custom_claims JWKS-FILE AMOUNT TOKEN */
#include <jwkeep/jwkeep.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MAX_FILE_BYTES 65536
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const jwkeep_claim_value tenants[] = {
    {.type = JWKEEP_JSON_STRING, .string = "blue"},
    {.type = JWKEEP_JSON_STRING, .string = "green"},
};
static const jwkeep_claim_value role[] = {{.type = JWKEEP_JSON_STRING, .string = "editor"}};
static const jwkeep_claim_value yes[] = {{.type = JWKEEP_JSON_BOOLEAN, .boolean = true}};

/* `tenant` is one of two, `roles` (an array) holds "editor", `verified` is true, not "true". */
static const jwkeep_claim_rule claims[] = {
    {"tenant", JWKEEP_CLAIM_ONE_OF, tenants, COUNT(tenants)},
    {"roles", JWKEEP_CLAIM_CONTAINS, role, COUNT(role)},
    {"verified", JWKEEP_CLAIM_ONE_OF, yes, COUNT(yes)},
};

/* The check of its own: `limit` of the token covers the amount. It sees claims whose signature
 * is good, and no others; it looks, and decides, and keeps nothing. */
static jwkeep_code covers_amount(void *user, const jwkeep_json *token_claims, int64_t now_ms) {
    const int64_t *amount = user;
    int64_t limit = 0;
    (void)now_ms;
    if (jwkeep_json_int64(jwkeep_json_member(token_claims, "limit"), &limit) != JWKEEP_OK)
        return JWKEEP_CLAIM_TYPE;
    return *amount <= limit ? JWKEEP_OK : JWKEEP_VALIDATOR_REFUSED;
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

static void tell(jwkeep_code code, const jwkeep_failures *failures, const jwkeep_error *error) {
    if (code == JWKEEP_OK)
        puts("yes");
    else if (failures->count == 0)
        printf("no: %s\n", error->text);
    for (size_t i = 0; i < failures->count; i++)
        printf("no: %s: %s\n", failures->items[i].where, failures->items[i].text);
}

int main(int argc, char **argv) {
    if (argc != 4)
        return 2;
    int64_t amount = strtoll(argv[2], NULL, 10);
    const jwkeep_validator limit = {"limit", covers_amount, &amount};
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.algorithms = jwkeep_algorithm_asymmetric();
    rules.required = (const char *const[]){"exp", "sub"};
    rules.required_count = 2;
    rules.scopes = (const char *const[]){"write"};
    rules.scope_count = 1;
    rules.claims = claims;
    rules.claim_count = COUNT(claims);
    rules.validators = &limit;
    rules.validator_count = 1;

    jwkeep_keyset *keys = NULL;
    jwkeep_token *token = NULL;
    jwkeep_failures failures = {0};
    jwkeep_error error;
    jwkeep_code code = read_keys(argv[1], &keys, &error);
    if (code == JWKEEP_OK)
        code = jwkeep_token_new(&token, &error);
    if (code == JWKEEP_OK)
        code = jwkeep_jwt_verify(jwkeep_span_text(argv[3]), NULL, keys, &rules,
                                 (int64_t)time(NULL) * 1000, token, &failures, &error);
    tell(code, &failures, &error);
    jwkeep_token_free(token);
    jwkeep_keyset_unref(keys);
    return code == JWKEEP_OK ? 0 : 1;
}
