/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tables of the profiles, and the clauses behind them: RFC 9068 §2.2 and §4, OpenID
 * Connect Core §2 and §3.1.3.7. */
#include "jwt/profile.h"
#include "jwt/media_type.h"

#define SUBJECT_MAX_BYTES 255u /* OpenID Connect Core §2 */

typedef enum claim_form { FORM_STRING, FORM_TIME, FORM_STRINGS } claim_form;

static const struct {
    const char *name;
    claim_form form;
    const char *clauses[JWKEEP_PROFILE_ID_TOKEN + 1]; /* NULL: of no concern */
} FORMS[] = {
    {"client_id", FORM_STRING, {NULL, "RFC 9068 §2.2", NULL}},
    {"scope", FORM_STRING, {NULL, "RFC 9068 §2.2.3", NULL}},
    {"auth_time", FORM_TIME, {NULL, "RFC 9068 §2.2.1", "OIDC Core §2"}},
    {"acr", FORM_STRING, {NULL, "RFC 9068 §2.2.1", "OIDC Core §2"}},
    {"amr", FORM_STRINGS, {NULL, "RFC 9068 §2.2.1", "OIDC Core §2"}},
    {"azp", FORM_STRING, {NULL, NULL, "OIDC Core §2"}},
    {"nonce", FORM_STRING, {NULL, NULL, "OIDC Core §2"}},
    {"at_hash", FORM_STRING, {NULL, NULL, "OIDC Core §3.1.3.6"}},
    {"c_hash", FORM_STRING, {NULL, NULL, "OIDC Core §3.3.2.11"}},
};

const char *jk_profile_typ(jwkeep_profile profile) {
    return profile == JWKEEP_PROFILE_AT_JWT ? "at+jwt" : NULL;
}

const char *const *jk_profile_required(jwkeep_profile profile) {
    static const char *const none[] = {NULL};
    static const char *const at_jwt[] = {"iss",       "exp", "aud", "sub",
                                         "client_id", "iat", "jti", NULL};
    static const char *const id_token[] = {"iss", "sub", "aud", "exp", "iat", NULL};
    if (profile == JWKEEP_PROFILE_AT_JWT)
        return at_jwt;
    return profile == JWKEEP_PROFILE_ID_TOKEN ? id_token : none;
}

const char *jk_profile_bad_field(const jwkeep_rules *rules) {
    switch (rules->profile) {
    case JWKEEP_PROFILE_NONE:
        return rules->client_id ? "client_id" : NULL;
    case JWKEEP_PROFILE_AT_JWT:
        if (rules->typ)
            return "typ";
        return rules->audience_count == 0 ? "audiences" : NULL;
    case JWKEEP_PROFILE_ID_TOKEN:
        return rules->client_id ? NULL : "client_id";
    }
    return "profile";
}

bool jk_profile_allows_typ(jwkeep_profile profile, jwkeep_span typ) {
    return profile != JWKEEP_PROFILE_ID_TOKEN || !jwkeep_span_is_present(typ) ||
           jk_media_type_is(typ, JWKEEP_SPAN("JWT"));
}

static bool is_string(const jwkeep_json *value) {
    return jwkeep_json_type_of(value) == JWKEEP_JSON_STRING;
}

static bool is_list_of_strings(const jwkeep_json *value) {
    if (jwkeep_json_type_of(value) != JWKEEP_JSON_ARRAY)
        return false;
    for (const jwkeep_json *one = jwkeep_json_first(value); one; one = jwkeep_json_next(one))
        if (!is_string(one))
            return false;
    return true;
}

static bool has_form(const jwkeep_json *value, claim_form form) {
    int64_t time_ms;
    switch (form) {
    case FORM_STRING:
        return is_string(value);
    case FORM_TIME:
        return jk_numeric_date_read(value, &time_ms);
    case FORM_STRINGS:
        return is_list_of_strings(value);
    }
    return false;
}

