/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jws sign`: any bytes in, a compact JWS out. */
#include "cli/command.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/signing.h"

struct sign {
    signing_options signing;
    const char *file;
};

static const option_spec OPTIONS[] = {
    SIGNING_OPTIONS(struct sign),
    OPERAND(struct sign, file, "FILE", "the payload; default: standard input"),
};

static exit_status sign_payload(const struct sign *values, const jwkeep_jws_signer *signer) {
    jwkeep_buffer payload;
    jwkeep_buffer token;
    jwkeep_error error;
    exit_status status =
        input_read(values->file, INPUT_MAX_PAYLOAD_BYTES, STATUS_USAGE, &payload);
    if (status != STATUS_YES)
        return status;
    jwkeep_buffer_init(&token, OUTPUT_MAX_BYTES);
    if (jwkeep_jws_sign(jwkeep_buffer_span(&payload), signer, &token, &error) == JWKEEP_OK)
        output_line(jwkeep_buffer_span(&token));
    else
        status = report_failure(values->signing.key, &error);
    jwkeep_buffer_done(&token);
    jwkeep_buffer_done(&payload);
    return status;
}

static exit_status run(const void *arguments) {
    const struct sign *values = arguments;
    jwkeep_jws_signer signer;
    key_file keys = {0};
    exit_status status = signing_begin(&values->signing, values->file, &keys, &signer);
    if (status == STATUS_YES)
        status = sign_payload(values, &signer);
    key_file_done(&keys);
    return status;
}

const struct command CMD_JWS_SIGN = {
    .group = "jws",
    .name = "sign",
    .summary = "sign bytes, giving a JWS in compact serialization",
    .examples = "  jwkeep jws sign --key key.json < message > token\n",
    .options = OPTION_TABLE(OPTIONS),
    .values_size = sizeof(struct sign),
    .run = run,
};
