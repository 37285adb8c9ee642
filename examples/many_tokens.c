/* SPDX-License-Identifier: Apache-2.0
 *
 * Many tokens, one a line on standard input, most of which come again and again: the verifier
 * remembers those that passed, and is told which come next, so that what it remembers of them
 * is on its way from the memory meanwhile. Says which lines do not pass, and how many do.
 *   many_tokens JWKS-FILE ISSUER AUDIENCE */
#include <jwkeep/verifier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES ((size_t)64 << 20)
#define AHEAD 3

/* All that `file` has, which the caller frees; absent if that is more than MAX_BYTES. */
static jwkeep_span read_all(FILE *file) {
    size_t room = 0, size = 0, count = 0;
    char *text = NULL;
    do {
        size += count;
        if (size == room) {
            room = room ? 2 * room : 65536;
            char *larger = room <= MAX_BYTES ? realloc(text, room) : NULL;
            if (!larger) {
                free(text);
                return JWKEEP_SPAN_NONE;
            }
            text = larger;
        }
        count = fread(text + size, 1, room - size, file);
    } while (count > 0);
    return jwkeep_span_of(text, size);
}

static jwkeep_code make_verifier(char **argv, jwkeep_verifier **ret_verifier,
                                 jwkeep_error *error) {
    FILE *file = fopen(argv[1], "rb");
    if (!file)
        return error->code = JWKEEP_NOT_FOUND;
    jwkeep_span text = read_all(file);
    fclose(file);
    jwkeep_keyset *keys = NULL;
    jwkeep_code code = jwkeep_keyset_parse(text, NULL, &keys, NULL, error);
    free((void *)(uintptr_t)text.data);
    if (code != JWKEEP_OK)
        return code;
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.audiences = (const char *const[]){argv[3]};
    rules.audience_count = 1;
    jwkeep_issuer issuer = {.issuer = argv[2], .keys = keys, .rules = &rules};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;
    options.cache_entries = 16384;
    code = jwkeep_verifier_new(&options, ret_verifier, error);
    jwkeep_keyset_unref(keys);
    return code;
}

/* The line that begins at `*at`, without its end; `*at` becomes the next one's. */
static bool next_line(jwkeep_span text, size_t *at, jwkeep_span *ret_line) {
    if (*at >= text.size)
        return false;
    const uint8_t *start = text.data + *at;
    const uint8_t *end = memchr(start, '\n', text.size - *at);
    size_t size = end ? (size_t)(end - start) : text.size - *at;
    *ret_line = jwkeep_span_of(start, size);
    *at += size + 1;
    return true;
}

/* One reader of the lines runs ahead of the other. */
static size_t count_refused(jwkeep_verifier *verifier, jwkeep_token *token, jwkeep_span text,
                            size_t *ret_count) {
    size_t count = 0, refused = 0, at = 0, ahead = 0;
    jwkeep_span line, coming;
    for (int i = 0; i < AHEAD && next_line(text, &ahead, &coming); i++)
        jwkeep_verifier_expect(verifier, coming);
    while (next_line(text, &at, &line)) {
        jwkeep_error error;
        if (next_line(text, &ahead, &coming))
            jwkeep_verifier_expect(verifier, coming);
        count++;
        if (jwkeep_verifier_verify(verifier, line, 0, token, NULL, &error) == JWKEEP_OK)
            continue;
        printf("line %zu: %s\n", count, error.text);
        refused++;
    }
    *ret_count = count;
    return refused;
}

int main(int argc, char **argv) {
    if (argc != 4)
        return 2;
    jwkeep_error error = {.text = "no such file"};
    jwkeep_verifier *verifier = NULL;
    jwkeep_token *token = NULL;
    jwkeep_span text = read_all(stdin);
    size_t count = 0, refused = 1;
    if (!jwkeep_span_is_present(text)) {
        fprintf(stderr, "cannot start: more than %zu bytes of tokens\n", MAX_BYTES);
    } else if (make_verifier(argv, &verifier, &error) == JWKEEP_OK &&
               jwkeep_token_new(&token, &error) == JWKEEP_OK) {
        jwkeep_cache_status status = {0};
        refused = count_refused(verifier, token, text, &count);
        if (jwkeep_verifier_cache_status(verifier, &status) == JWKEEP_OK)
            printf("%zu tokens: %zu pass, %llu of them remembered; %zu do not\n", count,
                   count - refused, (unsigned long long)status.hits, refused);
    } else {
        fprintf(stderr, "cannot start: %s\n", error.text);
    }
    jwkeep_token_free(token);
    jwkeep_verifier_free(verifier);
    free((void *)(uintptr_t)text.data);
    return refused == 0 ? 0 : 1;
}
