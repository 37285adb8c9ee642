/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the form of a verdict. */
#include "cli/jws_verdict.h"
#include "cli/input.h"
#include "cli/output.h"

void jws_verdict_init(jws_verdict *verdict, bool is_detached) {
    *verdict = (jws_verdict){.is_detached = is_detached};
    jwkeep_buffer_init(&verdict->payload, INPUT_MAX_TOKEN_BYTES);
    jwkeep_buffer_init(&verdict->header, INPUT_MAX_TOKEN_BYTES);
}

void jws_verdict_done(jws_verdict *verdict) {
    jwkeep_buffer_done(&verdict->payload);
    jwkeep_buffer_done(&verdict->header);
    jwkeep_jws_json_free(verdict->serialized);
}

static jwkeep_span payload_of(const jws_verdict *verdict) {
    return verdict->serialized ? jwkeep_jws_json_payload(verdict->serialized)
                               : jwkeep_buffer_span(&verdict->payload);
}

/* A line for each signature, where there are several. */
static void tell_signatures(const jws_verdict *verdict) {
    size_t count = verdict->serialized ? jwkeep_jws_json_count(verdict->serialized) : 0;
    jwkeep_jws_signature each;
    for (size_t i = 0; count > 1 && i < count; i++) {
        if (jwkeep_jws_json_at(verdict->serialized, i, &each) != JWKEEP_OK)
            continue;
        flockfile(stderr);
        fprintf(stderr, "jwkeep: signature %zu of %zu: ", i + 1, count);
        if (each.error.code)
            report_words(stderr, &each.error);
        else
            fprintf(stderr, "%s holds", jwkeep_algorithm_name(each.algorithm));
        fputc('\n', stderr);
        funlockfile(stderr);
    }
}

exit_status jws_verdict_print(const jws_verdict *verdict, const char *name) {
    tell_signatures(verdict);
    if (verdict->code)
        return report_failure(name, &verdict->error);
    if (!verdict->is_detached)
        output_bytes(payload_of(verdict));
    return STATUS_YES;
}

static void write_errors(jwkeep_json_writer *writer, const jwkeep_error *error) {
    jwkeep_json_write_name(writer, JWKEEP_SPAN("errors"));
    jwkeep_json_write_array(writer);
    output_write_error(writer, error);
    jwkeep_json_write_end(writer);
}

static void write_raw(jwkeep_json_writer *writer, const char *name, jwkeep_span json) {
    if (!json.data)
        return;
    jwkeep_json_write_name(writer, jwkeep_span_text(name));
    jwkeep_json_write_raw(writer, json);
}

static void write_key(jwkeep_json_writer *writer, const jwkeep_jwk *key) {
    if (!key)
        return;
    jwkeep_json_write_name(writer, JWKEEP_SPAN("key"));
    jwkeep_json_write_object(writer);
    if (jwkeep_jwk_kid(key).data)
        jwkeep_json_write_member_string(writer, "kid", jwkeep_jwk_kid(key));
    if (jwkeep_jwk_kty(key) != JWKEEP_KTY_OCT) /* its thumbprint is made from the secret */
        jwkeep_json_write_member_string(writer, "thumbprint", jwkeep_jwk_thumbprint_text(key));
    jwkeep_json_write_end(writer);
}

static void write_signatures(jwkeep_json_writer *writer, const jwkeep_jws_json *serialized) {
    jwkeep_jws_signature each;
    jwkeep_json_write_name(writer, JWKEEP_SPAN("signatures"));
    jwkeep_json_write_array(writer);
    for (size_t i = 0; jwkeep_jws_json_at(serialized, i, &each) == JWKEEP_OK; i++) {
        jwkeep_json_write_object(writer);
        jwkeep_json_write_member_boolean(writer, "valid", each.error.code == JWKEEP_OK);
        write_raw(writer, "header", each.header);
        write_raw(writer, "unprotected", each.unprotected);
        write_key(writer, each.key);
        if (each.error.code)
            write_errors(writer, &each.error);
        jwkeep_json_write_end(writer);
    }
    jwkeep_json_write_end(writer);
}

static void write_good(jwkeep_json_writer *writer, const jws_verdict *verdict,
                       jwkeep_span encoded_payload) {
    if (!verdict->serialized) {
        write_raw(writer, "header", jwkeep_buffer_span(&verdict->header));
        write_key(writer, verdict->key);
    }
    if (!verdict->is_detached)
        jwkeep_json_write_member_string(writer, "payload", encoded_payload);
}

exit_status jws_verdict_print_json(const jws_verdict *verdict) {
    jwkeep_buffer buffer;
    jwkeep_buffer payload;
    jwkeep_json_writer writer;
    exit_status status = output_encode(payload_of(verdict), &payload);
    if (status != STATUS_YES)
        return status;
    jwkeep_buffer_init(&buffer, OUTPUT_MAX_BYTES);
    jwkeep_json_writer_init(&writer, &buffer);
    jwkeep_json_write_object(&writer);
    jwkeep_json_write_member_boolean(&writer, "valid", verdict->code == JWKEEP_OK);
    if (verdict->code)
        write_errors(&writer, &verdict->error);
    else
        write_good(&writer, verdict, jwkeep_buffer_span(&payload));
    if (verdict->serialized)
        write_signatures(&writer, verdict->serialized);
    jwkeep_json_write_end(&writer);
    status = output_written(&writer, &buffer);
    jwkeep_buffer_done(&payload);
    return status == STATUS_YES ? status_of(verdict->code) : status;
}
