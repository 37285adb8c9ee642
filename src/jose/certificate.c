/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns a list of certificates and what each says. It is bytes and texts: nothing of the crypto
 * library lives in it. */
#include "jose/certificate.h"
#include "base/allocator.h"
#include "base/error.h"
#include "base/limits.h"
#include "codec/base64url.h"
#include "crypto/digest.h"
#include "crypto/x509.h"
#include "jose/jwk_form.h"

struct jwkeep_certificate {
    /* Partners: jwkeep_certificate_unref's decrements with each other; see jwkeep_jwk.holders
     * (M). */
    _Atomic size_t holders;
    jk_arena arena; /* the bytes and texts of all */
    jwkeep_certificate_facts *facts;
    size_t count;
};

jwkeep_code jk_certificate_new(jwkeep_certificate **ret_certificate, jwkeep_error *error) {
    jwkeep_certificate *made = jk_alloc_zeroed(1, sizeof *made);
    if (!made)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    atomic_init(&made->holders, 1);
    jk_arena_init(&made->arena, SIZE_MAX); /* bounded by max_chain and max_certificate_bytes */
    *ret_certificate = made;
    return JWKEEP_OK;
}

static jwkeep_code read_facts(jk_arena *arena, jwkeep_span der,
                              jwkeep_certificate_facts *ret_facts, jwkeep_error *error) {
    jk_x509_facts said;
    jwkeep_code code = jk_x509_read(der, arena, &said, error);
    if (code)
        return code;
    uint8_t *copy = jk_arena_bytes(arena, der.size);
    if (!copy)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    memcpy(copy, der.data, der.size);
    *ret_facts = (jwkeep_certificate_facts){
        .der = jwkeep_span_of(copy, der.size),
        .subject = said.subject,
        .issuer = said.issuer,
        .serial = said.serial,
        .not_before_s = said.not_before_s,
        .not_after_s = said.not_after_s,
        .is_ca = said.is_ca,
    };
    code = jk_digest(sizeof ret_facts->sha1, der, ret_facts->sha1, error);
    return code ? code : jk_digest(sizeof ret_facts->sha256, der, ret_facts->sha256, error);
}

jwkeep_code jk_certificate_add(jwkeep_certificate *certificate, jwkeep_span der,
                               const jwkeep_limits *limits, jwkeep_error *error) {
    if (certificate->count == limits->max_chain)
        return jk_fail(error, JWKEEP_CERTIFICATE_CHAIN_TOO_LONG);
    if (der.size > limits->max_certificate_bytes)
        return jk_fail(error, JWKEEP_CERTIFICATE_TOO_LARGE);
    jwkeep_certificate_facts *facts =
        jk_realloc(certificate->facts, (certificate->count + 1) * sizeof *facts);
    if (!facts)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    certificate->facts = facts;
    jwkeep_code code = read_facts(&certificate->arena, der, &facts[certificate->count], error);
    certificate->count += code == JWKEEP_OK;
    return code;
}

jwkeep_certificate *jwkeep_certificate_ref(jwkeep_certificate *certificate) {
    /* Relaxed: the caller holds it already, so nothing has to be seen through this. */
    if (certificate)
        atomic_fetch_add_explicit(&certificate->holders, 1, memory_order_relaxed);
    return certificate;
}

void jwkeep_certificate_unref(jwkeep_certificate *certificate) {
    if (!certificate ||
        atomic_fetch_sub_explicit(&certificate->holders, 1, memory_order_acq_rel) != 1)
        return;
    jk_arena_done(&certificate->arena);
    jk_free(certificate->facts);
    jk_free(certificate);
}

typedef struct reading {
    jwkeep_certificate *certificate;
    jwkeep_limits limits;
} reading;

static jwkeep_code add_each(void *user, jwkeep_span der, jwkeep_error *error) {
    reading *at = user;
    return jk_certificate_add(at->certificate, der, &at->limits, error);
}

jwkeep_code jwkeep_certificate_parse(jwkeep_span bytes, const jwkeep_limits *limits,
                                     jwkeep_certificate **ret_certificate,
                                     jwkeep_error *error) {
    reading at = {.certificate = NULL};
    jwkeep_code code = jk_limits_resolve(limits, &at.limits, error);
    if (code)
        return code;
    if (bytes.size > at.limits.max_pem_bytes)
        return jk_fail(error, JWKEEP_PEM_TOO_LARGE);
    code = jk_certificate_new(&at.certificate, error);
    if (!code)
        code = jk_x509_walk(bytes, add_each, &at, error);
    if (code)
        jwkeep_certificate_unref(at.certificate);
    else
        *ret_certificate = at.certificate;
    return code;
}

