/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jwt sign`: claims from options and from JSON, a token out. A claim that is given
 * twice is refused. */
#include "cli/command.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/signing.h"
#include "cli/when.h"
#include <jwkeep/jwt.h>
#include <unistd.h>

#define MAX_CLAIM_BYTES 256u /* the name of a claim given as NAME=VALUE */
/* The two lists, and the registered ones that have options of their own. */
#define MAX_CLAIMS (2u * OPTIONS_MAX_REPEATS + 7u)

struct sign {
    signing_options signing;
    const char *iss;
    const char *sub;
    text_list aud;
    const char *exp;
    const char *nbf;
    const char *iat;
    const char *jti;
    text_list claims;
    text_list json_claims;
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
    LIST(struct sign, claims, "claim", "NAME=TEXT", "any claim, a string"),
    LIST(struct sign, json_claims, "claim-json", "NAME=JSON", "any claim, any JSON value"),
    NUMBER(struct sign, now_s, "now", "UNIX", 0, WHEN_MAX_S,
           "what now is (default: the clock)"),
    OPERAND(struct sign, file, "FILE", "more claims, a JSON object; default: standard input"),
};

/* The claims as they are put together; the names of those from options are kept. */
struct claims {
    jwkeep_json_writer *writer;
    const jwkeep_json *base; /* NULL: none came */
    jwkeep_span names[MAX_CLAIMS];
    size_t count;
};

static bool has_claim(const struct claims *claims, jwkeep_span name) {
    for (const jwkeep_json *each = jwkeep_json_first(claims->base); each;
         each = jwkeep_json_next(each)) {
        if (jwkeep_span_equals(jwkeep_json_name(each), name))
            return true;
    }
    for (size_t i = 0; i < claims->count; i++) {
        if (jwkeep_span_equals(claims->names[i], name))
            return true;
    }
    return false;
}

static exit_status begin_claim(struct claims *claims, jwkeep_span name) {
    if (name.size == 0 || name.size > MAX_CLAIM_BYTES)
        return report_usage("the name of a claim has 1 to %u bytes", MAX_CLAIM_BYTES);
    if (has_claim(claims, name))
        return report_usage("the claim %.*s is given twice", (int)name.size,
                            (const char *)name.data);
    claims->names[claims->count++] = name;
    jwkeep_json_write_name(claims->writer, name);
    return STATUS_YES;
}

static exit_status add_text(struct claims *claims, const char *name, const char *text) {
    exit_status status = text ? begin_claim(claims, jwkeep_span_text(name)) : STATUS_YES;
    if (text && status == STATUS_YES)
        jwkeep_json_write_string(claims->writer, jwkeep_span_text(text));
    return status;
}

static exit_status add_time(struct claims *claims, const char *name, const char *text,
                            int64_t now_s) {
    int64_t time_s;
    if (!text)
        return STATUS_YES;
    if (!when_read(text, now_s, &time_s))
        return report_usage("--%s takes \"now\", +SECONDS, -SECONDS or seconds since 1970, not "
                            "\"%.64s\"",
                            name, text);
    exit_status status = begin_claim(claims, jwkeep_span_text(name));
    if (status == STATUS_YES)
        jwkeep_json_write_int64(claims->writer, time_s);
    return status;
}

static exit_status add_audiences(struct claims *claims, const text_list *audiences) {
    if (audiences->count == 0)
        return STATUS_YES;
    if (audiences->count == 1)
        return add_text(claims, "aud", audiences->items[0]);
    exit_status status = begin_claim(claims, JWKEEP_SPAN("aud"));
    if (status != STATUS_YES)
        return status;
    jwkeep_json_write_array(claims->writer);
    for (size_t i = 0; i < audiences->count; i++)
        jwkeep_json_write_string(claims->writer, jwkeep_span_text(audiences->items[i]));
    jwkeep_json_write_end(claims->writer);
    return STATUS_YES;
}

static exit_status write_json(struct claims *claims, const char *given, const char *json) {
    jwkeep_json_text *text = NULL;
    jwkeep_error error;
    if (jwkeep_json_parse(jwkeep_span_text(json), NULL, &text, &error) != JWKEEP_OK) {
        report_failure(given, &error);
        return STATUS_USAGE;
    }
    jwkeep_json_write_raw(claims->writer, jwkeep_json_raw(jwkeep_json_root(text)));
    jwkeep_json_text_free(text);
    return STATUS_YES;
}

static exit_status add_given(struct claims *claims, const char *given, bool is_json) {
    const char *equals = strchr(given, '=');
    if (!equals)
        return report_usage("a claim is given as NAME=VALUE, not \"%.64s\"", given);
    exit_status status = begin_claim(claims, jwkeep_span_of(given, (size_t)(equals - given)));
    if (status != STATUS_YES)
        return status;
    if (is_json)
        return write_json(claims, given, equals + 1);
    jwkeep_json_write_string(claims->writer, jwkeep_span_text(equals + 1));
    return STATUS_YES;
}

static exit_status add_all_given(struct claims *claims, const text_list *list, bool is_json) {
    exit_status status = STATUS_YES;
    for (size_t i = 0; i < list->count && status == STATUS_YES; i++)
        status = add_given(claims, list->items[i], is_json);
    return status;
}

static exit_status add_registered(struct claims *claims, const struct sign *values,
                                  int64_t now_s) {
    exit_status status = add_text(claims, "iss", values->iss);
    if (status == STATUS_YES)
        status = add_text(claims, "sub", values->sub);
    if (status == STATUS_YES)
        status = add_audiences(claims, &values->aud);
    if (status == STATUS_YES)
        status = add_time(claims, "exp", values->exp, now_s);
    if (status == STATUS_YES)
        status = add_time(claims, "nbf", values->nbf, now_s);
    if (status == STATUS_YES)
        status = add_time(claims, "iat", values->iat, now_s);
    if (status == STATUS_YES)
        status = add_text(claims, "jti", values->jti);
    return status;
}

static exit_status write_claims(const struct sign *values, const jwkeep_json *base,
                                jwkeep_json_writer *writer) {
    struct claims claims = {.writer = writer, .base = base};
    int64_t now_s = values->now_s >= 0 ? values->now_s : when_now_ms() / 1000;
    jwkeep_json_write_object(writer);
    for (const jwkeep_json *each = jwkeep_json_first(base); each;
         each = jwkeep_json_next(each)) {
        jwkeep_json_write_name(writer, jwkeep_json_name(each));
        jwkeep_json_write_raw(writer, jwkeep_json_raw(each));
    }
    exit_status status = add_registered(&claims, values, now_s);
    if (status == STATUS_YES)
        status = add_all_given(&claims, &values->claims, false);
    if (status == STATUS_YES)
        status = add_all_given(&claims, &values->json_claims, true);
    jwkeep_json_write_end(writer);
    return status;
}

static exit_status sign_claims(const struct sign *values, const jwkeep_json *base,
                               const jwkeep_jws_signer *signer) {
    jwkeep_buffer claims;
    jwkeep_buffer token;
    jwkeep_json_writer writer;
    jwkeep_error error;
    jwkeep_buffer_init(&claims, INPUT_MAX_PAYLOAD_BYTES);
    jwkeep_buffer_init(&token, OUTPUT_MAX_BYTES);
    jwkeep_json_writer_init(&writer, &claims);
    exit_status status = write_claims(values, base, &writer);
    if (status == STATUS_YES && jwkeep_json_writer_finish(&writer) != JWKEEP_OK)
        status = report_usage("the claims are not UTF-8, or too long");
    if (status == STATUS_YES) {
        if (jwkeep_jwt_sign(jwkeep_buffer_span(&claims), signer, &token, &error) == JWKEEP_OK)
            output_line(jwkeep_buffer_span(&token));
        else
            status = report_failure("signing", &error);
    }
    jwkeep_buffer_done(&token);
    jwkeep_buffer_done(&claims);
    return status;
}

static bool has_claims(const struct sign *values) {
    return values->iss || values->sub || values->aud.count || values->exp || values->nbf ||
           values->iat || values->jti || values->claims.count || values->json_claims.count;
}

/* Claims typed at a terminal are waited for only if no option gives one, or "-" asks. */
static bool is_input_read(const struct sign *values) {
    return values->file || !isatty(STDIN_FILENO) || !has_claims(values);
}

static exit_status parse_and_sign(const struct sign *values, jwkeep_span bytes,
                                  const jwkeep_jws_signer *signer) {
    jwkeep_json_text *text = NULL;
    jwkeep_error error;
    exit_status status;
    if (bytes.size == 0)
        return sign_claims(values, NULL, signer);
    if (jwkeep_json_parse(bytes, NULL, &text, &error) != JWKEEP_OK)
        return report_failure(input_name(values->file), &error);
    if (jwkeep_json_type_of(jwkeep_json_root(text)) == JWKEEP_JSON_OBJECT) {
        status = sign_claims(values, jwkeep_json_root(text), signer);
    } else {
        report_note("%s: claims are a JSON object", input_name(values->file));
        status = STATUS_NO;
    }
    jwkeep_json_text_free(text);
    return status;
}

static exit_status read_and_sign(const struct sign *values, const jwkeep_jws_signer *signer) {
    jwkeep_buffer buffer;
    if (!is_input_read(values))
        return sign_claims(values, NULL, signer);
    exit_status status =
        input_read(values->file, INPUT_MAX_PAYLOAD_BYTES, STATUS_USAGE, &buffer);
    if (status != STATUS_YES)
        return status;
    status = parse_and_sign(values, input_trim(jwkeep_buffer_span(&buffer)), signer);
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
