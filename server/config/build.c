/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the way from settings to a plan. */
#include "server/config/build.h"
#include "base/attributes.h"
#include "crypto/tls.h"
#include "server/config/pool.h"
#include "server/config/webhook.h"
#include "server/http/path.h"
#include "server/introspection.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Of what policies point to: bounded by the configuration it is made from. */
#define MAX_ARENA_BYTES (256u << 20)
#define MAX_DESCRIPTION_BYTES (1u << 16)

typedef struct built_issuer {
    config_kept *kept;   /* its keys are downloaded */
    jwkeep_keyset *keys; /* or stood in a file */
} built_issuer;

/* A plan with everything it stands on. */
typedef struct built built;
struct built {
    server_plan plan; /* first */
    config *config;
    const config_settings *settings;
    const built *before; /* NULL: none, or made already */
    jk_arena arena;
    built_issuer *issuers;
    jwkeep_issuer *given; /* the issuers as a verifier wants them, without rules */
    server_policy *policies;
    introspection introspection;
};

static bool out_of_memory(config_fault *fault) {
    return config_fail(fault, (config_place){0}, "out of memory");
}

static void *zeroed(built *it, size_t count, size_t size) {
    void *memory = jk_arena_alloc(&it->arena, count * size + 1);
    return memory ? memset(memory, 0, count * size) : NULL;
}

static config_place member_place(const config_node *object, const char *name) {
    return config_member(object, name)->place;
}

static bool read_keys(const config_issuer *issuer, const jwkeep_limits *limits, jk_arena *arena,
                      jwkeep_keyset **ret_keys, config_fault *fault) {
    config_place place = member_place(issuer->node, "keys_file");
    jwkeep_span bytes;
    jwkeep_error error = {0};
    if (!config_file_read(issuer->keys_file, limits->max_keyset_bytes, arena, &bytes))
        return config_fail(fault, place, "keys_file: %.128s: %s", issuer->keys_file,
                           strerrordesc_np(errno));
    const jwkeep_keyset_options options = {.limits = limits};
    if (jwkeep_keyset_parse(bytes, &options, ret_keys, NULL, &error) != JWKEEP_OK)
        return config_fail(fault, place, "keys_file: %.128s: %s", issuer->keys_file,
                           error.text);
    return true;
}

static bool open_issuer(built *it, size_t index, config_pool *pool, config_fault *fault) {
    const config_issuer *issuer = (const config_issuer *)it->settings->issuers.items + index;
    const jwkeep_limits *limits = &it->settings->limits.of_tokens;
    built_issuer *opened = &it->issuers[index];
    bool is_eager = it->settings->start != CONFIG_START_LAZY;
    if (issuer->keys_file
            ? !read_keys(issuer, limits, &it->arena, &opened->keys, fault)
            : !config_pool_take(pool, issuer, is_eager, limits, &opened->kept, fault))
        return false;
    it->given[index] = (jwkeep_issuer){
        .name = issuer->name,
        .issuer = issuer->issuer,
        .keys = opened->keys,
        .shared_source = opened->kept ? config_kept_source(opened->kept) : NULL,
    };
    return true;
}

static bool open_issuers(built *it, config_pool *pool, config_fault *fault) {
    size_t count = it->settings->issuers.count;
    it->issuers = zeroed(it, count, sizeof *it->issuers);
    it->given = zeroed(it, count, sizeof *it->given);
    if (!it->issuers || !it->given)
        return out_of_memory(fault);
    for (size_t i = 0; i < count; i++)
        if (!open_issuer(it, i, pool, fault))
            return false;
    return true;
}

static jwkeep_verifier_options options_of(const built *it, const jwkeep_issuer *issuers,
                                          size_t count) {
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = issuers;
    options.issuer_count = count;
    options.limits = &it->settings->limits.of_tokens;
    options.max_downloads = it->settings->max_downloads;
    return options;
}

static bool make_verifier(const jwkeep_verifier_options *options, config_place place,
                          jwkeep_verifier **ret_verifier, config_fault *fault) {
    jwkeep_error error = {0};
    if (jwkeep_verifier_new(options, ret_verifier, &error) == JWKEEP_OK)
        return true;
    return config_fail(fault, place, "%s%s%s", error.where ? error.where : "",
                       error.where ? ": " : "", error.text);
}