jwkeep_code jwkeep_certificate_of_key(const jwkeep_jwk *key, const jwkeep_limits *limits,
                                      jwkeep_certificate **ret_certificate,
                                      jwkeep_error *error) {
    jwkeep_limits resolved;
    jwkeep_code code = jk_limits_resolve(limits, &resolved, error);
    if (code)
        return code;
    const jwkeep_json *x5c = jwkeep_jwk_member(key, "x5c");
    if (!x5c)
        return jk_fail_at(error, JWKEEP_NOT_FOUND, "x5c", NULL, JWKEEP_NO_OFFSET);
    return jk_certificate_from_x5c(x5c, &resolved, ret_certificate, error);
}

size_t jwkeep_certificate_count(const jwkeep_certificate *certificate) {
    return certificate->count;
}

const jwkeep_certificate_facts *jwkeep_certificate_at(const jwkeep_certificate *certificate,
                                                      size_t index) {
    return index < certificate->count ? &certificate->facts[index] : NULL;
}

/* The members of `key` with those of the certificates. */
static jwkeep_code add_members(const jwkeep_certificate *certificate, const jk_members *before,
                               jwkeep_span x5c, jk_members **ret_members, jwkeep_error *error) {
    char hash[1 + (JWKEEP_CERTIFICATE_SHA256_SIZE * 4 + 2) / 3 + 1];
    const jwkeep_certificate_facts *first = &certificate->facts[0];
    jk_base64url_encode(jwkeep_span_of(first->sha256, sizeof first->sha256), hash + 1);
    hash[0] = hash[sizeof hash - 1] = '"';
    jk_members *without = NULL;
    jk_members *with = NULL;
    jwkeep_code code =
        jk_members_with(before, JWKEEP_SPAN("x5t"), JWKEEP_SPAN_NONE, &without, error);
    if (!code)
        code = jk_members_with(without, JWKEEP_SPAN("x5c"), x5c, &with, error);
    if (!code)
        code = jk_members_with(with, JWKEEP_SPAN("x5t#S256"), jwkeep_span_of(hash, sizeof hash),
                               ret_members, error);
    jk_members_unref(without);
    jk_members_unref(with);
    return code;
}

static jwkeep_code attach(const jwkeep_certificate *certificate, const jwkeep_jwk *key,
                          jwkeep_jwk **ret_key, jwkeep_error *error) {
    jk_jwk_traits traits = key->traits;
    traits.others = NULL;
    jwkeep_buffer x5c;
    jwkeep_buffer_init(&x5c, SIZE_MAX); /* a third more than the certificates */
    jwkeep_code code = jk_certificate_write_x5c(certificate, &x5c);
    if (code)
        jk_fail(error, code);
    else
        code = add_members(certificate, key->traits.others, jwkeep_buffer_span(&x5c),
                           &traits.others, error);
    if (!code)
        code = jk_jwk_copy(key, &traits, ret_key, error);
    jk_members_unref(traits.others);
    jwkeep_buffer_done(&x5c);
    return code;
}

jwkeep_code jwkeep_certificate_key(const jwkeep_certificate *certificate, jwkeep_jwk **ret_key,
                                   jwkeep_error *error) {
    jwkeep_jwk *bare = NULL;
    jwkeep_code code = jk_jwk_from_certificate(certificate->facts[0].der, &bare, error);
    if (!code)
        code = attach(certificate, bare, ret_key, error);
    jwkeep_jwk_unref(bare);
    return code;
}

jwkeep_code jwkeep_certificate_attach(const jwkeep_certificate *certificate,
                                      const jwkeep_jwk *key, jwkeep_jwk **ret_key,
                                      jwkeep_error *error) {
    jwkeep_jwk *bare = NULL;
    jwkeep_code code = jk_jwk_from_certificate(certificate->facts[0].der, &bare, error);
    if (!code && !jwkeep_jwk_has_same_numbers(bare, key))
        code = jk_fail_at(error, JWKEEP_CERTIFICATE_KEY_MISMATCH, "x5c", "RFC 7517 §4.7",
                          JWKEEP_NO_OFFSET);
    if (!code)
        code = attach(certificate, key, ret_key, error);
    jwkeep_jwk_unref(bare);
    return code;
}
