/* SPDX-License-Identifier: Apache-2.0
 *
 * Signs standard input with a key that another program holds, and prints the token. The program
 * gets the hash on its standard input and answers with the signature; for ECDSA in DER, as
 * openssl and most services give it. Two such programs:
 *
 *   sign_device public.pem ES256 openssl pkeyutl -sign -inkey private.pem < payload
 *   sign_device public.pem ES256 pkcs11-tool --module softhsm2.so --login --pin 1234 --id 01 \
 *       --sign --mechanism ECDSA --signature-format openssl < payload */
#include <jwkeep/jws.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define MAX_PAYLOAD_BYTES (1u << 20)

/* Starts `command` between two pipes; gives what can be written to and read from. */
static int start(char *const command[], pid_t *ret_child, int *ret_to, int *ret_from) {
    int in[2];
    int out[2];
    posix_spawn_file_actions_t actions;
    if (pipe(in) || pipe(out) || posix_spawn_file_actions_init(&actions))
        return -1;
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, in[1]);
    posix_spawn_file_actions_addclose(&actions, out[0]);
    int failure = posix_spawnp(ret_child, command[0], &actions, NULL, command, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    *ret_to = in[1];
    *ret_from = out[0];
    return failure ? -1 : 0;
}

/* The device: `user` is the command. A hash fits into a pipe, so nobody waits for anybody. */
static jwkeep_code sign_elsewhere(void *user, jwkeep_algorithm algorithm, jwkeep_span input,
                                  uint8_t *ret_signature, size_t *ret_size) {
    int to = -1;
    int from = -1;
    pid_t child;
    int status;
    (void)algorithm;
    if (start(user, &child, &to, &from)) {
        close(to);
        close(from);
        return JWKEEP_SYSTEM_FAILED;
    }
    bool is_given = write(to, input.data, input.size) == (ssize_t)input.size;
    close(to);
    size_t size = 0;
    ssize_t more;
    do {
        more = read(from, ret_signature + size, JWKEEP_SIGNATURE_MAX_BYTES - size);
        size += more > 0 ? (size_t)more : 0;
    } while (more > 0 && size < JWKEEP_SIGNATURE_MAX_BYTES);
    close(from);
    if (waitpid(child, &status, 0) != child || status != 0 || !is_given || more < 0)
        return JWKEEP_SIGNER_FAILED;
    *ret_size = size;
    return JWKEEP_OK;
}

static jwkeep_code read_all(FILE *file, jwkeep_buffer *buffer) {
    uint8_t chunk[1024];
    size_t size;
    jwkeep_code code = JWKEEP_OK;
    while (!code && (size = fread(chunk, 1, sizeof chunk, file)) > 0)
        code = jwkeep_buffer_append(buffer, jwkeep_span_of(chunk, size));
    return code;
}

static jwkeep_code read_key(const char *name, jwkeep_jwk **ret_key, jwkeep_error *error) {
    jwkeep_buffer pem;
    FILE *file = fopen(name, "r");
    if (!file)
        return JWKEEP_SYSTEM_FAILED;
    jwkeep_buffer_init(&pem, JWKEEP_MAX_PEM_BYTES);
    jwkeep_code code = read_all(file, &pem);
    if (!code)
        code = jwkeep_jwk_parse_pem(jwkeep_buffer_span(&pem), ret_key, error);
    jwkeep_buffer_done(&pem);
    fclose(file);
    return code;
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fputs("usage: sign_device PUBLIC.pem ALG COMMAND [ARGUMENT…] < payload\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* a command that does not read what it is given has failed */
    jwkeep_jwk *key = NULL;
    jwkeep_buffer payload;
    jwkeep_buffer token;
    jwkeep_error error = {.text = "cannot be read"};
    jwkeep_signing_device device = {
        .sign = sign_elsewhere, .user = argv + 3, .takes_digest = true, .is_der = true};
    jwkeep_buffer_init(&payload, MAX_PAYLOAD_BYTES);
    jwkeep_buffer_init(&token, 2 * MAX_PAYLOAD_BYTES);
    jwkeep_code code = read_key(argv[1], &key, &error);
    if (!code)
        code = read_all(stdin, &payload);
    jwkeep_jws_signer signer = {
        .key = key,
        .algorithm = jwkeep_algorithm_from_name(jwkeep_span_text(argv[2])),
        .device = &device,
    };
    if (!code)
        code = jwkeep_jws_sign(jwkeep_buffer_span(&payload), &signer, &token, &error);
    if (code)
        fprintf(stderr, "sign_device: %s\n", error.text);
    else
        printf("%.*s\n", (int)token.size, (const char *)token.data);
    jwkeep_buffer_done(&token);
    jwkeep_buffer_done(&payload);
    jwkeep_jwk_unref(key);
    return code ? 1 : 0;
}
