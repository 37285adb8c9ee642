/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the table of the JWK members that hold numbers. */
#include "jose/jwk_number.h"
#include "base/secret.h"
#include "codec/base64url.h"

#define AT(member) offsetof(jk_key_material, member)

static const jk_jwk_number rows[] = {
    {"n", "RFC 7518 §6.3.1.1", AT(n), JWKEEP_KTY_RSA, false},
    {"e", "RFC 7518 §6.3.1.2", AT(e), JWKEEP_KTY_RSA, false},
    {"d", "RFC 7518 §6.3.2.1", AT(d), JWKEEP_KTY_RSA, true},
    {"p", "RFC 7518 §6.3.2.2", AT(p), JWKEEP_KTY_RSA, true},
    {"q", "RFC 7518 §6.3.2.3", AT(q), JWKEEP_KTY_RSA, true},
    {"dp", "RFC 7518 §6.3.2.4", AT(dp), JWKEEP_KTY_RSA, true},
    {"dq", "RFC 7518 §6.3.2.5", AT(dq), JWKEEP_KTY_RSA, true},
    {"qi", "RFC 7518 §6.3.2.6", AT(qi), JWKEEP_KTY_RSA, true},
    {"x", "RFC 7518 §6.2.1.2", AT(x), JWKEEP_KTY_EC, false},
    {"y", "RFC 7518 §6.2.1.3", AT(y), JWKEEP_KTY_EC, false},
    {"d", "RFC 7518 §6.2.2.1", AT(d), JWKEEP_KTY_EC, true},
    {"x", "RFC 8037 §2", AT(x), JWKEEP_KTY_OKP, false},
    {"d", "RFC 8037 §2", AT(d), JWKEEP_KTY_OKP, true},
    {"k", "RFC 7518 §6.4.1", AT(k), JWKEEP_KTY_OCT, true},
};

/* Secrets of what has no row: the further primes of RSA, the seed of an AKP key. */
static const char *const other_secrets[] = {"oth", "priv"};

const jk_jwk_number *jk_jwk_numbers_of(jwkeep_kty kty, size_t *ret_count) {
    const jk_jwk_number *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        if (rows[i].kty != kty)
            continue;
        if (!first)
            first = &rows[i];
        count++;
    }
    *ret_count = count;
    return first;
}

bool jk_jwk_number_is_name(jwkeep_span name) {
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++)
        if (jwkeep_span_equals(name, jwkeep_span_text(rows[i].name)))
            return true;
    for (size_t i = 0; i < JK_COUNT_OF(other_secrets); i++)
        if (jwkeep_span_equals(name, jwkeep_span_text(other_secrets[i])))
            return true;
    return false;
}

jwkeep_span jk_jwk_number_get(const jk_jwk_number *number, const jk_key_material *material) {
    jwkeep_span value;
    memcpy(&value, (const char *)material + number->offset, sizeof value);
    return value;
}

void jk_jwk_number_set(const jk_jwk_number *number, jwkeep_span value,
                       jk_key_material *material) {
    memcpy((char *)material + number->offset, &value, sizeof value);
}

void jk_jwk_number_write(jwkeep_json_writer *writer, const char *name, jwkeep_span number) {
    char text[JK_JWK_NUMBER_MAX_TEXT];
    size_t size = jk_base64url_encoded_size(number.size);
    if (size > sizeof text) {
        writer->code = JWKEEP_CRYPTO_FAILED; /* a prepared key has no such number */
        return;
    }
    jk_base64url_encode(number, text);
    jwkeep_json_write_member_string(writer, name, jwkeep_span_of(text, size));
    jk_secret_wipe(text, sizeof text);
}
