/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the options of a source: defaults, ranges, copies. */
#include "base/allocator.h"
#include "base/error.h"
#include "base/limits.h"
#include "remote/source.h"
#include "remote/url.h"

void jwkeep_source_options_init(jwkeep_source_options *options) {
    *options = (jwkeep_source_options){
        .struct_size = sizeof *options,
        .cooldown_s = JWKEEP_COOLDOWN_S,
        .lifetime_min_s = JWKEEP_LIFETIME_MIN_S,
        .lifetime_max_s = JWKEEP_LIFETIME_MAX_S,
        .lifetime_default_s = JWKEEP_LIFETIME_DEFAULT_S,
        .stale_limit_s = JWKEEP_STALE_LIMIT_S,
        .backoff_min_ms = JWKEEP_BACKOFF_MIN_MS,
        .backoff_max_ms = JWKEEP_BACKOFF_MAX_MS,
        .retry_after_max_s = JWKEEP_RETRY_AFTER_MAX_S,
        .connect_timeout_ms = JWKEEP_CONNECT_TIMEOUT_MS,
        .fetch_timeout_ms = JWKEEP_FETCH_TIMEOUT_MS,
        .max_waiters = JWKEEP_MAX_WAITERS,
        .rediscovery_s = JWKEEP_REDISCOVERY_S,
        .negative_ttl_s = JWKEEP_NEGATIVE_TTL_S,
        .negative_max = JWKEEP_NEGATIVE_MAX,
        .empty_confirm_s = JWKEEP_EMPTY_CONFIRM_S,
        .size_alarm_keys = JWKEEP_SIZE_ALARM_KEYS,
        .signature_refetch_s = JWKEEP_SIGNATURE_REFETCH_S,
    };
}

static jwkeep_code refuse(jwkeep_error *error, const char *where) {
    return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, where, NULL, JWKEEP_NO_OFFSET);
}

jwkeep_code jk_source_options_resolve(const jwkeep_source_options *options,
                                      jwkeep_source_options *ret_options, jwkeep_error *error) {
    jwkeep_source_options resolved;
    jwkeep_source_options_init(&resolved);
    if (options) {
        size_t size = options->struct_size;
        if (size < sizeof options->struct_size || size > sizeof *options)
            return refuse(error, "struct_size");
        memcpy(&resolved, options, size);
        resolved.struct_size = sizeof resolved;
    }
    *ret_options = resolved;
    return JWKEEP_OK;
}

typedef struct range {
    const char *name;
    uint32_t value;
    uint32_t low;
    uint32_t high;
} range;

static jwkeep_code check_ranges(const jwkeep_source_options *options, jwkeep_error *error) {
    const range ranges[] = {
        {"cooldown_s", options->cooldown_s, 1, 3600},
        {"lifetime_min_s", options->lifetime_min_s, 1, 86400},
        {"lifetime_max_s", options->lifetime_max_s, options->lifetime_min_s, 86400},
        {"lifetime_default_s", options->lifetime_default_s, 1, 86400},
        {"stale_limit_s", options->stale_limit_s, 0, 86400},
        {"backoff_min_ms", options->backoff_min_ms, 100, 60000},
        {"backoff_max_ms", options->backoff_max_ms, options->backoff_min_ms, 3600000},
        {"retry_after_max_s", options->retry_after_max_s, 0, 3600},
        {"connect_timeout_ms", options->connect_timeout_ms, 1, 60000},
        {"fetch_timeout_ms", options->fetch_timeout_ms, 1, 300000},
        {"max_waiters", options->max_waiters, 1, UINT32_MAX},
        {"rediscovery_s", options->rediscovery_s, 60, 604800},
        {"negative_ttl_s", options->negative_ttl_s, 0, 3600},
        {"negative_max", options->negative_max, 1, 65536},
        {"empty_confirm_s", options->empty_confirm_s, 0, 3600},
        {"signature_refetch_s", options->signature_refetch_s, 0, 86400},
        {"size_alarm_keys", options->size_alarm_keys, 1, JWKEEP_KEYSET_MAX_KEYS},
    };
    for (size_t i = 0; i < JK_COUNT_OF(ranges); i++)
        if (ranges[i].value < ranges[i].low || ranges[i].value > ranges[i].high)
            return refuse(error, ranges[i].name);
    return JWKEEP_OK;
}

static jwkeep_code refuse_fallbacks(jwkeep_error *error) {
    return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT,
                        "fallback URLs go with a URL, 8 at the most", "fallback_urls", NULL);
}

static jwkeep_code check_fallbacks(const jwkeep_source_options *options, jwkeep_error *error) {
    size_t count = options->fallback_count;
    if (count > JWKEEP_MAX_FALLBACKS || (count && !(options->fallback_urls && options->url)))
        return refuse_fallbacks(error);
    for (size_t i = 0; i < count; i++) {
        if (!options->fallback_urls[i])
            return refuse_fallbacks(error);
        jwkeep_code code =
            jk_url_check(options->fallback_urls[i], options->allows_http_loopback, error);
        if (code)
            return code;
    }
    return JWKEEP_OK;
}

