/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tables of the configuration file: every key there is, its range and its sentence. */
#include "server/config/settings.h"
#include "base/attributes.h"
#include "server/admin_host.h"
#include "server/introspection.h"
#include "server/server.h"
#include "server/webhook.h"

#define MAX_ADDRESS_BYTES (SERVER_ADDRESS_BYTES - 1)
#define MAX_PATH_BYTES 4095
#define MAX_URL_BYTES 2048
#define MAX_CLAIM_BYTES 256
#define MAX_LIST 64 /* audiences, scopes, values, methods */
#define MAX_AGE_S 315576000

#define KEY(structure, field, kind, name, min, max, help)                                      \
    { name, kind, offsetof(structure, field), min, max, false, NULL, NULL, help }
#define REQUIRED(structure, field, kind, name, min, max, help)                                 \
    { name, kind, offsetof(structure, field), min, max, true, NULL, NULL, help }
#define CHOICE(structure, field, name, choices, help)                                          \
    { name, CONFIG_CHOICE, offsetof(structure, field), 0, 0, false, choices, NULL, help }
#define OBJECT(structure, field, name, shape, help)                                            \
    { name, CONFIG_OBJECT, offsetof(structure, field), 0, 0, false, NULL, shape, help }
#define OBJECTS(structure, field, name, max, shape, help)                                      \
    { name, CONFIG_OBJECTS, offsetof(structure, field), 0, max, false, NULL, shape, help }
#define SHAPE(what, keys, structure, init)                                                     \
    { what, keys, JK_COUNT_OF(keys), sizeof(structure), init }

static const config_key TLS_KEYS[] = {
    REQUIRED(config_tls, certificate_file, CONFIG_TEXT, "certificate_file", 0, MAX_PATH_BYTES,
             "our certificate and those above it, in PEM; a reload reads it again"),
    REQUIRED(config_tls, key_file, CONFIG_TEXT, "key_file", 0, MAX_PATH_BYTES, "and its key"),
};
static const config_shape TLS = SHAPE("a listener's TLS", TLS_KEYS, config_tls, NULL);

static void init_listener(void *object) {
    ((config_listener *)object)->unix_mode = SERVER_UNIX_MODE;
}

static const config_key LISTENER_KEYS[] = {
    REQUIRED(config_listener, address, CONFIG_TEXT, "address", 0, MAX_ADDRESS_BYTES,
             "IP:PORT, [IPV6]:PORT or unix:PATH; port 0 lets the system choose"),
    KEY(config_listener, unix_mode, CONFIG_MODE, "mode", 0, 0777,
        "permission bits of a unix socket"),
    OBJECT(config_listener, tls, "tls", &TLS, "TLS 1.2 or later"),
};
static const config_shape LISTENER =
    SHAPE("a listener", LISTENER_KEYS, config_listener, init_listener);

static void init_admin(void *object) {
    config_admin *it = object;
    it->address = "127.0.0.1:9090";
    it->unix_mode = SERVER_UNIX_MODE;
}

static const config_key ADMIN_KEYS[] = {
    KEY(config_admin, address, CONFIG_TEXT, "address", 0, MAX_ADDRESS_BYTES,
        "where metrics, status and administration are; not for clients"),
    KEY(config_admin, unix_mode, CONFIG_MODE, "mode", 0, 0777,
        "permission bits of a unix socket"),
    KEY(config_admin, hosts, CONFIG_TEXTS, "hosts", 0, ADMIN_MAX_HOSTS,
        "its names beside localhost, without a port: POST under another one is refused"),
    KEY(config_admin, is_off, CONFIG_FLAG, "disabled", 0, 0, "no administration listener"),
};
static const config_shape ADMIN =
    SHAPE("the administration", ADMIN_KEYS, config_admin, init_admin);

static const char *const LOG_FORMATS[] = {"logfmt", "json", NULL};
static const char *const LOG_LEVELS[] = {"error", "warning", "info", "debug", NULL};

static void init_log(void *object) {
    ((config_log *)object)->level = LOG_LEVEL_INFO;
}

static const config_key LOG_KEYS[] = {
    CHOICE(config_log, format, "format", LOG_FORMATS, "one line an event, on standard error"),
    CHOICE(config_log, level, "level", LOG_LEVELS,
           "events at least as grave; debug tells of requests without a token, too"),
};
static const config_shape LOG = SHAPE("the log", LOG_KEYS, config_log, init_log);

