/* SPDX-License-Identifier: Apache-2.0
 *
 * What an issuer does: reads its private key once, and signs tokens that say who, for whom, and
 * for how long, with claims of its own.
 * Usage: sign_token KEY-FILE ISSUER AUDIENCE SUBJECT */
#include <jwkeep/jwkeep.h>
#include <stdio.h>
#include <time.h>

#define MAX_FILE_BYTES 65536

/* A key in JSON, with its private half; `kid` and `alg` of it go into the tokens' header. The
 * bytes that were read are wiped. */
static jwkeep_code read_key(const char *path, jwkeep_jwk **ret_key, jwkeep_error *error) {
    jwkeep_buffer bytes;
    jwkeep_buffer_init(&bytes, MAX_FILE_BYTES);
    uint8_t *room = jwkeep_buffer_extend(&bytes, MAX_FILE_BYTES);
    FILE *file = fopen(path, "rb");
    size_t size = room && file ? fread(room, 1, MAX_FILE_BYTES, file) : 0;
    jwkeep_code code = jwkeep_jwk_parse(jwkeep_span_of(room, size), NULL, ret_key, error);
    if (file)
        fclose(file);
    else
        perror(path); /* and no bytes are no key */
    jwkeep_buffer_done(&bytes);
    return code;
}

/* Whatever is wrong with a claim is told by the signing call: the first failure sticks. */
static void say(jwkeep_builder *builder, char **arguments) {
    jwkeep_builder_set_issuer(builder, jwkeep_span_text(arguments[0]));
    jwkeep_builder_add_audience(builder, jwkeep_span_text(arguments[1]));
    jwkeep_builder_set_subject(builder, jwkeep_span_text(arguments[2]));
    jwkeep_builder_set_issued_in(builder, 0);
    jwkeep_builder_set_expires_in(builder, 600);
    jwkeep_builder_set_random_jti(builder);
    jwkeep_builder_set_string(builder, "scope", JWKEEP_SPAN("read write"));
    jwkeep_builder_set_json(builder, "roles", JWKEEP_SPAN("[\"editor\",\"author\"]"));
}

int main(int argc, char **argv) {
    if (argc != 5)
        return 2;
    jwkeep_jwk *key = NULL;
    jwkeep_builder *builder = NULL;
    jwkeep_buffer token;
    jwkeep_error error;
    jwkeep_buffer_init(&token, JWKEEP_MAX_TOKEN_BYTES);
    jwkeep_code code = read_key(argv[1], &key, &error);
    if (code == JWKEEP_OK)
        code = jwkeep_builder_new(&builder, &error);
    if (code == JWKEEP_OK) {
        say(builder, argv + 2);
        const jwkeep_jws_signer signer = {.key = key};
        code =
            jwkeep_builder_sign(builder, &signer, (int64_t)time(NULL) * 1000, &token, &error);
    }
    if (code == JWKEEP_OK)
        printf("%.*s\n", (int)token.size, (const char *)token.data);
    else
        fprintf(stderr, "no token: %s%s%s\n", error.where ? error.where : "",
                error.where ? ": " : "", error.text);
    jwkeep_buffer_done(&token);
    jwkeep_builder_free(builder);
    jwkeep_jwk_unref(key);
    return code == JWKEEP_OK ? 0 : 1;
}
