/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the checks between the values of a configuration. */
#include "base/attributes.h"
#include "server/admin_host.h"
#include "server/config/config.h"
#include "server/http/characters.h"
#include "server/introspection.h"
#include "server/nearest.h"
#include "server/socket.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Room for the values of identity headers beside their names. */
#define MAX_IDENTITY_HEAD_BYTES 1536u

static config_place place_of(const config_node *object, const char *name) {
    const config_node *member = config_member(object, name);
    return member ? member->place : object->place;
}

static config_place place_in(const config_node *object, const char *name, size_t index) {
    const config_node *element = config_element(config_member(object, name), index);
    return element ? element->place : place_of(object, name);
}

/* Of issuers and policies: part of a path, a metric's label. */
static bool check_name(const config_node *object, const char *name, config_fault *fault) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (strspn(name, allowed) == strlen(name) && name[0] != '.')
        return true;
    return config_fail(fault, place_of(object, "name"),
                       "name: letters, digits, '.', '_' and '-' expected");
}

static bool check_listeners(const config_settings *it, config_fault *fault) {
    const config_listener *listeners = it->listeners.items;
    for (size_t i = 0; i < it->listeners.count; i++)
        if (!server_address_is_valid(listeners[i].address))
            return config_fail(fault, place_of(listeners[i].node, "address"),
                               "address: IP:PORT, [IPV6]:PORT or unix:PATH expected");
    if (!server_address_is_valid(it->admin.address))
        return config_fail(fault, place_of(it->admin.node, "address"),
                           "address: IP:PORT, [IPV6]:PORT or unix:PATH expected");
    for (size_t i = 0; i < it->admin.hosts.count; i++)
        if (!admin_host_is_name(it->admin.hosts.items[i]))
            return config_fail(fault, place_in(it->admin.node, "hosts", i),
                               "hosts: the name of a host without a port expected");
    if (config_member(it->node, "listeners") && it->listeners.count == 0)
        return config_fail(fault, place_of(it->node, "listeners"),
                           "listeners: at least one expected");
    const server_limits *limits = &it->limits.of_server;
    if (limits->max_parked > limits->max_connections)
        return config_fail(fault,
                           place_of(it->limits.node ? it->limits.node : it->node, "max_parked"),
                           "max_parked is over max_connections (%zu)", limits->max_connections);
    return true;
}

static bool check_request_headers(const config_source *source, config_fault *fault) {
    const config_request_header *headers = source->request_headers.items;
    for (size_t i = 0; i < source->request_headers.count; i++)
        if (!headers[i].value)
            return config_fail(fault, headers[i].node->place,
                               "a request header needs \"value\" or \"value_file\"");
    return true;
}

static bool check_issuer(const config_issuer *issuer, config_fault *fault) {
    if (!check_name(issuer->node, issuer->name, fault))
        return false;
    if (issuer->keys_file && issuer->jwks_url)
        return config_fail(fault, place_of(issuer->node, "keys_file"),
                           "keys are either in a file or behind a URL");
    if (issuer->keys_file && issuer->source.node)
        return config_fail(fault, issuer->source.node->place,
                           "keys in a file have no source to be kept by");
    if (issuer->source.fallback_urls.count > 0 && !issuer->jwks_url)
        return config_fail(fault, place_of(issuer->source.node, "fallback_urls"),
                           "fallback_urls goes with jwks_url");
    return check_request_headers(&issuer->source, fault);
}

typedef const char *(*issuer_text)(const config_issuer *issuer);

static const char *name_of(const config_issuer *issuer) {
    return issuer->name;
}

static const char *iss_of(const config_issuer *issuer) {
    return issuer->issuer;
}

static int by_name(const void *a, const void *b) {
    return strcmp((*(const config_issuer *const *)a)->name,
                  (*(const config_issuer *const *)b)->name);
}

static int by_iss(const void *a, const void *b) {
    return strcmp((*(const config_issuer *const *)a)->issuer,
                  (*(const config_issuer *const *)b)->issuer);
}

/* `order` is sorted by `text`: equal ones are neighbours. */
static bool check_once(const config_issuer *const *order, size_t count, issuer_text text,
                       const char *key, config_fault *fault) {
    for (size_t i = 1; i < count; i++) {
        const config_issuer *later = order[i] > order[i - 1] ? order[i] : order[i - 1];
        if (strcmp(text(order[i - 1]), text(order[i])) == 0)
            return config_fail(fault, place_of(later->node, key),
                               "two issuers have the %s \"%.128s\"", key, text(later));
    }
    return true;
}

