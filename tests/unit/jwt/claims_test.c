/* SPDX-License-Identifier: Apache-2.0
 *
 * Types and ranges of the registered claims, one value at the bound and one past it. */
#include "jwt/claims.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define MAX_AUDIENCES 4

struct reading {
    jwkeep_json_text *text;
    jk_claims claims;
};

static struct reading read_claims(const char *json) {
    struct reading reading = {0};
    jwkeep_error error = {0};
    if (jwkeep_json_parse(jwkeep_span_text(json), NULL, &reading.text, &error) != JWKEEP_OK)
        fail_msg("%s: %s", json, error.text);
    jk_claims_read(jwkeep_json_root(reading.text), MAX_AUDIENCES, &reading.claims);
    return reading;
}

static bool is_well_typed(jk_claim claim, const char *value) {
    char json[512];
    snprintf(json, sizeof json, "{\"other\":[1],\"%s\":%s}", jk_claim_info_of(claim)->name,
             value);
    struct reading reading = read_claims(json);
    bool is_good = !jk_claims_is_ill_typed(&reading.claims, claim);
    bool is_found = reading.claims.values[claim] != NULL;
    jwkeep_json_text_free(reading.text);
    assert_true(is_found);
    return is_good;
}

/* -1 where the value is not a NumericDate. */
static int64_t time_ms(const char *value) {
    char json[512];
    snprintf(json, sizeof json, "{\"exp\":%s}", value);
    struct reading reading = read_claims(json);
    int64_t time = jk_claims_is_ill_typed(&reading.claims, JK_CLAIM_EXP)
                       ? -1
                       : reading.claims.times_ms[JK_CLAIM_EXP];
    jwkeep_json_text_free(reading.text);
    return time;
}

static void knows_every_registered_name_and_no_other(void **state) {
    (void)state;
    for (int claim = 0; claim < JK_CLAIM_COUNT; claim++) {
        jwkeep_span name = jwkeep_span_text(jk_claim_info_of((jk_claim)claim)->name);
        assert_int_equal(jk_claim_of_name(name), claim);
    }
    static const char *const others[] = {"", "ex", "expo", "EXP", "sud", "iss\n", "nbg"};
    for (size_t i = 0; i < JK_COUNT_OF(others); i++)
        assert_int_equal(jk_claim_of_name(jwkeep_span_text(others[i])), JK_CLAIM_COUNT);
}

static void takes_whole_seconds_up_to_the_year_9999(void **state) {
    (void)state;
    assert_int_equal(time_ms("0"), 0);
    assert_int_equal(time_ms("1"), 1000);
    assert_int_equal(time_ms("1e3"), 1000000);
    assert_int_equal(time_ms("253402300799"), 253402300799000);
    assert_int_equal(time_ms("253402300800"), -1);
    assert_int_equal(time_ms("-1"), -1);
    assert_int_equal(time_ms("9223372036854775807"), -1);
    assert_int_equal(time_ms("-9223372036854775808"), -1);
}

static void takes_fractions_to_the_millisecond(void **state) {
    (void)state;
    assert_int_equal(time_ms("0.5"), 500);
    assert_int_equal(time_ms("1.001"), 1001);
    assert_int_equal(time_ms("1.0019"), 1001);
    assert_int_equal(time_ms("1.9999"), 1999);
    assert_int_equal(time_ms("1.9999999999"), 1999);
    assert_int_equal(time_ms("1700000000.001"), 1700000000001);
    assert_int_equal(time_ms("1700000000.999"), 1700000000999);
    assert_int_equal(time_ms("17000000001e-1"), 1700000000100);
    assert_int_equal(time_ms("0.0001"), 0);
    assert_int_equal(time_ms("253402300799.5"), -1);
    assert_int_equal(time_ms("-0.5"), -1);
}

static void refuses_times_that_are_no_number_in_range(void **state) {
    (void)state;
    static const char *const values[] = {"1e400", "-1e400", "1e12",   "\"1700000000\"",
                                         "\"\"",  "null",   "true",   "[1700000000]",
                                         "{}",    "1e300",  "1e9999", "\"NaN\""};
    static const jk_claim times[] = {JK_CLAIM_EXP, JK_CLAIM_NBF, JK_CLAIM_IAT};
    for (size_t i = 0; i < JK_COUNT_OF(values); i++)
        for (size_t j = 0; j < JK_COUNT_OF(times); j++)
            if (is_well_typed(times[j], values[i]))
                fail_msg("%s was taken as %s", values[i], jk_claim_info_of(times[j])->name);
}

