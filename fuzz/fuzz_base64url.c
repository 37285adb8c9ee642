/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64url: the engines agree, an accepted text is the only one for its bytes, and decoding
 * undoes encoding. */
#include "codec/base64url_engine.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *allocate(size_t size) {
    void *block = malloc(size ? size : 1);
    if (!block)
        abort();
    return block;
}

static void require(bool is_true) {
    if (!is_true)
        abort();
}

static void check_decoding(jwkeep_span text) {
    size_t size = jk_base64url_decoded_size(text.size);
    uint8_t *bytes = allocate(size);
    uint8_t *portable = allocate(size);
    size_t offset = text.size;
    size_t portable_offset = text.size;
    bool is_valid = jk_base64url_decode(text, bytes, &offset);
    require(jk_base64url_decode_portable(text, portable, &portable_offset) == is_valid);
    require(offset == portable_offset && (is_valid || offset < text.size));
    if (is_valid) {
        require(size == 0 || memcmp(bytes, portable, size) == 0);
        require(jk_base64url_encoded_size(size) == text.size);
        char *again = allocate(text.size);
        jk_base64url_encode(jwkeep_span_of(bytes, size), again);
        require(jwkeep_span_equals(jwkeep_span_of(again, text.size), text));
        free(again);
    }
    free(portable);
    free(bytes);
}

static void check_encoding(jwkeep_span bytes) {
    size_t size = jk_base64url_encoded_size(bytes.size);
    char *text = allocate(size);
    uint8_t *decoded = allocate(bytes.size);
    jk_base64url_encode(bytes, text);
    require(jk_base64url_decoded_size(size) == bytes.size);
    require(jk_base64url_decode(jwkeep_span_of(text, size), decoded, NULL));
    require(jwkeep_span_equals(jwkeep_span_of(decoded, bytes.size), bytes));
    free(decoded);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_decoding(jwkeep_span_of(data, size));
    check_encoding(jwkeep_span_of(data, size));
    return 0;
}
