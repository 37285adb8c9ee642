/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what claims must say. Judges every rule, so that all failures of a token are told at
 * once. */
#include "jwt/rules.h"
#include "base/error.h"
#include "crypto/key.h"
#include "jwt/claim_rules.h"
#include "jwt/media_type.h"
#include "jwt/profile.h"

void jwkeep_rules_init(jwkeep_rules *rules) {
    *rules = (jwkeep_rules){.struct_size = sizeof *rules};
}

static bool is_list(const char *const *list, size_t count) {
    if (count > 0 && !list)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!list[i])
            return false;
    return true;
}

static bool are_validators(const jwkeep_validator *validators, size_t count) {
    if (count > 0 && !validators)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!validators[i].name || !validators[i].check)
            return false;
    return true;
}

static const char *first_bad_field(const jwkeep_rules *rules) {
    if ((rules->algorithms & ~jwkeep_algorithm_all()) != 0)
        return "algorithms";
    if (!is_list(rules->issuers, rules->issuer_count))
        return "issuers";
    if (!is_list(rules->audiences, rules->audience_count))
        return "audiences";
    if (!is_list(rules->required, rules->required_count))
        return "required";
    if (rules->leeway_s < 0 || rules->leeway_s > JWKEEP_MAX_LEEWAY_S)
        return "leeway_s";
    if (rules->max_age_s < 0 || rules->max_age_s > JK_NUMERIC_DATE_MAX_S)
        return "max_age_s";
    if (!jk_scopes_are_tokens(rules->scopes, rules->scope_count))
        return "scopes";
    if (!jk_claim_rules_are_whole(rules->claims, rules->claim_count))
        return "claims";
    if (!are_validators(rules->validators, rules->validator_count))
        return "validators";
    if (rules->engine && !jk_engine_is_known(rules->engine))
        return "engine";
    if (rules->max_auth_age_s < 0 || rules->max_auth_age_s > JK_NUMERIC_DATE_MAX_S)
        return "max_auth_age_s";
    return jk_profile_bad_field(rules);
}

static jwkeep_code check_and_copy(const jwkeep_rules *rules, jwkeep_rules *ret_rules,
                                  jwkeep_error *error) {
    const char *bad = first_bad_field(rules);
    if (bad)
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, bad, NULL, JWKEEP_NO_OFFSET);
    *ret_rules = *rules;
    return JWKEEP_OK;
}

jwkeep_code jk_rules_resolve(const jwkeep_rules *rules, jwkeep_rules *ret_rules,
                             jwkeep_error *error) {
    if (JK_LIKELY(rules && rules->struct_size == sizeof *rules))
        return check_and_copy(rules, ret_rules, error);
    jwkeep_rules completed;
    jwkeep_rules_init(&completed);
    if (rules) {
        size_t size = rules->struct_size;
        if (size < sizeof rules->struct_size || size > sizeof *rules)
            return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "struct_size", NULL,
                              JWKEEP_NO_OFFSET);
        memcpy(&completed, rules, size);
        completed.struct_size = sizeof completed;
    }
    return check_and_copy(&completed, ret_rules, error);
}

static bool keep_validators(const jwkeep_validator **validators, size_t count,
                            jk_arena *arena) {
    if (count == 0) {
        *validators = NULL;
        return true;
    }
    if (count > SIZE_MAX / sizeof **validators)
        return false;
    jwkeep_validator *copy = jk_arena_alloc(arena, count * sizeof *copy);
    if (!copy)
        return false;
    for (size_t i = 0; i < count; i++) {
        copy[i] = (*validators)[i];
        if (!jk_arena_keep_text(arena, &copy[i].name))
            return false;
    }
    *validators = copy;
    return true;
}

bool jk_rules_keep(jwkeep_rules *rules, jk_arena *arena) {
    return jk_arena_keep_list(arena, &rules->issuers, rules->issuer_count) &&
           jk_arena_keep_list(arena, &rules->audiences, rules->audience_count) &&
           jk_arena_keep_list(arena, &rules->required, rules->required_count) &&
           jk_arena_keep_text(arena, &rules->subject) &&
           jk_arena_keep_text(arena, &rules->jti) && jk_arena_keep_text(arena, &rules->typ) &&
           jk_arena_keep_text(arena, &rules->engine) &&
           jk_arena_keep_text(arena, &rules->client_id) &&
           jk_arena_keep_list(arena, &rules->scopes, rules->scope_count) &&
           jk_claim_rules_keep(&rules->claims, rules->claim_count, arena) &&
           keep_validators(&rules->validators, rules->validator_count, arena);
}

