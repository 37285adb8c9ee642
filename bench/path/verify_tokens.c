/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns a loop that verifies tokens and does nothing else, for bench/instructions to count. Keys
 * and tokens come made: making them would drown what is counted. */
#include <jwkeep/verifier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE_BYTES 1048576u
#define MAX_TOKENS 1024u
#define ISSUER "https://issuer.example/tenant/0b9b1b5e"
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

/* One of the ways a token goes: its keys, its rules, and the object it is verified into. */
struct way {
    const jwkeep_keyset *keys;
    jwkeep_rules rules;
    jwkeep_verifier *verifier; /* NULL: jwkeep_jwt_verify */
    jwkeep_token *token;
};

static int64_t now_ms(void *user) {
    (void)user;
    return NOW_MS;
}

static bool make_verifier(struct way *way, jwkeep_keyset *keys, size_t cache_entries) {
    const jwkeep_issuer issuer = {.issuer = ISSUER, .keys = keys, .rules = &way->rules};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;
    options.now_ms = now_ms;
    options.cache_entries = cache_entries;
    return jwkeep_verifier_new(&options, &way->verifier, NULL) == JWKEEP_OK;
}

/* `name` is direct, verifier or cached. */
static bool make_way(struct way *way, const char *name, jwkeep_keyset *keys) {
    static const char *const issuers[] = {ISSUER};
    static const char *const audiences[] = {"https://api.example"};
    bool is_direct = strcmp(name, "direct") == 0;
    bool is_cached = strcmp(name, "cached") == 0;
    way->keys = keys;
    jwkeep_rules_init(&way->rules);
    way->rules.issuers = is_direct ? issuers : NULL; /* else the verifier's to check */
    way->rules.issuer_count = is_direct;
    way->rules.audiences = audiences;
    way->rules.audience_count = 1;
    if (!is_direct && !is_cached && strcmp(name, "verifier") != 0)
        return false;
    return jwkeep_token_new(&way->token, NULL) == JWKEEP_OK &&
           (is_direct || make_verifier(way, keys, is_cached ? 2 * MAX_TOKENS : 0));
}

static jwkeep_code verify(struct way *way, jwkeep_span bytes) {
    if (way->verifier)
        return jwkeep_verifier_verify(way->verifier, bytes, 0, way->token, NULL, NULL);
    return jwkeep_jwt_verify(bytes, NULL, way->keys, &way->rules, NOW_MS, way->token, NULL,
                             NULL);
}

static bool verify_all(struct way *way, jwkeep_span tokens, unsigned long count) {
    static jwkeep_span lines[MAX_TOKENS];
    size_t line_count = split_lines(tokens, lines);
    bool is_good = line_count > 0;
    for (unsigned long i = 0; is_good && i < count; i++)
        is_good = verify(way, lines[i % line_count]) == JWKEEP_OK;
    return is_good;
}

static bool run(const char *way_name, jwkeep_keyset *keys, jwkeep_span tokens,
                unsigned long count) {
    struct way way = {0};
    bool is_good = make_way(&way, way_name, keys) && verify_all(&way, tokens, count);
    jwkeep_verifier_free(way.verifier);
    jwkeep_token_free(way.token);
    return is_good;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fputs("usage: verify_tokens direct|verifier|cached KEYS TOKENS COUNT\n", stderr);
        return 2;
    }
    jwkeep_buffer keys;
    jwkeep_buffer tokens;
    jwkeep_keyset *set = NULL;
    jwkeep_buffer_init(&keys, MAX_FILE_BYTES);
    jwkeep_buffer_init(&tokens, MAX_FILE_BYTES);
    bool is_good =
        read_file(argv[2], &keys) && read_file(argv[3], &tokens) &&
        jwkeep_keyset_parse(jwkeep_buffer_span(&keys), NULL, &set, NULL, NULL) == JWKEEP_OK &&
        run(argv[1], set, jwkeep_buffer_span(&tokens), strtoul(argv[4], NULL, 10));
    jwkeep_keyset_unref(set);
    jwkeep_buffer_done(&tokens);
    jwkeep_buffer_done(&keys);
    if (!is_good)
        fputs("verify_tokens: a token did not verify\n", stderr);
    return is_good ? 0 : 1;
}
