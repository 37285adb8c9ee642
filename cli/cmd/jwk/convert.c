/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jwk convert`: a key from one form into another. */
#include "cli/command.h"
#include "cli/input.h"
#include "cli/keys.h"
#include "cli/output.h"
#include "cli/passphrase.h"
#include <jwkeep/certificate.h>
#include <string.h>
#include <unistd.h>

struct convert {
    const char *file;
    const char *to;
    bool is_public;
    const char *passphrase_file;
    const char *out_passphrase_file;
    const char *kid;
    bool has_thumbprint_kid;
    const char *alg;
    const char *use;
    const char *certificate_file;
};

static const option_spec OPTIONS[] = {
    OPERAND(struct convert, file, "FILE", "a JWK, PEM or DER; default: standard input"),
    TEXT(struct convert, to, "to", "FORM", "jwk, pem or der"),
    FLAG(struct convert, is_public, "public", "the public half alone"),
    TEXT(struct convert, passphrase_file, "passphrase-file", "FILE",
         "its first line opens an encrypted key"),
    TEXT(struct convert, out_passphrase_file, "out-passphrase-file", "FILE",
         "its first line encrypts the PEM or DER"),
    TEXT(struct convert, kid, "kid", "KID", "the kid of the JWK; \"\": none"),
    FLAG(struct convert, has_thumbprint_kid, "thumbprint-kid", "the thumbprint as the kid"),
    TEXT(struct convert, alg, "alg", "ALG", "the alg of the JWK"),
    TEXT(struct convert, use, "use", "sig|enc", "the use of the JWK"),
    TEXT(struct convert, certificate_file, "certificate", "FILE",
         "its certificates become x5c and x5t#S256"),
};

/* `*key` becomes `next`, unless that failed. */
static exit_status take(jwkeep_code code, jwkeep_jwk *next, const jwkeep_error *error,
                        const char *what, jwkeep_jwk **key) {
    if (code)
        return report_failure(what, error);
    jwkeep_jwk_unref(*key);
    *key = next;
    return STATUS_YES;
}

static exit_status read_use(const char *name, jwkeep_jwk_use *ret_use) {
    if (name && strcmp(name, "sig") != 0 && strcmp(name, "enc") != 0)
        return report_usage("--use is sig or enc, not \"%.64s\"", name);
    if (name)
        *ret_use = name[0] == 's' ? JWKEEP_JWK_USE_SIG : JWKEEP_JWK_USE_ENC;
    return STATUS_YES;
}

static exit_status relabel(const struct convert *values, jwkeep_jwk **key) {
    jwkeep_jwk *next = NULL;
    jwkeep_error error;
    jwkeep_jwk_labels labels = {.kid = jwkeep_span_text(values->kid)};
    exit_status status = key_algorithm(values->alg, &labels.algorithm);
    if (status == STATUS_YES)
        status = read_use(values->use, &labels.use);
    if (status != STATUS_YES)
        return status;
    if (values->has_thumbprint_kid)
        labels.kid = jwkeep_jwk_thumbprint_text(*key);
    if (!labels.kid.data && !labels.algorithm && !labels.use)
        return STATUS_YES;
    jwkeep_code code = jwkeep_jwk_relabel(*key, &labels, &next, &error);
    return take(code, next, &error, "labelling the key", key);
}

static exit_status attach(const char *file, jwkeep_jwk **key) {
    jwkeep_buffer text;
    jwkeep_error error;
    jwkeep_certificate *certificate = NULL;
    jwkeep_jwk *next = NULL;
    if (!file)
        return STATUS_YES;
    exit_status status = input_read(file, INPUT_MAX_KEY_BYTES, STATUS_NO, &text);
    if (status != STATUS_YES)
        return status;
    jwkeep_code code =
        jwkeep_certificate_parse(jwkeep_buffer_span(&text), NULL, &certificate, &error);
    if (!code)
        code = jwkeep_certificate_attach(certificate, *key, &next, &error);
    status = take(code, next, &error, input_name(file), key);
    jwkeep_certificate_unref(certificate);
    jwkeep_buffer_done(&text);
    return status;
}

static exit_status make_public(const struct convert *values, jwkeep_jwk **key) {
    jwkeep_jwk *half = NULL;
    jwkeep_error error;
    if (!values->is_public)
        return STATUS_YES;
    jwkeep_code code = jwkeep_jwk_public(*key, &half, &error);
    return take(code, half, &error, input_name(values->file), key);
}

static exit_status write_encoded(const struct convert *values, const jwkeep_jwk *key) {
    passphrase secret;
    jwkeep_buffer text;
    jwkeep_error error;
    exit_status status = passphrase_read(values->out_passphrase_file, &secret);
    if (status != STATUS_YES)
        return status;
    bool is_der = strcmp(values->to, "der") == 0;
    jwkeep_jwk_export_options options = {
        .format = is_der ? JWKEEP_JWK_FORMAT_DER : JWKEEP_JWK_FORMAT_PEM,
        .with_private = jwkeep_jwk_is_private(key),
        .passphrase = secret.is_read ? jwkeep_buffer_span(&secret.text) : JWKEEP_SPAN_NONE,
    };
    jwkeep_buffer_init(&text, OUTPUT_MAX_BYTES);
    if (is_der && isatty(STDOUT_FILENO))
        status = report_usage("DER is not for terminals: redirect it into a file");
    else if (secret.is_read && !options.with_private)
        status = report_usage("a public key is not encrypted: leave --out-passphrase-file out");
    else if (jwkeep_jwk_export(key, &options, &text, &error) != JWKEEP_OK)
        status = report_failure(input_name(values->file), &error);
    else
        output_bytes(jwkeep_buffer_span(&text));
    jwkeep_buffer_done(&text);
    passphrase_done(&secret);
    return status;
}

static exit_status convert_key(const struct convert *values, jwkeep_jwk **key) {
    exit_status status = make_public(values, key);
    if (status == STATUS_YES)
        status = relabel(values, key);
    if (status == STATUS_YES)
        status = attach(values->certificate_file, key);
    if (status != STATUS_YES)
        return status;
    return strcmp(values->to, "jwk") == 0 ? output_key(*key, true)
                                          : write_encoded(values, *key);
}

static exit_status check_values(const struct convert *values) {
    bool is_jwk = values->to && strcmp(values->to, "jwk") == 0;
    bool has_labels = values->kid || values->has_thumbprint_kid || values->alg || values->use ||
                      values->certificate_file;
    if (!values->to ||
        (!is_jwk && strcmp(values->to, "pem") != 0 && strcmp(values->to, "der") != 0))
        return report_usage("say what to convert to: --to jwk, --to pem or --to der");
    if (values->kid && values->has_thumbprint_kid)
        return report_usage("either --kid or --thumbprint-kid");
    if (is_jwk && values->out_passphrase_file)
        return report_usage("--out-passphrase-file is for --to pem and --to der");
    if (!is_jwk && has_labels)
        return report_usage("--kid, --alg, --use and --certificate are for --to jwk");
    return STATUS_YES;
}

static exit_status run(const void *arguments) {
    const struct convert *values = arguments;
    jwkeep_jwk *key = NULL;
    exit_status status = check_values(values);
    if (status == STATUS_YES)
        status = key_read_locked(values->file, values->passphrase_file, &key);
    if (status == STATUS_YES)
        status = convert_key(values, &key);
    jwkeep_jwk_unref(key);
    return status;
}

const struct command CMD_JWK_CONVERT = {
    .group = "jwk",
    .name = "convert",
    .summary = "turn a key into a JWK, PEM or DER",
    .details =
        "Reads a JWK, and in PEM or DER: SubjectPublicKeyInfo, PKCS#1, SEC1, PKCS#8, also\n"
        "encrypted (PBES2), and certificates. Writes a private key as PKCS#8, a public one as\n"
        "SubjectPublicKeyInfo. A private key stays private unless --public. Passphrases come\n"
        "from files alone.\n",
    .examples =
        "  jwkeep jwk convert key.json --to pem --public > public.pem\n"
        "  jwkeep jwk convert key.pem --to jwk --thumbprint-kid --alg ES256 > key.json\n"
        "  jwkeep jwk convert key.json --to pem --out-passphrase-file pass > locked.pem\n",
    .options = OPTION_TABLE(OPTIONS),
    .values_size = sizeof(struct convert),
    .run = run,
};