static bool check_each_once(const config_settings *it, config_fault *fault) {
    const config_issuer *issuers = it->issuers.items;
    size_t count = it->issuers.count;
    const config_issuer **order = calloc(count, sizeof *order);
    if (!order)
        return config_fail(fault, (config_place){0}, "out of memory");
    for (size_t i = 0; i < count; i++)
        order[i] = &issuers[i];
    qsort(order, count, sizeof *order, by_name);
    bool is_once = check_once(order, count, name_of, "name", fault);
    qsort(order, count, sizeof *order, by_iss);
    is_once = is_once && check_once(order, count, iss_of, "issuer", fault);
    free(order);
    return is_once;
}

static bool check_issuers(const config_settings *it, config_fault *fault) {
    const config_issuer *issuers = it->issuers.items;
    for (size_t i = 0; i < it->issuers.count; i++)
        if (!check_issuer(&issuers[i], fault))
            return false;
    return it->issuers.count == 0 || check_each_once(it, fault);
}

static bool refuse_unknown_name(config_place place, const char *what, const char *name,
                                const char *guess, config_fault *fault) {
    if (guess)
        return config_fail(fault, place, "there is no %s \"%.64s\" (did you mean \"%s\"?)",
                           what, name, guess);
    return config_fail(fault, place, "there is no %s \"%.64s\"", what, name);
}

static bool check_issuer_name(const config_settings *it, const char *name, config_place place,
                              config_fault *fault) {
    const config_issuer *issuers = it->issuers.items;
    nearest guess = {0};
    for (size_t i = 0; i < it->issuers.count; i++) {
        if (strcmp(issuers[i].name, name) == 0)
            return true;
        nearest_offer(&guess, name, issuers[i].name);
    }
    return refuse_unknown_name(place, "issuer", name, guess.best, fault);
}

static bool check_policy_name(const config_settings *it, const char *name, config_place place,
                              config_fault *fault) {
    const config_policy *policies = it->policies.items;
    nearest guess = {0};
    for (size_t i = 0; i < it->policies.count; i++) {
        if (strcmp(policies[i].name, name) == 0)
            return true;
        nearest_offer(&guess, name, policies[i].name);
    }
    return refuse_unknown_name(place, "policy", name, guess.best, fault);
}

static bool check_scopes(const config_policy *policy, config_fault *fault) {
    size_t size = 0;
    for (size_t i = 0; i < policy->scopes.count; i++) {
        const char *scope = policy->scopes.items[i];
        size += strlen(scope) + 1;
        if (strchr(scope, ' ') || !policy_is_quotable(scope, POLICY_MAX_SCOPE_BYTES))
            return config_fail(
                fault, place_in(policy->node, "scopes", i),
                "scopes: a scope without spaces expected (RFC 6749 section 3.3)");
    }
    if (size > POLICY_MAX_SCOPE_BYTES)
        return config_fail(fault, place_of(policy->node, "scopes"),
                           "scopes: together they are over %u bytes", POLICY_MAX_SCOPE_BYTES);
    return true;
}

static bool check_claims(const config_policy *policy, config_fault *fault) {
    const config_claim_rule *rules = policy->claims.items;
    for (size_t i = 0; i < policy->claims.count; i++) {
        const config_list *lists[] = {&rules[i].equals, &rules[i].one_of, &rules[i].contains,
                                      &rules[i].contains_all};
        size_t tests = 0;
        for (size_t j = 0; j < JK_COUNT_OF(lists); j++)
            tests += lists[j]->count > 0 ? 1 : 0;
        if (tests != 1)
            return config_fail(fault, rules[i].node->place,
                               "a claim needs one of equals, one_of, contains, contains_all");
    }
    return true;
}

static bool check_header(const config_node *object, const char *key, const char *name,
                         config_fault *fault) {
    if (!name || http_is_token(jwkeep_span_text(name)))
        return true;
    return config_fail(fault, place_of(object, key), "%s: the name of a header expected", key);
}

static bool check_token(const config_policy *policy, config_fault *fault) {
    const config_token *token = &policy->token;
    if (!token->node)
        return true;
    if (!token->takes_authorization && !token->cookie && !token->header && !token->query)
        return config_fail(fault, token->node->place, "the token is looked for nowhere");
    return check_header(token->node, "cookie", token->cookie, fault) &&
           check_header(token->node, "header", token->header, fault) &&
           check_header(token->node, "query", token->query, fault);
}

