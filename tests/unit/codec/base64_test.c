/* SPDX-License-Identifier: Apache-2.0
 *
 * base64 with its padding: the vectors, and every way to be another spelling. */
#include "codec/base64.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* RFC 4648 §10, and the two signs that differ from base64url. */
static const struct {
    const char *bytes;
    size_t size;
    const char *text;
} vectors[] = {
    {"f", 1, "Zg=="},
    {"fo", 2, "Zm8="},
    {"foo", 3, "Zm9v"},
    {"foob", 4, "Zm9vYg=="},
    {"fooba", 5, "Zm9vYmE="},
    {"foobar", 6, "Zm9vYmFy"},
    {"\xfb\xff\xbf", 3, "+/+/"},
};

static bool decode(const char *given, uint8_t bytes[16], size_t *ret_size) {
    char text[24];
    size_t size = strlen(given);
    memcpy(text, given, size);
    return jk_base64_decode(text, size, bytes, ret_size);
}

static void encodes_and_decodes_the_published_vectors(void **state) {
    (void)state;
    for (size_t i = 0; i < JK_COUNT_OF(vectors); i++) {
        char text[16] = {0};
        uint8_t bytes[16];
        size_t size = 0;
        jk_base64_encode(jwkeep_span_of(vectors[i].bytes, vectors[i].size), text);
        assert_string_equal(text, vectors[i].text);
        assert_int_equal(jk_base64_encoded_size(vectors[i].size), strlen(text));
        assert_true(decode(text, bytes, &size));
        assert_int_equal(size, vectors[i].size);
        assert_memory_equal(bytes, vectors[i].bytes, size);
    }
}

static void refuses_every_other_spelling(void **state) {
    (void)state;
    static const char *const texts[] = {"",     "Zg",    "Zg=",    "Zm9v=", "Zh==", "Zm9=",
                                        "-_-_", "Zm 9v", "Zm9v\n", "====",  "Z===", "=Zm9"};
    uint8_t bytes[16];
    size_t size;
    for (size_t i = 0; i < JK_COUNT_OF(texts); i++)
        if (decode(texts[i], bytes, &size))
            fail_msg("\"%s\" was taken", texts[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_and_decodes_the_published_vectors),
        cmocka_unit_test(refuses_every_other_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
