/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of a listener's certificate: what cannot serve is refused before it takes the place
 * of what does. */
#include "base/attributes.h"
#include "crypto/tls.h"
#include "support/certificates.h"
#include <openssl/pem.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TEMPLATE "/tmp/jwkeep-test-tls-XXXXXX"
#define PASSPHRASE "hush"
#define CHILD_MAX_S 60u

typedef struct files {
    EVP_PKEY *key;
    X509 *certificate;
    char certificate_file[sizeof TEMPLATE];
    char key_file[sizeof TEMPLATE];
} files;

static FILE *new_file(char ret_path[sizeof TEMPLATE]) {
    memcpy(ret_path, TEMPLATE, sizeof TEMPLATE);
    int descriptor = mkstemp(ret_path);
    assert_true(descriptor >= 0);
    return fdopen(descriptor, "w");
}

static void write_key(files *it, EVP_PKEY *key, const char *passphrase) {
    FILE *file = new_file(it->key_file);
    assert_int_equal(PEM_write_PrivateKey(file, key, passphrase ? EVP_aes_256_cbc() : NULL,
                                          NULL, 0, NULL, (void *)(uintptr_t)passphrase),
                     1);
    assert_int_equal(fclose(file), 0);
}

static void set_up(files *it) {
    it->key = certificate_new_key();
    it->certificate =
        certificate_make(&(certificate_plan){.subject = "localhost", .key = it->key});
    FILE *file = new_file(it->certificate_file);
    assert_int_equal(PEM_write_X509(file, it->certificate), 1);
    assert_int_equal(fclose(file), 0);
}

static void tear_down(files *it) {
    unlink(it->certificate_file);
    unlink(it->key_file);
    X509_free(it->certificate);
    EVP_PKEY_free(it->key);
}

static jwkeep_code load(const files *it, jwkeep_error *error) {
    jk_tls_identity *identity = NULL;
    jwkeep_code code =
        jk_tls_identity_new(it->certificate_file, it->key_file, &identity, error);
    if (code == JWKEEP_OK)
        jk_tls_identity_unref(identity);
    else
        assert_null(identity);
    return code;
}

static void takes_a_certificate_and_its_key(void **state) {
    (void)state;
    files it;
    set_up(&it);
    write_key(&it, it.key, NULL);
    assert_int_equal(load(&it, NULL), JWKEEP_OK);
    tear_down(&it);
}

static void refuses_the_key_of_another_certificate(void **state) {
    (void)state;
    /* One of the same type, and one of a type that the certificate has no slot for. */
    EVP_PKEY *others[] = {certificate_new_key(), EVP_PKEY_Q_keygen(NULL, NULL, "RSA", 2048ul)};
    for (size_t i = 0; i < JK_COUNT_OF(others); i++) {
        files it;
        jwkeep_error error = {0};
        set_up(&it);
        write_key(&it, others[i], NULL);
        assert_int_equal(load(&it, &error), JWKEEP_JWK_INVALID);
        assert_string_equal(error.where, "key_file");
        tear_down(&it);
        EVP_PKEY_free(others[i]);
    }
}

/* In a process without a terminal, whose input says the passphrase to whoever asks. */
__attribute__((noreturn)) static void load_beside(const files *it, int input) {
    jwkeep_error error = {0};
    alarm(CHILD_MAX_S);
    (void)setsid();
    bool is_refused = dup2(input, STDIN_FILENO) == STDIN_FILENO &&
                      load(it, &error) == JWKEEP_JWK_INVALID &&
                      strcmp(error.where, "key_file") == 0;
    char byte = '\0';
    bool is_unread = read(STDIN_FILENO, &byte, 1) == 1 && byte == PASSPHRASE[0];
    _exit(is_refused && is_unread ? 0 : 1);
}

static void asks_nobody_for_the_passphrase_of_a_key(void **state) {
    (void)state;
    static const char says[] = PASSPHRASE "\n";
    files it;
    int ends[2];
    int status = 0;
    set_up(&it);
    write_key(&it, it.key, PASSPHRASE);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], says, sizeof says - 1), sizeof says - 1);
    close(ends[1]);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        load_beside(&it, ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    close(ends[0]);
    tear_down(&it);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_a_certificate_and_its_key),
        cmocka_unit_test(refuses_the_key_of_another_certificate),
        cmocka_unit_test(asks_nobody_for_the_passphrase_of_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
