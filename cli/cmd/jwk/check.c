/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jwk check`: whether a key can be used, what it is, and why not. */
#include "cli/command.h"
#include "cli/input.h"
#include "cli/keys.h"
#include "cli/output.h"

struct check {
    const char *file;
    bool is_json;
};

static const option_spec OPTIONS[] = {
    OPERAND(struct check, file, "FILE", "a JWK, PEM or DER; default: standard input"),
    FLAG(struct check, is_json, "json", "answer in JSON"),
};

static void print_facts(const jwkeep_jwk *key) {
    char size[32];
    output_key_size(key, size, sizeof size);
    const char *use = output_use_name(key);
    printf("usable %s key\n", jwkeep_jwk_kty(key) == JWKEEP_KTY_OCT ? "symmetric"
                              : jwkeep_jwk_is_private(key)          ? "private"
                                                                    : "public");
    printf("kty         %s, %s\n", jwkeep_kty_name(jwkeep_jwk_kty(key)), size);
    if (jwkeep_jwk_algorithm(key) != JWKEEP_ALGORITHM_ABSENT)
        printf("alg         %s\n", jwkeep_algorithm_name(jwkeep_jwk_algorithm(key)));
    if (use)
        printf("use         %s\n", use);
    if (jwkeep_span_is_present(jwkeep_jwk_kid(key))) {
        fputs("kid         ", stdout);
        report_safely(stdout, jwkeep_jwk_kid(key));
        fputc('\n', stdout);
    }
    fputs("thumbprint  ", stdout);
    output_line(jwkeep_jwk_thumbprint_text(key));
}

static exit_status print_json(const jwkeep_jwk *key, const jwkeep_error *error) {
    jwkeep_buffer buffer;
    jwkeep_json_writer writer;
    jwkeep_buffer_init(&buffer, OUTPUT_MAX_BYTES);
    jwkeep_json_writer_init(&writer, &buffer);
    jwkeep_json_write_object(&writer);
    jwkeep_json_write_member_boolean(&writer, "usable", key != NULL);
    if (key) {
        output_write_key_facts(&writer, key);
    } else {
        jwkeep_json_write_name(&writer, JWKEEP_SPAN("error"));
        output_write_error(&writer, error);
    }
    jwkeep_json_write_end(&writer);
    return output_written(&writer, &buffer);
}

static exit_status refuse(const struct check *values, exit_status status,
                          const jwkeep_error *error) {
    if (error->code == JWKEEP_OK)
        return status;
    if (values->is_json && status == STATUS_NO)
        print_json(NULL, error);
    else
        report_failure(input_name(values->file), error);
    return status;
}

static exit_status run(const void *arguments) {
    const struct check *values = arguments;
    jwkeep_jwk *key = NULL;
    jwkeep_error error;
    exit_status status = key_read(values->file, &key, &error);
    if (status != STATUS_YES)
        return refuse(values, status, &error);
    if (values->is_json)
        status = print_json(key, &error);
    else
        print_facts(key);
    jwkeep_jwk_unref(key);
    return status;
}

const struct command CMD_JWK_CHECK = {
    .group = "jwk",
    .name = "check",
    .summary = "say whether a key is usable, and why not",
    .details = "Checks members, lengths, the point on its curve, that both halves belong\n"
               "together, and that use, key_ops and alg agree. Prints nothing secret.\n",
    .examples = "  jwkeep jwk check key.json\n"
                "  jwkeep jwk check --json < cert.pem\n",
    .options = OPTION_TABLE(OPTIONS),
    .values_size = sizeof(struct check),
    .run = run,
};
