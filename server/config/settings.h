/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what can be configured: the structures a file is read into, and their tables. */
#ifndef SERVER_CONFIG_SETTINGS_H
#define SERVER_CONFIG_SETTINGS_H

#include "server/config/shape.h"
#include "server/http/path.h"
#include "server/limits.h"
#include "server/policy.h"
#include <jwkeep/verifier.h>
#include <jwkeep/webhook.h>

#define CONFIG_MAX_POLICIES 256u
#define CONFIG_MAX_START_TIMEOUT_S 3600u

typedef struct config_tls {
    const config_node *node;
    const char *certificate_file;
    const char *key_file;
} config_tls;

typedef struct config_listener {
    const config_node *node;
    const char *address;
    uint32_t unix_mode;
    config_tls tls;
} config_listener;

typedef struct config_admin {
    const config_node *node;
    const char *address;
    uint32_t unix_mode;
    config_texts hosts;
    bool is_off;
} config_admin;

typedef struct config_log {
    const config_node *node;
    int format; /* a log_format */
    int level;  /* a log_level */
} config_log;

typedef struct config_limits {
    const config_node *node;
    server_limits of_server;
    jwkeep_limits of_tokens;
} config_limits;

typedef struct config_request_header {
    const config_node *node;
    const char *name;
    const char *value;
} config_request_header;

typedef struct config_source {
    const config_node *node;
    jwkeep_source_options options;
    config_texts fallback_urls;
    config_texts pinned_keys;
    config_list request_headers;
} config_source;

typedef struct config_issuer {
    const config_node *node;
    const char *name;
    const char *issuer;
    const char *jwks_url;
    const char *keys_file;
    config_source source;
} config_issuer;

typedef struct config_claim_rule {
    const config_node *node;
    const char *name;
    config_list equals;
    config_list one_of;
    config_list contains;
    config_list contains_all;
} config_claim_rule;

typedef struct config_token {
    const config_node *node;
    bool takes_authorization;
    const char *cookie;
    const char *header;
    const char *query;
} config_token;

typedef struct config_returned {
    const config_node *node;
    const char *claim;
    const char *header; /* NULL: X-Auth-Claim-<Name> */
} config_returned;

typedef struct config_identity {
    const config_node *node;
    const char *subject_header;
    const char *issuer_header;
    const char *scope_header;
    const char *claims_header;
    config_list claims; /* config_returned */
} config_identity;

typedef struct config_rule {
    const config_node *node;
    const char *path;
    config_texts methods;
    const char *policy;
    int action; /* CONFIG_ACTION_… */
} config_rule;

enum { CONFIG_ACTION_JUDGE, CONFIG_ACTION_ALLOW, CONFIG_ACTION_DENY };

typedef struct config_accepted {
    const config_node *node;
    config_texts patterns;
    uint32_t max_issuers;
    uint32_t max_unloaded;
    uint32_t idle_s;
    config_source source;
} config_accepted;

typedef struct config_policy {
    const config_node *node;
    const char *name;
    config_texts issuers;     /* none: all */
    config_accepted accepted; /* besides them */
    config_texts audiences;
    bool takes_any_audience;
    jwkeep_algorithm_set algorithms;
    const char *typ;
    const char *subject;
    int64_t leeway_s;
    int64_t max_age_s;
    config_texts required;
    bool allows_no_exp;
    bool is_kid_required;
    config_texts scopes;
    config_list claims; /* config_claim_rule */
    config_token token;
    config_identity identity;
    size_t token_cache;
    const char *realm;
    const char *resource_metadata;
    int wrong_audience; /* CONFIG_AUDIENCE_… */
    int bound_tokens;   /* CONFIG_BOUND_… */
    bool passes_preflight;
    int gateway; /* a policy_gateway */
    config_list rules;
} config_policy;

enum { CONFIG_AUDIENCE_401, CONFIG_AUDIENCE_403 };
enum { CONFIG_BOUND_REFUSE, CONFIG_BOUND_BEARER };

typedef struct config_client {
    const config_node *node;
    const char *id;
    const char *secret;
} config_client;

typedef struct config_introspection {
    const config_node *node;
    const char *policy; /* NULL: the first */
    config_list clients;
} config_introspection;

typedef struct config_webhook {
    const config_node *node;
    jwkeep_webhook_options options;
    config_texts pinned_keys;
    config_list request_headers;
    uint32_t events; /* bits of webhook_kind */
} config_webhook;

typedef struct config_settings {
    const config_node *node;
    config_list listeners;
    config_admin admin;
    uint32_t workers;
    uint32_t wait_ms;
    uint32_t grace_ms;
    int start; /* CONFIG_START_… */
    uint32_t start_timeout_s;
    uint32_t max_downloads;
    config_limits limits;
    config_log log;
    config_list issuers;
    config_list policies;
    config_introspection introspection;
    config_webhook webhook;
} config_settings;

enum { CONFIG_START_LAZY, CONFIG_START_EAGER, CONFIG_START_REQUIRED };

extern const config_shape CONFIG_SETTINGS_SHAPE;
extern const config_shape CONFIG_ISSUER_SHAPE;
extern const config_shape CONFIG_ACCEPTED_SOURCE_SHAPE;

#endif