/* The tests of a policy's claims, as the library wants them. */
static bool fill_claims(built *it, const config_policy *from, jwkeep_rules *rules) {
    const config_claim_rule *claims = from->claims.items;
    jwkeep_claim_rule *filled = zeroed(it, from->claims.count, sizeof *filled);
    if (!filled)
        return false;
    for (size_t i = 0; i < from->claims.count; i++) {
        const struct {
            const config_list *list;
            jwkeep_claim_test test;
        } tests[] = {{&claims[i].equals, JWKEEP_CLAIM_ONE_OF},
                     {&claims[i].one_of, JWKEEP_CLAIM_ONE_OF},
                     {&claims[i].contains, JWKEEP_CLAIM_CONTAINS},
                     {&claims[i].contains_all, JWKEEP_CLAIM_CONTAINS_ALL}};
        size_t chosen = 0;
        while (tests[chosen].list->count == 0)
            chosen++;
        const config_value *values = tests[chosen].list->items;
        size_t count = tests[chosen].list->count;
        jwkeep_claim_value *copies = zeroed(it, count, sizeof *copies);
        if (!copies)
            return false;
        for (size_t j = 0; j < count; j++)
            copies[j] = (jwkeep_claim_value){
                .type = values[j].type == CONFIG_VALUE_TEXT     ? JWKEEP_JSON_STRING
                        : values[j].type == CONFIG_VALUE_NUMBER ? JWKEEP_JSON_NUMBER
                                                                : JWKEEP_JSON_BOOLEAN,
                .string = values[j].text,
                .number = values[j].number,
                .boolean = values[j].flag};
        filled[i] = (jwkeep_claim_rule){claims[i].name, tests[chosen].test, copies, count};
    }
    rules->claims = filled;
    rules->claim_count = from->claims.count;
    return true;
}

static bool fill_required(built *it, const config_policy *from, jwkeep_rules *rules) {
    const char **required = zeroed(it, from->required.count + 1, sizeof *required);
    if (!required)
        return false;
    for (size_t i = 0; i < from->required.count; i++)
        required[i] = from->required.items[i];
    rules->required = required;
    rules->required_count = from->required.count;
    if (!from->allows_no_exp)
        required[rules->required_count++] = "exp";
    return true;
}

static bool fill_rules(built *it, const config_policy *from, jwkeep_rules *rules) {
    jwkeep_rules_init(rules);
    rules->algorithms = from->algorithms;
    rules->audiences = from->audiences.items;
    rules->audience_count = from->audiences.count;
    rules->subject = from->subject;
    rules->typ = from->typ;
    rules->leeway_s = from->leeway_s;
    rules->max_age_s = from->max_age_s;
    rules->is_kid_required = from->is_kid_required;
    rules->scopes = from->scopes.items;
    rules->scope_count = from->scopes.count;
    return fill_required(it, from, rules) && fill_claims(it, from, rules);
}

static const jwkeep_issuer *find_issuer(const built *it, const char *name) {
    size_t i = 0;
    while (strcmp(it->given[i].name, name) != 0)
        i++;
    return &it->given[i];
}

static void fill_accepted(const config_accepted *from, const jwkeep_rules *rules,
                          jwkeep_dynamic_issuers *accepted) {
    jwkeep_dynamic_issuers_init(accepted);
    accepted->patterns = from->patterns.items;
    accepted->pattern_count = from->patterns.count;
    accepted->rules = rules;
    accepted->source = &from->source.options;
    accepted->max_issuers = from->max_issuers;
    accepted->max_unloaded = from->max_unloaded;
    accepted->idle_s = from->idle_s;
}

static bool write_source(const config_accepted *accepted, jwkeep_buffer *description) {
    return config_shape_write(&CONFIG_ACCEPTED_SOURCE_SHAPE, &accepted->source, description) ==
           JWKEEP_OK;
}

