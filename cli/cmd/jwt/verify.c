/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jwt verify`: the claims of a token, after everything about it held and not
 * before; otherwise every claim that failed. */
#include "cli/claim_flags.h"
#include "cli/command.h"
#include "cli/input.h"
#include "cli/limit_flags.h"
#include "cli/output.h"
#include "cli/possession.h"
#include "cli/remote.h"
#include "cli/rules.h"
#include "cli/when.h"
#include <jwkeep/id_token.h>
#include <jwkeep/verifier.h>
#include <stdlib.h>

struct verify {
    const char *key;
    const char *jwks;
    const char *issuer;
    rules_options rules;
    const char *iss;
    text_list aud;
    const char *sub;
    const char *jti;
    claim_flags claims;
    const char *profile;
    const char *client_id;
    const char *nonce;
    int64_t max_auth_age_s;
    bool is_nested;
    possession_options possession;
    int64_t now_s;
    limit_flags limits;
    remote_options remote;
    bool is_json;
    const char *file;
};

static const struct verify DEFAULTS = {.now_s = -1, .remote.timeout_s = REMOTE_TIMEOUT_S};

static const option_spec OPTIONS[] = {
    TEXT(struct verify, key, "key", "FILE", "keys at hand: a JWK, a JWK Set or PEM"),
    TEXT(struct verify, jwks, "jwks", "URL", "keys behind a URL"),
    TEXT(struct verify, issuer, "issuer", "URL", "keys by discovery; iss must be this"),
    TEXT(struct verify, iss, "iss", "TEXT", "iss must be this"),
    LIST(struct verify, aud, "aud", "TEXT", "aud must hold one of these"),
    TEXT(struct verify, sub, "sub", "TEXT", "sub must be this"),
    TEXT(struct verify, jti, "jti", "TEXT", "jti must be this"),
    CLAIM_FLAGS(struct verify),
    RULES_OPTIONS(struct verify),
    TEXT(struct verify, profile, "profile", "at+jwt|id-token",
         "what RFC 9068 or OpenID Connect demand"),
    TEXT(struct verify, client_id, "client-id", "TEXT", "for a profile: who the token is for"),
    TEXT(struct verify, nonce, "nonce", "TEXT", "that an ID token must have"),
    NUMBER(struct verify, max_auth_age_s, "max-auth-age", "S", 1, RULES_MAX_AGE_S,
           "seconds since auth_time at the most"),
    FLAG(struct verify, is_nested, "nested", "with --key: verify a token inside the token"),
    POSSESSION_OPTIONS(struct verify),
    NUMBER(struct verify, now_s, "now", "UNIX", 0, WHEN_MAX_S,
           "what now is (default: the clock)"),
    LIMIT_FLAGS(struct verify),
    REMOTE_OPTIONS(struct verify),
    FLAG(struct verify, is_json, "json", "answer in JSON, failures as well"),
    OPERAND(struct verify, file, "FILE", "the token; default: standard input"),
};

/* What a verification gives. */
struct verdict {
    jwkeep_token *token;
    jwkeep_failures failures;
    jwkeep_code code;
    jwkeep_error error;
};

/* `user` is what --now says, or negative. */
static int64_t now_ms(void *user) {
    const int64_t *now_s = user;
    return *now_s >= 0 ? *now_s * 1000 : when_now_ms();
}

static exit_status verify_locally(const struct verify *values, const jwkeep_rules *rules,
                                  jwkeep_span bytes, struct verdict *verdict) {
    jwkeep_rules local = *rules;
    const jwkeep_limits limits = limit_flags_limits(&values->limits);
    int64_t now_s = values->now_s;
    key_file keys;
    if (input_is_standard(values->key) && input_is_standard(values->file))
        return report_usage("key and token cannot both come from standard input");
    exit_status status = key_file_read(values->key, &keys);
    if (status != STATUS_YES)
        return status;
    local.limits = &limits;
    local.issuers = &values->iss;
    local.issuer_count = values->iss ? 1 : 0;
    verdict->code = jwkeep_jwt_verify(bytes, keys.key, keys.set, &local, now_ms(&now_s),
                                      verdict->token, &verdict->failures, &verdict->error);
    key_file_done(&keys);
    return STATUS_YES;
}

/* The reason of a download that failed, kept on the refresher's thread and read after that
 * has been joined. */
static void keep_failure(void *user, const jwkeep_event *event) {
    jwkeep_error *failure = user;
    if (event->kind == JWKEEP_EVENT_FAILED)
        *failure = *event->error;
    else if (event->kind == JWKEEP_EVENT_KEY_SKIPPED)
        key_report_skip(NULL, event->skip);
}

/* A claim's name in a failure is the verifier's copy of the one that was given, and goes with
 * the verifier: `failure` gets the one that was given. */
static void take_name(const jwkeep_rules *given, jwkeep_error *failure) {
    if (!failure->where)
        return;
    for (size_t i = 0; i < given->required_count; i++)
        if (strcmp(failure->where, given->required[i]) == 0)
            failure->where = given->required[i];
    for (size_t i = 0; i < given->claim_count; i++)
        if (strcmp(failure->where, given->claims[i].name) == 0)
            failure->where = given->claims[i].name;
}

static void take_names(const jwkeep_rules *given, struct verdict *verdict) {
    if (verdict->code == JWKEEP_OK)
        return;
    take_name(given, &verdict->error);
    for (size_t i = 0; i < verdict->failures.count; i++)
        take_name(given, &verdict->failures.items[i]);
}

static exit_status verify_with(const jwkeep_verifier_options *options, uint32_t timeout_ms,
                               jwkeep_span bytes, const jwkeep_rules *rules,
                               struct verdict *verdict) {
    jwkeep_verifier *verifier = NULL;
    if (jwkeep_verifier_new(options, &verifier, &verdict->error) != JWKEEP_OK) {
        exit_status status = report_failure("the issuer", &verdict->error);
        return status == STATUS_INTERNAL ? status : STATUS_USAGE;
    }
    verdict->code = jwkeep_verifier_verify(verifier, bytes, timeout_ms, verdict->token,
                                           &verdict->failures, &verdict->error);
    take_names(rules, verdict);
    jwkeep_verifier_free(verifier);
    return STATUS_YES;
}

static exit_status verify_remotely(const struct verify *values, const jwkeep_rules *rules,
                                   jwkeep_span bytes, struct verdict *verdict) {
    jwkeep_error failure = {.code = JWKEEP_OK};
    int64_t now_s = values->now_s;
    jwkeep_source_options source;
    remote_fill(&values->remote, &source);
    source.on_event = keep_failure;
    source.user = &failure;
    jwkeep_issuer issuer = {.issuer = values->issuer ? values->issuer : values->iss,
                            .jwks_url = values->jwks,
                            .rules = rules,
                            .source = &source};
    const jwkeep_limits limits = limit_flags_limits(&values->limits);
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;
    options.limits = &limits;
    options.now_ms = now_ms;
    options.user = &now_s;
    exit_status status = verify_with(&options, source.fetch_timeout_ms, bytes, rules, verdict);
    bool is_reason_known = failure.code != JWKEEP_OK && status == STATUS_YES &&
                           status_of(verdict->code) == STATUS_UNDECIDED;
    if (is_reason_known)
        verdict->error = failure;
    return status;
}

static size_t failure_count(const struct verdict *verdict) {
    return verdict->failures.count > 0 ? verdict->failures.count : 1;
}

static const jwkeep_error *failure_at(const struct verdict *verdict, size_t index) {
    return verdict->failures.count > 0 ? &verdict->failures.items[index] : &verdict->error;
}

static void write_failures(jwkeep_json_writer *writer, const struct verdict *verdict) {
    jwkeep_json_write_name(writer, JWKEEP_SPAN("errors"));
    jwkeep_json_write_array(writer);
    for (size_t i = 0; i < failure_count(verdict); i++)
        output_write_error(writer, failure_at(verdict, i));
    jwkeep_json_write_end(writer);
}

static void write_token(jwkeep_json_writer *writer, const jwkeep_token *token) {
    jwkeep_json_write_name(writer, JWKEEP_SPAN("header"));
    jwkeep_json_write_raw(writer, jwkeep_token_header_json(token));
    jwkeep_json_write_name(writer, JWKEEP_SPAN("claims"));
    jwkeep_json_write_raw(writer, jwkeep_token_claims_json(token));
}

/* "valid" is null where nothing was decided. */
static exit_status print_json(const struct verdict *verdict) {
    jwkeep_buffer buffer;
    jwkeep_json_writer writer;
    jwkeep_buffer_init(&buffer, OUTPUT_MAX_BYTES);
    jwkeep_json_writer_init(&writer, &buffer);
    jwkeep_json_write_object(&writer);
    jwkeep_json_write_name(&writer, JWKEEP_SPAN("valid"));
    if (status_of(verdict->code) == STATUS_UNDECIDED)
        jwkeep_json_write_null(&writer);
    else
        jwkeep_json_write_boolean(&writer, verdict->code == JWKEEP_OK);
    if (verdict->code == JWKEEP_OK)
        write_token(&writer, verdict->token);
    else
        write_failures(&writer, verdict);
    jwkeep_json_write_end(&writer);
    exit_status printed = output_written(&writer, &buffer);
    return printed == STATUS_YES ? status_of(verdict->code) : printed;
}

static exit_status print_verdict(const struct verify *values, const struct verdict *verdict) {
    if (values->is_json)
        return print_json(verdict);
    if (verdict->code == JWKEEP_OK)
        output_line(jwkeep_token_claims_json(verdict->token));
    else
        for (size_t i = 0; i < failure_count(verdict); i++)
            report_failure(input_name(values->file), failure_at(verdict, i));
    return status_of(verdict->code);
}

/* What is known of one login or request alone: the nonce, the proof. */
static exit_status check_moment(const struct verify *values, jwkeep_span bytes,
                                struct verdict *verdict) {
    int64_t now_s = values->now_s;
    if (verdict->code == JWKEEP_OK && values->nonce) {
        jwkeep_id_token_login login;
        jwkeep_id_token_login_init(&login);
        login.nonce = jwkeep_span_text(values->nonce);
        verdict->code = jwkeep_id_token_check(verdict->token, &login, now_ms(&now_s),
                                              &verdict->failures, &verdict->error);
    }
    if (verdict->code != JWKEEP_OK)
        return STATUS_YES;
    return possession_verify(&values->possession, verdict->token, bytes, now_ms(&now_s),
                             &verdict->code, &verdict->error);
}

static exit_status verify_token(const struct verify *values, const jwkeep_rules *rules,
                                jwkeep_span bytes) {
    struct verdict verdict = {.failures.count = 0};
    if (jwkeep_token_new(&verdict.token, &verdict.error) != JWKEEP_OK)
        return report_failure("verifying", &verdict.error);
    exit_status status = values->key ? verify_locally(values, rules, bytes, &verdict)
                                     : verify_remotely(values, rules, bytes, &verdict);
    if (status == STATUS_YES)
        status = check_moment(values, bytes, &verdict);
    if (status == STATUS_YES)
        status = print_verdict(values, &verdict);
    jwkeep_token_free(verdict.token);
    return status;
}

static exit_status set_profile(const struct verify *values, jwkeep_rules *rules) {
    if (!values->profile)
        return STATUS_YES;
    if (strcmp(values->profile, "at+jwt") == 0)
        rules->profile = JWKEEP_PROFILE_AT_JWT;
    else if (strcmp(values->profile, "id-token") == 0)
        rules->profile = JWKEEP_PROFILE_ID_TOKEN;
    else
        return report_usage("--profile is at+jwt or id-token, not \"%.64s\"", values->profile);
    if (!values->iss && !values->issuer)
        return report_usage("--profile needs the issuer: --iss TEXT or --issuer URL");
    if (rules->profile == JWKEEP_PROFILE_AT_JWT && values->aud.count == 0)
        return report_usage("--profile at+jwt needs --aud TEXT");
    if (rules->profile == JWKEEP_PROFILE_ID_TOKEN && !values->client_id)
        return report_usage("--profile id-token needs --client-id TEXT");
    return STATUS_YES;
}

static exit_status fill_rules(const struct verify *values, claim_rules *claims,
                              jwkeep_rules *ret_rules) {
    exit_status status = rules_fill(&values->rules, &values->aud, ret_rules);
    if (status == STATUS_YES)
        status = set_profile(values, ret_rules);
    if (status == STATUS_YES)
        status = claim_rules_begin(&values->claims, claims, ret_rules);
    ret_rules->subject = values->sub;
    ret_rules->jti = values->jti;
    ret_rules->client_id = values->client_id;
    ret_rules->max_auth_age_s = values->max_auth_age_s;
    ret_rules->is_nesting_allowed = values->is_nested;
    return status;
}

static exit_status read_and_verify(const struct verify *values) {
    jwkeep_rules rules;
    jwkeep_buffer buffer;
    claim_rules *claims = calloc(1, sizeof *claims);
    if (!claims)
        return report_internal("out of memory");
    exit_status status = fill_rules(values, claims, &rules);
    /* With room for white space round the token; what is too long, the library says. */
    const size_t max_bytes = 2 * limit_flags_limits(&values->limits).max_token_bytes;
    if (status == STATUS_YES)
        status = input_read(values->file, max_bytes, STATUS_NO, &buffer);
    if (status == STATUS_YES) {
        status = verify_token(values, &rules, input_trim(jwkeep_buffer_span(&buffer)));
        jwkeep_buffer_done(&buffer);
    }
    claim_rules_end(claims);
    free(claims);
    return status;
}

static exit_status run(const void *arguments) {
    const struct verify *values = arguments;
    if ((values->key != NULL) + (values->jwks != NULL) + (values->issuer != NULL) != 1)
        return report_usage("say where the keys are, once: --key FILE, --jwks URL or --issuer "
                            "URL");
    if (values->issuer && values->iss && strcmp(values->issuer, values->iss) != 0)
        return report_usage("--issuer already says what iss must be");
    if (values->is_nested && !values->key)
        return report_usage("--nested goes with --key FILE");
    if (values->key && (values->limits.max_keys || values->limits.max_keyset_bytes))
        return report_usage("--max-keys and --max-keyset-bytes go with --jwks or --issuer");
    if (values->client_id && !values->profile)
        return report_usage("--client-id goes with --profile");
    exit_status status = possession_check(&values->possession);
    if (status != STATUS_YES)
        return status;
    return read_and_verify(values);
}

const struct command CMD_JWT_VERIFY = {
    .group = "jwt",
    .name = "verify",
    .summary = "verify a token and print its claims, once they hold",
    .details =
        "Signature, times and all that the options ask for. Each claim that fails is\n"
        "told on a line of standard error, or with --json as\n"
        "{\"valid\":false,\"errors\":[…]} (\"valid\":null: could not decide). Keys that\n"
        "cannot be read give status 3: they say nothing about the token.\n",
    .examples =
        "  jwkeep jwt verify --issuer https://idp.example --aud api < token\n"
        "  jwkeep jwt verify --key public.json --alg ES256 --aud api --require sub < token\n"
        "  jwkeep jwt verify --issuer https://idp.example --profile at+jwt --aud api \\\n"
        "      --scope read --claim tenant=acme < token\n",
    .options = OPTION_TABLE(OPTIONS),
    .defaults = &DEFAULTS,
    .values_size = sizeof(struct verify),
    .run = run,
};