static void judge_forms(jwkeep_profile profile, const jk_claims *claims, jk_verdict *verdict) {
    for (size_t i = 0; i < JK_COUNT_OF(FORMS); i++) {
        const char *clause = FORMS[i].clauses[profile];
        const jwkeep_json *value =
            clause ? jwkeep_json_member(claims->object, FORMS[i].name) : NULL;
        if (value && !has_form(value, FORMS[i].form))
            jk_verdict_note(verdict, JWKEEP_CLAIM_TYPE, FORMS[i].name, clause);
    }
}

static bool is_in_list(jwkeep_span text, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (jwkeep_span_equals(text, jwkeep_span_text(list[i])))
            return true;
    return false;
}

/* Steps 3 to 5 of OpenID Connect Core §3.1.3.7. */
static void judge_parties(const jwkeep_rules *rules, const jk_claims *claims,
                          jk_verdict *verdict) {
    static const char clause[] = "OIDC Core §3.1.3.7";
    const jwkeep_span client = jwkeep_span_text(rules->client_id);
    const size_t count = jk_claims_audience_count(claims);
    bool is_trusted = jk_claims_has_audience(claims, client);
    for (size_t i = 0; i < count && is_trusted; i++) {
        jwkeep_span one = jk_claims_audience_at(claims, i);
        is_trusted = jwkeep_span_equals(one, client) ||
                     is_in_list(one, rules->audiences, rules->audience_count);
    }
    if (claims->values[JK_CLAIM_AUD] && !is_trusted)
        jk_verdict_note(verdict, JWKEEP_AUDIENCE_MISMATCH, "aud", clause);
    const jwkeep_json *azp = jwkeep_json_member(claims->object, "azp");
    if (!azp && count > 1)
        jk_verdict_note(verdict, JWKEEP_CLAIM_MISSING, "azp", clause);
    if (is_string(azp) && !jwkeep_span_equals(jwkeep_json_string(azp), client))
        jk_verdict_note(verdict, JWKEEP_AZP_MISMATCH, "azp", clause);
}

static void judge_client(const jwkeep_rules *rules, const jk_claims *claims,
                         jk_verdict *verdict) {
    const jwkeep_json *client = jwkeep_json_member(claims->object, "client_id");
    if (rules->client_id && is_string(client) &&
        !jwkeep_span_equals(jwkeep_json_string(client), jwkeep_span_text(rules->client_id)))
        jk_verdict_note(verdict, JWKEEP_CLIENT_MISMATCH, "client_id", "RFC 9068 §2.2");
}

void jk_profile_judge(const jwkeep_rules *rules, const jk_claims *claims, jk_verdict *verdict) {
    if (rules->profile == JWKEEP_PROFILE_NONE)
        return;
    judge_forms(rules->profile, claims, verdict);
    if (rules->profile == JWKEEP_PROFILE_AT_JWT) {
        judge_client(rules, claims, verdict);
        return;
    }
    if (jwkeep_json_string(claims->values[JK_CLAIM_SUB]).size > SUBJECT_MAX_BYTES)
        jk_verdict_note(verdict, JWKEEP_CLAIM_TYPE, "sub", "OIDC Core §2");
    judge_parties(rules, claims, verdict);
}

void jk_auth_time_judge(const jk_claims *claims, int64_t max_age_s, int64_t leeway_s,
                        int64_t now_ms, jk_verdict *verdict) {
    static const char clause[] = "OIDC Core §3.1.3.7";
    if (max_age_s == 0)
        return;
    int64_t time_ms;
    const jwkeep_json *value = jwkeep_json_member(claims->object, "auth_time");
    jwkeep_code code = JWKEEP_OK;
    if (!value)
        code = JWKEEP_CLAIM_MISSING;
    else if (!jk_numeric_date_read(value, &time_ms))
        code = JWKEEP_CLAIM_TYPE;
    else if (now_ms < time_ms - leeway_s * 1000)
        code = JWKEEP_TOKEN_ISSUED_IN_FUTURE;
    else if (now_ms > time_ms + max_age_s * 1000)
        code = JWKEEP_AUTH_TOO_OLD;
    if (code != JWKEEP_OK)
        jk_verdict_note(verdict, code, "auth_time", clause);
}
