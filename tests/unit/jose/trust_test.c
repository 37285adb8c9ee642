/* SPDX-License-Identifier: Apache-2.0
 *
 * Chains of certificates: which lead to an anchor, and every way not to. */
#include "base/attributes.h"
#include "support/certificates.h"
#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define CA "critical,CA:TRUE"
#define CA_USE "keyCertSign"

enum { ROOT, MIDDLE, LEAF, EVIL, KEY_COUNT };

static EVP_PKEY *keys[KEY_COUNT];
static X509 *root;
static X509 *middle;
static X509 *leaf;
static X509 *evil_root; /* the name of the root, another key */

static int make_all(void **state) {
    (void)state;
    for (size_t i = 0; i < KEY_COUNT; i++)
        keys[i] = certificate_new_key();
    root = certificate_make(&(certificate_plan){
        .subject = "root", .key = keys[ROOT], .basic = CA, .usage = CA_USE});
    middle = certificate_make(&(certificate_plan){.subject = "middle",
                                                  .key = keys[MIDDLE],
                                                  .issuer = root,
                                                  .issuer_key = keys[ROOT],
                                                  .basic = CA,
                                                  .usage = CA_USE});
    leaf = certificate_make(&(certificate_plan){.subject = "leaf",
                                                .key = keys[LEAF],
                                                .issuer = middle,
                                                .issuer_key = keys[MIDDLE],
                                                .basic = "CA:FALSE",
                                                .usage = "digitalSignature"});
    evil_root = certificate_make(&(certificate_plan){
        .subject = "root", .key = keys[EVIL], .basic = CA, .usage = CA_USE});
    return 0;
}

static int free_all(void **state) {
    (void)state;
    X509_free(root);
    X509_free(middle);
    X509_free(leaf);
    X509_free(evil_root);
    for (size_t i = 0; i < KEY_COUNT; i++)
        EVP_PKEY_free(keys[i]);
    return 0;
}

static jwkeep_trust *trust_in(X509 *anchor) {
    X509 *const list[] = {anchor, NULL};
    jwkeep_buffer pem;
    jwkeep_trust *trust = NULL;
    certificate_pem(list, &pem);
    jwkeep_trust_options options = {.anchors = jwkeep_buffer_span(&pem)};
    assert_int_equal(jwkeep_trust_new(&options, &trust, NULL), JWKEEP_OK);
    jwkeep_buffer_done(&pem);
    return trust;
}

typedef struct question {
    X509 *anchor;
    X509 *chain[4];
    int64_t time_s; /* 0: TEST_NOW */
    jwkeep_trust_purpose purpose;
    size_t max_chain; /* 0: the default */
} question;

static jwkeep_code ask(question asked) {
    X509 *const list[] = {asked.chain[0], asked.chain[1], asked.chain[2], asked.chain[3], NULL};
    jwkeep_buffer pem;
    jwkeep_limits limits;
    jwkeep_certificate *chain = NULL;
    jwkeep_trust *trust = trust_in(asked.anchor);
    certificate_pem(list, &pem);
    assert_int_equal(jwkeep_certificate_parse(jwkeep_buffer_span(&pem), NULL, &chain, NULL),
                     JWKEEP_OK);
    jwkeep_limits_init(&limits);
    if (asked.max_chain)
        limits.max_chain = asked.max_chain;
    jwkeep_error error = {0};
    jwkeep_code code = jwkeep_trust_check(trust, chain, asked.time_s ? asked.time_s : TEST_NOW,
                                          asked.purpose, &limits, &error);
    assert_int_equal(error.code, code);
    assert_int_equal(ERR_peek_error(), 0);
    jwkeep_certificate_unref(chain);
    jwkeep_trust_free(trust);
    jwkeep_buffer_done(&pem);
    return code;
}

static void follows_a_chain_to_its_anchor(void **state) {
    (void)state;
    assert_int_equal(ask((question){.anchor = root, .chain = {leaf, middle}}), JWKEEP_OK);
    assert_int_equal(ask((question){.anchor = root, .chain = {leaf, middle, root}}), JWKEEP_OK);
    assert_int_equal(ask((question){.anchor = root, .chain = {leaf, evil_root, middle}}),
                     JWKEEP_OK);
    assert_int_equal(
        ask((question){.anchor = root, .chain = {middle}, .purpose = JWKEEP_TRUST_ANY}),
        JWKEEP_OK);
    assert_int_equal(ask((question){.anchor = middle, .chain = {leaf}}), JWKEEP_OK);
    assert_int_equal(ask((question){.anchor = leaf, .chain = {leaf}}), JWKEEP_OK);
}