static bool has_same_source(const config_accepted *a, const config_accepted *b) {
    jwkeep_buffer of_a, of_b;
    jwkeep_buffer_init(&of_a, MAX_DESCRIPTION_BYTES);
    jwkeep_buffer_init(&of_b, MAX_DESCRIPTION_BYTES);
    bool is_same = write_source(a, &of_a) && write_source(b, &of_b) &&
                   jwkeep_span_equals(jwkeep_buffer_span(&of_a), jwkeep_buffer_span(&of_b));
    jwkeep_buffer_done(&of_a);
    jwkeep_buffer_done(&of_b);
    return is_same;
}

/* Whose accepted issuers those of `policy` go on as; NULL: they begin anew. */
static const jwkeep_verifier *find_predecessor(const built *it, const config_policy *policy) {
    const built *before = it->before;
    const server_policy *earlier =
        before ? plan_find(&before->plan, jwkeep_span_text(policy->name)) : NULL;
    if (!earlier)
        return NULL;
    const config_policy *configured = before->settings->policies.items;
    const config_accepted *accepted = &configured[earlier - before->policies].accepted;
    bool is_alike = accepted->node && has_same_source(accepted, &policy->accepted) &&
                    memcmp(&before->settings->limits.of_tokens, &it->settings->limits.of_tokens,
                           sizeof(jwkeep_limits)) == 0;
    return is_alike ? earlier->verifier : NULL;
}

static bool open_verifier(built *it, const config_policy *from, jwkeep_verifier **ret_verifier,
                          config_fault *fault) {
    bool takes_all = from->issuers.count == 0;
    size_t count = takes_all ? it->settings->issuers.count : from->issuers.count;
    jwkeep_issuer *issuers = zeroed(it, count, sizeof *issuers);
    jwkeep_rules rules;
    if (!issuers || !fill_rules(it, from, &rules))
        return out_of_memory(fault);
    for (size_t i = 0; i < count; i++) {
        issuers[i] = takes_all ? it->given[i] : *find_issuer(it, from->issuers.items[i]);
        issuers[i].rules = &rules;
    }
    jwkeep_dynamic_issuers accepted;
    jwkeep_verifier_options options = options_of(it, issuers, count);
    options.cache_entries = from->token_cache;
    if (from->accepted.node) {
        fill_accepted(&from->accepted, &rules, &accepted);
        accepted.predecessor = find_predecessor(it, from);
        options.dynamic = &accepted;
    }
    return make_verifier(&options,
                         from->accepted.node ? from->accepted.node->place : from->node->place,
                         ret_verifier, fault);
}

static bool print(built *it, const char **ret_text, const char *before, const char *text) {
    size_t size = strlen(before) + strlen(text) + 1;
    char *copy = (char *)jk_arena_bytes(&it->arena, size);
    if (!copy)
        return false;
    snprintf(copy, size, "%s%s", before, text);
    *ret_text = copy;
    return true;
}

static bool put_lower_case(built *it, const char **ret_text, const char *text) {
    char *copy;
    if (!text)
        return true;
    if (!print(it, ret_text, "", text))
        return false;
    for (copy = (char *)(uintptr_t)*ret_text; *copy; copy++)
        if (*copy >= 'A' && *copy <= 'Z')
            *copy = (char)(*copy - 'A' + 'a');
    return true;
}

/* "email_verified" comes back as X-Auth-Claim-Email-Verified: a header's name with an
 * underscore is dropped by gateways. */
