/* SPDX-License-Identifier: Apache-2.0
 *
 * The service speaks TLS 1.2 and later, also where OpenSSL would speak older ones. */
#include "crypto/tls.h"
#include "support/certificates.h"
#include "support/lenient_openssl.h"
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MOST_FLIGHTS 10 /* a handshake of TLS has four at the most */

/* The certificate and its key, in one file. */
static jk_tls_identity *new_identity(void) {
    char path[] = "/tmp/jwkeep-test-tls-XXXXXX";
    EVP_PKEY *key = certificate_new_key();
    X509 *certificate = certificate_make(&(certificate_plan){.subject = "test", .key = key});
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    FILE *file = fdopen(descriptor, "w");
    assert_int_equal(PEM_write_X509(file, certificate), 1);
    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(fclose(file), 0);
    jk_tls_identity *identity = NULL;
    jwkeep_code code = jk_tls_identity_new(path, path, &identity, NULL);
    unlink(path);
    X509_free(certificate);
    EVP_PKEY_free(key);
    assert_int_equal(code, JWKEEP_OK);
    return identity;
}

/* What the client has to say goes to the server, and the other way round. */
static void carry(SSL *client, jk_tls *server) {
    char *said = NULL;
    long size = BIO_get_mem_data(SSL_get_wbio(client), &said);
    if (size > 0)
        assert_true(jk_tls_feed(server, jwkeep_span_of(said, (size_t)size)));
    (void)BIO_reset(SSL_get_wbio(client));
    uint8_t opened[1];
    size_t opened_bytes = 0;
    assert_int_not_equal(jk_tls_open(server, opened, sizeof opened, &opened_bytes),
                         JK_TLS_BYTES);
    jwkeep_span answer = jk_tls_sealed(server);
    if (answer.size > 0)
        assert_int_equal(BIO_write(SSL_get_rbio(client), answer.data, (int)answer.size),
                         answer.size);
    jk_tls_sent(server);
}

static bool serves_a_client_of(int newest_version) {
    jk_tls_identity *identity = new_identity();
    jk_tls *server = jk_tls_new(identity);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    assert_true(server && context);
    assert_int_equal(SSL_CTX_set_max_proto_version(context, newest_version), 1);
    SSL *client = SSL_new(context);
    SSL_set_bio(client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(client);
    for (int i = 0; i < MOST_FLIGHTS; i++) {
        SSL_do_handshake(client);
        carry(client, server);
    }
    bool is_served = SSL_is_init_finished(client) && jk_tls_is_established(server);
    SSL_free(client);
    SSL_CTX_free(context);
    jk_tls_free(server);
    jk_tls_identity_unref(identity);
    return is_served;
}

static void speaks_no_tls_before_1_2(void **state) {
    (void)state;
    assert_true(lenient_openssl_speaks(TLS1_1_VERSION));
    assert_false(serves_a_client_of(TLS1_VERSION));
    assert_false(serves_a_client_of(TLS1_1_VERSION));
    assert_true(serves_a_client_of(TLS1_2_VERSION));
    assert_true(serves_a_client_of(TLS1_3_VERSION));
}

int main(void) {
    lenient_openssl_begin();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speaks_no_tls_before_1_2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