/* OpenID Connect Discovery 1.0 §2: an issuer has neither query nor fragment. */
static jwkeep_code check_addresses(const jwkeep_source_options *options, jwkeep_error *error) {
    if (!options->url == !options->issuer)
        return refuse(error, "url");
    if (options->url)
        return jk_url_check(options->url, options->allows_http_loopback, error);
    if (strchr(options->issuer, '?'))
        return jk_fail_text(error, JWKEEP_TRANSPORT_URL, "an issuer with a query", "issuer",
                            "OpenID Connect Discovery 1.0 §2");
    return jk_url_check(options->issuer, options->allows_http_loopback, error);
}

static bool copy_text(const char *text, char **ret_copy) {
    *ret_copy = text ? jk_strndup(text, strlen(text)) : NULL;
    return !text || *ret_copy;
}

static bool copy_fallbacks(jk_source_settings *settings, const jwkeep_source_options *options) {
    while (settings->fallback_count < options->fallback_count) {
        if (!copy_text(options->fallback_urls[settings->fallback_count],
                       &settings->fallback_urls[settings->fallback_count]))
            return false;
        settings->fallback_count++;
    }
    return true;
}

static jwkeep_code copy_texts(jk_source_settings *settings,
                              const jwkeep_source_options *options, jwkeep_error *error) {
    if (!copy_text(options->url, &settings->url) ||
        !copy_text(options->issuer, &settings->issuer) ||
        !copy_text(options->snapshot_file, &settings->snapshot_file) ||
        !copy_fallbacks(settings, options)) {
        jk_source_settings_done(settings);
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    }
    settings->options.url = settings->url;
    settings->options.issuer = settings->issuer;
    return JWKEEP_OK;
}

/* The caller's texts are not the source's. */
static void drop_borrowed(jwkeep_source_options *options) {
    options->limits = NULL;
    options->fallback_urls = NULL;
    options->fallback_count = 0;
    options->ca_file = NULL;
    options->pinned_key = NULL;
    options->client_cert_file = NULL;
    options->client_key_file = NULL;
    options->proxy = NULL;
    options->request_headers = NULL;
    options->request_header_count = 0;
    options->snapshot_file = NULL;
}

jwkeep_code jk_source_settings_init(jk_source_settings *settings,
                                    const jwkeep_source_options *options, jwkeep_error *error) {
    jk_source_settings made = {0};
    jwkeep_code code = options ? jk_source_options_resolve(options, &made.options, error)
                               : refuse(error, "options");
    if (code == JWKEEP_OK && made.options.snapshot_file && !*made.options.snapshot_file)
        code = refuse(error, "snapshot_file");
    if (code == JWKEEP_OK)
        code = check_ranges(&made.options, error);
    if (code == JWKEEP_OK)
        code = check_addresses(&made.options, error);
    if (code == JWKEEP_OK)
        code = check_fallbacks(&made.options, error);
    if (code == JWKEEP_OK)
        code = jk_limits_resolve(made.options.limits, &made.limits, error);
    if (code == JWKEEP_OK)
        code = jk_route_init(&made.route, &made.options, error);
    if (code == JWKEEP_OK)
        code = copy_texts(&made, &made.options, error);
    if (code)
        return code;
    drop_borrowed(&made.options);
    *settings = made;
    return JWKEEP_OK;
}

void jk_source_settings_done(jk_source_settings *settings) {
    jk_free(settings->url);
    jk_free(settings->issuer);
    jk_free(settings->snapshot_file);
    jk_route_done(&settings->route);
    for (size_t i = 0; i < settings->fallback_count; i++)
        jk_free(settings->fallback_urls[i]);
    settings->fallback_count = 0;
    settings->url = NULL;
    settings->issuer = NULL;
    settings->snapshot_file = NULL;
}

jk_download_options jk_source_download_options(const jk_source_settings *settings) {
    const jwkeep_source_options *options = &settings->options;
    return (jk_download_options){
        .url = settings->url,
        .issuer = settings->issuer,
        .fallback_urls = settings->fallback_urls,
        .fallback_count = settings->fallback_count,
        .rediscovery_s = options->rediscovery_s,
        .route = &settings->route,
        .allows_http_loopback = options->allows_http_loopback,
        .connect_timeout_ms = options->connect_timeout_ms,
        .fetch_timeout_ms = options->fetch_timeout_ms,
        .lifetime = {.min_s = options->lifetime_min_s,
                     .max_s = options->lifetime_max_s,
                     .default_s = options->lifetime_default_s},
        .limits = settings->limits,
    };
}