/* The attack: a chain that ends with a root of the attacker's own. A verifier that takes the
 * last certificate that came for the anchor believes it. */
static void never_trusts_what_came_with_the_chain(void **state) {
    (void)state;
    X509 *forged = certificate_make(&(certificate_plan){.subject = "leaf",
                                                        .key = keys[LEAF],
                                                        .issuer = evil_root,
                                                        .issuer_key = keys[EVIL],
                                                        .usage = "digitalSignature"});
    assert_int_equal(ask((question){.anchor = evil_root, .chain = {forged, evil_root}}),
                     JWKEEP_OK);
    jwkeep_code code = ask((question){.anchor = root, .chain = {forged, evil_root}});
    assert_true(code == JWKEEP_CERTIFICATE_UNTRUSTED ||
                code == JWKEEP_CERTIFICATE_CHAIN_INVALID);
    assert_int_equal(ask((question){.anchor = middle, .chain = {forged, evil_root}}),
                     JWKEEP_CERTIFICATE_UNTRUSTED);
    assert_int_equal(
        ask((question){.anchor = root, .chain = {evil_root}, .purpose = JWKEEP_TRUST_ANY}),
        JWKEEP_CERTIFICATE_UNTRUSTED);
    X509_free(forged);
}

static void refuses_a_chain_with_a_hole(void **state) {
    (void)state;
    assert_int_equal(ask((question){.anchor = root, .chain = {leaf}}),
                     JWKEEP_CERTIFICATE_UNTRUSTED);
    assert_int_equal(
        ask((question){.anchor = evil_root, .chain = {leaf, middle}, 0, JWKEEP_TRUST_ANY, 0}) ==
            JWKEEP_OK,
        false);
}

static void holds_the_times_against_the_given_one(void **state) {
    (void)state;
    question asked = {
        .anchor = root, .chain = {leaf, middle}, .time_s = TEST_NOW + TEST_DAY - 1};
    assert_int_equal(ask(asked), JWKEEP_OK);
    asked.time_s = TEST_NOW + TEST_DAY;
    assert_int_equal(ask(asked), JWKEEP_CERTIFICATE_EXPIRED);
    asked.time_s = TEST_NOW - TEST_DAY;
    assert_int_equal(ask(asked), JWKEEP_OK);
    asked.time_s = TEST_NOW - TEST_DAY - 1;
    assert_int_equal(ask(asked), JWKEEP_CERTIFICATE_NOT_YET_VALID);
}

static X509 *leaf_of(X509 *issuer, EVP_PKEY *issuer_key, const EVP_MD *hash) {
    return certificate_make(&(certificate_plan){.subject = "below",
                                                .key = keys[EVIL],
                                                .issuer = issuer,
                                                .issuer_key = issuer_key,
                                                .hash = hash});
}

/* The attack: the owner of an ordinary certificate signs another one with it. */
static void lets_only_authorities_sign(void **state) {
    (void)state;
    static const struct {
        const char *basic;
        const char *usage;
    } rows[] = {
        {NULL, "digitalSignature"},
        {"CA:FALSE", NULL},
        {CA, "digitalSignature"},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        X509 *no_ca = certificate_make(&(certificate_plan){.subject = "no authority",
                                                           .key = keys[LEAF],
                                                           .issuer = root,
                                                           .issuer_key = keys[ROOT],
                                                           .basic = rows[i].basic,
                                                           .usage = rows[i].usage});
        X509 *below = leaf_of(no_ca, keys[LEAF], NULL);
        jwkeep_code code = ask((question){.anchor = root, .chain = {below, no_ca}});
        if (code != JWKEEP_CERTIFICATE_PURPOSE && code != JWKEEP_CERTIFICATE_UNTRUSTED)
            fail_msg("row %zu: %s", i, jwkeep_code_name(code));
        X509_free(below);
        X509_free(no_ca);
    }
}

