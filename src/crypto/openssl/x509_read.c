/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns reading certificates with OpenSSL: what one says, and where each is in a text. */
#include "crypto/openssl/x509_read.h"
#include "crypto/openssl/der.h"
#include "crypto/openssl/failure.h"
#include "crypto/x509.h"
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <time.h>

/* Names as RFC 4514 has them; what is not ASCII stays as it is, in UTF-8. */
#define NAME_FLAGS (XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB)

jwkeep_code jk_x509_parse(jwkeep_span der, X509 **ret_certificate, jwkeep_error *error) {
    const unsigned char *next = der.data;
    X509 *certificate = der.size <= LONG_MAX ? d2i_X509(NULL, &next, (long)der.size) : NULL;
    if (!certificate || next != der.data + der.size) {
        X509_free(certificate);
        return jk_openssl_refuse(error, JWKEEP_CERTIFICATE_INVALID, NULL, "RFC 5280 §4.1");
    }
    *ret_certificate = certificate;
    return JWKEEP_OK;
}

static jwkeep_code store_bytes(const void *bytes, size_t size, jk_arena *arena,
                               jwkeep_span *ret_span, jwkeep_error *error) {
    uint8_t *copy = jk_arena_bytes(arena, size);
    if (!copy)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (size)
        memcpy(copy, bytes, size);
    *ret_span = jwkeep_span_of(copy, size);
    return JWKEEP_OK;
}

static jwkeep_code store_name(const X509_NAME *name, jk_arena *arena, jwkeep_span *ret_text,
                              jwkeep_error *error) {
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    bool is_written = bio && X509_NAME_print_ex(bio, name, 0, NAME_FLAGS) >= 0;
    long size = is_written ? BIO_get_mem_data(bio, &text) : 0;
    jwkeep_code code = is_written ? store_bytes(text, (size_t)size, arena, ret_text, error)
                                  : jk_openssl_refuse(error, JWKEEP_CERTIFICATE_INVALID, NULL,
                                                      "RFC 5280 §4.1");
    BIO_free(bio);
    return code;
}

static jwkeep_code store_serial(const X509 *certificate, jk_arena *arena, jwkeep_span *ret_text,
                                jwkeep_error *error) {
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *text = number ? BN_bn2hex(number) : NULL;
    jwkeep_code code =
        text ? store_bytes(text, strlen(text), arena, ret_text, error) : jk_openssl_fail(error);
    OPENSSL_free(text);
    BN_free(number);
    return code;
}

static bool read_time(const ASN1_TIME *time, int64_t *ret_time_s) {
    struct tm parts;
    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return false;
    *ret_time_s = timegm(&parts);
    return true;
}

static jwkeep_code read_facts(X509 *certificate, jk_arena *arena, jk_x509_facts *ret_facts,
                              jwkeep_error *error) {
    jwkeep_code code =
        store_name(X509_get_subject_name(certificate), arena, &ret_facts->subject, error);
    if (!code)
        code = store_name(X509_get_issuer_name(certificate), arena, &ret_facts->issuer, error);
    if (!code)
        code = store_serial(certificate, arena, &ret_facts->serial, error);
    if (code)
        return code;
    ret_facts->is_ca = X509_check_ca(certificate) == 1;
    if (!read_time(X509_get0_notBefore(certificate), &ret_facts->not_before_s) ||
        !read_time(X509_get0_notAfter(certificate), &ret_facts->not_after_s))
        code = jk_openssl_refuse(error, JWKEEP_CERTIFICATE_INVALID, NULL, "RFC 5280 §4.1.2.5");
    ERR_clear_error(); /* extensions that cannot be read leave a trace */
    return code;
}

jwkeep_code jk_x509_read(jwkeep_span der, jk_arena *arena, jk_x509_facts *ret_facts,
                         jwkeep_error *error) {
    X509 *certificate = NULL;
    jk_x509_facts facts = {.is_ca = false};
    jwkeep_code code = jk_x509_parse(der, &certificate, error);
    if (code)
        return code;
    code = read_facts(certificate, arena, &facts, error);
    X509_free(certificate);
    if (!code)
        *ret_facts = facts;
    return code;
}

static jwkeep_code refuse(jwkeep_error *error, const char *text) {
    ERR_clear_error();
    return jk_fail_text(error, JWKEEP_CERTIFICATE_INVALID, text, NULL, "RFC 7468 §5");
}

static bool is_certificate_label(const char *label) {
    return strcmp(label, PEM_STRING_X509) == 0 || strcmp(label, PEM_STRING_X509_OLD) == 0;
}

/* The next block of `text`, if there is one. */
static jwkeep_code walk_block(BIO *text, jk_x509_each *each, void *user, bool *ret_is_end,
                              jwkeep_error *error) {
    char *label = NULL;
    char *header = NULL;
    unsigned char *der = NULL;
    long size = 0;
    jwkeep_code code = JWKEEP_OK;
    if (PEM_read_bio(text, &label, &header, &der, &size) != 1) {
        *ret_is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
        if (!*ret_is_end)
            code = jk_openssl_refuse(error, JWKEEP_CERTIFICATE_INVALID, NULL, "RFC 7468 §5");
        ERR_clear_error();
    } else if (!is_certificate_label(label)) {
        code = refuse(error, "the PEM text holds something else than certificates");
    } else {
        code = each(user, jwkeep_span_of(der, (size_t)size), error);
    }
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_clear_free(der, size > 0 ? (size_t)size : 0); /* it may have been a key */
    return code;
}

static jwkeep_code walk_pem(jwkeep_span pem, jk_x509_each *each, void *user,
                            jwkeep_error *error) {
    BIO *text = BIO_new_mem_buf(pem.data, (int)pem.size);
    if (!text)
        return jk_openssl_fail(error);
    size_t count = 0;
    bool is_end = false;
    jwkeep_code code = JWKEEP_OK;
    while (!code && !is_end) {
        code = walk_block(text, each, user, &is_end, error);
        count += !code && !is_end;
    }
    BIO_free(text);
    if (!code && count == 0)
        return refuse(error, "there is no certificate");
    return code;
}

jwkeep_code jk_x509_walk(jwkeep_span bytes, jk_x509_each *each, void *user,
                         jwkeep_error *error) {
    if (bytes.size == 0 || bytes.size > INT_MAX)
        return refuse(error, "there is no certificate");
    if (jk_der_form_of(bytes) == JK_DER_CERTIFICATE)
        return each(user, bytes, error);
    return walk_pem(bytes, each, user, error);
}
