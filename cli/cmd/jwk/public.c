/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jwk public`: the public half of a key. */
#include "cli/command.h"
#include "cli/input.h"
#include "cli/keys.h"
#include "cli/output.h"

struct public_half {
    const char *file;
};

static const option_spec OPTIONS[] = {
    OPERAND(struct public_half, file, "FILE", "a JWK, PEM or DER; default: standard input"),
};

static exit_status run(const void *arguments) {
    const struct public_half *values = arguments;
    jwkeep_jwk *key = NULL;
    jwkeep_jwk *half = NULL;
    jwkeep_error error;
    exit_status status = key_read_reporting(values->file, &key);
    if (status != STATUS_YES)
        return status;
    if (jwkeep_jwk_public(key, &half, &error) == JWKEEP_OK)
        status = output_key(half, false);
    else
        status = report_failure(input_name(values->file), &error);
    jwkeep_jwk_unref(half);
    jwkeep_jwk_unref(key);
    return status;
}

const struct command CMD_JWK_PUBLIC = {
    .group = "jwk",
    .name = "public",
    .summary = "print the public half of a key as a JWK",
    .details = "A symmetric key has no public half and is refused.\n",
    .examples = "  jwkeep jwk public key.json > public.json\n"
                "  openssl genpkey -algorithm ed25519 | jwkeep jwk public\n",
    .options = OPTION_TABLE(OPTIONS),
    .values_size = sizeof(struct public_half),
    .run = run,
};
