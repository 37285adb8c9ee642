/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the reading of key files. */
#include "cli/keys.h"
#include "cli/input.h"
#include "cli/passphrase.h"
#include "server/nearest.h"

/* PEM may have text before its first line (RFC 7468 §2). */
static bool is_pem(jwkeep_span bytes) {
    return bytes.size > 0 && memmem(bytes.data, bytes.size, "-----BEGIN", 10) != NULL &&
           bytes.data[0] != '{';
}

static bool is_set(jwkeep_span json) {
    jwkeep_json_text *text = NULL;
    if (jwkeep_json_parse(json, NULL, &text, NULL) != JWKEEP_OK)
        return false;
    bool has_keys = jwkeep_json_member(jwkeep_json_root(text), "keys") != NULL;
    jwkeep_json_text_free(text);
    return has_keys;
}

void key_report_skip(void *user, const jwkeep_keyset_skip *skip) {
    (void)user;
    flockfile(stderr);
    fprintf(stderr, "jwkeep: key %zu of the set", skip->index + 1);
    if (jwkeep_span_is_present(skip->kid)) {
        fputs(", kid \"", stderr);
        report_safely(stderr, skip->kid);
        fputc('"', stderr);
    }
    fputs(", is left out: ", stderr);
    report_words(stderr, &skip->why);
    fputc('\n', stderr);
    funlockfile(stderr);
}

/* A sequence whose size is not a sign of text. */
static bool is_der(jwkeep_span bytes) {
    return bytes.size > 2 && bytes.data[0] == 0x30 &&
           (bytes.data[1] >= 0x80 || bytes.data[1] + 2u == bytes.size);
}

/* White space is no part of JSON, but may be the end of DER. */
static jwkeep_code parse_key(jwkeep_span bytes, const jwkeep_passphrase *source,
                             jwkeep_jwk **ret_key, jwkeep_error *error) {
    const jwkeep_jwk_import_options options = {.passphrase = source};
    if (is_der(bytes) || is_pem(input_trim(bytes)))
        return jwkeep_jwk_import(bytes, &options, ret_key, error);
    return jwkeep_jwk_parse(input_trim(bytes), NULL, ret_key, error);
}

exit_status key_read(const char *file, jwkeep_jwk **ret_key, jwkeep_error *error) {
    jwkeep_buffer buffer;
    error->code = JWKEEP_OK;
    exit_status status = input_read(file, INPUT_MAX_KEY_BYTES, STATUS_NO, &buffer);
    if (status != STATUS_YES)
        return status;
    jwkeep_code code = parse_key(jwkeep_buffer_span(&buffer), NULL, ret_key, error);
    jwkeep_buffer_done(&buffer);
    return status_of(code);
}

exit_status key_read_reporting(const char *file, jwkeep_jwk **ret_key) {
    jwkeep_error error;
    exit_status status = key_read(file, ret_key, &error);
    if (status != STATUS_YES && error.code != JWKEEP_OK)
        report_failure(input_name(file), &error);
    return status;
}

exit_status key_read_locked(const char *file, const char *passphrase_file,
                            jwkeep_jwk **ret_key) {
    return key_read_certified(file, passphrase_file, ret_key, NULL);
}

/* `bytes` as certificates, if they are nothing else. */
static jwkeep_certificate *certificates_of(jwkeep_span bytes) {
    jwkeep_certificate *certificate = NULL;
    bool is_read = (is_der(bytes) || is_pem(input_trim(bytes))) &&
                   jwkeep_certificate_parse(bytes, NULL, &certificate, NULL) == JWKEEP_OK;
    return is_read ? certificate : NULL;
}

exit_status key_read_certified(const char *file, const char *passphrase_file,
                               jwkeep_jwk **ret_key, jwkeep_certificate **ret_certificate) {
    jwkeep_buffer buffer;
    passphrase secret;
    jwkeep_passphrase source;
    jwkeep_error error;
    if (passphrase_file && input_is_standard(file) && input_is_standard(passphrase_file))
        return report_usage("the key and its passphrase cannot both be on standard input");
    exit_status status = passphrase_read(passphrase_file, &secret);
    if (status != STATUS_YES)
        return status;
    passphrase_source(&secret, &source);
    status = input_read(file, INPUT_MAX_KEY_BYTES, STATUS_NO, &buffer);
    if (status == STATUS_YES) {
        jwkeep_span bytes = jwkeep_buffer_span(&buffer);
        if (parse_key(bytes, &source, ret_key, &error) != JWKEEP_OK)
            status = report_failure(input_name(file), &error);
        else if (ret_certificate)
            *ret_certificate = certificates_of(bytes);
        jwkeep_buffer_done(&buffer);
    }
    passphrase_done(&secret);
    return status;
}

static jwkeep_code parse_file(jwkeep_span bytes, key_file *ret_keys, size_t *ret_skipped,
                              jwkeep_error *error) {
    jwkeep_span text = input_trim(bytes);
    *ret_keys = (key_file){0};
    if (is_der(bytes) || is_pem(text) || !is_set(text))
        return parse_key(bytes, NULL, &ret_keys->key, error);
    jwkeep_keyset_options options = {.on_skip = key_report_skip};
    return jwkeep_keyset_parse(text, &options, &ret_keys->set, ret_skipped, error);
}

