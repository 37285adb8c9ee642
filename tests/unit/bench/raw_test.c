/* SPDX-License-Identifier: Apache-2.0
 *
 * The raw loop that tokens are measured against does the work it is credited with: it accepts
 * a good signature of every algorithm, again and again, and refuses a damaged message. */
#include "bench/measure.h"
#include "bench/raw.h"
#include <jwkeep/jws.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct scene {
    raw_key *raw;
    jwkeep_jwk *key;
    jwkeep_buffer text;
    jwkeep_buffer token;
    raw_message *message;
};

static bool sign(struct scene *scene, jwkeep_algorithm algorithm) {
    jwkeep_jws_signer signer = {.algorithm = algorithm};
    jwkeep_buffer_init(&scene->text, 16384);
    jwkeep_buffer_init(&scene->token, 16384);
    scene->message = calloc(1, sizeof *scene->message);
    scene->raw = raw_key_new(algorithm);
    if (!scene->message || !scene->raw || !raw_key_write(scene->raw, &scene->text))
        return false;
    jwkeep_span text = jwkeep_buffer_span(&scene->text);
    jwkeep_code code = text.data[0] == '{' ? jwkeep_jwk_parse(text, NULL, &scene->key, NULL)
                                           : jwkeep_jwk_parse_pem(text, &scene->key, NULL);
    signer.key = scene->key;
    return code == JWKEEP_OK &&
           jwkeep_jws_sign(JWKEEP_SPAN("payload"), &signer, &scene->token, NULL) == JWKEEP_OK &&
           raw_message_of(scene->raw, jwkeep_buffer_span(&scene->token), scene->message);
}

static bool is_honest(struct scene *scene) {
    bool accepts =
        raw_verify(scene->raw, scene->message) && raw_verify(scene->raw, scene->message);
    scene->token.data[0] ^= 1;
    bool refuses = !raw_verify(scene->raw, scene->message);
    scene->token.data[0] ^= 1;
    return accepts && refuses && raw_verify(scene->raw, scene->message);
}

static void done(struct scene *scene) {
    raw_key_free(scene->raw);
    jwkeep_jwk_unref(scene->key);
    jwkeep_buffer_done(&scene->text);
    jwkeep_buffer_done(&scene->token);
    free(scene->message);
}

static void checks_every_algorithm(void **state) {
    (void)state;
    for (int each = 1; each < JWKEEP_ALGORITHM_COUNT; each++) {
        struct scene scene = {0};
        bool is_right = sign(&scene, (jwkeep_algorithm)each) && is_honest(&scene);
        done(&scene);
        if (!is_right)
            fail_msg("%s", jwkeep_algorithm_name((jwkeep_algorithm)each));
    }
}

static void takes_percentiles(void **state) {
    (void)state;
    double values[100];
    for (size_t i = 0; i < 100; i++)
        values[i] = (double)((i * 37) % 100);
    measure_sort(values, 100);
    assert_true(measure_percentile(values, 100, 50) == 50);
    assert_true(measure_percentile(values, 100, 99) == 99);
    assert_true(measure_percentile(values, 100, 100) == 99);
    assert_true(measure_percentile(values, 1, 50) == 0);
    assert_true(measure_percentile(values, 0, 50) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_every_algorithm),
        cmocka_unit_test(takes_percentiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
