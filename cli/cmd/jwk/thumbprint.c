/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jwk thumbprint`: the thumbprint of RFC 7638, and its URI. */
#include "cli/command.h"
#include "cli/input.h"
#include "cli/keys.h"
#include "cli/output.h"
#include <jwkeep/thumbprint.h>
#include <string.h>

struct thumbprint {
    const char *file;
    const char *hash;
    bool is_uri;
};

static const option_spec OPTIONS[] = {
    OPERAND(struct thumbprint, file, "FILE", "a JWK, PEM or DER; default: standard input"),
    TEXT(struct thumbprint, hash, "hash", "HASH", "sha-256 (default), sha-384 or sha-512"),
    FLAG(struct thumbprint, is_uri, "uri", "as a URI (RFC 9278)"),
};

static exit_status read_hash(const char *name, jwkeep_thumbprint_hash *ret_hash) {
    static const struct {
        const char *name;
        jwkeep_thumbprint_hash hash;
    } rows[] = {{"sha-256", JWKEEP_THUMBPRINT_SHA256},
                {"sha-384", JWKEEP_THUMBPRINT_SHA384},
                {"sha-512", JWKEEP_THUMBPRINT_SHA512}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (name && strcmp(name, rows[i].name) != 0)
            continue;
        *ret_hash = rows[i].hash;
        return STATUS_YES;
    }
    return report_usage("--hash is sha-256, sha-384 or sha-512, not \"%.64s\"", name);
}

/* The thumbprint is the end of its URI. */
static exit_status print_uri(const struct thumbprint *values, const jwkeep_jwk *key,
                             jwkeep_thumbprint_hash hash) {
    jwkeep_buffer uri;
    jwkeep_error error;
    exit_status status = STATUS_YES;
    jwkeep_buffer_init(&uri, OUTPUT_MAX_BYTES);
    if (jwkeep_thumbprint_write_uri(key, hash, &uri, &error) != JWKEEP_OK) {
        status = report_failure(input_name(values->file), &error);
    } else {
        const uint8_t *colon = memrchr(uri.data, ':', uri.size);
        size_t start = values->is_uri || !colon ? 0 : (size_t)(colon + 1 - uri.data);
        output_line(jwkeep_span_of(uri.data + start, uri.size - start));
    }
    jwkeep_buffer_done(&uri);
    return status;
}

static exit_status run(const void *arguments) {
    const struct thumbprint *values = arguments;
    jwkeep_jwk *key = NULL;
    jwkeep_thumbprint_hash hash = JWKEEP_THUMBPRINT_SHA256;
    exit_status status = read_hash(values->hash, &hash);
    if (status == STATUS_YES)
        status = key_read_reporting(values->file, &key);
    if (status != STATUS_YES)
        return status;
    if (!values->is_uri && hash == JWKEEP_THUMBPRINT_SHA256)
        output_line(jwkeep_jwk_thumbprint_text(key));
    else
        status = print_uri(values, key, hash);
    jwkeep_jwk_unref(key);
    return status;
}

const struct command CMD_JWK_THUMBPRINT = {
    .group = "jwk",
    .name = "thumbprint",
    .summary = "print the thumbprint of a key (RFC 7638)",
    .details =
        "In base64url, alone on a line; the same for a private key and its public half.\n"
        "That of a symmetric key is made from its secret: do not publish it. Its URI, and "
        "other\n"
        "hashes of it than SHA-256, are refused.\n",
    .examples = "  jwkeep jwk thumbprint key.json\n"
                "  jwkeep jwk thumbprint --uri --hash sha-512 key.json\n",
    .options = OPTION_TABLE(OPTIONS),
    .values_size = sizeof(struct thumbprint),
    .run = run,
};