exit_status key_file_read(const char *file, key_file *ret_keys) {
    size_t skipped;
    return key_file_read_counting(file, ret_keys, &skipped);
}

exit_status key_file_read_counting(const char *file, key_file *ret_keys, size_t *ret_skipped) {
    jwkeep_buffer buffer;
    jwkeep_error error;
    exit_status status = input_read(file, INPUT_MAX_KEY_BYTES, STATUS_UNDECIDED, &buffer);
    if (status != STATUS_YES)
        return status;
    jwkeep_code code = parse_file(jwkeep_buffer_span(&buffer), ret_keys, ret_skipped, &error);
    jwkeep_buffer_done(&buffer);
    if (code == JWKEEP_OK)
        return STATUS_YES;
    status = report_failure(input_name(file), &error);
    return status == STATUS_NO ? STATUS_UNDECIDED : status;
}

/* `set` with the keys of `more`; either is freed. */
static exit_status join(const char *file, key_file *set, key_file *more) {
    jwkeep_keyset *added = more->set;
    jwkeep_keyset *joined = NULL;
    jwkeep_error error;
    jwkeep_code code = JWKEEP_OK;
    if (!added)
        code = jwkeep_keyset_new(&more->key, 1, &added, &error);
    if (!code && set->set)
        code = jwkeep_keyset_merge(set->set, added, &joined, NULL, &error);
    else if (!code)
        joined = jwkeep_keyset_ref(added);
    if (added != more->set)
        jwkeep_keyset_unref(added);
    key_file_done(more);
    if (code)
        return report_failure(file, &error);
    key_file_done(set);
    set->set = joined;
    return STATUS_YES;
}

exit_status key_files_read(const text_list *files, key_file *ret_keys) {
    if (files->count == 1)
        return key_file_read(files->items[0], ret_keys);
    key_file all = {0};
    exit_status status = STATUS_YES;
    for (size_t i = 0; i < files->count && status == STATUS_YES; i++) {
        key_file each = {0};
        status = key_file_read(files->items[i], &each);
        if (status == STATUS_YES)
            status = join(files->items[i], &all, &each);
    }
    if (status == STATUS_YES)
        *ret_keys = all;
    else
        key_file_done(&all);
    return status;
}

void key_file_done(key_file *keys) {
    jwkeep_jwk_unref(keys->key);
    jwkeep_keyset_unref(keys->set);
    *keys = (key_file){0};
}

static exit_status choose_by_kid(const key_file *keys, const char *file, const char *kid,
                                 jwkeep_jwk **ret_key) {
    jwkeep_span wanted = jwkeep_span_text(kid);
    jwkeep_jwk *found = keys->key;
    if (keys->set)
        found = jwkeep_keyset_find(keys->set, wanted);
    else if (!jwkeep_span_equals(jwkeep_jwk_kid(keys->key), wanted))
        found = NULL;
    if (!found)
        return report_usage("%s: no key with the kid \"%s\"", file, kid);
    *ret_key = found;
    return STATUS_YES;
}

exit_status key_file_choose(const key_file *keys, const char *file, const char *kid,
                            jwkeep_jwk **ret_key) {
    if (kid)
        return choose_by_kid(keys, file, kid, ret_key);
    if (keys->set && jwkeep_keyset_count(keys->set) != 1)
        return report_usage("%s: a set of %zu keys: choose one with --kid", file,
                            jwkeep_keyset_count(keys->set));
    *ret_key = keys->set ? jwkeep_keyset_at(keys->set, 0) : keys->key;
    return STATUS_YES;
}

exit_status key_algorithm(const char *name, jwkeep_algorithm *ret_algorithm) {
    jwkeep_algorithm found = jwkeep_algorithm_from_name(jwkeep_span_text(name));
    if (name && found == JWKEEP_ALGORITHM_ABSENT) {
        nearest guess = {0};
        for (int each = 1; each < JWKEEP_ALGORITHM_COUNT; each++)
            nearest_offer(&guess, name, jwkeep_algorithm_name((jwkeep_algorithm)each));
        return report_usage("\"%.64s\" is not an algorithm of this program%s%s%s", name,
                            guess.best ? " (did you mean " : "", guess.best ? guess.best : "",
                            guess.best ? "?)" : "");
    }
    *ret_algorithm = found;
    return STATUS_YES;
}

exit_status key_algorithms(const text_list *names, jwkeep_algorithm_set *ret_algorithms) {
    jwkeep_algorithm_set set = 0;
    for (size_t i = 0; i < names->count; i++) {
        jwkeep_algorithm algorithm;
        exit_status status = key_algorithm(names->items[i], &algorithm);
        if (status != STATUS_YES)
            return status;
        set |= JWKEEP_ALGORITHM_BIT(algorithm);
    }
    *ret_algorithms = set;
    return STATUS_YES;
}
