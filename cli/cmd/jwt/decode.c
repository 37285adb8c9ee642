/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jwt decode`: a look into a token, for people. Verifies nothing, and says so. */
#include "cli/command.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/when.h"
#include <jwkeep/jws.h>
#include <strings.h>

struct decode {
    bool is_json;
    int64_t now_s;
    const char *file;
};

static const struct decode DEFAULTS = {.now_s = -1};

static const option_spec OPTIONS[] = {
    FLAG(struct decode, is_json, "json", "answer in JSON: {\"header\":…,\"claims\":…}"),
    NUMBER(struct decode, now_s, "now", "UNIX", 0, WHEN_MAX_S, "hold times against this one"),
    OPERAND(struct decode, file, "FILE", "the token; default: standard input"),
};

/* How each claim that is a time is said, past and to come. */
static const struct {
    const char *claim;
    const char *past;
    const char *future;
} TIMES[] = {
    {"exp", "expired", "expires"},
    {"nbf", "became valid", "becomes valid"},
    {"iat", "issued", "issued in the future,"},
    {"auth_time", "authenticated", "authenticated in the future,"},
};

static void print_time(size_t index, const jwkeep_json *claim, int64_t now_s) {
    double number;
    char date[WHEN_TEXT_BYTES];
    char relative[WHEN_TEXT_BYTES];
    if (!claim)
        return;
    bool is_time = jwkeep_json_double(claim, &number) == JWKEEP_OK && number >= 0 &&
                   number <= (double)WHEN_MAX_S && when_date((int64_t)number, date);
    if (!is_time) {
        printf("%s is not a time\n", TIMES[index].claim);
        return;
    }
    bool is_past = number <= (double)now_s;
    when_relative((int64_t)number, now_s, relative);
    printf("%s %s, %s %s\n", TIMES[index].claim, date,
           is_past ? TIMES[index].past : TIMES[index].future, relative);
}

static void print_text(const jwkeep_json *header, const jwkeep_json *claims, int64_t now_s) {
    puts("header");
    output_pretty(header);
    puts("claims");
    output_pretty(claims);
    for (size_t i = 0; i < sizeof TIMES / sizeof TIMES[0]; i++)
        print_time(i, jwkeep_json_member(claims, TIMES[i].claim), now_s);
}

static exit_status print_json(const jwkeep_json *header, const jwkeep_json *claims) {
    jwkeep_buffer buffer;
    jwkeep_json_writer writer;
    jwkeep_buffer_init(&buffer, OUTPUT_MAX_BYTES);
    jwkeep_json_writer_init(&writer, &buffer);
    jwkeep_json_write_object(&writer);
    jwkeep_json_write_name(&writer, JWKEEP_SPAN("header"));
    jwkeep_json_write_raw(&writer, jwkeep_json_raw(header));
    jwkeep_json_write_name(&writer, JWKEEP_SPAN("claims"));
    jwkeep_json_write_raw(&writer, jwkeep_json_raw(claims));
    jwkeep_json_write_end(&writer);
    return output_written(&writer, &buffer);
}

/* Whether the payload is a token again (RFC 7519 §5.2). */
static bool is_nested(const jwkeep_json *header) {
    static const char *const NAMES[] = {"JWT", "application/JWT"};
    jwkeep_span cty = jwkeep_json_string(jwkeep_json_member(header, "cty"));
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (cty.size == strlen(NAMES[i]) &&
            strncasecmp((const char *)cty.data, NAMES[i], cty.size) == 0)
            return true;
    return false;
}

static exit_status print_claims(const struct decode *values, const jwkeep_json *header,
                                jwkeep_span payload) {
    jwkeep_json_text *claims = NULL;
    jwkeep_error error;
    exit_status status = STATUS_YES;
    int64_t now_s = values->now_s >= 0 ? values->now_s : when_now_ms() / 1000;
    if (jwkeep_json_parse(payload, NULL, &claims, &error) != JWKEEP_OK)
        status = report_failure("payload of the token", &error);
    else if (values->is_json)
        status = print_json(header, jwkeep_json_root(claims));
    else
        print_text(header, jwkeep_json_root(claims), now_s);
    jwkeep_json_text_free(claims);
    return status;
}

/* `inner` is filled with the token inside, if there is one. */
static exit_status print_parts(const struct decode *values, jwkeep_span header_bytes,
                               jwkeep_span payload, jwkeep_buffer *inner) {
    jwkeep_json_text *header = NULL;
    jwkeep_error error;
    exit_status status = STATUS_YES;
    if (jwkeep_json_parse(header_bytes, NULL, &header, &error) != JWKEEP_OK)
        return report_failure("header of the token", &error);
    const jwkeep_json *root = jwkeep_json_root(header);
    if (!is_nested(root)) {
        status = print_claims(values, root, payload);
    } else if (jwkeep_buffer_append(inner, payload) != JWKEEP_OK) {
        status = report_internal("out of memory");
    } else if (!values->is_json) {
        puts("header, of a token around another");
        output_pretty(root);
    }
    jwkeep_json_text_free(header);
    return status;
}

/* Looks into `token`; `inner` as above. */
static exit_status decode_one(const struct decode *values, jwkeep_span token,
                              jwkeep_buffer *inner) {
    jwkeep_buffer header;
    jwkeep_buffer payload;
    jwkeep_error error;
    exit_status status;
    jwkeep_buffer_init(&header, JWKEEP_MAX_TOKEN_BYTES);
    jwkeep_buffer_init(&payload, JWKEEP_MAX_TOKEN_BYTES);
    if (jwkeep_jws_decode_insecure(token, NULL, &header, &payload, &error) == JWKEEP_OK)
        status = print_parts(values, jwkeep_buffer_span(&header), jwkeep_buffer_span(&payload),
                             inner);
    else
        status = report_failure(input_name(values->file), &error);
    jwkeep_buffer_done(&header);
    jwkeep_buffer_done(&payload);
    return status;
}

/* From the outermost inwards; in JSON the innermost alone. */
static exit_status decode_token(const struct decode *values, jwkeep_span token) {
    jwkeep_buffer current;
    jwkeep_buffer inner;
    jwkeep_buffer_init(&current, JWKEEP_MAX_TOKEN_BYTES);
    jwkeep_buffer_init(&inner, JWKEEP_MAX_TOKEN_BYTES);
    exit_status status = decode_one(values, token, &inner);
    for (size_t depth = 1; inner.size > 0 && status == STATUS_YES; depth++) {
        const jwkeep_buffer taken = inner;
        inner = current;
        current = taken;
        jwkeep_buffer_clear(&inner);
        if (depth > JWKEEP_MAX_NESTING) {
            report_note("tokens are nested more than %u deep", JWKEEP_MAX_NESTING);
            status = STATUS_NO;
        } else {
            status = decode_one(values, jwkeep_buffer_span(&current), &inner);
        }
    }
    jwkeep_buffer_done(&current);
    jwkeep_buffer_done(&inner);
    return status;
}

static exit_status run(const void *arguments) {
    const struct decode *values = arguments;
    jwkeep_buffer buffer;
    exit_status status = input_read(values->file, INPUT_MAX_KEY_BYTES, STATUS_NO, &buffer);
    if (status != STATUS_YES)
        return status;
    status = decode_token(values, input_trim(jwkeep_buffer_span(&buffer)));
    jwkeep_buffer_done(&buffer);
    if (status == STATUS_YES)
        report_note("warning: nothing of this token was verified");
    return status;
}

const struct command CMD_JWT_DECODE = {
    .group = "jwt",
    .name = "decode",
    .summary = "show what a token says, without verifying anything",
    .details =
        "For looking at a token, never for deciding: anybody can write one. Of a token\n"
        "around another the header is shown, then the one inside (--json: that alone).\n",
    .examples = "  jwkeep jwt decode < token\n",
    .options = OPTION_TABLE(OPTIONS),
    .defaults = &DEFAULTS,
    .values_size = sizeof(struct decode),
    .run = run,
};
