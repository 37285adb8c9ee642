/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what can be said about a key from its numbers' bytes alone: which members its type
 * needs, how wide they are, and in which range. Refuses to know a crypto library. */
#include "base/error.h"
#include "crypto/engine.h"

#define RSA_EXPONENT_MAX_BYTES 8u

/* FIPS 186-4 §D.1.2 */
static const uint8_t p256_order[] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
    0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};

/* FIPS 186-4 §D.1.2 */
static const uint8_t p384_order[] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf, 0x58, 0x1a, 0x0d, 0xb2,
    0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73,
};

/* FIPS 186-4 §D.1.2 */
static const uint8_t p521_order[] = {
    0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xfa, 0x51, 0x86, 0x87, 0x83, 0xbf, 0x2f, 0x96, 0x6b,
    0x7f, 0xcc, 0x01, 0x48, 0xf7, 0x09, 0xa5, 0xd0, 0x3b, 0xb5, 0xc9, 0xb8, 0x89, 0x9c,
    0x47, 0xae, 0xbb, 0x6f, 0xb7, 0x1e, 0x91, 0x38, 0x64, 0x09,
};

/* SEC 2 §2.4.1 */
static const uint8_t secp256k1_order[] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48,
    0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
};

const uint8_t *jk_crv_order(jwkeep_crv crv) {
    static const uint8_t *const orders[] = {
        [JWKEEP_CRV_P256] = p256_order,
        [JWKEEP_CRV_P384] = p384_order,
        [JWKEEP_CRV_P521] = p521_order,
        [JWKEEP_CRV_SECP256K1] = secp256k1_order,
    };
    return (unsigned)crv < JK_COUNT_OF(orders) ? orders[crv] : NULL;
}

bool jk_number_is_below(const uint8_t *number, const uint8_t *bound, size_t size) {
    unsigned any = 0;
    unsigned borrow = 0;
    for (size_t i = size; i > 0; i--) {
        any |= number[i - 1];
        borrow = ((unsigned)number[i - 1] - bound[i - 1] - borrow) >> 8 & 1u;
    }
    return (borrow & (any != 0)) != 0;
}

typedef struct member {
    const char *name;
    size_t offset; /* of its span in jk_key_material */
} member;