static void enforces_the_path_length(void **state) {
    (void)state;
    X509 *narrow = certificate_make(&(certificate_plan){.subject = "narrow",
                                                        .key = keys[LEAF],
                                                        .basic = "critical,CA:TRUE,pathlen:0",
                                                        .usage = CA_USE});
    X509 *between = certificate_make(&(certificate_plan){.subject = "between",
                                                         .key = keys[MIDDLE],
                                                         .issuer = narrow,
                                                         .issuer_key = keys[LEAF],
                                                         .basic = CA,
                                                         .usage = CA_USE});
    X509 *below = leaf_of(between, keys[MIDDLE], NULL);
    assert_int_equal(ask((question){.anchor = narrow, .chain = {below, between}}),
                     JWKEEP_CERTIFICATE_PURPOSE);
    X509_free(below);
    X509_free(between);
    X509_free(narrow);
}

static void wants_a_key_that_may_sign(void **state) {
    (void)state;
    X509 *encrypts = certificate_make(&(certificate_plan){.subject = "encrypts",
                                                          .key = keys[LEAF],
                                                          .issuer = root,
                                                          .issuer_key = keys[ROOT],
                                                          .usage = "keyAgreement"});
    assert_int_equal(ask((question){.anchor = root, .chain = {encrypts}}),
                     JWKEEP_CERTIFICATE_PURPOSE);
    assert_int_equal(
        ask((question){.anchor = root, .chain = {encrypts}, .purpose = JWKEEP_TRUST_ANY}),
        JWKEEP_OK);
    X509_free(encrypts);
    X509 *silent = leaf_of(root, keys[ROOT], NULL);
    assert_int_equal(ask((question){.anchor = root, .chain = {silent}}), JWKEEP_OK);
    X509_free(silent);
    assert_int_equal(ask((question){.anchor = root, .chain = {middle}}),
                     JWKEEP_CERTIFICATE_PURPOSE);
}

static void refuses_a_signature_over_sha1(void **state) {
    (void)state;
    X509 *weak = leaf_of(root, keys[ROOT], EVP_sha1());
    assert_int_equal(ask((question){.anchor = root, .chain = {weak}}),
                     JWKEEP_CERTIFICATE_CHAIN_INVALID);
    X509_free(weak);
}

static void refuses_a_signature_that_does_not_verify(void **state) {
    (void)state;
    X509 *forged = leaf_of(root, keys[EVIL], NULL);
    assert_int_equal(ask((question){.anchor = root, .chain = {forged}}),
                     JWKEEP_CERTIFICATE_CHAIN_INVALID);
    X509_free(forged);
}

static void bounds_the_path(void **state) {
    (void)state;
    question asked = {.anchor = root, .chain = {leaf, middle}, .max_chain = 2};
    assert_int_equal(ask(asked), JWKEEP_OK);
    asked.max_chain = 1;
    assert_int_equal(ask(asked), JWKEEP_CERTIFICATE_CHAIN_TOO_LONG);
}

static void reads_anchors_strictly(void **state) {
    (void)state;
    jwkeep_trust *trust = NULL;
    static char large[JWKEEP_TRUST_MAX_BYTES + 1];
    const struct {
        jwkeep_trust_options options;
        jwkeep_code code;
    } rows[] = {
        {{.uses_system_store = false}, JWKEEP_MISUSE_ARGUMENT},
        {{.anchors = JWKEEP_SPAN("")}, JWKEEP_CERTIFICATE_INVALID},
        {{.anchors = JWKEEP_SPAN("no certificate")}, JWKEEP_CERTIFICATE_INVALID},
        {{.anchors = {(const uint8_t *)large, sizeof large}}, JWKEEP_PEM_TOO_LARGE},
        {{.anchors = {(const uint8_t *)large, sizeof large - 1}}, JWKEEP_CERTIFICATE_INVALID},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        assert_int_equal(jwkeep_trust_new(&rows[i].options, &trust, NULL), rows[i].code);
        assert_null(trust);
    }
    jwkeep_span der = certificate_der(root);
    jwkeep_trust_options options = {.anchors = der};
    assert_int_equal(jwkeep_trust_new(&options, &trust, NULL), JWKEEP_OK);
    jwkeep_trust_free(trust);
    OPENSSL_free((void *)(uintptr_t)der.data);
}

