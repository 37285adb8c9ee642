/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns fuzzing the form reader: storage of the body's size is always enough, every piece lies
 * in it, nothing decoded is a NUL. */
#include "server/http/form.h"
#include <stdlib.h>

#define CHECK(claim)                                                                           \
    do {                                                                                       \
        if (!(claim))                                                                          \
            abort();                                                                           \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_piece(jwkeep_span piece, const uint8_t *storage, size_t size) {
    CHECK(piece.data >= storage && piece.data + piece.size <= storage + size);
    CHECK(piece.size == 0 || memchr(piece.data, '\0', piece.size) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    http_form form;
    jwkeep_span name;
    jwkeep_span value;
    uint8_t *storage = malloc(size ? size : 1);
    if (!storage)
        return 0;
    http_form_init(&form, jwkeep_span_of(data, size), storage, size);
    while (http_form_next(&form, &name, &value)) {
        check_piece(name, storage, size);
        check_piece(value, storage, size);
        CHECK(name.size > 0);
    }
    CHECK(form.is_malformed || form.rest.size == 0);
    free(storage);
    return 0;
}
