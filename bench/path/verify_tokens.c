/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns a loop that verifies tokens and does nothing else, for bench/instructions to count. Keys
 * and tokens come made: making them would drown what is counted. */
#include <jwkeep/jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE_BYTES 1048576u
#define MAX_TOKENS 1024u
#define NOW_MS (INT64_C(1800000000) * 1000)

static bool read_file(const char *path, jwkeep_buffer *buffer) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    char piece[2048];
    bool is_kept = true;
    for (size_t size; is_kept && (size = fread(piece, 1, sizeof piece, file)) > 0;)
        is_kept = jwkeep_buffer_append(buffer, jwkeep_span_of(piece, size)) == JWKEEP_OK;
    bool is_read = is_kept && !ferror(file);
    fclose(file);
    return is_read;
}

/* The lines of `text`; their number. */
static size_t split_lines(jwkeep_span text, jwkeep_span ret_lines[MAX_TOKENS]) {
    size_t count = 0;
    const uint8_t *at = text.data;
    const uint8_t *end = at + text.size;
    while (at < end && count < MAX_TOKENS) {
        const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop)
            stop = end;
        ret_lines[count++] = jwkeep_span_of(at, (size_t)(stop - at));
        at = stop + 1;
    }
    return count;
}

static bool verify_all(const jwkeep_keyset *keys, jwkeep_span tokens, unsigned long count) {
    static const char *const issuers[] = {"https://issuer.example/tenant/0b9b1b5e"};
    static const char *const audiences[] = {"https://api.example"};
    static jwkeep_span lines[MAX_TOKENS];
    size_t line_count = split_lines(tokens, lines);
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.issuers = issuers;
    rules.issuer_count = 1;
    rules.audiences = audiences;
    rules.audience_count = 1;
    jwkeep_token *token;
    if (line_count == 0 || jwkeep_token_new(&token, NULL) != JWKEEP_OK)
        return false;
    bool is_good = true;
    for (unsigned long i = 0; is_good && i < count; i++)
        is_good = jwkeep_jwt_verify(lines[i % line_count], NULL, keys, &rules, NOW_MS, token,
                                    NULL, NULL) == JWKEEP_OK;
    jwkeep_token_free(token);
    return is_good;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fputs("usage: verify_tokens KEYS TOKENS COUNT\n", stderr);
        return 2;
    }
    jwkeep_buffer keys;
    jwkeep_buffer tokens;
    jwkeep_keyset *set = NULL;
    jwkeep_buffer_init(&keys, MAX_FILE_BYTES);
    jwkeep_buffer_init(&tokens, MAX_FILE_BYTES);
    bool is_good =
        read_file(argv[1], &keys) && read_file(argv[2], &tokens) &&
        jwkeep_keyset_parse(jwkeep_buffer_span(&keys), NULL, &set, NULL, NULL) == JWKEEP_OK &&
        verify_all(set, jwkeep_buffer_span(&tokens), strtoul(argv[3], NULL, 10));
    jwkeep_keyset_unref(set);
    jwkeep_buffer_done(&tokens);
    jwkeep_buffer_done(&keys);
    if (!is_good)
        fputs("verify_tokens: a token did not verify\n", stderr);
    return is_good ? 0 : 1;
}
