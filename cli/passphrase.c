/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the reading of passphrase files. */
#include "cli/passphrase.h"
#include "cli/input.h"
#include <string.h>

/* Only the end of the line is no part of it: spaces are. */
static void cut_line(jwkeep_buffer *text) {
    const uint8_t *end = text->size ? memchr(text->data, '\n', text->size) : NULL;
    if (end)
        text->size = (size_t)(end - text->data);
    if (text->size > 0 && text->data[text->size - 1] == '\r')
        text->size--;
}

exit_status passphrase_read(const char *file, passphrase *ret_passphrase) {
    *ret_passphrase = (passphrase){.is_read = false};
    if (!file)
        return STATUS_YES;
    exit_status status =
        input_read(file, JWKEEP_PASSPHRASE_MAX_BYTES + 2, STATUS_USAGE, &ret_passphrase->text);
    if (status != STATUS_YES)
        return status;
    ret_passphrase->is_read = true;
    cut_line(&ret_passphrase->text);
    if (ret_passphrase->text.size > 0 &&
        ret_passphrase->text.size <= JWKEEP_PASSPHRASE_MAX_BYTES)
        return STATUS_YES;
    passphrase_done(ret_passphrase);
    return report_usage("%s: the first line is to be a passphrase", input_name(file));
}

void passphrase_done(passphrase *read) {
    if (read->is_read)
        jwkeep_buffer_done(&read->text);
    *read = (passphrase){.is_read = false};
}

static bool tell(void *user, unsigned attempt, jwkeep_buffer *text) {
    const passphrase *read = user;
    return read->is_read && attempt == 1 &&
           jwkeep_buffer_append(text, jwkeep_buffer_span(&read->text)) == JWKEEP_OK;
}

void passphrase_source(passphrase *read, jwkeep_passphrase *ret_source) {
    *ret_source = (jwkeep_passphrase){tell, read};
}
