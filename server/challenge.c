/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns quoting in challenges. */
#include "server/challenge.h"
#include <stdio.h>
#include <string.h>

#define MAX_DESCRIPTION_BYTES 128u

static void make_quotable(char *text) {
    for (; *text != '\0'; text++)
        if (*text < 0x20 || *text > 0x7e || *text == '"' || *text == '\\')
            *text = '\'';
}

static void append(char text[CHALLENGE_BYTES], const char *name, const char *value) {
    size_t size = strlen(text);
    if (value)
        snprintf(text + size, CHALLENGE_BYTES - size, ", %s=\"%s\"", name, value);
}

void challenge_write(const challenge *it, char ret_text[CHALLENGE_BYTES]) {
    char quoted[MAX_DESCRIPTION_BYTES];
    snprintf(ret_text, CHALLENGE_BYTES, "Bearer realm=\"%s\"", it->realm);
    append(ret_text, "error", it->error);
    if (it->error) {
        snprintf(quoted, sizeof quoted, "%s", it->description);
        make_quotable(quoted);
        append(ret_text, "error_description", quoted);
    }
    append(ret_text, "scope", it->scope);
    append(ret_text, "resource_metadata", it->resource_metadata);
}