jwkeep_code jk_rules_check_typ(const jwkeep_rules *rules, jwkeep_span typ,
                               jwkeep_error *error) {
    const char *wanted = rules->typ ? rules->typ : jk_profile_typ(rules->profile);
    if (wanted && !jk_media_type_is(typ, jwkeep_span_text(wanted)))
        return jk_fail_at(error, JWKEEP_TYP_MISMATCH, "typ", "RFC 7515 §4.1.9",
                          JWKEEP_NO_OFFSET);
    if (!jk_profile_allows_typ(rules->profile, typ))
        return jk_fail_at(error, JWKEEP_TYP_MISMATCH, "typ", "RFC 8725 §3.11",
                          JWKEEP_NO_OFFSET);
    return JWKEEP_OK;
}

jwkeep_code jk_rules_check_issuers(const jwkeep_rules *rules, jwkeep_error *error) {
    if (rules->profile == JWKEEP_PROFILE_NONE || rules->issuer_count > 0)
        return JWKEEP_OK;
    return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT, "a profile needs an issuer", "issuers",
                        NULL);
}

struct judgement {
    const jwkeep_rules *rules;
    const jk_claims *claims;
    jk_verdict verdict;
};

static void note_claim(struct judgement *judging, jk_claim claim, jwkeep_code code) {
    const jk_claim_info *info = jk_claim_info_of(claim);
    jk_verdict_note(&judging->verdict, code, info->name, info->clause);
}

/* Whether there is a value of the right type; notes it if not. */
static bool is_readable(struct judgement *judging, jk_claim claim, bool is_wanted) {
    if (!judging->claims->values[claim]) {
        if (is_wanted)
            note_claim(judging, claim, JWKEEP_CLAIM_MISSING);
        return false;
    }
    if (jk_claims_is_ill_typed(judging->claims, claim)) {
        note_claim(judging, claim, JWKEEP_CLAIM_TYPE);
        return false;
    }
    return true;
}

static void judge_string(struct judgement *judging, jk_claim claim, const char *const *wanted,
                         size_t count, jwkeep_code mismatch) {
    if (!is_readable(judging, claim, count > 0) || count == 0)
        return;
    jwkeep_span text = jwkeep_json_string(judging->claims->values[claim]);
    for (size_t i = 0; i < count; i++)
        if (jwkeep_span_equals(text, jwkeep_span_text(wanted[i])))
            return;
    note_claim(judging, claim, mismatch);
}

static void judge_audience(struct judgement *judging) {
    const jwkeep_rules *rules = judging->rules;
    /* Of an ID token these are the audiences allowed beside the client. */
    const bool is_wanted =
        rules->audience_count > 0 && rules->profile != JWKEEP_PROFILE_ID_TOKEN;
    if (!is_readable(judging, JK_CLAIM_AUD, is_wanted) || !is_wanted)
        return;
    for (size_t i = 0; i < rules->audience_count; i++)
        if (jk_claims_has_audience(judging->claims, jwkeep_span_text(rules->audiences[i])))
            return;
    note_claim(judging, JK_CLAIM_AUD, JWKEEP_AUDIENCE_MISMATCH);
}

