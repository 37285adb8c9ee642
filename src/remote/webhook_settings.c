/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the options of a webhook: defaults, ranges, copies. */
#include "base/allocator.h"
#include "base/error.h"
#include "base/secret.h"
#include "codec/base64.h"
#include "remote/url.h"
#include "remote/webhook.h"
#include <strings.h>

#define SECRET_PREFIX "whsec_"
#define MAX_SECRET_CHARACTERS 88u /* of 64 bytes in base64 */
#define OWN_NAMES "webhook-"
#define HMAC_BLOCK_BYTES 64u /* of SHA-256 */

_Static_assert(JWKEEP_WEBHOOK_MAX_SECRET_BYTES <= HMAC_BLOCK_BYTES,
               "a longer key would be hashed first");

void jwkeep_webhook_options_init(jwkeep_webhook_options *options) {
    *options = (jwkeep_webhook_options){
        .struct_size = sizeof *options,
        .connect_timeout_ms = JWKEEP_WEBHOOK_CONNECT_TIMEOUT_MS,
        .timeout_ms = JWKEEP_WEBHOOK_TIMEOUT_MS,
        .attempts = JWKEEP_WEBHOOK_ATTEMPTS,
        .backoff_min_ms = JWKEEP_WEBHOOK_BACKOFF_MIN_MS,
        .backoff_max_ms = JWKEEP_WEBHOOK_BACKOFF_MAX_MS,
        .retry_after_max_s = JWKEEP_WEBHOOK_RETRY_AFTER_MAX_S,
        .queue_length = JWKEEP_WEBHOOK_QUEUE_LENGTH,
    };
}

static jwkeep_code refuse(jwkeep_error *error, const char *where) {
    return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, where, NULL, JWKEEP_NO_OFFSET);
}

static jwkeep_code resolve(const jwkeep_webhook_options *options,
                           jwkeep_webhook_options *ret_options, jwkeep_error *error) {
    jwkeep_webhook_options resolved;
    jwkeep_webhook_options_init(&resolved);
    size_t size = options->struct_size;
    if (size < sizeof options->struct_size || size > sizeof *options)
        return refuse(error, "struct_size");
    memcpy(&resolved, options, size);
    *ret_options = resolved;
    return JWKEEP_OK;
}

static jwkeep_code check_ranges(const jwkeep_webhook_options *options, jwkeep_error *error) {
    const struct {
        const char *name;
        uint32_t value;
        uint32_t low;
        uint32_t high;
    } ranges[] = {
        {"connect_timeout_ms", options->connect_timeout_ms, 1, 60000},
        {"timeout_ms", options->timeout_ms, 1, 300000},
        {"attempts", options->attempts, 1, 100},
        {"backoff_min_ms", options->backoff_min_ms, 100, 60000},
        {"backoff_max_ms", options->backoff_max_ms, options->backoff_min_ms, 3600000},
        {"retry_after_max_s", options->retry_after_max_s, 0, 3600},
        {"queue_length", options->queue_length, 1, 65536},
    };
    for (size_t i = 0; i < JK_COUNT_OF(ranges); i++)
        if (ranges[i].value < ranges[i].low || ranges[i].value > ranges[i].high)
            return refuse(error, ranges[i].name);
    return JWKEEP_OK;
}

/* What is signed is said once, by the one who signs it. */
static jwkeep_code check_headers(const jwkeep_webhook_options *options, jwkeep_error *error) {
    for (size_t i = 0; options->request_headers && i < options->request_header_count; i++)
        if (options->request_headers[i] &&
            strncasecmp(options->request_headers[i], OWN_NAMES, sizeof OWN_NAMES - 1) == 0)
            return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT,
                                "this header is the webhook's own", "request_headers", NULL);
    return JWKEEP_OK;
}

static jwkeep_code init_route(jk_route *route, const jwkeep_webhook_options *options,
                              jwkeep_error *error) {
    jwkeep_source_options carried;
    jwkeep_source_options_init(&carried);
    carried.is_dynamic = options->is_dynamic;
    carried.ca_file = options->ca_file;
    carried.pinned_key = options->pinned_key;
    carried.client_cert_file = options->client_cert_file;
    carried.client_key_file = options->client_key_file;
    carried.proxy = options->proxy;
    carried.request_headers = options->request_headers;
    carried.request_header_count = options->request_header_count;
    return jk_route_init(route, &carried, error);
}

/* HMAC itself fills a key up with zeros to the block of its hash (RFC 2104 §2): done before, so
 * that a key is one of JWA, which is no shorter than the hash. */
