/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the comparing of claims with values. Never converts: a value of another type is
 * another value. */
#include "jwt/claim_rules.h"

static bool is_value(const jwkeep_claim_value *value) {
    switch (value->type) {
    case JWKEEP_JSON_STRING:
        return value->string != NULL;
    case JWKEEP_JSON_NUMBER:
    case JWKEEP_JSON_BOOLEAN:
        return true;
    case JWKEEP_JSON_NULL:
    case JWKEEP_JSON_ARRAY:
    case JWKEEP_JSON_OBJECT:
        break;
    }
    return false;
}

static bool is_whole(const jwkeep_claim_rule *rule) {
    bool is_test = rule->test == JWKEEP_CLAIM_ONE_OF || rule->test == JWKEEP_CLAIM_CONTAINS ||
                   rule->test == JWKEEP_CLAIM_CONTAINS_ALL;
    if (!rule->name || !is_test || !rule->values || rule->value_count == 0)
        return false;
    for (size_t i = 0; i < rule->value_count; i++)
        if (!is_value(&rule->values[i]))
            return false;
    return true;
}

bool jk_claim_rules_are_whole(const jwkeep_claim_rule *rules, size_t count) {
    if (count > 0 && !rules)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!is_whole(&rules[i]))
            return false;
    return true;
}

/* RFC 6749 §3.3: 1*( %x21 / %x23-5B / %x5D-7E ) */
static bool is_scope_token(const char *text) {
    if (!text || !*text)
        return false;
    for (; *text; text++)
        if (*text < 0x21 || *text > 0x7e || *text == '"' || *text == '\\')
            return false;
    return true;
}

bool jk_scopes_are_tokens(const char *const *scopes, size_t count) {
    if (count > 0 && !scopes)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!is_scope_token(scopes[i]))
            return false;
    return true;
}

static bool keep_values(jwkeep_claim_rule *rule, jk_arena *arena) {
    if (rule->value_count > SIZE_MAX / sizeof *rule->values)
        return false;
    jwkeep_claim_value *copy = jk_arena_alloc(arena, rule->value_count * sizeof *copy);
    if (!copy)
        return false;
    for (size_t i = 0; i < rule->value_count; i++) {
        copy[i] = rule->values[i];
        if (copy[i].type == JWKEEP_JSON_STRING && !jk_arena_keep_text(arena, &copy[i].string))
            return false;
    }
    rule->values = copy;
    return true;
}

bool jk_claim_rules_keep(const jwkeep_claim_rule **rules, size_t count, jk_arena *arena) {
    if (count == 0) {
        *rules = NULL;
        return true;
    }
    if (count > SIZE_MAX / sizeof **rules)
        return false;
    jwkeep_claim_rule *copy = jk_arena_alloc(arena, count * sizeof *copy);
    if (!copy)
        return false;
    for (size_t i = 0; i < count; i++) {
        copy[i] = (*rules)[i];
        if (!jk_arena_keep_text(arena, &copy[i].name) || !keep_values(&copy[i], arena))
            return false;
    }
    *rules = copy;
    return true;
}

static bool equals(const jwkeep_json *claim, const jwkeep_claim_value *value) {
    int64_t number;
    bool boolean;
    if (jwkeep_json_type_of(claim) != value->type)
        return false;
    if (value->type == JWKEEP_JSON_STRING)
        return jwkeep_span_equals(jwkeep_json_string(claim), jwkeep_span_text(value->string));
    if (value->type == JWKEEP_JSON_NUMBER)
        return jwkeep_json_int64(claim, &number) == JWKEEP_OK && number == value->number;
    return jwkeep_json_boolean(claim, &boolean) == JWKEEP_OK && boolean == value->boolean;
}

/* Whether `word` stands in `text` between spaces or at its ends. */
static bool has_word(jwkeep_span text, jwkeep_span word) {
    while (text.size >= word.size) {
        const uint8_t *space = text.size ? memchr(text.data, ' ', text.size) : NULL;
        size_t size = space ? (size_t)(space - text.data) : text.size;
        if (size > 0 && jwkeep_span_equals(jwkeep_span_of(text.data, size), word))
            return true;
        if (!space)
            return false;
        text = jwkeep_span_of(space + 1, text.size - size - 1);
    }
    return false;
}

static bool contains(const jwkeep_json *claim, const jwkeep_claim_value *value) {
    if (jwkeep_json_type_of(claim) == JWKEEP_JSON_STRING)
        return value->type == JWKEEP_JSON_STRING &&
               has_word(jwkeep_json_string(claim), jwkeep_span_text(value->string));
    for (const jwkeep_json *one = jwkeep_json_first(claim); one; one = jwkeep_json_next(one))
        if (equals(one, value))
            return true;
    return false;
}

static bool passes(const jwkeep_json *claim, const jwkeep_claim_rule *rule) {
    size_t fitting = 0;
    for (size_t i = 0; i < rule->value_count; i++)
        fitting += rule->test == JWKEEP_CLAIM_ONE_OF ? equals(claim, &rule->values[i])
                                                     : contains(claim, &rule->values[i]);
    return rule->test == JWKEEP_CLAIM_CONTAINS_ALL ? fitting == rule->value_count : fitting > 0;
}

static bool has_type(const jwkeep_json *claim, const jwkeep_claim_rule *rule) {
    jwkeep_json_type type = jwkeep_json_type_of(claim);
    if (rule->test != JWKEEP_CLAIM_ONE_OF)
        return type == JWKEEP_JSON_ARRAY || type == JWKEEP_JSON_STRING;
    for (size_t i = 0; i < rule->value_count; i++)
        if (rule->values[i].type == type)
            return true;
    return false;
}

static void judge(const jwkeep_claim_rule *rule, const jwkeep_json *claims,
                  jk_verdict *verdict) {
    const jwkeep_json *claim = jwkeep_json_member(claims, rule->name);
    if (jwkeep_json_type_of(claim) == JWKEEP_JSON_NULL)
        jk_verdict_note(verdict, JWKEEP_CLAIM_MISSING, rule->name, "RFC 7519 §4");
    else if (!has_type(claim, rule))
        jk_verdict_note(verdict, JWKEEP_CLAIM_TYPE, rule->name, "RFC 7519 §4");
    else if (!passes(claim, rule))
        jk_verdict_note(verdict, JWKEEP_CLAIM_MISMATCH, rule->name, "RFC 7519 §4");
}

void jk_claim_rules_judge(const jwkeep_claim_rule *rules, size_t count,
                          const jwkeep_json *claims, jk_verdict *verdict) {
    for (size_t i = 0; i < count; i++)
        judge(&rules[i], claims, verdict);
}

void jk_scopes_judge(const char *const *scopes, size_t count, const jwkeep_json *claims,
                     jk_verdict *verdict) {
    if (count == 0)
        return;
    const jwkeep_json *claim = jwkeep_json_member(claims, "scope");
    jwkeep_code code = JWKEEP_OK;
    if (jwkeep_json_type_of(claim) == JWKEEP_JSON_NULL)
        code = JWKEEP_CLAIM_MISSING;
    else if (jwkeep_json_type_of(claim) != JWKEEP_JSON_STRING)
        code = JWKEEP_CLAIM_TYPE;
    for (size_t i = 0; i < count && code == JWKEEP_OK; i++)
        if (!has_word(jwkeep_json_string(claim), jwkeep_span_text(scopes[i])))
            code = JWKEEP_SCOPE_INSUFFICIENT;
    if (code != JWKEEP_OK)
        jk_verdict_note(verdict, code, "scope", "RFC 8693 §4.2");
}
