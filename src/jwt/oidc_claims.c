/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the table of the standard claims. */
#include "base/error.h"
#include "jwt/claims.h"
#include <jwkeep/oidc_claims.h>

typedef struct text_field {
    const char *name;
    size_t offset;
} text_field;

#define TEXT(structure, field)                                                                 \
    { #field, offsetof(structure, field) }

static const text_field CLAIMS[] = {
    TEXT(jwkeep_oidc_claims, sub),         TEXT(jwkeep_oidc_claims, name),
    TEXT(jwkeep_oidc_claims, given_name),  TEXT(jwkeep_oidc_claims, family_name),
    TEXT(jwkeep_oidc_claims, middle_name), TEXT(jwkeep_oidc_claims, nickname),
    TEXT(jwkeep_oidc_claims, profile),     TEXT(jwkeep_oidc_claims, preferred_username),
    TEXT(jwkeep_oidc_claims, picture),     TEXT(jwkeep_oidc_claims, website),
    TEXT(jwkeep_oidc_claims, email),       TEXT(jwkeep_oidc_claims, gender),
    TEXT(jwkeep_oidc_claims, birthdate),   TEXT(jwkeep_oidc_claims, zoneinfo),
    TEXT(jwkeep_oidc_claims, locale),      TEXT(jwkeep_oidc_claims, phone_number),
};

static const text_field ADDRESS[] = {
    TEXT(jwkeep_oidc_address, formatted),   TEXT(jwkeep_oidc_address, street_address),
    TEXT(jwkeep_oidc_address, locality),    TEXT(jwkeep_oidc_address, region),
    TEXT(jwkeep_oidc_address, postal_code), TEXT(jwkeep_oidc_address, country),
};

static jwkeep_code ill_typed(jwkeep_error *error, const char *name) {
    return jk_fail_at(error, JWKEEP_CLAIM_TYPE, name, "OIDC Core §5.1", JWKEEP_NO_OFFSET);
}

static jwkeep_code read_texts(const jwkeep_json *object, const text_field *fields, size_t count,
                              void *ret_structure, jwkeep_error *error) {
    for (size_t i = 0; i < count; i++) {
        const jwkeep_json *value = jwkeep_json_member(object, fields[i].name);
        jwkeep_span *field = (jwkeep_span *)(void *)((char *)ret_structure + fields[i].offset);
        *field = jwkeep_json_string(value);
        if (value && !jwkeep_span_is_present(*field))
            return ill_typed(error, fields[i].name);
    }
    return JWKEEP_OK;
}

static jwkeep_code read_flag(const jwkeep_json *object, const char *name,
                             jwkeep_oidc_flag *ret_flag, jwkeep_error *error) {
    bool is_true;
    const jwkeep_json *value = jwkeep_json_member(object, name);
    *ret_flag = JWKEEP_OIDC_FLAG_ABSENT;
    if (!value)
        return JWKEEP_OK;
    if (jwkeep_json_boolean(value, &is_true) != JWKEEP_OK)
        return ill_typed(error, name);
    *ret_flag = is_true ? JWKEEP_OIDC_FLAG_TRUE : JWKEEP_OIDC_FLAG_FALSE;
    return JWKEEP_OK;
}

static jwkeep_code read_address(const jwkeep_json *object, jwkeep_oidc_address *ret_address,
                                jwkeep_error *error) {
    const jwkeep_json *value = jwkeep_json_member(object, "address");
    if (value && jwkeep_json_type_of(value) != JWKEEP_JSON_OBJECT)
        return ill_typed(error, "address");
    return read_texts(value, ADDRESS, JK_COUNT_OF(ADDRESS), ret_address, error);
}

static jwkeep_code read_update(const jwkeep_json *object, int64_t *ret_time_s,
                               jwkeep_error *error) {
    int64_t time_ms;
    const jwkeep_json *value = jwkeep_json_member(object, "updated_at");
    *ret_time_s = -1;
    if (!value)
        return JWKEEP_OK;
    if (!jk_numeric_date_read(value, &time_ms))
        return ill_typed(error, "updated_at");
    *ret_time_s = time_ms / 1000;
    return JWKEEP_OK;
}

jwkeep_code jwkeep_oidc_claims_read(const jwkeep_json *claims, jwkeep_oidc_claims *ret_claims,
                                    jwkeep_error *error) {
    jwkeep_oidc_claims read;
    if (!ret_claims)
        return jk_fail(error, JWKEEP_MISUSE_ARGUMENT);
    if (jwkeep_json_type_of(claims) != JWKEEP_JSON_OBJECT)
        return jk_fail(error, JWKEEP_CLAIMS_INVALID);
    jwkeep_code code = read_texts(claims, CLAIMS, JK_COUNT_OF(CLAIMS), &read, error);
    if (code == JWKEEP_OK)
        code = read_flag(claims, "email_verified", &read.email_verified, error);
    if (code == JWKEEP_OK)
        code = read_flag(claims, "phone_number_verified", &read.phone_number_verified, error);
    if (code == JWKEEP_OK)
        code = read_address(claims, &read.address, error);
    if (code == JWKEEP_OK)
        code = read_update(claims, &read.updated_at_s, error);
    if (code == JWKEEP_OK)
        *ret_claims = read;
    return code;
}