static jwkeep_code import(const uint8_t *secret, jk_key **ret_key, jwkeep_error *error) {
    const jk_key_material material = {.kty = JWKEEP_KTY_OCT,
                                      .k = jwkeep_span_of(secret, HMAC_BLOCK_BYTES)};
    return jk_key_import(&material, ret_key, error);
}

static jwkeep_code read_secret(const char *text, const char *where, jk_key **ret_key,
                               jwkeep_error *error) {
    char digits[MAX_SECRET_CHARACTERS];
    uint8_t secret[MAX_SECRET_CHARACTERS / 4 * 3] = {0};
    size_t size = 0;
    const size_t prefix = sizeof SECRET_PREFIX - 1;
    size_t count = text && strncmp(text, SECRET_PREFIX, prefix) == 0
                       ? strnlen(text + prefix, sizeof digits + 1)
                       : 0;
    bool is_secret = count > 0 && count <= sizeof digits;
    if (is_secret) {
        memcpy(digits, text + prefix, count);
        is_secret = jk_base64_decode(digits, count, secret, &size) &&
                    size >= JWKEEP_WEBHOOK_MIN_SECRET_BYTES &&
                    size <= JWKEEP_WEBHOOK_MAX_SECRET_BYTES;
    }
    jwkeep_code code = is_secret
                           ? import(secret, ret_key, error)
                           : jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT,
                                          "a secret is whsec_ and the base64 of 24 to 64 bytes",
                                          where, "Standard Webhooks 1.0");
    jk_secret_wipe(digits, sizeof digits);
    jk_secret_wipe(secret, sizeof secret);
    return code;
}

static void fill_numbers(jk_webhook_settings *settings, const jwkeep_webhook_options *options) {
    settings->pace = (jk_delivery_pace){
        .backoff_min_ms = options->backoff_min_ms,
        .backoff_max_ms = options->backoff_max_ms,
        .retry_after_max_ms = (int64_t)options->retry_after_max_s * 1000,
    };
    settings->connect_timeout_ms = options->connect_timeout_ms;
    settings->timeout_ms = options->timeout_ms;
    settings->attempts = options->attempts;
    settings->queue_length = options->queue_length;
    settings->on_failure = options->on_failure;
    settings->user = options->user;
}

static jwkeep_code fill(jk_webhook_settings *settings, const jwkeep_webhook_options *options,
                        jwkeep_error *error) {
    jwkeep_code code = check_ranges(options, error);
    if (code == JWKEEP_OK)
        code = options->url ? jk_url_check(options->url, options->allows_http_loopback, error)
                            : refuse(error, "url");
    if (code == JWKEEP_OK)
        code = check_headers(options, error);
    if (code == JWKEEP_OK)
        code = read_secret(options->secret, "secret", &settings->keys[0], error);
    if (code == JWKEEP_OK && options->old_secret)
        code = read_secret(options->old_secret, "old_secret", &settings->keys[1], error);
    if (code == JWKEEP_OK)
        code = init_route(&settings->route, options, error);
    if (code)
        return code;
    settings->url = jk_strndup(options->url, strlen(options->url));
    if (!settings->url)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    fill_numbers(settings, options);
    return JWKEEP_OK;
}

jwkeep_code jk_webhook_settings_new(const jwkeep_webhook_options *options,
                                    jk_webhook_settings **ret_settings, jwkeep_error *error) {
    jwkeep_webhook_options resolved;
    jwkeep_code code = options ? resolve(options, &resolved, error) : refuse(error, "options");
    if (code)
        return code;
    jk_webhook_settings *settings = jk_alloc_zeroed(1, sizeof *settings);
    if (!settings)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    code = fill(settings, &resolved, error);
    if (code)
        jk_webhook_settings_free(settings);
    else
        *ret_settings = settings;
    return code;
}

void jk_webhook_settings_free(jk_webhook_settings *settings) {
    if (!settings)
        return;
    for (size_t i = 0; i < JK_WEBHOOK_MAX_SECRETS; i++)
        jk_key_free(settings->keys[i]);
    jk_route_done(&settings->route);
    /* Many a receiver's URL is its password. */
    if (settings->url)
        jk_secret_wipe(settings->url, strlen(settings->url));
    jk_free(settings->url);
    jk_free(settings);
}

jwkeep_code jwkeep_webhook_check(const jwkeep_webhook_options *options, jwkeep_error *error) {
    jk_webhook_settings *settings;
    jwkeep_code code = jk_webhook_settings_new(options, &settings, error);
    if (code == JWKEEP_OK)
        jk_webhook_settings_free(settings);
    return code;
}
