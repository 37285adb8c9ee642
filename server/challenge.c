/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns quoting in challenges. */
#include "server/challenge.h"
#include <stdio.h>

#define MAX_DESCRIPTION_BYTES 128u

static void make_quotable(char *text) {
    for (; *text != '\0'; text++)
        if (*text < 0x20 || *text > 0x7e || *text == '"' || *text == '\\')
            *text = '\'';
}

void challenge_write(const char *realm, const char *error, const char *description,
                     char ret_text[CHALLENGE_BYTES]) {
    char quoted[MAX_DESCRIPTION_BYTES];
    if (!error) {
        snprintf(ret_text, CHALLENGE_BYTES, "Bearer realm=\"%s\"", realm);
        return;
    }
    snprintf(quoted, sizeof quoted, "%s", description);
    make_quotable(quoted);
    snprintf(ret_text, CHALLENGE_BYTES,
             "Bearer realm=\"%s\", error=\"%s\", error_description=\"%s\"", realm, error,
             quoted);
}