#define MEMBER(name)                                                                           \
    { #name, offsetof(jk_key_material, name) }

static const member rsa_members[] = {MEMBER(n), MEMBER(e),  MEMBER(d),  MEMBER(p),
                                     MEMBER(q), MEMBER(dp), MEMBER(dq), MEMBER(qi)};
static const member ec_members[] = {MEMBER(x), MEMBER(y), MEMBER(d)};
static const member okp_members[] = {MEMBER(x), MEMBER(d)};
static const member oct_members[] = {MEMBER(k)};

#define RSA_PUBLIC_COUNT 2u /* n, e; then the private ones, d first */

typedef struct member_list {
    const member *members;
    size_t count;
} member_list;

static member_list members_of(jwkeep_kty kty) {
    static const member_list lists[] = {
        [JWKEEP_KTY_RSA] = {rsa_members, JK_COUNT_OF(rsa_members)},
        [JWKEEP_KTY_EC] = {ec_members, JK_COUNT_OF(ec_members)},
        [JWKEEP_KTY_OCT] = {oct_members, JK_COUNT_OF(oct_members)},
        [JWKEEP_KTY_OKP] = {okp_members, JK_COUNT_OF(okp_members)},
    };
    return (unsigned)kty < JK_COUNT_OF(lists) ? lists[kty] : (member_list){NULL, 0};
}

static jwkeep_span get(const jk_key_material *material, member which) {
    jwkeep_span span;
    memcpy(&span, (const uint8_t *)material + which.offset, sizeof span);
    return span;
}

static void set(jk_key_material *material, member which, jwkeep_span span) {
    memcpy((uint8_t *)material + which.offset, &span, sizeof span);
}

size_t jk_key_material_size(const jk_key_material *material) {
    member_list list = members_of(material->kty);
    size_t size = 0;
    for (size_t i = 0; i < list.count; i++)
        size += get(material, list.members[i]).size;
    return size;
}

jwkeep_code jk_key_material_copy(const jk_key_material *material, jk_arena *arena,
                                 jk_key_material *ret_material, jwkeep_error *error) {
    member_list list = members_of(material->kty);
    uint8_t *next = jk_arena_bytes(arena, jk_key_material_size(material));
    if (!next)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    jk_key_material copy = {.kty = material->kty, .crv = material->crv};
    for (size_t i = 0; i < list.count; i++) {
        jwkeep_span span = get(material, list.members[i]);
        if (!jwkeep_span_is_present(span))
            continue;
        memcpy(next, span.data, span.size);
        set(&copy, list.members[i], jwkeep_span_of(next, span.size));
        next += span.size;
    }
    *ret_material = copy;
    return JWKEEP_OK;
}

static jwkeep_code fail_member(jwkeep_error *error, jwkeep_code code, const char *name,
                               const char *clause) {
    return jk_fail_at(error, code, name, clause, JWKEEP_NO_OFFSET);
}

/* Base64urlUInt: as few bytes as the number needs, and no member here may be zero. */
static bool is_minimal(jwkeep_span number) {
    return number.size > 0 && number.data[0] != 0;
}

static size_t count_bits(jwkeep_span number) {
    size_t bits = number.size * 8;
    for (unsigned mask = 0x80; mask && !(number.data[0] & mask); mask >>= 1)
        bits--;
    return bits;
}

static jwkeep_code check_rsa_member(const jk_key_material *material, member which,
                                    const char *clause, jwkeep_error *error) {
    jwkeep_span number = get(material, which);
    if (!jwkeep_span_is_present(number))
        return fail_member(error, JWKEEP_JWK_MEMBER_MISSING, which.name, clause);
    if (!is_minimal(number))
        return fail_member(error, JWKEEP_JWK_MEMBER_INVALID, which.name, "RFC 7518 §2");
    return JWKEEP_OK;
}

static jwkeep_code check_rsa_size(jwkeep_span n, size_t *ret_bits, jwkeep_error *error) {
    if (n.size > JK_RSA_MAX_BITS / 8)
        return fail_member(error, JWKEEP_JWK_TOO_LARGE, "n", "RFC 7518 §3.3");
    size_t bits = count_bits(n);
    if (bits < JK_RSA_MIN_BITS)
        return fail_member(error, JWKEEP_JWK_TOO_WEAK, "n", "RFC 7518 §3.3");
    if (!(n.data[n.size - 1] & 1))
        return fail_member(error, JWKEEP_JWK_MEMBER_INVALID, "n", "RFC 8017 §3.1");
    *ret_bits = bits;
    return JWKEEP_OK;
}

static jwkeep_code check_rsa_exponent(jwkeep_span e, jwkeep_error *error) {
    bool is_odd = e.data[e.size - 1] & 1;
    bool is_one = e.size == 1 && e.data[0] == 1;
    if (!is_odd || is_one || e.size > RSA_EXPONENT_MAX_BYTES)
        return fail_member(error, JWKEEP_JWK_MEMBER_INVALID, "e", "RFC 8017 §3.1");
    return JWKEEP_OK;
}

/* RFC 7518 §6.3.2: `d` alone, or `d` and all five others. Each is smaller than `n`. */
static jwkeep_code check_rsa_private(const jk_key_material *material, jwkeep_error *error) {
    const size_t d_index = RSA_PUBLIC_COUNT;
    size_t end = RSA_PUBLIC_COUNT;
    for (size_t i = d_index; i < JK_COUNT_OF(rsa_members); i++) {
        if (jwkeep_span_is_present(get(material, rsa_members[i])))
            end = i == d_index ? d_index + 1 : JK_COUNT_OF(rsa_members);
    }
    for (size_t i = d_index; i < end; i++) {
        member which = rsa_members[i];
        jwkeep_code code = check_rsa_member(material, which, "RFC 7518 §6.3.2", error);
        if (code)
            return code;
        if (get(material, which).size > material->n.size)
            return fail_member(error, JWKEEP_JWK_MEMBER_INVALID, which.name, "RFC 8017 §3.2");
    }
    return JWKEEP_OK;
}

static jwkeep_code check_rsa(const jk_key_material *material, size_t *ret_bits,
                             jwkeep_error *error) {
    for (size_t i = 0; i < RSA_PUBLIC_COUNT; i++) {
        jwkeep_code code = check_rsa_member(material, rsa_members[i], "RFC 7518 §6.3.1", error);
        if (code)
            return code;
    }
    size_t bits = 0;
    jwkeep_code code = check_rsa_size(material->n, &bits, error);
    if (!code)
        code = check_rsa_exponent(material->e, error);
    if (!code)
        code = check_rsa_private(material, error);
    if (!code)
        *ret_bits = bits;
    return code;
}

/* EC and OKP: members of exactly `width` bytes; `d` may be absent. */
static jwkeep_code check_widths(const jk_key_material *material, const member *members,
                                size_t count, size_t width, const char *clause,
                                jwkeep_error *error) {
    for (size_t i = 0; i < count; i++) {
        jwkeep_span number = get(material, members[i]);
        bool is_optional = members[i].offset == offsetof(jk_key_material, d);
        if (!jwkeep_span_is_present(number) && is_optional)
            continue;
        if (!jwkeep_span_is_present(number))
            return fail_member(error, JWKEEP_JWK_MEMBER_MISSING, members[i].name, clause);
        if (number.size != width)
            return fail_member(error, JWKEEP_JWK_MEMBER_INVALID, members[i].name, clause);
    }
    return JWKEEP_OK;
}

static jwkeep_code check_ec(const jk_key_material *material, size_t *ret_bits,
                            jwkeep_error *error) {
    const uint8_t *order = jk_crv_order(material->crv);
    if (!order)
        return fail_member(error, JWKEEP_JWK_CRV_UNSUPPORTED, "crv", "RFC 7518 §6.2.1.1");
    size_t width = jk_crv_bytes(material->crv);
    jwkeep_code code = check_widths(material, ec_members, JK_COUNT_OF(ec_members), width,
                                    "RFC 7518 §6.2", error);
    if (code)
        return code;
    if (jwkeep_span_is_present(material->d) &&
        !jk_number_is_below(material->d.data, order, width))
        return fail_member(error, JWKEEP_JWK_MEMBER_INVALID, "d", "RFC 7518 §6.2.2.1");
    *ret_bits = material->crv == JWKEEP_CRV_P521 ? 521 : width * 8;
    return JWKEEP_OK;
}

static jwkeep_code check_okp(const jk_key_material *material, size_t *ret_bits,
                             jwkeep_error *error) {
    if (material->crv != JWKEEP_CRV_ED25519 && material->crv != JWKEEP_CRV_ED448)
        return fail_member(error, JWKEEP_JWK_CRV_UNSUPPORTED, "crv", "RFC 8037 §2");
    size_t width = jk_crv_bytes(material->crv);
    jwkeep_code code = check_widths(material, okp_members, JK_COUNT_OF(okp_members), width,
                                    "RFC 8037 §2", error);
    if (!code)
        *ret_bits = width * 8;
    return code;
}

static jwkeep_code check_oct(const jk_key_material *material, size_t *ret_bits,
                             jwkeep_error *error) {
    if (!jwkeep_span_is_present(material->k))
        return fail_member(error, JWKEEP_JWK_MEMBER_MISSING, "k", "RFC 7518 §6.4.1");
    if (material->k.size == 0)
        return fail_member(error, JWKEEP_JWK_TOO_WEAK, "k", "RFC 7518 §3.2");
    if (material->k.size > JK_OCT_MAX_BYTES)
        return fail_member(error, JWKEEP_JWK_TOO_LARGE, "k", NULL);
    *ret_bits = material->k.size * 8;
    return JWKEEP_OK;
}

jwkeep_code jk_key_material_check(const jk_key_material *material, size_t *ret_bits,
                                  jwkeep_error *error) {
    switch (material->kty) {
    case JWKEEP_KTY_RSA:
        return check_rsa(material, ret_bits, error);
    case JWKEEP_KTY_EC:
        return check_ec(material, ret_bits, error);
    case JWKEEP_KTY_OKP:
        return check_okp(material, ret_bits, error);
    case JWKEEP_KTY_OCT:
        return check_oct(material, ret_bits, error);
    case JWKEEP_KTY_ABSENT:
        break;
    }
    return fail_member(error, JWKEEP_JWK_KTY_UNSUPPORTED, "kty", "RFC 7518 §6.1");
}
