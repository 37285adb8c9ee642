/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jws verify`: the payload of a compact JWS, after its signature held and not
 * before. */
#include "cli/command.h"
#include "cli/input.h"
#include "cli/keys.h"
#include "cli/output.h"
#include <jwkeep/jws.h>

struct verify {
    const char *key;
    text_list algs;
    const char *detached;
    bool is_json;
    const char *file;
};

static const option_spec OPTIONS[] = {
    TEXT(struct verify, key, "key", "FILE", "a JWK, a JWK Set or PEM"),
    LIST(struct verify, algs, "alg", "ALG",
         "allow this algorithm (default: what the keys are for)"),
    TEXT(struct verify, detached, "detached", "FILE", "refused: not supported by this version"),
    FLAG(struct verify, is_json, "json", "answer in JSON; the payload in base64url"),
    OPERAND(struct verify, file, "FILE", "the token; default: standard input"),
};

/* What a verification gives. */
struct verdict {
    jwkeep_buffer payload;
    jwkeep_buffer header;
    jwkeep_code code;
    jwkeep_error error;
};

/* The second segment of a token that has been verified. */
static jwkeep_span payload_segment(jwkeep_span token) {
    const uint8_t *first = memchr(token.data, '.', token.size);
    size_t rest = token.size - (size_t)(first + 1 - token.data);
    const uint8_t *second = memchr(first + 1, '.', rest);
    return jwkeep_span_of(first + 1, (size_t)(second - first - 1));
}

static exit_status print_json(const struct verdict *verdict, jwkeep_span token) {
    jwkeep_buffer buffer;
    jwkeep_json_writer writer;
    jwkeep_buffer_init(&buffer, OUTPUT_MAX_BYTES);
    jwkeep_json_writer_init(&writer, &buffer);
    jwkeep_json_write_object(&writer);
    jwkeep_json_write_member_boolean(&writer, "valid", verdict->code == JWKEEP_OK);
    if (verdict->code == JWKEEP_OK) {
        jwkeep_json_write_name(&writer, JWKEEP_SPAN("header"));
        jwkeep_json_write_raw(&writer, jwkeep_buffer_span(&verdict->header));
        jwkeep_json_write_member_string(&writer, "payload", payload_segment(token));
    } else {
        jwkeep_json_write_name(&writer, JWKEEP_SPAN("errors"));
        jwkeep_json_write_array(&writer);
        output_write_error(&writer, &verdict->error);
        jwkeep_json_write_end(&writer);
    }
    jwkeep_json_write_end(&writer);
    return output_written(&writer, &buffer);
}

static exit_status print_verdict(const struct verify *values, const struct verdict *verdict,
                                 jwkeep_span token) {
    exit_status status = status_of(verdict->code);
    if (status != STATUS_YES && (status != STATUS_NO || !values->is_json))
        return report_failure(input_name(values->file), &verdict->error);
    if (values->is_json) {
        exit_status printed = print_json(verdict, token);
        return printed == STATUS_YES ? status : printed;
    }
    output_bytes(jwkeep_buffer_span(&verdict->payload));
    return STATUS_YES;
}

static exit_status verify_token(const struct verify *values, const key_file *keys,
                                jwkeep_algorithm_set algorithms, jwkeep_span token) {
    if (token.size > 0 && token.data[0] == '{') {
        report_note("%s: the JSON serialization (RFC 7515 §7.2) is not supported by this "
                    "version",
                    input_name(values->file));
        return STATUS_NO;
    }
    struct verdict verdict;
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    limits.max_token_bytes = INPUT_MAX_TOKEN_BYTES;
    jwkeep_jws_options options = {
        .key = keys->key, .keys = keys->set, .algorithms = algorithms, .limits = &limits};
    jwkeep_buffer_init(&verdict.payload, INPUT_MAX_TOKEN_BYTES);
    jwkeep_buffer_init(&verdict.header, INPUT_MAX_TOKEN_BYTES);
    verdict.code = jwkeep_jws_verify(token, &options, &verdict.payload, &verdict.header, NULL,
                                     &verdict.error);
    exit_status status = print_verdict(values, &verdict, token);
    jwkeep_buffer_done(&verdict.payload);
    jwkeep_buffer_done(&verdict.header);
    return status;
}

static exit_status read_and_verify(const struct verify *values, const key_file *keys,
                                   jwkeep_algorithm_set algorithms) {
    jwkeep_buffer buffer;
    exit_status status = input_read(values->file, INPUT_MAX_TOKEN_BYTES, STATUS_NO, &buffer);
    if (status != STATUS_YES)
        return status;
    status = verify_token(values, keys, algorithms, input_trim(jwkeep_buffer_span(&buffer)));
    jwkeep_buffer_done(&buffer);
    return status;
}

static exit_status run(const void *arguments) {
    const struct verify *values = arguments;
    jwkeep_algorithm_set algorithms;
    key_file keys;
    if (values->detached)
        return report_usage("--detached: detached payloads are not supported by this version");
    if (!values->key)
        return report_usage("say which key verifies: --key FILE");
    if (input_is_standard(values->key) && input_is_standard(values->file))
        return report_usage("key and token cannot both come from standard input");
    exit_status status = key_algorithms(&values->algs, &algorithms);
    if (status == STATUS_YES)
        status = key_file_read(values->key, &keys);
    if (status != STATUS_YES)
        return status;
    status = read_and_verify(values, &keys, algorithms);
    key_file_done(&keys);
    return status;
}

const struct command CMD_JWS_VERIFY = {
    .group = "jws",
    .name = "verify",
    .summary = "verify a JWS and print its payload, once it holds",
    .details = "A single key is used whatever kid the token names; from a set, the keys with\n"
               "the token's kid. White space round the token is ignored. Keys that cannot be\n"
               "read give status 3: they say nothing about the token.\n",
    .examples = "  jwkeep jws verify --key public.json --alg ES256 < token\n",
    .options = OPTION_TABLE(OPTIONS),
    .values_size = sizeof(struct verify),
    .run = run,
};
