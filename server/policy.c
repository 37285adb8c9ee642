/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the choice of a rule. */
#include "server/policy.h"
#include "server/http/characters.h"
#include "server/http/path.h"

void policy_init(server_policy *it, const char *name, jwkeep_verifier *verifier,
                 const char *realm) {
    *it = (server_policy){
        .name = name,
        .verifier = verifier,
        .realm = realm,
        .takes_authorization = true,
        .subject_header = "X-Auth-Subject",
        .issuer_header = "X-Auth-Issuer",
        .scope_header = "X-Auth-Scope",
    };
}

bool policy_is_quotable(const char *text, size_t max_bytes) {
    jwkeep_span span = jwkeep_span_text(text);
    return span.size <= max_bytes && http_is_safe_value(span) && !strchr(text, '"') &&
           !strchr(text, '\\');
}

static bool is_for_method(const policy_rule *rule, jwkeep_span method) {
    if (rule->method_count == 0)
        return true;
    /* HEAD is GET without the content (RFC 9110 §9.3.2): what guards one guards the other. */
    bool is_head = jwkeep_span_equals(method, JWKEEP_SPAN("HEAD"));
    for (size_t i = 0; i < rule->method_count; i++) {
        if (jwkeep_span_equals(method, jwkeep_span_text(rule->methods[i])) ||
            (is_head && strcmp(rule->methods[i], "GET") == 0))
            return true;
    }
    return false;
}

const policy_rule *policy_find_rule(const server_policy *it, jwkeep_span method,
                                    jwkeep_span path) {
    for (size_t i = 0; i < it->rule_count; i++) {
        const policy_rule *rule = &it->rules[i];
        if (http_path_is_below(path, rule->prefix) && is_for_method(rule, method))
            return rule;
    }
    return NULL;
}
