/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the way from NAME=VALUE to rules. Values of one name in --claim and --claim-json become
 * one rule, each --contains a rule of its own. */
#include "cli/claim_flags.h"
#include <stdlib.h>
#include <string.h>

/* Keeps `block` until the end; NULL, reported, if there is none. */
static void *own(claim_rules *rules, void *block) {
    if (!block)
        report_internal("out of memory");
    else
        rules->owned[rules->owned_count++] = block;
    return block;
}

static jwkeep_claim_rule *find(claim_rules *rules, const char *name, size_t size) {
    for (size_t i = 0; i < rules->count; i++) {
        jwkeep_claim_rule *rule = &rules->items[i];
        if (rule->test == JWKEEP_CLAIM_ONE_OF && strlen(rule->name) == size &&
            memcmp(rule->name, name, size) == 0)
            return rule;
    }
    return NULL;
}

/* A new rule with room for every value that may still come. */
static jwkeep_claim_rule *add(claim_rules *rules, const char *name, size_t size,
                              jwkeep_claim_test test) {
    const size_t room = test == JWKEEP_CLAIM_ONE_OF ? 2u * OPTIONS_MAX_REPEATS : 1u;
    const char *copy = own(rules, strndup(name, size));
    jwkeep_claim_value *values = copy ? own(rules, calloc(room, sizeof *values)) : NULL;
    if (!values)
        return NULL;
    jwkeep_claim_rule *rule = &rules->items[rules->count++];
    *rule = (jwkeep_claim_rule){.name = copy, .test = test, .values = values};
    return rule;
}

static exit_status append(claim_rules *rules, const char *given, jwkeep_claim_test test,
                          const jwkeep_claim_value *value) {
    size_t size = (size_t)(strchr(given, '=') - given);
    jwkeep_claim_rule *rule = test == JWKEEP_CLAIM_ONE_OF ? find(rules, given, size) : NULL;
    if (!rule)
        rule = add(rules, given, size, test);
    if (!rule)
        return STATUS_INTERNAL;
    jwkeep_claim_value *values = (jwkeep_claim_value *)(uintptr_t)rule->values;
    values[rule->value_count++] = *value;
    return STATUS_YES;
}

/* What stands behind the name; NULL, reported, if there is no name. */
static const char *value_of(const char *given) {
    const char *equals = strchr(given, '=');
    if (equals && equals > given)
        return equals + 1;
    report_usage("a claim is given as NAME=VALUE, not \"%.64s\"", given);
    return NULL;
}

static exit_status append_texts(claim_rules *rules, const text_list *list,
                                jwkeep_claim_test test) {
    exit_status status = STATUS_YES;
    for (size_t i = 0; i < list->count && status == STATUS_YES; i++) {
        const jwkeep_claim_value value = {.type = JWKEEP_JSON_STRING,
                                          .string = value_of(list->items[i])};
        if (!value.string)
            return STATUS_USAGE;
        status = append(rules, list->items[i], test, &value);
    }
    return status;
}

/* A string, a whole number or a boolean. */
static bool read_value(claim_rules *rules, const jwkeep_json *json,
                       jwkeep_claim_value *ret_value) {
    ret_value->type = jwkeep_json_type_of(json);
    if (ret_value->type == JWKEEP_JSON_NUMBER)
        return jwkeep_json_int64(json, &ret_value->number) == JWKEEP_OK;
    if (ret_value->type == JWKEEP_JSON_BOOLEAN)
        return jwkeep_json_boolean(json, &ret_value->boolean) == JWKEEP_OK;
    jwkeep_span text = jwkeep_json_string(json);
    if (!jwkeep_span_is_present(text) || memchr(text.data, '\0', text.size))
        return false;
    ret_value->string = own(rules, strndup((const char *)text.data, text.size));
    return ret_value->string != NULL;
}

static exit_status append_json(claim_rules *rules, const char *given) {
    const char *text = value_of(given);
    jwkeep_json_text *parsed = NULL;
    jwkeep_claim_value value = {.type = JWKEEP_JSON_NULL};
    if (!text)
        return STATUS_USAGE;
    bool is_value =
        jwkeep_json_parse(jwkeep_span_text(text), NULL, &parsed, NULL) == JWKEEP_OK &&
        read_value(rules, jwkeep_json_root(parsed), &value);
    jwkeep_json_text_free(parsed);
    if (!is_value)
        return report_usage("--claim-json takes a JSON string, whole number or boolean, not "
                            "\"%.64s\"",
                            text);
    return append(rules, given, JWKEEP_CLAIM_ONE_OF, &value);
}

exit_status claim_rules_begin(const claim_flags *flags, claim_rules *rules,
                              jwkeep_rules *ret_rules) {
    exit_status status = append_texts(rules, &flags->texts, JWKEEP_CLAIM_ONE_OF);
    for (size_t i = 0; i < flags->jsons.count && status == STATUS_YES; i++)
        status = append_json(rules, flags->jsons.items[i]);
    if (status == STATUS_YES)
        status = append_texts(rules, &flags->contained, JWKEEP_CLAIM_CONTAINS);
    for (size_t i = 0; i < flags->scopes.count && status == STATUS_YES; i++)
        if (!*flags->scopes.items[i] || strchr(flags->scopes.items[i], ' '))
            status = report_usage("--scope takes one scope, not \"%.64s\": give it again for "
                                  "each",
                                  flags->scopes.items[i]);
    ret_rules->claims = rules->items;
    ret_rules->claim_count = rules->count;
    ret_rules->scopes = flags->scopes.items;
    ret_rules->scope_count = flags->scopes.count;
    return status;
}

void claim_rules_end(claim_rules *rules) {
    while (rules->owned_count > 0)
        free(rules->owned[--rules->owned_count]);
}
