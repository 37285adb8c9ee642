/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jwt sign`: claims from options and from JSON, a token out. */
#include "cli/command.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/signing.h"
#include "cli/when.h"
#include <jwkeep/builder.h>
#include <unistd.h>

#define MAX_NAME_BYTES 256u /* of a claim or a header parameter given as NAME=VALUE */

struct sign {
    signing_options signing;
    const char *iss;
    const char *sub;
    text_list aud;
    const char *exp;
    const char *nbf;
    const char *iat;
    const char *jti;
    bool is_jti_random;
    text_list claims;
    text_list json_claims;
    text_list headers;
    text_list json_headers;
    int64_t now_s;
    const char *file;
};

static const struct sign DEFAULTS = {.now_s = -1};

static const option_spec OPTIONS[] = {
    SIGNING_OPTIONS(struct sign),
    TEXT(struct sign, iss, "iss", "TEXT", "issuer"),
    TEXT(struct sign, sub, "sub", "TEXT", "subject"),
    LIST(struct sign, aud, "aud", "TEXT", "audience; several give an array"),
    TEXT(struct sign, exp, "exp", "TIME", "expiry: +SECONDS from now, or seconds since 1970"),
    TEXT(struct sign, nbf, "nbf", "TIME", "not before"),
    TEXT(struct sign, iat, "iat", "TIME", "issued at: \"now\", or as above"),
    TEXT(struct sign, jti, "jti", "TEXT", "identifier of the token"),
    FLAG(struct sign, is_jti_random, "random-jti", "a random identifier"),
    LIST(struct sign, claims, "claim", "NAME=TEXT", "any claim, a string"),
    LIST(struct sign, json_claims, "claim-json", "NAME=JSON", "any claim, any JSON value"),
    LIST(struct sign, headers, "header", "NAME=TEXT", "a further header parameter, a string"),
    LIST(struct sign, json_headers, "header-json", "NAME=JSON", "one of any JSON value"),
    NUMBER(struct sign, now_s, "now", "UNIX", 0, WHEN_MAX_S,
           "what now is (default: the clock)"),
    OPERAND(struct sign, file, "FILE", "more claims, a JSON object; default: standard input"),
};

typedef void (*set_text)(jwkeep_builder *builder, const char *name, jwkeep_span text);

static exit_status add_given(jwkeep_builder *builder, const char *given, set_text set) {
    char name[MAX_NAME_BYTES + 1];
    const char *equals = strchr(given, '=');
    if (!equals)
        return report_usage("takes NAME=VALUE, not \"%.64s\"", given);
    size_t size = (size_t)(equals - given);
    if (size == 0 || size > MAX_NAME_BYTES)
        return report_usage("a name has 1 to %u bytes", MAX_NAME_BYTES);
    memcpy(name, given, size);
    name[size] = '\0';
    set(builder, name, jwkeep_span_text(equals + 1));
    return STATUS_YES;
}

static exit_status add_all(jwkeep_builder *builder, const text_list *list, set_text set) {
    exit_status status = STATUS_YES;
    for (size_t i = 0; i < list->count && status == STATUS_YES; i++)
        status = add_given(builder, list->items[i], set);
    return status;
}

static exit_status add_time(jwkeep_builder *builder, const char *name, const char *text,
                            int64_t now_s) {
    int64_t time_s;
    if (!text)
        return STATUS_YES;
    if (!when_read(text, now_s, &time_s))
        return report_usage("--%s takes \"now\", +SECONDS, -SECONDS or seconds since 1970, not "
                            "\"%.64s\"",
                            name, text);
    jwkeep_builder_set_int64(builder, name, time_s);
    return STATUS_YES;
}

static exit_status add_registered(jwkeep_builder *builder, const struct sign *values,
                                  int64_t now_s) {
    if (values->iss)
        jwkeep_builder_set_issuer(builder, jwkeep_span_text(values->iss));
    if (values->sub)
        jwkeep_builder_set_subject(builder, jwkeep_span_text(values->sub));
    for (size_t i = 0; i < values->aud.count; i++)
        jwkeep_builder_add_audience(builder, jwkeep_span_text(values->aud.items[i]));
    exit_status status = add_time(builder, "exp", values->exp, now_s);
    if (status == STATUS_YES)
        status = add_time(builder, "nbf", values->nbf, now_s);
    if (status == STATUS_YES)
        status = add_time(builder, "iat", values->iat, now_s);
    if (values->jti)
        jwkeep_builder_set_jti(builder, jwkeep_span_text(values->jti));
    if (values->is_jti_random)
        jwkeep_builder_set_random_jti(builder);
    return status;
}

static exit_status add_options(jwkeep_builder *builder, const struct sign *values,
                               int64_t now_s) {
    jwkeep_error error;
    exit_status status = add_registered(builder, values, now_s);
    if (status == STATUS_YES)
        status = add_all(builder, &values->claims, jwkeep_builder_set_string);
    if (status == STATUS_YES)
        status = add_all(builder, &values->json_claims, jwkeep_builder_set_json);
    if (status == STATUS_YES)
        status = add_all(builder, &values->headers, jwkeep_builder_set_header_string);
    if (status == STATUS_YES)
        status = add_all(builder, &values->json_headers, jwkeep_builder_set_header_json);
    if (status != STATUS_YES || jwkeep_builder_check(builder, &error) == JWKEEP_OK)
        return status;
    status = report_failure("the options", &error);
    return status == STATUS_INTERNAL ? status : STATUS_USAGE;
}

static exit_status add_input(jwkeep_builder *builder, const struct sign *values,
                             jwkeep_span bytes) {
    jwkeep_error error;
    if (bytes.size > 0)
        jwkeep_builder_add_claims(builder, bytes);
    if (jwkeep_builder_check(builder, &error) == JWKEEP_OK)
        return STATUS_YES;
    return report_failure(input_name(values->file), &error);
}

static exit_status sign_claims(const jwkeep_builder *builder, int64_t now_s,
                               const jwkeep_jws_signer *signer) {
    jwkeep_buffer token;
    jwkeep_error error;
    exit_status status = STATUS_YES;
    jwkeep_buffer_init(&token, OUTPUT_MAX_BYTES);
    if (jwkeep_builder_sign(builder, signer, now_s * 1000, &token, &error) == JWKEEP_OK)
        output_line(jwkeep_buffer_span(&token));
    else
        status = report_failure("signing", &error);
    jwkeep_buffer_done(&token);
    return status;
}

static exit_status build_and_sign(const struct sign *values, jwkeep_span bytes,
                                  const jwkeep_jws_signer *signer) {
    jwkeep_builder *builder = NULL;
    jwkeep_error error;
    int64_t now_s = values->now_s >= 0 ? values->now_s : when_now_ms() / 1000;
    if (jwkeep_builder_new(&builder, &error) != JWKEEP_OK)
        return report_failure("signing", &error);
    exit_status status = add_input(builder, values, bytes);
    if (status == STATUS_YES)
        status = add_options(builder, values, now_s);
    if (status == STATUS_YES)
        status = sign_claims(builder, now_s, signer);
    jwkeep_builder_free(builder);
    return status;
}

static bool has_claims(const struct sign *values) {
    return values->iss || values->sub || values->aud.count || values->exp || values->nbf ||
           values->iat || values->jti || values->is_jti_random || values->claims.count ||
           values->json_claims.count;
}

/* Claims typed at a terminal are waited for only if no option gives one, or "-" asks. */
static bool is_input_read(const struct sign *values) {
    return values->file || !isatty(STDIN_FILENO) || !has_claims(values);
}

static exit_status read_and_sign(const struct sign *values, const jwkeep_jws_signer *signer) {
    jwkeep_buffer buffer;
    if (!is_input_read(values))
        return build_and_sign(values, JWKEEP_SPAN_NONE, signer);
    exit_status status =
        input_read(values->file, INPUT_MAX_PAYLOAD_BYTES, STATUS_USAGE, &buffer);
    if (status != STATUS_YES)
        return status;
    status = build_and_sign(values, input_trim(jwkeep_buffer_span(&buffer)), signer);
    jwkeep_buffer_done(&buffer);
    return status;
}

static exit_status run(const void *arguments) {
    const struct sign *values = arguments;
    jwkeep_jws_signer signer;
    key_file keys = {0};
    exit_status status = signing_begin(&values->signing, values->file, &keys, &signer);
    if (status == STATUS_YES)
        status = read_and_sign(values, &signer);
    key_file_done(&keys);
    return status;
}

const struct command CMD_JWT_SIGN = {
    .group = "jwt",
    .name = "sign",
    .summary = "sign claims, giving a token",
    .details = "Claims come from the options and from a JSON object, and are signed as they\n"
               "are: nothing is added. A claim that is given twice is refused.\n",
    .examples = "  jwkeep jwt sign --key key.json --iss me --aud api --exp +300\n"
                "  echo '{\"sub\":\"alice\"}' | jwkeep jwt sign --key key.json --exp +60\n",
    .options = OPTION_TABLE(OPTIONS),
    .defaults = &DEFAULTS,
    .values_size = sizeof(struct sign),
    .run = run,
};
