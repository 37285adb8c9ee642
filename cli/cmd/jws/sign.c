/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jws sign`: any bytes in, a JWS out; a detached payload is read piece by piece.
 */
#include "cli/command.h"
#include "cli/input.h"
#include "cli/jws_payload.h"
#include "cli/output.h"
#include "cli/signing.h"
#include <string.h>

struct sign {
    text_list keys;
    signing_options signing; /* its `key` is set for each of `keys` */
    const char *header;
    text_list crit;
    const char *unprotected;
    const char *b64;
    const char *detached;
    bool is_flattened;
    bool is_general;
    const char *file;
};

static const option_spec OPTIONS[] = {
    LIST(struct sign, keys, "key", "FILE",
         "private key: a JWK, a JWK Set or PEM; each further one signs as well"),
    TEXT(struct sign, signing.alg, "alg", "ALG",
         "the algorithm (default: the key's, or the usual one of its type)"),
    TEXT(struct sign, signing.typ, "typ", "TYP", "the header's typ"),
    TEXT(struct sign, signing.kid, "kid", "KID", "which key of a set"),
    FLAG(struct sign, signing.is_kid_omitted, "no-kid", "leave the key's kid out"),
    TEXT(struct sign, header, "header", "FILE", "further protected parameters, a JSON object"),
    LIST(struct sign, crit, "crit", "NAME", "a parameter of --header that is critical"),
    TEXT(struct sign, unprotected, "unprotected", "FILE",
         "the unprotected header, a JSON object"),
    TEXT(struct sign, b64, "b64", "BOOLEAN", "false: sign the payload as it is (RFC 7797)"),
    TEXT(struct sign, detached, "detached", "FILE",
         "sign this payload and leave it out of the token"),
    FLAG(struct sign, is_flattened, "flattened", "flattened JSON serialization"),
    FLAG(struct sign, is_general, "general",
         "general JSON serialization (default with several keys)"),
    OPERAND(struct sign, file, "FILE", "the payload; default: standard input"),
};

/* Those who sign, and what they borrow from. */
typedef struct signers {
    key_file keys[JWKEEP_MAX_SIGNATURES];
    jwkeep_jws_signer items[JWKEEP_MAX_SIGNATURES];
    size_t count;
    jwkeep_buffer header;
    jwkeep_buffer unprotected;
    jwkeep_jws_form form;
} signers;

static void signers_done(signers *all) {
    for (size_t i = 0; i < JWKEEP_MAX_SIGNATURES; i++)
        key_file_done(&all->keys[i]);
    jwkeep_buffer_done(&all->header);
    jwkeep_buffer_done(&all->unprotected);
}

static const char *payload_file(const struct sign *values) {
    return values->detached ? values->detached : values->file;
}

static exit_status read_object(const char *file, jwkeep_buffer *buffer,
                               jwkeep_span *ret_object) {
    if (!file)
        return STATUS_YES;
    exit_status status = input_read(file, JWKEEP_MAX_HEADER_BYTES, STATUS_USAGE, buffer);
    if (status == STATUS_YES)
        *ret_object = jwkeep_buffer_span(buffer);
    return status;
}

static exit_status add_signer(const struct sign *values, const char *key,
                              const jwkeep_jws_signer *common, signers *all) {
    signing_options options = values->signing;
    jwkeep_jws_signer signer;
    options.key = key;
    exit_status status =
        signing_begin(&options, payload_file(values), &all->keys[all->count], &signer);
    if (status != STATUS_YES)
        return status;
    signer.header = common->header;
    signer.unprotected = common->unprotected;
    signer.critical = values->crit.items;
    signer.critical_count = values->crit.count;
    signer.is_payload_unencoded = common->is_payload_unencoded;
    signer.is_payload_detached = values->detached != NULL;
    all->items[all->count++] = signer;
    return STATUS_YES;
}

static exit_status read_signers(const struct sign *values, signers *all) {
    jwkeep_jws_signer common = {.is_payload_unencoded =
                                    values->b64 && strcmp(values->b64, "false") == 0};
    exit_status status = read_object(values->header, &all->header, &common.header);
    if (status == STATUS_YES)
        status = read_object(values->unprotected, &all->unprotected, &common.unprotected);
    for (size_t i = 0; i < values->keys.count && status == STATUS_YES; i++)
        status = add_signer(values, values->keys.items[i], &common, all);
    return status;
}

static exit_status print_token(const struct sign *values, jwkeep_code code,
                               const jwkeep_error *error, const jwkeep_buffer *token) {
    if (code != JWKEEP_OK)
        return report_failure(values->keys.items[0], error);
    output_line(jwkeep_buffer_span(token));
    return STATUS_YES;
}

static exit_status sign_whole(const struct sign *values, const signers *all) {
    jwkeep_buffer payload;
    jwkeep_buffer token;
    jwkeep_error error;
    exit_status status =
        input_read(payload_file(values), INPUT_MAX_PAYLOAD_BYTES, STATUS_USAGE, &payload);
    if (status != STATUS_YES)
        return status;
    jwkeep_buffer_init(&token, OUTPUT_MAX_BYTES);
    jwkeep_span bytes = jwkeep_buffer_span(&payload);
    jwkeep_code code =
        all->form == JWKEEP_JWS_FORM_COMPACT
            ? jwkeep_jws_sign(bytes, all->items, &token, &error)
            : jwkeep_jws_json_sign(bytes, all->items, all->count, all->form, &token, &error);
    status = print_token(values, code, &error, &token);
    jwkeep_buffer_done(&token);
    jwkeep_buffer_done(&payload);
    return status;
}

static exit_status finish_stream(const struct sign *values, jwkeep_jws_stream *stream) {
    jwkeep_buffer token;
    jwkeep_error error;
    exit_status status = jws_payload_feed(values->detached, stream);
    if (status != STATUS_YES)
        return status;
    jwkeep_buffer_init(&token, OUTPUT_MAX_BYTES);
    jwkeep_code code = jwkeep_jws_stream_finish_sign(stream, &token, &error);
    status = print_token(values, code, &error, &token);
    jwkeep_buffer_done(&token);
    return status;
}

/* What cannot be streamed (EdDSA, several signatures) is read as a whole. */
static exit_status sign_payload(const struct sign *values, const signers *all) {
    jwkeep_jws_stream *stream = NULL;
    jwkeep_error error;
    if (!values->detached || all->form == JWKEEP_JWS_FORM_GENERAL)
        return sign_whole(values, all);
    jwkeep_code code = jwkeep_jws_stream_begin_sign(all->items, all->form, &stream, &error);
    if (code == JWKEEP_ALG_NOT_STREAMABLE)
        return sign_whole(values, all);
    if (code != JWKEEP_OK)
        return report_failure(values->keys.items[0], &error);
    exit_status status = finish_stream(values, stream);
    jwkeep_jws_stream_free(stream);
    return status;
}

static exit_status check_forms(const struct sign *values) {
    if (values->keys.count > JWKEEP_MAX_SIGNATURES)
        return report_usage("--key: at most %u signatures", JWKEEP_MAX_SIGNATURES);
    if (values->keys.count > 1 && (values->signing.alg || values->signing.kid))
        return report_usage("--alg and --kid are for a single --key");
    if (values->is_flattened && (values->is_general || values->keys.count > 1))
        return report_usage("--flattened: one key, and not --general");
    if (values->b64 && strcmp(values->b64, "true") != 0 && strcmp(values->b64, "false") != 0)
        return report_usage("--b64: true or false");
    return STATUS_YES;
}

static exit_status check_inputs(const struct sign *values) {
    if (values->keys.count == 0)
        return report_usage("say which key signs: --key FILE");
    if (values->detached && values->file)
        return report_usage("--detached names the payload: no FILE besides");
    unsigned readers = (unsigned)input_is_standard(payload_file(values)) +
                       (unsigned)input_is_dash(values->header) +
                       (unsigned)input_is_dash(values->unprotected);
    for (size_t i = 0; i < values->keys.count; i++)
        readers += input_is_dash(values->keys.items[i]);
    if (readers > 1)
        return report_usage("standard input can be read once only");
    return STATUS_YES;
}

static exit_status run(const void *arguments) {
    const struct sign *values = arguments;
    signers all = {.form = JWKEEP_JWS_FORM_COMPACT};
    exit_status status = check_inputs(values);
    if (status == STATUS_YES)
        status = check_forms(values);
    if (status != STATUS_YES)
        return status;
    if (values->is_flattened)
        all.form = JWKEEP_JWS_FORM_FLATTENED;
    else if (values->is_general || values->keys.count > 1)
        all.form = JWKEEP_JWS_FORM_GENERAL;
    status = read_signers(values, &all);
    if (status == STATUS_YES)
        status = sign_payload(values, &all);
    signers_done(&all);
    return status;
}

const struct command CMD_JWS_SIGN = {
    .group = "jws",
    .name = "sign",
    .summary = "sign bytes, giving a JWS",
    .details =
        "In compact serialization with one key, in general JSON serialization with several,\n"
        "unless an option says otherwise. A detached payload may be of any size: it is read\n"
        "piece by piece, except for EdDSA and several keys, which need it at once.\n",
    .examples = "  jwkeep jws sign --key key.json < message > token\n"
                "  jwkeep jws sign --key key.json --detached disk.img > disk.img.jws\n",
    .options = OPTION_TABLE(OPTIONS),
    .values_size = sizeof(struct sign),
    .run = run,
};
