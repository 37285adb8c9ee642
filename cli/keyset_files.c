/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns sets in files: reading them whole, and replacing them in place. */
#include "cli/keyset_files.h"
#include "cli/input.h"
#include "cli/keys.h"
#include "cli/output.h"
#include "cli/whole_file.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static exit_status refuse_loss(const char *file, size_t skipped) {
    report_note("%s: %zu key%s cannot be kept; nothing is changed without --drop-unusable",
                input_name(file), skipped, skipped == 1 ? "" : "s");
    return STATUS_NO;
}

exit_status keyset_file_read(const char *file, bool drops_unusable, jwkeep_keyset **ret_set) {
    jwkeep_buffer buffer;
    jwkeep_error error;
    jwkeep_keyset *set = NULL;
    size_t skipped = 0;
    exit_status status = input_read(file, INPUT_MAX_KEY_BYTES, STATUS_NO, &buffer);
    if (status != STATUS_YES)
        return status;
    jwkeep_keyset_options options = {.on_skip = key_report_skip};
    if (jwkeep_keyset_parse(jwkeep_buffer_span(&buffer), &options, &set, &skipped, &error) !=
        JWKEEP_OK)
        status = report_failure(input_name(file), &error);
    else if (skipped && !drops_unusable)
        status = refuse_loss(file, skipped);
    jwkeep_buffer_done(&buffer);
    if (status == STATUS_YES)
        *ret_set = set;
    else
        jwkeep_keyset_unref(set);
    return status;
}

exit_status keyset_file_read_keys(const char *file, bool drops_unusable,
                                  jwkeep_keyset **ret_set) {
    key_file keys;
    jwkeep_error error;
    size_t skipped = 0;
    exit_status status = key_file_read_counting(file, &keys, &skipped);
    if (status != STATUS_YES)
        return status == STATUS_UNDECIDED ? STATUS_NO : status;
    if (skipped && !drops_unusable)
        status = refuse_loss(file, skipped);
    else if (keys.set)
        *ret_set = jwkeep_keyset_ref(keys.set);
    else if (jwkeep_keyset_new(&keys.key, 1, ret_set, &error) != JWKEEP_OK)
        status = report_failure(file, &error);
    key_file_done(&keys);
    return status;
}

static exit_status replace_file(const char *path, jwkeep_span bytes) {
    struct stat before;
    if (stat(path, &before) != 0 || !S_ISREG(before.st_mode))
        return report_usage("%s: not a file that --in-place can replace", path);
    if (whole_file_write(path, bytes, before.st_mode & 07777))
        return STATUS_YES;
    return report_usage("%s: %s", path, strerror(errno));
}

exit_status keyset_file_write(const jwkeep_keyset *set, const keyset_target *target) {
    jwkeep_buffer text;
    jwkeep_error error;
    exit_status status = STATUS_YES;
    if (target->is_in_place && input_is_standard(target->file))
        return report_usage("--in-place needs the name of a file");
    jwkeep_buffer_init(&text, OUTPUT_MAX_BYTES);
    jwkeep_code code = jwkeep_keyset_write(set, !target->is_public, &text, &error);
    if (!code && (code = jwkeep_buffer_append_text(&text, "\n")))
        error = (jwkeep_error){.code = code, .text = jwkeep_code_text(code)};
    if (code)
        status = report_failure("writing the result", &error);
    else if (target->is_in_place)
        status = replace_file(target->file, jwkeep_buffer_span(&text));
    else
        output_bytes(jwkeep_buffer_span(&text));
    jwkeep_buffer_done(&text);
    return status;
}

void keyset_file_tell(const char *what, const jwkeep_jwk *key) {
    flockfile(stderr);
    fprintf(stderr, "jwkeep: %s: %s key", what, jwkeep_kty_name(jwkeep_jwk_kty(key)));
    if (jwkeep_span_is_present(jwkeep_jwk_kid(key))) {
        fputs(", kid \"", stderr);
        report_safely(stderr, jwkeep_jwk_kid(key));
        fputc('"', stderr);
    }
    fputc('\n', stderr);
    funlockfile(stderr);
}
