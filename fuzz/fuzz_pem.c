/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys and certificates in PEM and DER: what is accepted, written in either form and read
 * again, is the same key; a refused one has a code of the input, and no more passphrases are
 * asked for than the header says. Certificates go into a JWK and come back out of it; whether
 * they are trusted has an answer. */
#include <jwkeep/jwkeep.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_WRITTEN (1u << 16)
#define MAX_ROUNDS 2048u /* so that an input does not take seconds */

static void require(bool is_true) {
    if (!is_true)
        abort();
}

static bool answer(void *user, unsigned attempt, jwkeep_buffer *passphrase) {
    unsigned *count = user;
    require(attempt == ++*count && attempt <= JWKEEP_PASSPHRASE_MAX_ATTEMPTS);
    require(passphrase->size == 0);
    return jwkeep_buffer_append_text(passphrase, "secret") == JWKEEP_OK;
}

static jwkeep_jwk *import(jwkeep_span bytes) {
    unsigned count = 0;
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    limits.max_passphrase_rounds = MAX_ROUNDS;
    const jwkeep_passphrase source = {answer, &count};
    jwkeep_jwk_import_options options = {&limits, &source};
    jwkeep_jwk *key = NULL;
    jwkeep_error error = {.code = JWKEEP_OK};
    jwkeep_code code = jwkeep_jwk_import(bytes, &options, &key, &error);
    require(code == error.code);
    require((code == JWKEEP_OK) == (key != NULL));
    require(code == JWKEEP_OK || jwkeep_code_class(code) == JWKEEP_CLASS_REJECTED);
    return key;
}

static void write_again(const jwkeep_jwk *key, jwkeep_jwk_format format, bool with_private) {
    jwkeep_buffer text;
    jwkeep_jwk_export_options options = {.format = format, .with_private = with_private};
    jwkeep_buffer_init(&text, MAX_WRITTEN);
    require(jwkeep_jwk_export(key, &options, &text, NULL) == JWKEEP_OK);
    jwkeep_jwk *again = import(jwkeep_buffer_span(&text));
    require(again && jwkeep_jwk_is_same(key, again));
    require(jwkeep_jwk_is_private(again) == with_private);
    jwkeep_jwk_unref(again);
    jwkeep_buffer_done(&text);
}

/* The key of the first certificate, if it is one of ours, brings them all along. */
static void go_through_a_jwk(const jwkeep_certificate *certificate) {
    jwkeep_jwk *key = NULL;
    jwkeep_jwk *again = NULL;
    jwkeep_certificate *back = NULL;
    jwkeep_buffer text;
    if (jwkeep_certificate_key(certificate, &key, NULL) != JWKEEP_OK)
        return;
    jwkeep_buffer_init(&text, 4 * MAX_WRITTEN);
    require(jwkeep_jwk_write(key, false, &text, NULL) == JWKEEP_OK);
    require(jwkeep_jwk_parse(jwkeep_buffer_span(&text), NULL, &again, NULL) == JWKEEP_OK);
    require(jwkeep_jwk_is_identical(key, again));
    require(jwkeep_certificate_of_key(again, NULL, &back, NULL) == JWKEEP_OK);
    size_t count = jwkeep_certificate_count(certificate);
    require(jwkeep_certificate_count(back) == count);
    for (size_t i = 0; i < count; i++)
        require(jwkeep_span_equals(jwkeep_certificate_at(back, i)->der,
                                   jwkeep_certificate_at(certificate, i)->der));
    jwkeep_certificate_unref(back);
    jwkeep_jwk_unref(again);
    jwkeep_jwk_unref(key);
    jwkeep_buffer_done(&text);
}

/* As anchors of their own they are trusted or not; either way the code is one of the input. */
static void ask_trust(jwkeep_span bytes, const jwkeep_certificate *certificate) {
    jwkeep_trust *trust = NULL;
    jwkeep_trust_options options = {.anchors = bytes};
    require(jwkeep_trust_new(&options, &trust, NULL) == JWKEEP_OK);
    jwkeep_code code =
        jwkeep_trust_check(trust, certificate, 1800000000, JWKEEP_TRUST_SIGNING, NULL, NULL);
    require(code == JWKEEP_OK || jwkeep_code_class(code) == JWKEEP_CLASS_REJECTED);
    jwkeep_trust_free(trust);
}

static void read_certificates(jwkeep_span bytes) {
    jwkeep_certificate *certificate = NULL;
    jwkeep_error error = {.code = JWKEEP_OK};
    jwkeep_code code = jwkeep_certificate_parse(bytes, NULL, &certificate, &error);
    require(code == error.code);
    require((code == JWKEEP_OK) == (certificate != NULL));
    require(code == JWKEEP_OK || jwkeep_code_class(code) == JWKEEP_CLASS_REJECTED);
    if (code)
        return;
    go_through_a_jwk(certificate);
    ask_trust(bytes, certificate);
    jwkeep_certificate_unref(certificate);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    read_certificates(jwkeep_span_of(data, size));
    jwkeep_jwk *key = import(jwkeep_span_of(data, size));
    if (!key)
        return 0;
    write_again(key, JWKEEP_JWK_FORMAT_PEM, false);
    write_again(key, JWKEEP_JWK_FORMAT_DER, false);
    if (jwkeep_jwk_is_private(key))
        write_again(key, JWKEEP_JWK_FORMAT_DER, true);
    jwkeep_jwk_unref(key);
    return 0;
}
