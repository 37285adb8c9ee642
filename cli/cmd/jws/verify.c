/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jws verify`: the payload of a JWS, compact or in JSON serialization, after its
 * signature held and not before. */
#include "cli/command.h"
#include "cli/input.h"
#include "cli/jws_payload.h"
#include "cli/jws_verdict.h"
#include "cli/keys.h"
#include <jwkeep/thumbprint.h>
#include <stdio.h>
#include <string.h>

struct verify {
    text_list keys;
    text_list algs;
    text_list crit;
    const char *policy;
    const char *pinned;
    const char *detached;
    bool is_json;
    const char *file;
};

static const option_spec OPTIONS[] = {
    LIST(struct verify, keys, "key", "FILE", "a JWK, a JWK Set or PEM; several are one set"),
    LIST(struct verify, algs, "alg", "ALG",
         "allow this algorithm (default: what the keys are for)"),
    LIST(struct verify, crit, "crit", "NAME", "a critical parameter that you understand"),
    TEXT(struct verify, policy, "policy", "WHICH",
         "of several signatures, all (the default) or any must hold, or one by each of the "
         "keys"),
    TEXT(struct verify, pinned, "pinned-thumbprint", "T",
         "instead of --key: the token's own jwk, if this is its thumbprint (SHA-256)"),
    TEXT(struct verify, detached, "detached", "FILE", "the payload that the token is without"),
    FLAG(struct verify, is_json, "json",
         "answer in JSON: the payload in base64url, each signature with its key"),
    OPERAND(struct verify, file, "FILE", "the token; default: standard input"),
};

/* What a verification is done with. */
typedef struct setup {
    const struct verify *values;
    jwkeep_limits limits;
    jwkeep_jws_extension extensions[OPTIONS_MAX_REPEATS];
    jwkeep_jws_options options;
    jwkeep_jws_policy policy;
    jwkeep_thumbprint pinned;
    jwkeep_span demanded[JWKEEP_MAX_SIGNATURES]; /* thumbprints of keys, by --policy keys */
} setup;

static bool is_policy(const struct verify *values, const char *name) {
    return values->policy && strcmp(values->policy, name) == 0;
}

static exit_status demand_each(const key_file *keys, setup *with) {
    size_t count = keys->set ? jwkeep_keyset_count(keys->set) : 1;
    if (count > JWKEEP_MAX_SIGNATURES)
        return report_usage("--policy keys: a token has %u signatures at the most",
                            JWKEEP_MAX_SIGNATURES);
    for (size_t i = 0; i < count; i++)
        with->demanded[i] =
            jwkeep_jwk_thumbprint(keys->set ? jwkeep_keyset_at(keys->set, i) : keys->key);
    with->policy = (jwkeep_jws_policy){.demand = JWKEEP_JWS_DEMAND_KEYS,
                                       .thumbprints = with->demanded,
                                       .thumbprint_count = count};
    return STATUS_YES;
}

/* The thumbprint is the end of its URI (RFC 9278 §3). */
static exit_status pin(const char *text, setup *with) {
    char uri[128];
    int size =
        snprintf(uri, sizeof uri, "urn:ietf:params:oauth:jwk-thumbprint:sha-256:%s", text);
    if (size < 0 || (size_t)size >= sizeof uri ||
        jwkeep_thumbprint_read_uri(jwkeep_span_text(uri), &with->pinned, NULL) != JWKEEP_OK)
        return report_usage("--pinned-thumbprint: 43 characters of base64url expected");
    with->options.pinned_thumbprint = jwkeep_span_of(with->pinned.bytes, with->pinned.size);
    return STATUS_YES;
}

static exit_status set_up(const struct verify *values, const key_file *keys,
                          jwkeep_algorithm_set algorithms, setup *ret_setup) {
    *ret_setup = (setup){.values = values};
    jwkeep_limits *limits = &ret_setup->limits;
    jwkeep_limits_init(limits);
    limits->max_token_bytes = INPUT_MAX_TOKEN_BYTES;
    limits->max_json_token_bytes = INPUT_MAX_TOKEN_BYTES;
    limits->max_detached_bytes = SIZE_MAX; /* it is the user's own file */
    for (size_t i = 0; i < values->crit.count; i++)
        ret_setup->extensions[i].name = values->crit.items[i];
    ret_setup->options = (jwkeep_jws_options){.key = keys->key,
                                              .keys = keys->set,
                                              .algorithms = algorithms,
                                              .limits = limits,
                                              .extensions = ret_setup->extensions,
                                              .extension_count = values->crit.count};
    if (is_policy(values, "any"))
        ret_setup->policy.demand = JWKEEP_JWS_DEMAND_ANY;
    if (values->pinned)
        return pin(values->pinned, ret_setup);
    return is_policy(values, "keys") ? demand_each(keys, ret_setup) : STATUS_YES;
}

/* Several keys cannot have signed what has one signature. */
static bool demands_several(const setup *with) {
    return with->policy.thumbprint_count > 1;
}

static exit_status print(const setup *with, jws_verdict *verdict) {
    exit_status status = status_of(verdict->code);
    const char *name = input_name(with->values->file);
    if (with->values->is_json && (status == STATUS_YES || status == STATUS_NO))
        return jws_verdict_print_json(verdict);
    return jws_verdict_print(verdict, name);
}

static void verify_compact(const setup *with, jwkeep_span token, jws_verdict *verdict) {
    if (demands_several(with)) {
        verdict->code = JWKEEP_SIGNATURES_UNMET;
        verdict->error =
            (jwkeep_error){.code = verdict->code, .text = jwkeep_code_text(verdict->code)};
        return;
    }
    verdict->code = jwkeep_jws_verify(token, &with->options, &verdict->payload,
                                      &verdict->header, &verdict->key, &verdict->error);
}

static exit_status verify_serialized(const setup *with, jwkeep_span token,
                                     jws_verdict *verdict) {
    verdict->code = jwkeep_jws_json_new(&verdict->serialized, &verdict->error);
    if (verdict->code)
        return report_failure("jws verify", &verdict->error);
    verdict->code = jwkeep_jws_json_verify(token, &with->options, &with->policy,
                                           verdict->serialized, &verdict->error);
    return STATUS_YES;
}

static exit_status verify_whole(const setup *with, jwkeep_span token) {
    jws_verdict verdict;
    jws_verdict_init(&verdict, with->options.detached.data != NULL);
    exit_status status = STATUS_YES;
    if (token.size && token.data[0] == '{')
        status = verify_serialized(with, token, &verdict);
    else
        verify_compact(with, token, &verdict);
    if (status == STATUS_YES)
        status = print(with, &verdict);
    jws_verdict_done(&verdict);
    return status;
}

static exit_status verify_beside(setup *with, jwkeep_span token) {
    jwkeep_buffer payload;
    exit_status status =
        input_read(with->values->detached, INPUT_MAX_PAYLOAD_BYTES, STATUS_USAGE, &payload);
    if (status != STATUS_YES)
        return status;
    with->options.detached = payload.data ? jwkeep_buffer_span(&payload) : JWKEEP_SPAN("");
    status = verify_whole(with, token);
    jwkeep_buffer_done(&payload);
    return status;
}

static exit_status finish_stream(const setup *with, jwkeep_jws_stream *stream) {
    jws_verdict verdict;
    exit_status status = jws_payload_feed(with->values->detached, stream);
    if (status != STATUS_YES)
        return status;
    jws_verdict_init(&verdict, true);
    verdict.code =
        jwkeep_jws_stream_finish_verify(stream, &verdict.header, &verdict.key, &verdict.error);
    status = print(with, &verdict);
    jws_verdict_done(&verdict);
    return status;
}

/* What cannot be streamed (EdDSA, several signatures) is verified as a whole. */
static exit_status verify_detached(setup *with, jwkeep_span token) {
    jwkeep_jws_stream *stream = NULL;
    jws_verdict verdict;
    jwkeep_error error;
    if (demands_several(with))
        return verify_beside(with, token);
    jwkeep_jws_form form = token.size && token.data[0] == '{' ? JWKEEP_JWS_FORM_FLATTENED
                                                              : JWKEEP_JWS_FORM_COMPACT;
    jwkeep_code code =
        jwkeep_jws_stream_begin_verify(token, form, &with->options, &stream, &error);
    if (code == JWKEEP_ALG_NOT_STREAMABLE || code == JWKEEP_TOO_MANY_SIGNATURES)
        return verify_beside(with, token);
    exit_status status;
    if (code == JWKEEP_OK) {
        status = finish_stream(with, stream);
    } else {
        jws_verdict_init(&verdict, true);
        verdict.code = code;
        verdict.error = error;
        status = print(with, &verdict);
        jws_verdict_done(&verdict);
    }
    jwkeep_jws_stream_free(stream);
    return status;
}

static exit_status read_and_verify(setup *with) {
    const struct verify *values = with->values;
    jwkeep_buffer buffer;
    exit_status status = input_read(values->file, INPUT_MAX_TOKEN_BYTES, STATUS_NO, &buffer);
    if (status != STATUS_YES)
        return status;
    jwkeep_span token = input_trim(jwkeep_buffer_span(&buffer));
    status = values->detached ? verify_detached(with, token) : verify_whole(with, token);
    jwkeep_buffer_done(&buffer);
    return status;
}

static exit_status check(const struct verify *values) {
    if ((values->keys.count == 0) != (values->pinned != NULL))
        return report_usage("say which key verifies: --key FILE or --pinned-thumbprint T");
    if (values->policy && !is_policy(values, "any") && !is_policy(values, "all") &&
        !is_policy(values, "keys"))
        return report_usage("--policy: all, any or keys");
    if (values->pinned && is_policy(values, "keys"))
        return report_usage("--policy keys goes with --key");
    unsigned readers =
        (unsigned)input_is_standard(values->file) + (unsigned)input_is_dash(values->detached);
    for (size_t i = 0; i < values->keys.count; i++)
        readers += input_is_dash(values->keys.items[i]);
    if (readers > 1)
        return report_usage("standard input can be read once only");
    return STATUS_YES;
}

static exit_status run(const void *arguments) {
    const struct verify *values = arguments;
    jwkeep_algorithm_set algorithms;
    key_file keys = {0};
    setup with;
    exit_status status = check(values);
    if (status == STATUS_YES)
        status = key_algorithms(&values->algs, &algorithms);
    if (status == STATUS_YES && values->keys.count > 0)
        status = key_files_read(&values->keys, &keys);
    if (status == STATUS_YES)
        status = set_up(values, &keys, algorithms, &with);
    if (status == STATUS_YES)
        status = read_and_verify(&with);
    key_file_done(&keys);
    return status;
}

const struct command CMD_JWS_VERIFY = {
    .group = "jws",
    .name = "verify",
    .summary = "verify a JWS and print its payload, once it holds",
    .details =
        "The token may be compact or in JSON serialization, flattened or general.\n"
        "A single key is used whatever kid the token names; from a set, or several keys,\n"
        "those with the token's kid. White space round the token is ignored. Keys that\n"
        "cannot be read give status 3: they say nothing about the token. A detached\n"
        "payload may be of any size, is read piece by piece where the algorithm allows\n"
        "it, and is not printed.\n",
    .examples =
        "  jwkeep jws verify --key public.json --alg ES256 < token\n"
        "  jwkeep jws verify --key public.pem --detached disk.img < disk.img.jws\n"
        "  jwkeep jws verify --key a.json --key b.json --policy keys < token.json\n"
        "  jwkeep jws verify --pinned-thumbprint $(jwkeep jwk thumbprint key.json) < token\n",
    .options = OPTION_TABLE(OPTIONS),
    .values_size = sizeof(struct verify),
    .run = run,
};
