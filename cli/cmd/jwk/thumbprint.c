/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jwk thumbprint`: the SHA-256 thumbprint of RFC 7638. */
#include "cli/command.h"
#include "cli/keys.h"
#include "cli/output.h"

struct thumbprint {
    const char *file;
};

static const option_spec OPTIONS[] = {
    OPERAND(struct thumbprint, file, "FILE", "a JWK or PEM; default: standard input"),
};

static exit_status run(const void *arguments) {
    const struct thumbprint *values = arguments;
    jwkeep_jwk *key = NULL;
    exit_status status = key_read_reporting(values->file, &key);
    if (status != STATUS_YES)
        return status;
    output_line(jwkeep_jwk_thumbprint_text(key));
    jwkeep_jwk_unref(key);
    return STATUS_YES;
}

const struct command CMD_JWK_THUMBPRINT = {
    .group = "jwk",
    .name = "thumbprint",
    .summary = "print the SHA-256 thumbprint of a key (RFC 7638)",
    .details =
        "In base64url, alone on a line; the same for a private key and its public half.\n"
        "That of a symmetric key is made from its secret: do not publish it.\n",
    .examples = "  jwkeep jwk thumbprint key.json\n",
    .options = OPTION_TABLE(OPTIONS),
    .values_size = sizeof(struct thumbprint),
    .run = run,
};