/* The names of all headers of a policy as they are sent, to see that no two are the same. */
typedef struct header_names {
    jwkeep_span names[POLICY_MAX_RETURNED + 4];
    size_t count;
    size_t bytes;
} header_names;

static bool add_header(header_names *it, const char *name, config_place place,
                       config_fault *fault) {
    for (size_t i = 0; i < it->count; i++)
        if (it->names[i].size == strlen(name) &&
            strncasecmp((const char *)it->names[i].data, name, it->names[i].size) == 0)
            return config_fail(fault, place, "the header %.64s is sent twice", name);
    it->names[it->count++] = jwkeep_span_text(name);
    it->bytes += strlen(name) + 4;
    return true;
}

static bool add_returned(header_names *names, const config_identity *identity,
                         config_fault *fault) {
    const config_returned *claims = identity->claims.items;
    for (size_t i = 0; i < identity->claims.count; i++) {
        config_place place = claims[i].node->place;
        if (!claims[i].header && !http_is_token(jwkeep_span_text(claims[i].claim)))
            return config_fail(
                fault, place, "the claim's name cannot stand in a header: \"header\" expected");
        if (!check_header(claims[i].node, "header", claims[i].header, fault))
            return false;
        /* Without a name of its own it is X-Auth-Claim-<Name>, which no other is. */
        if (!add_header(names, claims[i].header ? claims[i].header : claims[i].claim, place,
                        fault))
            return false;
        names->bytes += claims[i].header ? 0 : sizeof "X-Auth-Claim-";
    }
    return true;
}

static bool check_identity(const config_policy *policy, config_fault *fault) {
    const config_identity *it = &policy->identity;
    const config_node *node = it->node ? it->node : policy->node;
    header_names names = {.count = 0};
    if (!check_header(node, "subject_header", it->subject_header, fault) ||
        !check_header(node, "issuer_header", it->issuer_header, fault) ||
        !check_header(node, "scope_header", it->scope_header, fault) ||
        !check_header(node, "claims_header", it->claims_header, fault))
        return false;
    if (!add_header(&names, it->subject_header, node->place, fault) ||
        !add_header(&names, it->issuer_header, node->place, fault) ||
        !add_header(&names, it->scope_header, node->place, fault) ||
        (it->claims_header && !add_header(&names, it->claims_header, node->place, fault)) ||
        !add_returned(&names, it, fault))
        return false;
    return names.bytes <= MAX_IDENTITY_HEAD_BYTES ||
           config_fail(fault, node->place, "the names of the headers are over %u bytes",
                       MAX_IDENTITY_HEAD_BYTES);
}

static bool check_methods(const config_rule *rule, config_fault *fault) {
    for (size_t i = 0; i < rule->methods.count; i++)
        if (!http_is_token(jwkeep_span_text(rule->methods.items[i])))
            return config_fail(fault, place_in(rule->node, "methods", i),
                               "methods: a method such as GET expected");
    return true;
}

static bool check_rule(const config_settings *it, const config_rule *rule,
                       config_fault *fault) {
    uint8_t storage[HTTP_MAX_PATH_BYTES / 4];
    jwkeep_span path;
    if (strlen(rule->path) > sizeof storage ||
        !http_path_normalise(jwkeep_span_text(rule->path), storage, &path))
        return config_fail(fault, place_of(rule->node, "path"),
                           "path: a path from / on expected, without ? # ; \\ and encoded "
                           "slashes");
    bool is_judge = rule->action == CONFIG_ACTION_JUDGE;
    if (is_judge != (rule->policy != NULL))
        return config_fail(fault, rule->node->place,
                           is_judge ? "a rule needs \"policy\", or an action of its own"
                                    : "an action of its own needs no \"policy\"");
    if (rule->policy &&
        !check_policy_name(it, rule->policy, place_of(rule->node, "policy"), fault))
        return false;
    return check_methods(rule, fault);
}

static bool check_rules(const config_settings *it, const config_policy *policy,
                        config_fault *fault) {
    const config_rule *rules = policy->rules.items;
    if (policy->rules.count > 0 && policy->gateway == POLICY_GATEWAY_NONE)
        return config_fail(fault, place_of(policy->node, "rules"),
                           "rules need \"gateway\": whose headers tell the original request");
    for (size_t i = 0; i < policy->rules.count; i++)
        if (!check_rule(it, &rules[i], fault))
            return false;
    return true;
}

