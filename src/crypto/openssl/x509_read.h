/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns how DER becomes OpenSSL's certificate. */
#ifndef JK_CRYPTO_OPENSSL_X509_READ_H
#define JK_CRYPTO_OPENSSL_X509_READ_H

#include "base/attributes.h"
#include <jwkeep/error.h>
#include <jwkeep/span.h>
#include <openssl/x509.h>

/* All of `der`, for X509_free. Errors: CERTIFICATE_INVALID, OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_x509_parse(jwkeep_span der, X509 **ret_certificate,
                                          jwkeep_error *error);

#endif