/* The environment names the default store; nobody asked for it. */
static void leaves_the_system_store_alone_unless_asked(void **state) {
    (void)state;
    X509 *const anchors[] = {root, NULL};
    X509 *const list[] = {leaf, middle, NULL};
    jwkeep_buffer pem;
    jwkeep_certificate *chain = NULL;
    char path[] = "build/trust_test.XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    FILE *out = fdopen(file, "w");
    certificate_pem(anchors, &pem);
    assert_int_equal(fwrite(pem.data, 1, pem.size, out), pem.size);
    assert_int_equal(fclose(out), 0);
    jwkeep_buffer_done(&pem);
    certificate_pem(list, &pem);
    assert_int_equal(jwkeep_certificate_parse(jwkeep_buffer_span(&pem), NULL, &chain, NULL),
                     JWKEEP_OK);
    jwkeep_buffer_done(&pem);
    assert_int_equal(setenv("SSL_CERT_FILE", path, 1), 0);
    jwkeep_trust *system = NULL;
    jwkeep_trust_options options = {.uses_system_store = true};
    assert_int_equal(jwkeep_trust_new(&options, &system, NULL), JWKEEP_OK);
    jwkeep_trust *own = trust_in(evil_root);
    jwkeep_code by_system =
        jwkeep_trust_check(system, chain, TEST_NOW, JWKEEP_TRUST_SIGNING, NULL, NULL);
    jwkeep_code by_own =
        jwkeep_trust_check(own, chain, TEST_NOW, JWKEEP_TRUST_SIGNING, NULL, NULL);
    unsetenv("SSL_CERT_FILE");
    remove(path);
    jwkeep_trust_free(system);
    jwkeep_trust_free(own);
    jwkeep_certificate_unref(chain);
    assert_int_equal(by_system, JWKEEP_OK);
    assert_int_not_equal(by_own, JWKEEP_OK);
}

/* RFC 5280 §4.2.1.3: what a key may do in TLS, at either end. */
static void knows_both_ends_of_tls(void **state) {
    (void)state;
    static const struct {
        const char *usage;
        jwkeep_code server, client;
    } cases[] = {
        {"digitalSignature", JWKEEP_OK, JWKEEP_OK},
        {"keyEncipherment", JWKEEP_OK, JWKEEP_CERTIFICATE_PURPOSE},
        {"nonRepudiation", JWKEEP_CERTIFICATE_PURPOSE, JWKEEP_CERTIFICATE_PURPOSE},
    };
    for (size_t i = 0; i < JK_COUNT_OF(cases); i++) {
        X509 *end = certificate_make(&(certificate_plan){.subject = "end",
                                                         .key = keys[LEAF],
                                                         .issuer = root,
                                                         .issuer_key = keys[ROOT],
                                                         .usage = cases[i].usage});
        question asked = {.anchor = root, .chain = {end}, .purpose = JWKEEP_TRUST_TLS_SERVER};
        assert_int_equal(ask(asked), cases[i].server);
        asked.purpose = JWKEEP_TRUST_TLS_CLIENT;
        assert_int_equal(ask(asked), cases[i].client);
        X509_free(end);
    }
}

static void refuses_a_purpose_that_is_none(void **state) {
    (void)state;
    assert_int_equal(ask((question){.anchor = root,
                                    .chain = {leaf, middle},
                                    .purpose = (jwkeep_trust_purpose)4}),
                     JWKEEP_MISUSE_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_a_chain_to_its_anchor),
        cmocka_unit_test(never_trusts_what_came_with_the_chain),
        cmocka_unit_test(refuses_a_chain_with_a_hole),
        cmocka_unit_test(holds_the_times_against_the_given_one),
        cmocka_unit_test(lets_only_authorities_sign),
        cmocka_unit_test(enforces_the_path_length),
        cmocka_unit_test(wants_a_key_that_may_sign),
        cmocka_unit_test(refuses_a_signature_over_sha1),
        cmocka_unit_test(refuses_a_signature_that_does_not_verify),
        cmocka_unit_test(bounds_the_path),
        cmocka_unit_test(reads_anchors_strictly),
        cmocka_unit_test(leaves_the_system_store_alone_unless_asked),
        cmocka_unit_test(knows_both_ends_of_tls),
        cmocka_unit_test(refuses_a_purpose_that_is_none),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
