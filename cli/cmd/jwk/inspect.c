/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jwk inspect`: what a key and its certificates say, in words, and what to be
 * warned of. */
#include "cli/command.h"
#include "cli/input.h"
#include "cli/keys.h"
#include "cli/output.h"
#include "cli/when.h"
#include <inttypes.h>
#include <jwkeep/certificate.h>
#include <jwkeep/thumbprint.h>
#include <jwkeep/trust.h>

struct inspect {
    const char *file;
    const char *passphrase_file;
    const char *trust_file;
    const char *now;
    bool is_json;
};

static const option_spec OPTIONS[] = {
    OPERAND(struct inspect, file, "FILE", "a JWK, PEM or DER; default: standard input"),
    TEXT(struct inspect, passphrase_file, "passphrase-file", "FILE",
         "its first line opens an encrypted key"),
    TEXT(struct inspect, trust_file, "trust", "FILE",
         "certificates that are trusted; the key's must lead to one of them"),
    TEXT(struct inspect, now, "now", "TIME", "instead of the clock: seconds, or +N, -N"),
    FLAG(struct inspect, is_json, "json", "answer in JSON"),
};

/* What is looked at. */
typedef struct subject {
    const jwkeep_jwk *key;
    const jwkeep_certificate *certificate; /* NULL without one */
    int64_t now_s;
    bool is_trusted; /* as far as --trust asked */
} subject;

#define MAX_WARNINGS 6

static size_t add_warning(const char **list, size_t count, const char *text) {
    list[count] = text;
    return count + 1;
}

static bool is_expired(const subject *seen) {
    return seen->certificate &&
           jwkeep_certificate_at(seen->certificate, 0)->not_after_s < seen->now_s;
}

static size_t find_warnings(const subject *seen, const char *list[MAX_WARNINGS]) {
    size_t count = 0;
    const jwkeep_jwk *key = seen->key;
    bool is_oct = jwkeep_jwk_kty(key) == JWKEEP_KTY_OCT;
    if (jwkeep_jwk_is_private(key))
        count = add_warning(list, count, "holds a secret: publish the output of jwk public");
    if (is_oct)
        count = add_warning(list, count, "whoever can verify with it can sign with it");
    if (!jwkeep_span_is_present(jwkeep_jwk_kid(key)))
        count = add_warning(list, count, "has no kid: tokens cannot name it");
    if (!jwkeep_jwk_algorithm(key))
        count = add_warning(list, count, "names no alg: it is for whatever its type is for");
    if (is_expired(seen))
        count = add_warning(list, count, "its certificate has expired");
    return count;
}

static void print_time(const char *label, int64_t time_s, int64_t now_s) {
    char date[WHEN_TEXT_BYTES];
    char distance[WHEN_TEXT_BYTES];
    if (!when_date(time_s, date))
        snprintf(date, sizeof date, "%" PRId64, time_s);
    when_relative(time_s, now_s, distance);
    printf("  %-12s%s (%s)\n", label, date, distance);
}

static void print_text(const char *label, jwkeep_span text) {
    printf("%-14s", label);
    report_safely(stdout, text);
    fputc('\n', stdout);
}

static void print_certificate(const jwkeep_certificate_facts *facts, size_t index,
                              int64_t now_s) {
    printf("certificate %zu%s\n", index + 1, facts->is_ca ? ", an authority" : "");
    print_text("  subject", facts->subject);
    print_text("  issuer", facts->issuer);
    print_text("  serial", facts->serial);
    print_time("valid from", facts->not_before_s, now_s);
    print_time("until", facts->not_after_s, now_s);
}

static void print_uri(const jwkeep_jwk *key) {
    jwkeep_buffer uri;
    jwkeep_error error;
    jwkeep_buffer_init(&uri, OUTPUT_MAX_BYTES);
    if (jwkeep_thumbprint_write_uri(key, JWKEEP_THUMBPRINT_SHA256, &uri, &error) == JWKEEP_OK)
        print_text("uri", jwkeep_buffer_span(&uri));
    jwkeep_buffer_done(&uri);
}

static void print_key(const jwkeep_jwk *key) {
    char size[32];
    const char *use = output_use_name(key);
    output_key_size(key, size, sizeof size);
    printf("%-14s%s, %s, %s\n", "key", jwkeep_kty_name(jwkeep_jwk_kty(key)), size,
           jwkeep_jwk_kty(key) == JWKEEP_KTY_OCT ? "symmetric"
           : jwkeep_jwk_is_private(key)          ? "private"
                                                 : "public");
    if (jwkeep_span_is_present(jwkeep_jwk_kid(key)))
        print_text("kid", jwkeep_jwk_kid(key));
    if (jwkeep_jwk_algorithm(key))
        printf("%-14s%s\n", "alg", jwkeep_algorithm_name(jwkeep_jwk_algorithm(key)));
    if (use)
        printf("%-14s%s\n", "use", use);
    print_text("thumbprint", jwkeep_jwk_thumbprint_text(key));
    print_uri(key);
    const jwkeep_json *member = jwkeep_json_first(jwkeep_jwk_members(key));
    for (; member; member = jwkeep_json_next(member))
        print_text("also says", jwkeep_json_name(member));
}

static void print_words(const subject *seen, bool was_trust_asked) {
    const char *warnings[MAX_WARNINGS];
    print_key(seen->key);
    size_t count = seen->certificate ? jwkeep_certificate_count(seen->certificate) : 0;
    for (size_t i = 0; i < count; i++)
        print_certificate(jwkeep_certificate_at(seen->certificate, i), i, seen->now_s);
    if (was_trust_asked)
        printf("%-14s%s\n", "trusted", seen->is_trusted ? "yes" : "no");
    count = find_warnings(seen, warnings);
    for (size_t i = 0; i < count; i++)
        printf("%-14s%s\n", "warning", warnings[i]);
}

static void write_certificate(jwkeep_json_writer *writer,
                              const jwkeep_certificate_facts *facts) {
    jwkeep_json_write_object(writer);
    jwkeep_json_write_member_string(writer, "subject", facts->subject);
    jwkeep_json_write_member_string(writer, "issuer", facts->issuer);
    jwkeep_json_write_member_string(writer, "serial", facts->serial);
    jwkeep_json_write_member_int64(writer, "not_before", facts->not_before_s);
    jwkeep_json_write_member_int64(writer, "not_after", facts->not_after_s);
    jwkeep_json_write_member_boolean(writer, "authority", facts->is_ca);
    jwkeep_json_write_end(writer);
}

static exit_status print_json(const subject *seen, bool was_trust_asked) {
    const char *warnings[MAX_WARNINGS];
    jwkeep_buffer buffer;
    jwkeep_json_writer writer;
    jwkeep_buffer_init(&buffer, OUTPUT_MAX_BYTES);
    jwkeep_json_writer_init(&writer, &buffer);
    jwkeep_json_write_object(&writer);
    output_write_key_facts(&writer, seen->key);
    size_t count = seen->certificate ? jwkeep_certificate_count(seen->certificate) : 0;
    jwkeep_json_write_name(&writer, JWKEEP_SPAN("certificates"));
    jwkeep_json_write_array(&writer);
    for (size_t i = 0; i < count; i++)
        write_certificate(&writer, jwkeep_certificate_at(seen->certificate, i));
    jwkeep_json_write_end(&writer);
    if (was_trust_asked)
        jwkeep_json_write_member_boolean(&writer, "trusted", seen->is_trusted);
    count = find_warnings(seen, warnings);
    jwkeep_json_write_name(&writer, JWKEEP_SPAN("warnings"));
    jwkeep_json_write_array(&writer);
    for (size_t i = 0; i < count; i++)
        jwkeep_json_write_string(&writer, jwkeep_span_text(warnings[i]));
    jwkeep_json_write_end(&writer);
    jwkeep_json_write_end(&writer);
    return output_written(&writer, &buffer);
}

static exit_status read_trust(const char *file, jwkeep_trust **ret_trust) {
    jwkeep_buffer text;
    jwkeep_error error;
    exit_status status = input_read(file, JWKEEP_TRUST_MAX_BYTES, STATUS_USAGE, &text);
    if (status != STATUS_YES)
        return status;
    jwkeep_trust_options options = {.anchors = jwkeep_buffer_span(&text)};
    if (jwkeep_trust_new(&options, ret_trust, &error) != JWKEEP_OK) {
        report_failure(input_name(file), &error);
        status = STATUS_USAGE;
    }
    jwkeep_buffer_done(&text);
    return status;
}

/* That a chain is not trusted is an answer, which the rest of the output goes with. */
static exit_status ask_trust(const struct inspect *values, subject *seen) {
    jwkeep_trust *trust = NULL;
    jwkeep_error error;
    if (!values->trust_file)
        return STATUS_YES;
    if (!seen->certificate) {
        report_note("%s: there is no certificate", input_name(values->file));
        return STATUS_NO;
    }
    exit_status status = read_trust(values->trust_file, &trust);
    if (status != STATUS_YES)
        return status;
    jwkeep_code code = jwkeep_trust_check(trust, seen->certificate, seen->now_s,
                                          JWKEEP_TRUST_SIGNING, NULL, &error);
    jwkeep_trust_free(trust);
    seen->is_trusted = code == JWKEEP_OK;
    return code ? report_failure(input_name(values->file), &error) : STATUS_YES;
}

static exit_status show(const struct inspect *values, subject *seen) {
    exit_status answer = ask_trust(values, seen);
    if (answer != STATUS_YES && answer != STATUS_NO)
        return answer;
    exit_status status = STATUS_YES;
    if (values->is_json)
        status = print_json(seen, values->trust_file != NULL);
    else
        print_words(seen, values->trust_file != NULL);
    return status == STATUS_YES ? answer : status;
}

static exit_status run(const void *arguments) {
    const struct inspect *values = arguments;
    jwkeep_jwk *key = NULL;
    jwkeep_certificate *certificate = NULL;
    jwkeep_error error;
    subject seen = {.now_s = when_now_ms() / 1000};
    if (values->now && !when_read(values->now, seen.now_s, &seen.now_s))
        return report_usage("--now is seconds since 1970, +N or -N, not \"%.64s\"",
                            values->now);
    exit_status status =
        key_read_certified(values->file, values->passphrase_file, &key, &certificate);
    if (status != STATUS_YES)
        return status;
    seen.key = key;
    if (!certificate)
        if (jwkeep_certificate_of_key(key, NULL, &certificate, &error) != JWKEEP_OK &&
            error.code != JWKEEP_NOT_FOUND)
            status = report_failure(input_name(values->file), &error);
    seen.certificate = certificate;
    if (status == STATUS_YES)
        status = show(values, &seen);
    jwkeep_certificate_unref(certificate);
    jwkeep_jwk_unref(key);
    return status;
}

const struct command CMD_JWK_INSPECT = {
    .group = "jwk",
    .name = "inspect",
    .summary = "say in words what a key and its certificates are",
    .details = "Type, size, labels, thumbprint; of each certificate whom it is for, who signed "
               "it, and\n"
               "when it is valid; and warnings. Prints nothing secret. With --trust, the exit "
               "status is\n"
               "1 unless the certificates lead to one of those in the file; the system's are "
               "not asked.\n",
    .examples = "  jwkeep jwk inspect key.json\n"
                "  jwkeep jwk inspect chain.pem --trust roots.pem\n",
    .options = OPTION_TABLE(OPTIONS),
    .values_size = sizeof(struct inspect),
    .run = run,
};