static void takes_only_strings_for_iss_sub_and_jti(void **state) {
    (void)state;
    static const jk_claim texts[] = {JK_CLAIM_ISS, JK_CLAIM_SUB, JK_CLAIM_JTI};
    static const char *const wrong[] = {"1", "null", "true", "[\"a\"]", "{\"a\":\"b\"}"};
    for (size_t i = 0; i < JK_COUNT_OF(texts); i++) {
        assert_true(is_well_typed(texts[i], "\"a\""));
        assert_true(is_well_typed(texts[i], "\"\""));
        for (size_t j = 0; j < JK_COUNT_OF(wrong); j++)
            assert_false(is_well_typed(texts[i], wrong[j]));
    }
}

static void takes_a_string_or_strings_for_aud(void **state) {
    (void)state;
    static const char *const right[] = {"\"a\"", "[]", "[\"a\"]", "[\"a\",\"b\",\"c\",\"d\"]"};
    static const char *const wrong[] = {"1",
                                        "null",
                                        "{}",
                                        "{\"a\":\"a\"}",
                                        "[1]",
                                        "[\"a\",null]",
                                        "[\"a\",[\"b\"]]",
                                        "[\"a\",\"b\",\"c\",\"d\",\"e\"]"};
    for (size_t i = 0; i < JK_COUNT_OF(right); i++)
        assert_true(is_well_typed(JK_CLAIM_AUD, right[i]));
    for (size_t i = 0; i < JK_COUNT_OF(wrong); i++)
        assert_false(is_well_typed(JK_CLAIM_AUD, wrong[i]));
}

static void finds_audiences_byte_by_byte(void **state) {
    (void)state;
    struct reading many = read_claims("{\"aud\":[\"api\",\"w\\u0065b\",\"\"]}");
    struct reading one = read_claims("{\"aud\":\"api\"}");
    struct reading none = read_claims("{}");
    bool has_api = jk_claims_has_audience(&many.claims, JWKEEP_SPAN("api"));
    bool has_web = jk_claims_has_audience(&many.claims, JWKEEP_SPAN("web"));
    bool has_upper = jk_claims_has_audience(&many.claims, JWKEEP_SPAN("API"));
    bool has_prefix = jk_claims_has_audience(&one.claims, JWKEEP_SPAN("ap"));
    bool has_one = jk_claims_has_audience(&one.claims, JWKEEP_SPAN("api"));
    bool has_any = jk_claims_has_audience(&none.claims, JWKEEP_SPAN("api"));
    size_t counts[] = {jk_claims_audience_count(&many.claims),
                       jk_claims_audience_count(&one.claims),
                       jk_claims_audience_count(&none.claims)};
    bool second_is_web =
        jwkeep_span_equals(jk_claims_audience_at(&many.claims, 1), JWKEEP_SPAN("web"));
    bool third_is_present = jwkeep_span_is_present(jk_claims_audience_at(&many.claims, 2));
    bool fourth_is_present = jwkeep_span_is_present(jk_claims_audience_at(&many.claims, 3));
    bool past_one_is_present = jwkeep_span_is_present(jk_claims_audience_at(&one.claims, 1));
    bool of_none_is_present = jwkeep_span_is_present(jk_claims_audience_at(&none.claims, 0));
    jwkeep_json_text_free(many.text);
    jwkeep_json_text_free(one.text);
    jwkeep_json_text_free(none.text);
    assert_true(has_api && has_web && has_one);
    assert_false(has_upper || has_prefix || has_any);
    assert_int_equal(counts[0], 3);
    assert_int_equal(counts[1], 1);
    assert_int_equal(counts[2], 0);
    assert_true(second_is_web && third_is_present);
    assert_false(fourth_is_present || past_one_is_present || of_none_is_present);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_every_registered_name_and_no_other),
        cmocka_unit_test(takes_whole_seconds_up_to_the_year_9999),
        cmocka_unit_test(takes_fractions_to_the_millisecond),
        cmocka_unit_test(refuses_times_that_are_no_number_in_range),
        cmocka_unit_test(takes_only_strings_for_iss_sub_and_jti),
        cmocka_unit_test(takes_a_string_or_strings_for_aud),
        cmocka_unit_test(finds_audiences_byte_by_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