static bool name_returned(built *it, const char **ret_header, const char *claim) {
    if (!print(it, ret_header, "X-Auth-Claim-", claim))
        return false;
    bool is_first = true;
    for (char *at = (char *)(uintptr_t)*ret_header + strlen("X-Auth-Claim-"); *at; at++) {
        if (*at == '_')
            *at = '-';
        if (is_first && *at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
        is_first = *at == '-';
    }
    return true;
}

static bool fill_identity(built *it, const config_identity *from, server_policy *policy) {
    const config_returned *claims = from->claims.items;
    policy_claim *returned = zeroed(it, from->claims.count, sizeof *returned);
    if (!returned)
        return false;
    for (size_t i = 0; i < from->claims.count; i++) {
        returned[i] = (policy_claim){claims[i].claim, claims[i].header};
        if (!claims[i].header && !name_returned(it, &returned[i].header, claims[i].claim))
            return false;
    }
    policy->subject_header = from->subject_header;
    policy->issuer_header = from->issuer_header;
    policy->scope_header = from->scope_header;
    policy->claims_header = from->claims_header;
    policy->returned = returned;
    policy->returned_count = from->claims.count;
    return true;
}

static bool join_scopes(built *it, const config_policy *from, server_policy *policy) {
    const char *joined = NULL;
    for (size_t i = 0; i < from->scopes.count; i++) {
        const char *before = joined ? joined : "";
        if (!print(it, &joined, before, i ? " " : "") ||
            !print(it, &joined, joined, from->scopes.items[i]))
            return false;
    }
    policy->scope = joined;
    return true;
}

/* Longest first, in the file's order among those of one length. */
static void sort_rules(policy_rule *rules, size_t count) {
    for (size_t i = 1; i < count; i++) {
        policy_rule moving = rules[i];
        size_t at = i;
        for (; at > 0 && rules[at - 1].prefix.size < moving.prefix.size; at--)
            rules[at] = rules[at - 1];
        rules[at] = moving;
    }
}

static bool fill_path(built *it, const config_rule *from, policy_rule *rule) {
    uint8_t *storage = jk_arena_bytes(&it->arena, HTTP_MAX_PATH_BYTES);
    if (!storage)
        return false;
    bool is_clear = http_path_normalise(jwkeep_span_text(from->path), storage, &rule->prefix);
    jk_arena_shrink(&it->arena, storage, is_clear ? rule->prefix.size : 0);
    return is_clear;
}

static bool fill_policy_rules(built *it, const config_policy *from, server_policy *policy) {
    static const policy_verdict verdicts[] = {POLICY_JUDGE, POLICY_ALLOW, POLICY_DENY};
    const config_rule *given = from->rules.items;
    policy_rule *rules = zeroed(it, from->rules.count, sizeof *rules);
    if (!rules)
        return false;
    for (size_t i = 0; i < from->rules.count; i++) {
        rules[i] = (policy_rule){.methods = given[i].methods.items,
                                 .method_count = given[i].methods.count,
                                 .verdict = verdicts[given[i].action]};
        if (given[i].policy)
            rules[i].judge = plan_find(&it->plan, jwkeep_span_text(given[i].policy));
        if (!fill_path(it, &given[i], &rules[i]))
            return false;
    }
    sort_rules(rules, from->rules.count);
    policy->rules = rules;
    policy->rule_count = from->rules.count;
    return true;
}

static bool fill_policy(built *it, const config_policy *from, server_policy *policy) {
    policy_init(policy, from->name, policy->verifier, from->realm);
    policy->resource_metadata = from->resource_metadata;
    policy->is_wrong_audience_forbidden = from->wrong_audience == CONFIG_AUDIENCE_403;
    policy->takes_bound_tokens = from->bound_tokens == CONFIG_BOUND_BEARER;
    policy->passes_preflight = from->passes_preflight;
    policy->takes_authorization = from->token.takes_authorization;
    policy->token_cookie = from->token.cookie;
    policy->token_query = from->token.query;
    policy->gateway = (policy_gateway)from->gateway;
    return put_lower_case(it, &policy->token_header, from->token.header) &&
           fill_identity(it, &from->identity, policy) && join_scopes(it, from, policy);
}

/* Names first, so that rules find the policies they speak of. */
static bool open_policies(built *it, config_fault *fault) {
    const config_policy *given = it->settings->policies.items;
    size_t count = it->settings->policies.count;
    it->policies = zeroed(it, count, sizeof *it->policies);
    if (!it->policies)
        return out_of_memory(fault);
    it->plan.policies = it->policies;
    it->plan.policy_count = count;
    for (size_t i = 0; i < count; i++)
        if (!open_verifier(it, &given[i], &it->policies[i].verifier, fault))
            return false;
    for (size_t i = 0; i < count; i++)
        if (!fill_policy(it, &given[i], &it->policies[i]))
            return out_of_memory(fault);
    for (size_t i = 0; i < count; i++)
        if (!fill_policy_rules(it, &given[i], &it->policies[i]))
            return out_of_memory(fault);
    return true;
}

static bool open_introspection(built *it) {
    const config_introspection *from = &it->settings->introspection;
    const config_client *given = from->clients.items;
    introspection_client *clients = zeroed(it, from->clients.count, sizeof *clients);
    if (!clients)
        return false;
    for (size_t i = 0; i < from->clients.count; i++) {
        char *basic = (char *)jk_arena_bytes(&it->arena, INTROSPECTION_CREDENTIALS_BYTES);
        if (!basic)
            return false;
        introspection_encode(given[i].id, given[i].secret, basic);
        clients[i] = (introspection_client){basic, given[i].secret};
    }
    it->introspection = (introspection){
        .policy = from->policy ? plan_find(&it->plan, jwkeep_span_text(from->policy))
                               : &it->policies[0],
        .clients = clients,
        .client_count = from->clients.count};
    if (from->clients.count > 0)
        it->plan.introspection = &it->introspection;
    return true;
}

/* A listener's certificate is the server's to hold: here it is only seen that there is one. */
static bool check_certificates(const built *it, config_fault *fault) {
    const config_listener *listeners = it->settings->listeners.items;
    for (size_t i = 0; i < it->settings->listeners.count; i++) {
        const config_tls *tls = &listeners[i].tls;
        jk_tls_identity *identity;
        jwkeep_error error = {0};
        if (!tls->node)
            continue;
        if (jk_tls_identity_new(tls->certificate_file, tls->key_file, &identity, &error) !=
            JWKEEP_OK)
            return config_fail(
                fault, error.where ? member_place(tls->node, error.where) : tls->node->place,
                "%s", error.text);
        jk_tls_identity_unref(identity);
    }
    return true;
}

/* Without configured issuers, no policy has any: each of their verifiers lists them all. */
static bool has_own_catalogue(const built *it) {
    return it->settings->issuers.count > 0;
}

static bool open_catalogue(built *it, config_fault *fault) {
    if (!has_own_catalogue(it)) {
        it->plan.catalogue = it->policies[0].verifier;
        return true;
    }
    const config_node *issuers = config_member(it->settings->node, "issuers");
    jwkeep_verifier_options options = options_of(it, it->given, it->settings->issuers.count);
    return make_verifier(&options, issuers->place, &it->plan.catalogue, fault);
}

bool config_build(config *loaded, config_pool *pool, const server_plan *present,
                  server_plan **ret_plan, config_fault *ret_fault) {
    built *it = calloc(1, sizeof *it);
    if (!it) {
        config_free(loaded);
        return out_of_memory(ret_fault);
    }
    it->config = loaded;
    it->settings = config_get(loaded);
    it->before = (const built *)(const void *)present;
    jk_arena_init(&it->arena, MAX_ARENA_BYTES);
    if (!check_certificates(it, ret_fault) ||
        !config_webhook_check(&it->settings->webhook, ret_fault) ||
        !open_issuers(it, pool, ret_fault) || !open_policies(it, ret_fault) ||
        !open_catalogue(it, ret_fault)) {
        config_plan_free(pool, &it->plan);
        return false;
    }
    if (!open_introspection(it)) {
        config_plan_free(pool, &it->plan);
        return out_of_memory(ret_fault);
    }
    it->plan.admin_hosts = it->settings->admin.hosts.items;
    it->plan.admin_host_count = it->settings->admin.hosts.count;
    it->before = NULL;
    *ret_plan = &it->plan;
    return true;
}

void config_plan_free(config_pool *pool, server_plan *plan) {
    built *it = (built *)(void *)plan;
    if (!plan)
        return;
    for (size_t i = 0; it->policies && i < it->plan.policy_count; i++)
        jwkeep_verifier_free(it->policies[i].verifier);
    if (has_own_catalogue(it))
        jwkeep_verifier_free(it->plan.catalogue);
    for (size_t i = 0; it->issuers && i < it->settings->issuers.count; i++) {
        config_pool_give_back(pool, it->issuers[i].kept);
        jwkeep_keyset_unref(it->issuers[i].keys);
    }
    jk_arena_done(&it->arena);
    config_free(it->config);
    free(it);
}

const config_settings *config_plan_settings(const server_plan *plan) {
    return ((const built *)(const void *)plan)->settings;
}