static bool check_texts(const config_policy *policy, config_fault *fault) {
    const char *url = policy->resource_metadata;
    if (!policy_is_quotable(policy->realm, POLICY_MAX_REALM_BYTES))
        return config_fail(fault, place_of(policy->node, "realm"),
                           "realm: printable ASCII without \" and \\ expected");
    if (url && (!policy_is_quotable(url, POLICY_MAX_URL_BYTES) ||
                (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)))
        return config_fail(fault, place_of(policy->node, "resource_metadata"),
                           "resource_metadata: a URL expected");
    if (policy->audiences.count == 0 && !policy->takes_any_audience)
        return config_fail(fault, policy->node->place,
                           "a policy needs \"audiences\": whom tokens must be for "
                           "(or any_audience: true)");
    if (policy->audiences.count > 0 && policy->takes_any_audience)
        return config_fail(fault, place_of(policy->node, "any_audience"),
                           "any_audience excludes audiences");
    return true;
}

static bool check_policy(const config_settings *it, const config_policy *policy,
                         config_fault *fault) {
    if (!check_name(policy->node, policy->name, fault))
        return false;
    for (size_t i = 0; i < policy->issuers.count; i++)
        if (!check_issuer_name(it, policy->issuers.items[i],
                               place_in(policy->node, "issuers", i), fault))
            return false;
    if (it->issuers.count == 0 && !policy->accepted.node)
        return config_fail(fault, policy->node->place,
                           "whose tokens pass? \"issuers\" in the file, or "
                           "\"accepted_issuers\" here, expected");
    if (policy->accepted.node && policy->accepted.patterns.count == 0)
        return config_fail(fault, place_of(policy->accepted.node, "patterns"),
                           "patterns: at least one expected");
    return check_texts(policy, fault) && check_scopes(policy, fault) &&
           check_claims(policy, fault) && check_token(policy, fault) &&
           check_identity(policy, fault) && check_rules(it, policy, fault);
}

static bool check_policies(const config_settings *it, config_fault *fault) {
    const config_policy *policies = it->policies.items;
    if (it->policies.count == 0)
        return config_fail(fault, place_of(it->node, "policies"),
                           "policies: at least one expected");
    for (size_t i = 0; i < it->policies.count; i++) {
        for (size_t j = 0; j < i; j++)
            if (strcmp(policies[i].name, policies[j].name) == 0)
                return config_fail(fault, place_of(policies[i].node, "name"),
                                   "two policies are called \"%.64s\"", policies[i].name);
        if (!check_policy(it, &policies[i], fault))
            return false;
    }
    return true;
}

/* Bytes that a form, and so Basic, leaves as they are (RFC 6749 §2.3.1). */
static bool is_unreserved(const char *text) {
    static const char unreserved[] = "abcdefghijklmnopqrstuvwxyz"
                                     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    return strspn(text, unreserved) == strlen(text);
}

static bool check_client(const config_client *client, config_fault *fault) {
    if (!client->secret)
        return config_fail(fault, client->node->place,
                           "a client needs \"secret\" or \"secret_file\"");
    size_t size = strlen(client->secret);
    if (size < INTROSPECTION_MIN_SECRET_BYTES || size > INTROSPECTION_MAX_SECRET_BYTES ||
        !is_unreserved(client->secret))
        return config_fail(fault,
                           place_of(client->node, config_member(client->node, "secret")
                                                      ? "secret"
                                                      : "secret_file"),
                           "a secret of %u to %u letters, digits, '-', '.', '_', '~' expected",
                           INTROSPECTION_MIN_SECRET_BYTES, INTROSPECTION_MAX_SECRET_BYTES);
    return is_unreserved(client->id) ||
           config_fail(fault, place_of(client->node, "id"),
                       "id: letters, digits, '-', '.', '_', '~' expected");
}

static bool check_introspection(const config_settings *it, config_fault *fault) {
    const config_introspection *asked = &it->introspection;
    const config_client *clients = asked->clients.items;
    if (asked->policy &&
        !check_policy_name(it, asked->policy, place_of(asked->node, "policy"), fault))
        return false;
    for (size_t i = 0; i < asked->clients.count; i++)
        if (!check_client(&clients[i], fault))
            return false;
    return true;
}

bool config_check(const config_settings *settings, config_fault *ret_fault) {
    return check_listeners(settings, ret_fault) && check_issuers(settings, ret_fault) &&
           check_policies(settings, ret_fault) && check_introspection(settings, ret_fault);
}
