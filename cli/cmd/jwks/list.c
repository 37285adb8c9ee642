/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jwks list`: the keys of a set as a table, or as JSON. */
#include "cli/command.h"
#include "cli/input.h"
#include "cli/keys.h"
#include "cli/output.h"
#include "cli/remote.h"
#include <string.h>

#define MIN_KID_COLUMNS 3

struct list {
    const char *set;
    bool is_json;
    remote_options remote;
};

static const struct list DEFAULTS = {.remote.timeout_s = REMOTE_TIMEOUT_S};

static const option_spec OPTIONS[] = {
    OPERAND(struct list, set, "FILE|URL", "a JWK Set; default: standard input"),
    FLAG(struct list, is_json, "json", "answer in JSON"),
    REMOTE_OPTIONS(struct list),
};

static const char *or_dash(const char *text) {
    return text ? text : "-";
}

static void print_row(const jwkeep_jwk *key, int kid_columns) {
    jwkeep_span kid = jwkeep_jwk_kid(key);
    jwkeep_algorithm algorithm = jwkeep_jwk_algorithm(key);
    char size[32];
    output_key_size(key, size, sizeof size);
    if (!jwkeep_span_is_present(kid))
        kid = JWKEEP_SPAN("-");
    report_safely(stdout, kid);
    printf("%*s  %-4s %-8s %-10s %-4s ", kid_columns - (int)report_columns(kid), "",
           jwkeep_kty_name(jwkeep_jwk_kty(key)),
           algorithm == JWKEEP_ALGORITHM_ABSENT ? "-" : jwkeep_algorithm_name(algorithm), size,
           or_dash(output_use_name(key)));
    output_line(jwkeep_jwk_thumbprint_text(key));
}

static int kid_columns(const jwkeep_keyset *set) {
    size_t most = MIN_KID_COLUMNS;
    for (size_t i = 0; i < jwkeep_keyset_count(set); i++) {
        size_t columns = report_columns(jwkeep_jwk_kid(jwkeep_keyset_at(set, i)));
        most = columns > most ? columns : most;
    }
    return (int)most;
}

static void print_table(const jwkeep_keyset *set) {
    int columns = kid_columns(set);
    printf("%-*s  %-4s %-8s %-10s %-4s %s\n", columns, "kid", "kty", "alg", "size", "use",
           "thumbprint");
    for (size_t i = 0; i < jwkeep_keyset_count(set); i++)
        print_row(jwkeep_keyset_at(set, i), columns);
}

static exit_status print_json(const jwkeep_keyset *set) {
    jwkeep_buffer buffer;
    jwkeep_json_writer writer;
    jwkeep_buffer_init(&buffer, OUTPUT_MAX_BYTES);
    jwkeep_json_writer_init(&writer, &buffer);
    jwkeep_json_write_array(&writer);
    for (size_t i = 0; i < jwkeep_keyset_count(set); i++) {
        jwkeep_json_write_object(&writer);
        output_write_key_facts(&writer, jwkeep_keyset_at(set, i));
        jwkeep_json_write_end(&writer);
    }
    jwkeep_json_write_end(&writer);
    return output_written(&writer, &buffer);
}

static exit_status read_file(const char *file, jwkeep_keyset **ret_set) {
    jwkeep_buffer buffer;
    jwkeep_error error;
    exit_status status = input_read(file, INPUT_MAX_KEY_BYTES, STATUS_NO, &buffer);
    if (status != STATUS_YES)
        return status;
    jwkeep_keyset_options options = {.on_skip = key_report_skip};
    if (jwkeep_keyset_parse(jwkeep_buffer_span(&buffer), &options, ret_set, NULL, &error) !=
        JWKEEP_OK)
        status = report_failure(input_name(file), &error);
    jwkeep_buffer_done(&buffer);
    return status;
}

static exit_status run(const void *arguments) {
    const struct list *values = arguments;
    jwkeep_keyset *set = NULL;
    exit_status status = remote_is_url(values->set)
                             ? remote_fetch(&values->remote, values->set, NULL, &set)
                             : read_file(values->set, &set);
    if (status != STATUS_YES)
        return status;
    if (values->is_json)
        status = print_json(set);
    else
        print_table(set);
    jwkeep_keyset_unref(set);
    return status;
}

const struct command CMD_JWKS_LIST = {
    .group = "jwks",
    .name = "list",
    .summary = "list the keys of a set",
    .details = "Keys that cannot be used are left out, and named on standard error.\n",
    .examples = "  jwkeep jwks list jwks.json\n"
                "  jwkeep jwks list https://idp.example/jwks.json --json\n",
    .options = OPTION_TABLE(OPTIONS),
    .defaults = &DEFAULTS,
    .values_size = sizeof(struct list),
    .run = run,
};
