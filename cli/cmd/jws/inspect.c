/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jws inspect`: a look into a JWS, for people. Verifies nothing, and says so. */
#include "cli/command.h"
#include "cli/input.h"
#include "cli/output.h"
#include <jwkeep/jws_json.h>

struct inspect {
    bool is_json;
    const char *file;
};

static const option_spec OPTIONS[] = {
    FLAG(struct inspect, is_json, "json", "one line"),
    OPERAND(struct inspect, file, "FILE", "the token; default: standard input"),
};

/* Headers and payload, not verified. */
typedef struct parts {
    jwkeep_buffer headers; /* an array */
    jwkeep_buffer payload;
} parts;

/* A compact token's header, in the form in which the JSON serializations' are shown. */
static jwkeep_code look_into_compact(jwkeep_span token, const jwkeep_limits *limits,
                                     parts *ret_parts, jwkeep_error *error) {
    jwkeep_buffer header;
    jwkeep_json_writer writer;
    jwkeep_json_text *text = NULL;
    jwkeep_buffer_init(&header, OUTPUT_MAX_BYTES);
    jwkeep_code code =
        jwkeep_jws_decode_insecure(token, limits, &header, &ret_parts->payload, error);
    if (!code)
        code = jwkeep_json_parse(jwkeep_buffer_span(&header), NULL, &text, error);
    if (!code) {
        jwkeep_json_writer_init(&writer, &ret_parts->headers);
        jwkeep_json_write_array(&writer);
        jwkeep_json_write_object(&writer);
        jwkeep_json_write_name(&writer, JWKEEP_SPAN("protected"));
        jwkeep_json_write_raw(&writer, jwkeep_json_raw(jwkeep_json_root(text)));
        jwkeep_json_write_end(&writer);
        jwkeep_json_write_end(&writer);
        code = jwkeep_json_writer_finish(&writer);
    }
    jwkeep_json_text_free(text);
    jwkeep_buffer_done(&header);
    return code;
}

/* As JSON where it is JSON, in base64url where it is not. */
static exit_status write_payload(jwkeep_json_writer *writer, jwkeep_span payload) {
    jwkeep_json_text *text = NULL;
    jwkeep_buffer encoded;
    if (jwkeep_json_parse(payload, NULL, &text, NULL) == JWKEEP_OK) {
        jwkeep_json_write_name(writer, JWKEEP_SPAN("payload"));
        jwkeep_json_write_raw(writer, jwkeep_json_raw(jwkeep_json_root(text)));
        jwkeep_json_text_free(text);
        return STATUS_YES;
    }
    exit_status status = output_encode(payload, &encoded);
    if (status == STATUS_YES)
        jwkeep_json_write_member_string(writer, "payload_base64url",
                                        jwkeep_buffer_span(&encoded));
    jwkeep_buffer_done(&encoded);
    return status;
}

static exit_status print_lines(jwkeep_span json) {
    jwkeep_json_text *text = NULL;
    jwkeep_error error;
    if (jwkeep_json_parse(json, NULL, &text, &error) != JWKEEP_OK)
        return report_failure("the token", &error);
    output_pretty(jwkeep_json_root(text));
    jwkeep_json_text_free(text);
    return STATUS_YES;
}

static exit_status write(jwkeep_json_writer *writer, const parts *found) {
    jwkeep_json_write_object(writer);
    jwkeep_json_write_member_boolean(writer, "verified", false);
    jwkeep_json_write_name(writer, JWKEEP_SPAN("signatures"));
    jwkeep_json_write_raw(writer, jwkeep_buffer_span(&found->headers));
    exit_status status = write_payload(writer, jwkeep_buffer_span(&found->payload));
    jwkeep_json_write_end(writer);
    if (status == STATUS_YES && jwkeep_json_writer_finish(writer) != JWKEEP_OK)
        status = report_internal("the token cannot be shown");
    return status;
}

static exit_status print(const struct inspect *values, const parts *found) {
    jwkeep_buffer buffer;
    jwkeep_json_writer writer;
    jwkeep_buffer_init(&buffer, OUTPUT_MAX_BYTES);
    jwkeep_json_writer_init(&writer, &buffer);
    exit_status status = write(&writer, found);
    if (status == STATUS_YES && values->is_json)
        output_line(jwkeep_buffer_span(&buffer));
    else if (status == STATUS_YES)
        status = print_lines(jwkeep_buffer_span(&buffer));
    jwkeep_buffer_done(&buffer);
    return status;
}

static exit_status inspect_token(const struct inspect *values, jwkeep_span token) {
    parts found;
    jwkeep_limits limits;
    jwkeep_error error;
    jwkeep_limits_init(&limits);
    limits.max_token_bytes = INPUT_MAX_TOKEN_BYTES;
    limits.max_json_token_bytes = INPUT_MAX_TOKEN_BYTES;
    jwkeep_buffer_init(&found.headers, OUTPUT_MAX_BYTES);
    jwkeep_buffer_init(&found.payload, OUTPUT_MAX_BYTES);
    jwkeep_code code = token.size && token.data[0] == '{'
                           ? jwkeep_jws_json_decode_insecure(token, &limits, &found.headers,
                                                             &found.payload, &error)
                           : look_into_compact(token, &limits, &found, &error);
    exit_status status = code == JWKEEP_OK ? print(values, &found)
                                           : report_failure(input_name(values->file), &error);
    jwkeep_buffer_done(&found.headers);
    jwkeep_buffer_done(&found.payload);
    return status;
}

static exit_status run(const void *arguments) {
    const struct inspect *values = arguments;
    jwkeep_buffer buffer;
    exit_status status = input_read(values->file, INPUT_MAX_TOKEN_BYTES, STATUS_NO, &buffer);
    if (status != STATUS_YES)
        return status;
    status = inspect_token(values, input_trim(jwkeep_buffer_span(&buffer)));
    jwkeep_buffer_done(&buffer);
    if (status == STATUS_YES)
        report_note("warning: nothing of this token was verified");
    return status;
}

const struct command CMD_JWS_INSPECT = {
    .group = "jws",
    .name = "inspect",
    .summary = "show what a JWS says, without verifying anything",
    .details = "Compact or JSON serialization. For looking at a token, never for deciding:\n"
               "anybody can write one. A payload that is JSON is shown as such, another in\n"
               "base64url.\n",
    .examples = "  jwkeep jws inspect < token\n",
    .options = OPTION_TABLE(OPTIONS),
    .values_size = sizeof(struct inspect),
    .run = run,
};
