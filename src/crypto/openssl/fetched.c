/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the one look-up of each algorithm. What it finds lives as long as the process. */
#include "crypto/openssl/fetched.h"
#include <openssl/err.h>
#include <pthread.h>

static struct {
    EVP_MD *sha1;
    EVP_MD *sha256;
    EVP_MD *sha384;
    EVP_MD *sha512;
    EVP_MD *shake256;
    EVP_MAC *hmac;
} fetched; /* written under `once` alone, constant after */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fetch(void) {
    fetched.sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    fetched.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    fetched.sha384 = EVP_MD_fetch(NULL, "SHA384", NULL);
    fetched.sha512 = EVP_MD_fetch(NULL, "SHA512", NULL);
    fetched.shake256 = EVP_MD_fetch(NULL, "SHAKE256", NULL);
    fetched.hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    ERR_clear_error();
}

const EVP_MD *jk_fetched_digest(size_t size) {
    (void)pthread_once(&once, fetch);
    switch (size) {
    case 20:
        return fetched.sha1;
    case 32:
        return fetched.sha256;
    case 48:
        return fetched.sha384;
    case 64:
        return fetched.sha512;
    default:
        return NULL;
    }
}

const EVP_MD *jk_fetched_hash(const jk_algorithm_info *info) {
    return jk_fetched_digest(info->hash_bytes);
}

const EVP_MD *jk_fetched_shake256(void) {
    (void)pthread_once(&once, fetch);
    return fetched.shake256;
}

EVP_MAC *jk_fetched_hmac(void) {
    (void)pthread_once(&once, fetch);
    return fetched.hmac;
}
