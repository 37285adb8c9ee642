/* SPDX-License-Identifier: Apache-2.0
 *
 * The standard claims about a user, each read and each of another type. */
#include "base/attributes.h"
#include <jwkeep/oidc_claims.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static jwkeep_error error;

static bool is_text(jwkeep_span span, const char *text) {
    return jwkeep_span_is_present(span) && jwkeep_span_equals(span, jwkeep_span_text(text));
}

static jwkeep_code read_claims(const char *json, jwkeep_oidc_claims *ret_claims) {
    jwkeep_json_text *text = NULL;
    assert_int_equal(jwkeep_json_parse(jwkeep_span_text(json), NULL, &text, NULL), JWKEEP_OK);
    jwkeep_code code = jwkeep_oidc_claims_read(jwkeep_json_root(text), ret_claims, &error);
    jwkeep_json_text_free(text);
    return code;
}

static void reads_the_standard_claims(void **state) {
    (void)state;
    jwkeep_oidc_claims claims;
    jwkeep_json_text *text = NULL;
    jwkeep_span json = jwkeep_span_text(
        "{\"sub\":\"1\",\"name\":\"Jane Doe\",\"given_name\":\"Jane\",\"family_name\":\"Doe\","
        "\"middle_name\":\"M\",\"nickname\":\"jd\",\"preferred_username\":\"j.doe\","
        "\"profile\":\"p\",\"picture\":\"q\",\"website\":\"w\",\"email\":\"jane@example\","
        "\"email_verified\":true,\"gender\":\"female\",\"birthdate\":\"0000-10-31\","
        "\"zoneinfo\":\"Europe/Paris\",\"locale\":\"en-US\",\"phone_number\":\"+1\","
        "\"phone_number_verified\":false,\"updated_at\":1311280970.9,\"address\":{"
        "\"formatted\":\"f\",\"street_address\":\"s\",\"locality\":\"l\",\"region\":\"r\","
        "\"postal_code\":\"90210\",\"country\":\"US\",\"planet\":3}}");
    assert_int_equal(jwkeep_json_parse(json, NULL, &text, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_oidc_claims_read(jwkeep_json_root(text), &claims, NULL), JWKEEP_OK);
    assert_true(is_text(claims.sub, "1") && is_text(claims.name, "Jane Doe") &&
                is_text(claims.given_name, "Jane") && is_text(claims.family_name, "Doe"));
    assert_true(is_text(claims.middle_name, "M") && is_text(claims.nickname, "jd") &&
                is_text(claims.preferred_username, "j.doe") && is_text(claims.profile, "p"));
    assert_true(is_text(claims.picture, "q") && is_text(claims.website, "w") &&
                is_text(claims.email, "jane@example") && is_text(claims.gender, "female"));
    assert_true(is_text(claims.birthdate, "0000-10-31") && is_text(claims.locale, "en-US") &&
                is_text(claims.zoneinfo, "Europe/Paris") && is_text(claims.phone_number, "+1"));
    assert_int_equal(claims.email_verified, JWKEEP_OIDC_FLAG_TRUE);
    assert_int_equal(claims.phone_number_verified, JWKEEP_OIDC_FLAG_FALSE);
    assert_true(claims.updated_at_s == 1311280970);
    assert_true(is_text(claims.address.formatted, "f") &&
                is_text(claims.address.street_address, "s") &&
                is_text(claims.address.locality, "l") && is_text(claims.address.region, "r"));
    assert_true(is_text(claims.address.postal_code, "90210") &&
                is_text(claims.address.country, "US"));
    jwkeep_json_text_free(text);
}

static void absent_claims_are_absent(void **state) {
    (void)state;
    jwkeep_oidc_claims claims;
    memset(&claims, 0xff, sizeof claims);
    assert_int_equal(read_claims("{\"name\":\"\"}", &claims), JWKEEP_OK);
    assert_true(jwkeep_span_is_present(claims.name));
    assert_false(jwkeep_span_is_present(claims.sub));
    assert_false(jwkeep_span_is_present(claims.phone_number));
    assert_false(jwkeep_span_is_present(claims.address.country));
    assert_int_equal(claims.email_verified, JWKEEP_OIDC_FLAG_ABSENT);
    assert_true(claims.updated_at_s == -1);
}

/* The attack: "email_verified": "false" is a text, and a text is true in many languages. */
static void refuses_claims_of_another_type(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"{\"email_verified\":\"false\"}", "email_verified"},
        {"{\"email_verified\":0}", "email_verified"},
        {"{\"phone_number_verified\":null}", "phone_number_verified"},
        {"{\"email\":[\"a@example\"]}", "email"},
        {"{\"name\":{}}", "name"},
        {"{\"address\":\"Paris\"}", "address"},
        {"{\"address\":{\"country\":1}}", "country"},
        {"{\"updated_at\":\"2011-07-21\"}", "updated_at"},
        {"{\"updated_at\":-1}", "updated_at"},
    };
    for (size_t i = 0; i < JK_COUNT_OF(cases); i++) {
        jwkeep_oidc_claims claims = {.updated_at_s = 7};
        assert_int_equal(read_claims(cases[i][0], &claims), JWKEEP_CLAIM_TYPE);
        assert_string_equal(error.where, cases[i][1]);
        assert_true(claims.updated_at_s == 7);
    }
    jwkeep_oidc_claims claims;
    assert_int_equal(read_claims("[]", &claims), JWKEEP_CLAIMS_INVALID);
    assert_int_equal(jwkeep_oidc_claims_read(NULL, &claims, NULL), JWKEEP_CLAIMS_INVALID);
    assert_int_equal(jwkeep_oidc_claims_read(NULL, NULL, NULL), JWKEEP_MISUSE_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_standard_claims),
        cmocka_unit_test(absent_claims_are_absent),
        cmocka_unit_test(refuses_claims_of_another_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