static void init_limits(void *object) {
    config_limits *it = object;
    server_limits_init(&it->of_server);
    jwkeep_limits_init(&it->of_tokens);
}

#define SERVER_LIMIT(field, kind, max, help)                                                   \
    KEY(config_limits, of_server.field, kind, #field, 1, max, help)
#define TOKEN_LIMIT(field, max, help)                                                          \
    KEY(config_limits, of_tokens.field, CONFIG_SIZE, #field, 1, max, help)

static const config_key LIMITS_KEYS[] = {
    SERVER_LIMIT(max_connections, CONFIG_SIZE, 1000000, "connections; over it: 503, closed"),
    SERVER_LIMIT(max_per_address, CONFIG_SIZE, 1000000,
                 "connections of one IPv4 address or IPv6 /64"),
    SERVER_LIMIT(max_parked, CONFIG_SIZE, 1000000, "requests that wait for keys; over it: 503"),
    SERVER_LIMIT(max_pipelined, CONFIG_SIZE, 65536,
                 "requests of a connection before others have their turn"),
    SERVER_LIMIT(idle_timeout_ms, CONFIG_UINT32, 86400000, "between requests of a connection"),
    SERVER_LIMIT(request_timeout_ms, CONFIG_UINT32, 3600000,
                 "from a request's first byte to its last"),
    SERVER_LIMIT(write_timeout_ms, CONFIG_UINT32, 3600000,
                 "for the other side to take an answer"),
    SERVER_LIMIT(parked_timeout_ms, CONFIG_UINT32, 3600000, "for a parked request; then: 503"),
    TOKEN_LIMIT(max_token_bytes, 1048576, "of a token"),
    TOKEN_LIMIT(max_header_bytes, 1048576, "of a token's header, still encoded"),
    TOKEN_LIMIT(max_kid_bytes, 65536, "of a kid"),
    TOKEN_LIMIT(max_json_depth, 32, "nesting of JSON"),
    TOKEN_LIMIT(max_json_values, 1000000, "values in one JSON text"),
    TOKEN_LIMIT(max_keyset_bytes, 67108864, "of a key set"),
    TOKEN_LIMIT(max_keys, 10000, "keys of a set"),
    TOKEN_LIMIT(max_candidates, 100, "keys tried for one token"),
    TOKEN_LIMIT(max_crit, 1000, "names in crit"),
    TOKEN_LIMIT(max_audiences, 10000, "values in aud"),
};
static const config_shape LIMITS = SHAPE("the limits", LIMITS_KEYS, config_limits, init_limits);

static const config_key REQUEST_HEADER_KEYS[] = {
    REQUIRED(config_request_header, name, CONFIG_TEXT, "name", 0, 256, "of a request header"),
    KEY(config_request_header, value, CONFIG_TEXT, "value", 0, 4096, "its value"),
    KEY(config_request_header, value, CONFIG_FILE_TEXT, "value_file", 0, 0,
        "a file with its value: for secrets"),
};
static const config_shape REQUEST_HEADER =
    SHAPE("a request header", REQUEST_HEADER_KEYS, config_request_header, NULL);

static void init_source(void *object) {
    jwkeep_source_options_init(&((config_source *)object)->options);
}

#define SOURCE(field, kind, min, max, help)                                                    \
    KEY(config_source, options.field, kind, #field, min, max, help)
#define SOURCE_NUMBER(field, min, max, help) SOURCE(field, CONFIG_UINT32, min, max, help)

/* Of every source, also of those that a token names. */
#define COMMON_SOURCE_KEYS                                                                     \
    SOURCE_NUMBER(cooldown_s, 1, 3600, "between downloads for unknown keys"),                  \
        SOURCE_NUMBER(lifetime_min_s, 1, 86400, "keys live so long at least"),                 \
        SOURCE_NUMBER(lifetime_max_s, 1, 86400, "and so long at the most"),                    \
        SOURCE_NUMBER(lifetime_default_s, 1, 86400, "where the answer says nothing"),          \
        SOURCE_NUMBER(stale_limit_s, 0, 86400,                                                 \
                      "use of keys past their lifetime while downloads fail"),                 \
        SOURCE_NUMBER(backoff_min_ms, 100, 60000, "after a first failure"),                    \
        SOURCE_NUMBER(backoff_max_ms, 100, 3600000, "after many failures"),                    \
        SOURCE_NUMBER(retry_after_max_s, 0, 3600, "the longest Retry-After that is heeded"),   \
        SOURCE_NUMBER(connect_timeout_ms, 1, 60000, "within fetch_timeout_ms"),                \
        SOURCE_NUMBER(fetch_timeout_ms, 1, 300000, "for a whole download"),                    \
        SOURCE_NUMBER(max_waiters, 1, 1000000, "who may wait for a download at a time"),       \
        SOURCE_NUMBER(negative_ttl_s, 0, 3600, "memory of kids that are missing"),             \
        SOURCE_NUMBER(negative_max, 1, 65536, "kids so remembered"),                           \
        SOURCE_NUMBER(empty_confirm_s, 0, 3600, "until a second empty answer counts"),         \
        SOURCE_NUMBER(size_alarm_keys, 1, 10000, "more keys raise the alarm"),                 \
        SOURCE_NUMBER(signature_refetch_s, 0, 86400,                                           \
                      "between downloads for bad signatures of known keys; 0: none"),          \
        SOURCE_NUMBER(rediscovery_s, 60, 604800, "until the issuer's metadata is read again"), \
        SOURCE(ca_file, CONFIG_TEXT, 0, MAX_PATH_BYTES,                                        \
               "authorities in PEM, not the system's")

static const config_key SOURCE_KEYS[] = {
    COMMON_SOURCE_KEYS,
    SOURCE(allows_http_loopback, CONFIG_FLAG, 0, 0, "plain http, to loopback addresses only"),
    SOURCE(is_dynamic, CONFIG_FLAG, 0, 0, "refuse loopback, private and special addresses"),
    KEY(config_source, pinned_keys, CONFIG_TEXTS, "pinned_keys", 0, 8,
        "SHA-256 of the server's public key in base64, on top of the authorities"),
    SOURCE(client_cert_file, CONFIG_TEXT, 0, MAX_PATH_BYTES, "our certificate in PEM"),
    SOURCE(client_key_file, CONFIG_TEXT, 0, MAX_PATH_BYTES, "and its key"),
    SOURCE(proxy, CONFIG_TEXT, 0, MAX_URL_BYTES, "http://HOST:PORT, for https URLs"),
    OBJECTS(config_source, request_headers, "request_headers", JWKEEP_MAX_REQUEST_HEADERS,
            &REQUEST_HEADER, "sent with every download"),
    KEY(config_source, fallback_urls, CONFIG_TEXTS, "fallback_urls", 0, JWKEEP_MAX_FALLBACKS,
        "with jwks_url: tried in this order when it fails"),
    SOURCE(snapshot_file, CONFIG_TEXT, 0, MAX_PATH_BYTES,
           "the last good keys, for a start while the issuer is down"),
};
static const config_shape SOURCE_SHAPE =
    SHAPE("a source", SOURCE_KEYS, config_source, init_source);

static const config_key ISSUER_KEYS[] = {
    REQUIRED(config_issuer, name, CONFIG_TEXT, "name", 0, POLICY_MAX_NAME_BYTES,
             "for policies, status, metrics and /jwks/<name>"),
    REQUIRED(config_issuer, issuer, CONFIG_TEXT, "issuer", 0, MAX_URL_BYTES,
             "what iss must be; alone, its keys are found by discovery"),
    KEY(config_issuer, jwks_url, CONFIG_TEXT, "jwks_url", 0, MAX_URL_BYTES,
        "where its keys are, without discovery"),
    KEY(config_issuer, keys_file, CONFIG_TEXT, "keys_file", 0, MAX_PATH_BYTES,
        "a JWK Set in a file: nothing is downloaded"),
    OBJECT(config_issuer, source, "source", &SOURCE_SHAPE, "how its keys are kept"),
};
const config_shape CONFIG_ISSUER_SHAPE = SHAPE("an issuer", ISSUER_KEYS, config_issuer, NULL);

static void init_accepted(void *object) {
    config_accepted *it = object;
    jwkeep_dynamic_issuers defaults;
    jwkeep_dynamic_issuers_init(&defaults);
    it->max_issuers = defaults.max_issuers;
    it->max_unloaded = defaults.max_unloaded;
    it->idle_s = defaults.idle_s;
    init_source(&it->source);
}

static const config_key ACCEPTED_SOURCE_KEYS[] = {COMMON_SOURCE_KEYS};
const config_shape CONFIG_ACCEPTED_SOURCE_SHAPE =
    SHAPE("a source of accepted issuers", ACCEPTED_SOURCE_KEYS, config_source, init_source);

static const config_key ACCEPTED_KEYS[] = {
    REQUIRED(config_accepted, patterns, CONFIG_TEXTS, "patterns", 0, JWKEEP_MAX_ISSUER_PATTERNS,
             "https URLs; * stands for a host's first label or for a segment of the path"),
    KEY(config_accepted, max_issuers, CONFIG_UINT32, "max_issuers", 1, JWKEEP_MAX_ISSUERS,
        "at a time"),
    KEY(config_accepted, max_unloaded, CONFIG_UINT32, "max_unloaded", 1, JWKEEP_MAX_ISSUERS,
        "of them without keys"),
    KEY(config_accepted, idle_s, CONFIG_UINT32, "idle_s", 60, 604800,
        "until one that no token names loses its place"),
    OBJECT(config_accepted, source, "source", &CONFIG_ACCEPTED_SOURCE_SHAPE,
           "how their keys are kept"),
};
static const config_shape ACCEPTED =
    SHAPE("accepted issuers", ACCEPTED_KEYS, config_accepted, init_accepted);

static const config_key CLAIM_KEYS[] = {
    REQUIRED(config_claim_rule, name, CONFIG_TEXT, "name", 0, MAX_CLAIM_BYTES, "of the claim"),
    KEY(config_claim_rule, equals, CONFIG_VALUES, "equals", 0, 1, "it is this value"),
    KEY(config_claim_rule, one_of, CONFIG_VALUES, "one_of", 0, MAX_LIST, "it is one of these"),
    KEY(config_claim_rule, contains, CONFIG_VALUES, "contains", 0, MAX_LIST,
        "a list, or words of a text, with one of these"),
    KEY(config_claim_rule, contains_all, CONFIG_VALUES, "contains_all", 0, MAX_LIST,
        "with all of these"),
};
static const config_shape CLAIM = SHAPE("a claim", CLAIM_KEYS, config_claim_rule, NULL);

static void init_token(void *object) {
    ((config_token *)object)->takes_authorization = true;
}

static const config_key TOKEN_KEYS[] = {
    KEY(config_token, takes_authorization, CONFIG_FLAG, "authorization", 0, 0,
        "from Authorization: Bearer"),
    KEY(config_token, cookie, CONFIG_TEXT, "cookie", 0, POLICY_MAX_HEADER_BYTES,
        "from a cookie of this name"),
    KEY(config_token, header, CONFIG_TEXT, "header", 0, POLICY_MAX_HEADER_BYTES,
        "from another header"),
    KEY(config_token, query, CONFIG_TEXT, "query", 0, POLICY_MAX_HEADER_BYTES,
        "from a query parameter; it ends up in logs (RFC 6750, section 2.3)"),
};
static const config_shape TOKEN =
    SHAPE("a token's places", TOKEN_KEYS, config_token, init_token);

static const config_key RETURNED_KEYS[] = {
    REQUIRED(config_returned, claim, CONFIG_TEXT, "claim", 0, MAX_CLAIM_BYTES,
             "the claim that goes back"),
    KEY(config_returned, header, CONFIG_TEXT, "header", 0, POLICY_MAX_HEADER_BYTES,
        "under this name; without it: X-Auth-Claim-<Name>"),
};
static const config_shape RETURNED =
    SHAPE("a returned claim", RETURNED_KEYS, config_returned, NULL);

static void init_identity(void *object) {
    config_identity *it = object;
    it->subject_header = "X-Auth-Subject";
    it->issuer_header = "X-Auth-Issuer";
    it->scope_header = "X-Auth-Scope";
}

#define IDENTITY(field, help)                                                                  \
    KEY(config_identity, field, CONFIG_TEXT, #field, 0, POLICY_MAX_HEADER_BYTES, help)

static const config_key IDENTITY_KEYS[] = {
    IDENTITY(subject_header, "the name of the header with sub"),
    IDENTITY(issuer_header, "with iss"),
    IDENTITY(scope_header, "with scope"),
    IDENTITY(claims_header, "with all claims as base64url JSON; not sent unless named"),
    OBJECTS(config_identity, claims, "claims", POLICY_MAX_RETURNED, &RETURNED,
            "further claims that go back"),
};
static const config_shape IDENTITY_SHAPE =
    SHAPE("the identity", IDENTITY_KEYS, config_identity, init_identity);

static const char *const ACTIONS[] = {"judge", "allow", "deny", NULL};

static const config_key RULE_KEYS[] = {
    REQUIRED(config_rule, path, CONFIG_TEXT, "path", 0, HTTP_MAX_PATH_BYTES,
             "the original path, or one above it; the longest that fits wins"),
    KEY(config_rule, methods, CONFIG_TEXTS, "methods", 0, MAX_LIST,
        "original methods; none: any. GET stands for HEAD as well"),
    KEY(config_rule, policy, CONFIG_TEXT, "policy", 0, POLICY_MAX_NAME_BYTES,
        "judged by this policy instead"),
    CHOICE(config_rule, action, "action", ACTIONS,
           "judge, or without looking at a token: allow, deny"),
};
static const config_shape RULE = SHAPE("a rule", RULE_KEYS, config_rule, NULL);

static const char *const WRONG_AUDIENCE[] = {"401", "403", NULL};
static const char *const BOUND_TOKENS[] = {"refuse", "bearer", NULL};
static const char *const GATEWAYS[] = {"none", "nginx", "forwarded", "envoy", NULL};

static void init_policy(void *object) {
    config_policy *it = object;
    it->realm = "jwkeep";
    it->token_cache = SERVER_TOKEN_CACHE;
}

#define POLICY(field, kind, name, min, max, help)                                              \
    KEY(config_policy, field, kind, name, min, max, help)

static const config_key POLICY_KEYS[] = {
    REQUIRED(config_policy, name, CONFIG_TEXT, "name", 0, POLICY_MAX_NAME_BYTES,
             "of /verify/<name>; the first policy is that of /verify"),
    POLICY(issuers, CONFIG_TEXTS, "issuers", 0, JWKEEP_MAX_ISSUERS,
           "by name; none: all of them"),
    OBJECT(config_policy, accepted, "accepted_issuers", &ACCEPTED,
           "and whoever stands behind one of these URLs, when a token names it"),
    POLICY(audiences, CONFIG_TEXTS, "audiences", 0, MAX_LIST, "aud must hold one of these"),
    POLICY(takes_any_audience, CONFIG_FLAG, "any_audience", 0, 0,
           "instead of audiences: tokens for anybody pass"),
    POLICY(algorithms, CONFIG_ALGORITHMS, "algorithms", 0, 0,
           "allowed ones; without it: what the keys are for"),
    POLICY(typ, CONFIG_TEXT, "typ", 0, 128, "the header's typ, such as at+jwt"),
    POLICY(subject, CONFIG_TEXT, "subject", 0, MAX_URL_BYTES, "sub must be this"),
    POLICY(leeway_s, CONFIG_INT64, "leeway_s", 0, JWKEEP_MAX_LEEWAY_S,
           "clocks may differ so far"),
    POLICY(max_age_s, CONFIG_INT64, "max_age_s", 0, MAX_AGE_S, "since iat at the most; 0: any"),
    POLICY(required, CONFIG_TEXTS, "required", 0, MAX_LIST, "claims that must be there"),
    POLICY(allows_no_exp, CONFIG_FLAG, "allow_no_exp", 0, 0, "tokens that never expire pass"),
    POLICY(is_kid_required, CONFIG_FLAG, "require_kid", 0, 0, "the header must name a key"),
    POLICY(scopes, CONFIG_TEXTS, "scopes", 0, MAX_LIST, "scope must hold all of these"),
    OBJECTS(config_policy, claims, "claims", MAX_LIST, &CLAIM, "what other claims must say"),
    OBJECT(config_policy, token, "token", &TOKEN, "where the token is looked for"),
    OBJECT(config_policy, identity, "identity", &IDENTITY_SHAPE,
           "headers that go back, always all of them"),
    POLICY(token_cache, CONFIG_SIZE, "token_cache", 0, JWKEEP_CACHE_MAX_ENTRIES,
           "verified tokens to remember; 0: none"),
    POLICY(realm, CONFIG_TEXT, "realm", 0, POLICY_MAX_REALM_BYTES, "of WWW-Authenticate"),
    POLICY(resource_metadata, CONFIG_TEXT, "resource_metadata", 0, POLICY_MAX_URL_BYTES,
           "a URL in challenges (RFC 9728)"),
    CHOICE(config_policy, wrong_audience, "wrong_audience", WRONG_AUDIENCE,
           "the status for a token that is for somebody else"),
    CHOICE(config_policy, bound_tokens, "bound_tokens", BOUND_TOKENS,
           "tokens with cnf, whose key nobody shows here: refuse, or as bearer tokens"),
    POLICY(passes_preflight, CONFIG_FLAG, "cors_preflight", 0, 0,
           "CORS preflights pass without a token"),
    CHOICE(config_policy, gateway, "gateway", GATEWAYS,
           "whose headers tell the original request; needed by rules"),
    OBJECTS(config_policy, rules, "rules", POLICY_MAX_RULES, &RULE,
            "other verdicts by original method and path"),
};
static const config_shape POLICY_SHAPE =
    SHAPE("a policy", POLICY_KEYS, config_policy, init_policy);

static const config_key CLIENT_KEYS[] = {
    REQUIRED(config_client, id, CONFIG_TEXT, "id", 0, INTROSPECTION_MAX_ID_BYTES,
             "how the client calls itself"),
    KEY(config_client, secret, CONFIG_TEXT, "secret", 0, INTROSPECTION_MAX_SECRET_BYTES,
        "what it proves that with: Basic id:secret, or Bearer secret"),
    KEY(config_client, secret, CONFIG_FILE_TEXT, "secret_file", 0, 0, "a file with the secret"),
};
static const config_shape CLIENT = SHAPE("a client", CLIENT_KEYS, config_client, NULL);

static const config_key INTROSPECTION_KEYS[] = {
    KEY(config_introspection, policy, CONFIG_TEXT, "policy", 0, POLICY_MAX_NAME_BYTES,
        "by which tokens are judged; without it: the first"),
    OBJECTS(config_introspection, clients, "clients", INTROSPECTION_MAX_CLIENTS, &CLIENT,
            "who may ask; none: nobody"),
};
static const config_shape INTROSPECTION =
    SHAPE("the introspection", INTROSPECTION_KEYS, config_introspection, NULL);

static void init_webhook(void *object) {
    config_webhook *it = object;
    jwkeep_webhook_options_init(&it->options);
    it->events = WEBHOOK_USUAL_KINDS;
}

#define WEBHOOK(field, kind, min, max, help)                                                   \
    KEY(config_webhook, options.field, kind, #field, min, max, help)
#define WEBHOOK_NUMBER(field, min, max, help) WEBHOOK(field, CONFIG_UINT32, min, max, help)

static const config_key WEBHOOK_KEYS[] = {
    REQUIRED(config_webhook, options.url, CONFIG_TEXT, "url", 0, MAX_URL_BYTES,
             "where events are posted to, over https"),
    REQUIRED(config_webhook, options.secret, CONFIG_FILE_TEXT, "secret_file", 0, 0,
             "a file with whsec_ and the base64 of 24 to 64 random bytes; signs each event"),
    KEY(config_webhook, options.old_secret, CONFIG_FILE_TEXT, "old_secret_file", 0, 0,
        "signs as well, while receivers change theirs"),
    {"events", CONFIG_CHOICES, offsetof(config_webhook, events), 0, WEBHOOK_KIND_COUNT, false,
     webhook_kind_names, NULL, "which events are told"},
    WEBHOOK_NUMBER(connect_timeout_ms, 1, 60000, "within timeout_ms"),
    WEBHOOK_NUMBER(timeout_ms, 1, 300000, "for one attempt"),
    WEBHOOK_NUMBER(attempts, 1, 100, "for one event"),
    WEBHOOK_NUMBER(backoff_min_ms, 100, 60000, "after a first failure"),
    WEBHOOK_NUMBER(backoff_max_ms, 100, 3600000, "after many failures"),
    WEBHOOK_NUMBER(retry_after_max_s, 0, 3600, "the longest Retry-After that is heeded"),
    WEBHOOK_NUMBER(queue_length, 1, 65536, "events that wait; over it the oldest is dropped"),
    WEBHOOK(allows_http_loopback, CONFIG_FLAG, 0, 0, "plain http, to loopback addresses only"),
    WEBHOOK(is_dynamic, CONFIG_FLAG, 0, 0, "refuse loopback, private and special addresses"),
    WEBHOOK(ca_file, CONFIG_TEXT, 0, MAX_PATH_BYTES, "authorities in PEM, not the system's"),
    KEY(config_webhook, pinned_keys, CONFIG_TEXTS, "pinned_keys", 0, 8,
        "SHA-256 of the receiver's public key in base64, on top of the authorities"),
    WEBHOOK(client_cert_file, CONFIG_TEXT, 0, MAX_PATH_BYTES, "our certificate in PEM"),
    WEBHOOK(client_key_file, CONFIG_TEXT, 0, MAX_PATH_BYTES, "and its key"),
    WEBHOOK(proxy, CONFIG_TEXT, 0, MAX_URL_BYTES, "http://HOST:PORT, for https URLs"),
    OBJECTS(config_webhook, request_headers, "request_headers", JWKEEP_MAX_REQUEST_HEADERS,
            &REQUEST_HEADER, "sent with every event"),
};
static const config_shape WEBHOOK_SHAPE =
    SHAPE("the webhook", WEBHOOK_KEYS, config_webhook, init_webhook);

static const char *const STARTS[] = {"lazy", "eager", "required", NULL};

static void init_settings(void *object) {
    config_settings *it = object;
    it->wait_ms = SERVER_WAIT_MS;
    it->grace_ms = SERVER_GRACE_MS;
    it->start = CONFIG_START_EAGER;
    it->start_timeout_s = JWKEEP_READY_TIMEOUT_MS / 1000;
    it->max_downloads = JWKEEP_MAX_DOWNLOADS;
}

#define TOP(field, kind, min, max, help)                                                       \
    KEY(config_settings, field, kind, #field, min, max, help)

static const config_key SETTINGS_KEYS[] = {
    OBJECTS(config_settings, listeners, "listeners", SERVER_MAX_LISTENERS, &LISTENER,
            "where gateways ask; default: 127.0.0.1:8080"),
    OBJECT(config_settings, admin, "admin", &ADMIN, "the administration listener"),
    TOP(workers, CONFIG_UINT32, 0, SERVER_MAX_WORKERS, "threads; 0: one a core"),
    TOP(wait_ms, CONFIG_UINT32, 1, 600000, "how long a request may wait for keys"),
    TOP(grace_ms, CONFIG_UINT32, 0, 600000, "for requests in flight when it ends"),
    CHOICE(config_settings, start, "start", STARTS,
           "keys with the first token, at once, or before anything is answered"),
    TOP(start_timeout_s, CONFIG_UINT32, 1, CONFIG_MAX_START_TIMEOUT_S, "of start: required"),
    TOP(max_downloads, CONFIG_UINT32, 1, 1024, "at a time, for all issuers"),
    OBJECT(config_settings, log, "log", &LOG, "what is told, and in which form"),
    OBJECT(config_settings, limits, "limits", &LIMITS, "what strangers may use up"),
    OBJECTS(config_settings, issuers, "issuers", JWKEEP_MAX_ISSUERS, &CONFIG_ISSUER_SHAPE,
            "whose tokens may pass"),
    {"policies", CONFIG_OBJECTS, offsetof(config_settings, policies), 0, CONFIG_MAX_POLICIES,
     true, NULL, &POLICY_SHAPE, "what a token must be"},
    OBJECT(config_settings, introspection, "introspection", &INTROSPECTION,
           "POST /introspect (RFC 7662), for those who are named here"),
    OBJECT(config_settings, webhook, "webhook", &WEBHOOK_SHAPE,
           "who is told when keys change and when something is wrong"),
};
const config_shape CONFIG_SETTINGS_SHAPE =
    SHAPE("the file", SETTINGS_KEYS, config_settings, init_settings);
