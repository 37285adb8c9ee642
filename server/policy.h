/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what a policy is: where a request's token is looked for, which verifier judges it, what
 * goes back. Policies stand in a plan and do not change. */
#ifndef SERVER_POLICY_H
#define SERVER_POLICY_H

#include <jwkeep/verifier.h>

#define POLICY_MAX_NAME_BYTES 64u
#define POLICY_MAX_RETURNED 16u     /* claims that go back */
#define POLICY_MAX_HEADER_BYTES 64u /* of a configured header's name */
#define POLICY_MAX_SCOPE_BYTES 256u /* of all required scopes, as the challenge names them */
#define POLICY_MAX_URL_BYTES 256u   /* of resource_metadata */
#define POLICY_MAX_REALM_BYTES 128u
#define POLICY_MAX_RULES 256u

/* Whose word counts for the client's request behind the gateway's. */
typedef enum policy_gateway {
    POLICY_GATEWAY_NONE,      /* the request itself is the client's */
    POLICY_GATEWAY_NGINX,     /* X-Original-Method, X-Original-URI */
    POLICY_GATEWAY_FORWARDED, /* X-Forwarded-Method, X-Forwarded-Uri: Caddy, Traefik */
    POLICY_GATEWAY_ENVOY      /* its method; its path and query, behind /verify/<policy> */
} policy_gateway;

typedef enum policy_verdict {
    POLICY_JUDGE, /* by the rule's policy */
    POLICY_ALLOW, /* without a token */
    POLICY_DENY
} policy_verdict;

typedef struct server_policy server_policy;

/* What becomes of requests at or below a path. */
typedef struct policy_rule {
    jwkeep_span prefix;         /* normalised */
    const char *const *methods; /* none: any; GET stands for HEAD as well */
    size_t method_count;
    policy_verdict verdict;
    const server_policy *judge; /* of POLICY_JUDGE; its own rules are not looked at */
} policy_rule;

typedef struct policy_claim {
    const char *claim;
    const char *header;
} policy_claim;

struct server_policy {
    const char *name;
    jwkeep_verifier *verifier;
    const char *realm;             /* printable ASCII without " and \ */
    const char *resource_metadata; /* a URL for challenges (RFC 9728 §5.1), or NULL */
    const char *scope;             /* what is required, as RFC 6749 §3.3 writes it, or NULL */
    bool is_wrong_audience_forbidden; /* 403, not 401 */
    bool takes_bound_tokens;          /* those with `cnf`, as bearer tokens */
    bool passes_preflight;

    /* Where the token may be; names of fields in lower case; NULL: not there. */
    bool takes_authorization;
    const char *token_cookie;
    const char *token_header;
    const char *token_query; /* RFC 6750 §2.3 */

    /* Names of the identity headers; `claims_header` NULL: not sent. */
    const char *subject_header;
    const char *issuer_header;
    const char *scope_header;
    const char *claims_header;
    const policy_claim *returned;
    size_t returned_count;

    policy_gateway gateway;
    const policy_rule *rules; /* longest prefix first */
    size_t rule_count;
};

/* All as `jwkeep serve` has it without a file: the token from Authorization, X-Auth-Subject,
 * X-Auth-Issuer and X-Auth-Scope back. */
void policy_init(server_policy *it, const char *name, jwkeep_verifier *verifier,
                 const char *realm);

/* The first rule for `method` and `path`, which is normalised; NULL if there is none. */
const policy_rule *policy_find_rule(const server_policy *it, jwkeep_span method,
                                    jwkeep_span path);

/* Whether `realm` can stand in a challenge. */
bool policy_is_quotable(const char *text, size_t max_bytes);

#endif