static void judge_times(struct judgement *judging, int64_t now_ms) {
    const jwkeep_rules *rules = judging->rules;
    const int64_t *times_ms = judging->claims->times_ms;
    const int64_t leeway_ms = rules->leeway_s * 1000;
    if (is_readable(judging, JK_CLAIM_EXP, false) &&
        now_ms >= times_ms[JK_CLAIM_EXP] + leeway_ms)
        note_claim(judging, JK_CLAIM_EXP, JWKEEP_TOKEN_EXPIRED);
    if (is_readable(judging, JK_CLAIM_NBF, false) &&
        now_ms < times_ms[JK_CLAIM_NBF] - leeway_ms)
        note_claim(judging, JK_CLAIM_NBF, JWKEEP_TOKEN_NOT_YET_VALID);
    if (!is_readable(judging, JK_CLAIM_IAT, rules->max_age_s > 0))
        return;
    if (now_ms < times_ms[JK_CLAIM_IAT] - leeway_ms)
        note_claim(judging, JK_CLAIM_IAT, JWKEEP_TOKEN_ISSUED_IN_FUTURE);
    if (rules->max_age_s > 0 && now_ms > times_ms[JK_CLAIM_IAT] + rules->max_age_s * 1000)
        note_claim(judging, JK_CLAIM_IAT, JWKEEP_TOKEN_TOO_OLD);
}

static void judge_required(struct judgement *judging, const char *name) {
    int claim = jk_claim_of_name(jwkeep_span_text(name));
    const jk_claims *claims = judging->claims;
    const jwkeep_json *value = claim == JK_CLAIM_COUNT
                                   ? jwkeep_json_member(claims->object, name)
                                   : claims->values[claim];
    if (value && (claim != JK_CLAIM_COUNT || jwkeep_json_type_of(value) != JWKEEP_JSON_NULL))
        return;
    if (claim == JK_CLAIM_COUNT)
        jk_verdict_note(&judging->verdict, JWKEEP_CLAIM_MISSING, name, "RFC 7519 §4");
    else
        note_claim(judging, (jk_claim)claim, JWKEEP_CLAIM_MISSING);
}

static void judge_validators(struct judgement *judging, int64_t now_ms) {
    const jwkeep_rules *rules = judging->rules;
    for (size_t i = 0; i < rules->validator_count; i++) {
        const jwkeep_validator *validator = &rules->validators[i];
        jwkeep_code code = validator->check(validator->user, judging->claims->object, now_ms);
        if (code == JWKEEP_OK)
            continue;
        if (jwkeep_code_class(code) == JWKEEP_CLASS_OK)
            code = JWKEEP_VALIDATOR_REFUSED;
        jk_verdict_note(&judging->verdict, code, validator->name, NULL);
    }
}

static void judge_claims(struct judgement *judging, int64_t now_ms) {
    const jwkeep_rules *rules = judging->rules;
    judge_string(judging, JK_CLAIM_ISS, rules->issuers, rules->issuer_count,
                 JWKEEP_ISSUER_MISMATCH);
    judge_audience(judging);
    judge_string(judging, JK_CLAIM_SUB, &rules->subject, rules->subject ? 1 : 0,
                 JWKEEP_SUBJECT_MISMATCH);
    judge_string(judging, JK_CLAIM_JTI, &rules->jti, rules->jti ? 1 : 0, JWKEEP_JTI_MISMATCH);
    judge_times(judging, now_ms);
    for (size_t i = 0; i < rules->required_count; i++)
        judge_required(judging, rules->required[i]);
    for (const char *const *name = jk_profile_required(rules->profile); *name; name++)
        judge_required(judging, *name);
    jk_scopes_judge(rules->scopes, rules->scope_count, judging->claims->object,
                    &judging->verdict);
    jk_claim_rules_judge(rules->claims, rules->claim_count, judging->claims->object,
                         &judging->verdict);
    jk_profile_judge(rules, judging->claims, &judging->verdict);
    jk_auth_time_judge(judging->claims, rules->max_auth_age_s, rules->leeway_s, now_ms,
                       &judging->verdict);
}

jwkeep_code jk_rules_judge(const jwkeep_rules *rules, const jk_claims *claims, int64_t now_ms,
                           jwkeep_failures *failures, jwkeep_error *error) {
    struct judgement judging = {
        .rules = rules, .claims = claims, .verdict = {.failures = failures, .error = error}};
    judge_claims(&judging, now_ms);
    judge_validators(&judging, now_ms);
    return judging.verdict.code;
}

jwkeep_code jk_rules_prejudge(const jwkeep_rules *rules, const jk_claims *claims,
                              int64_t now_ms, jwkeep_error *error) {
    struct judgement judging = {.rules = rules, .claims = claims, .verdict.error = error};
    judge_claims(&judging, now_ms);
    return judging.verdict.code;
}
