/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the two stages of a download. */
#include "remote/download.h"
#include "base/allocator.h"
#include "base/error.h"
#include "remote/discovery.h"
#include "remote/url.h"

void jk_download_init(jk_download *download, const jk_download_options *options,
                      const jk_environment *environment) {
    *download = (jk_download){.environment = environment, .options = *options};
}

void jk_download_cancel(jk_download *download) {
    jk_transport *transport = download->environment->transport;
    if (download->transfer)
        transport->methods->cancel(transport, download->transfer);
    download->transfer = NULL;
}

void jk_download_forget(jk_download *download) {
    jk_free(download->etag);
    jk_free(download->last_modified);
    download->etag = NULL;
    download->last_modified = NULL;
}

static void forget_discovery(jk_download *download) {
    jk_free(download->discovered_url);
    download->discovered_url = NULL;
    download->failures = 0;
}

void jk_download_done(jk_download *download) {
    if (!download->environment)
        return;
    jk_download_cancel(download);
    jk_download_forget(download);
    forget_discovery(download);
}

/* Told while nothing of the download is under way any more, so that the callback may start
 * the next one. */
static void tell(jk_download *download, const jk_download_result *result) {
    if (result->error.code && download->discovered_url &&
        ++download->failures >= JK_DISCOVERY_MAX_FAILURES)
        forget_discovery(download);
    else if (!result->error.code)
        download->failures = 0;
    download->options.on_done(download->options.user, result);
}

static void tell_failure(jk_download *download, const jwkeep_error *error,
                         const jk_cache_fields *cache) {
    int64_t now_s = jk_environment_wall_ms(download->environment) / 1000;
    jk_download_result result = {.error = *error};
    if (cache)
        result.retry_after_s = jk_cache_retry_after_s(cache, now_s);
    tell(download, &result);
}

/* ---- The second stage: the key set ---------------------------------------------------------
 */

/* A validator that cannot be kept is as good as none. */
static void keep_validators(jk_download *download, const jk_response *response) {
    jk_download_forget(download);
    if (response->etag.size)
        download->etag = jk_strndup(response->etag.data, response->etag.size);
    if (response->last_modified.size)
        download->last_modified =
            jk_strndup(response->last_modified.data, response->last_modified.size);
}

/* What makes a body no JWK Set is the server's failure, not the caller's input. */
static jwkeep_code parse_keys(const jk_download *download, jwkeep_span body,
                              jk_download_result *result) {
    jwkeep_keyset_options options = {.limits = &download->options.limits,
                                     .is_public_only = true,
                                     .on_skip = download->options.on_skip,
                                     .user = download->options.user};
    jwkeep_error why;
    jwkeep_code code =
        jwkeep_keyset_parse(body, &options, &result->set, &result->skipped, &why);
    if (code == JWKEEP_OK)
        return code;
    if (jwkeep_code_class(code) == JWKEEP_CLASS_REJECTED)
        why.code = JWKEEP_TRANSPORT_BODY;
    result->error = why;
    return code;
}

static void take_keys(void *user, const jk_response *response) {
    jk_download *download = user;
    download->transfer = NULL;
    if (response->error.code) {
        tell_failure(download, &response->error, &response->cache);
        return;
    }
    jk_download_result result = {.is_not_modified = response->is_not_modified};
    result.lifetime_s =
        jk_cache_lifetime_s(&response->cache, &download->options.lifetime,
                            jk_environment_wall_ms(download->environment) / 1000);
    if (!result.is_not_modified && parse_keys(download, response->body, &result) == JWKEEP_OK)
        keep_validators(download, response);
    jwkeep_keyset *set = result.set;
    tell(download, &result);
    jwkeep_keyset_unref(set);
}

/* What is left of the time for the whole; the transport takes no 0. */
static uint32_t time_left(const jk_download *download) {
    int64_t left = download->deadline_ms - jk_environment_now_ms(download->environment);
    if (left > download->options.fetch_timeout_ms)
        return download->options.fetch_timeout_ms;
    return left > 1 ? (uint32_t)left : 1;
}

static jwkeep_code start_transfer(jk_download *download, const char *url, bool is_for_keys,
                                  jk_transfer_done done, jwkeep_error *error) {
    jk_transport *transport = download->environment->transport;
    jk_request request = {
        .url = url,
        .route = download->options.route,
        .etag = is_for_keys ? download->etag : NULL,
        .last_modified = is_for_keys ? download->last_modified : NULL,
        .is_forced = download->is_forced,
        .max_body_bytes = download->options.limits.max_keyset_bytes,
        .connect_timeout_ms = download->options.connect_timeout_ms,
        .total_timeout_ms = time_left(download),
    };
    return transport->methods->start(transport, &request, done, download, &download->transfer,
                                     error);
}

/* ---- The first stage: where it is ----------------------------------------------------------
 */

static void keep_discovered(jk_download *download, char *url) {
    if (!download->discovered_url || strcmp(download->discovered_url, url) != 0)
        jk_download_forget(download);
    forget_discovery(download);
    download->discovered_url = url;
    download->discovered_at_ms = jk_environment_now_ms(download->environment);
}

static void take_discovery(void *user, const jk_response *response) {
    jk_download *download = user;
    download->transfer = NULL;
    if (response->error.code) {
        tell_failure(download, &response->error, &response->cache);
        return;
    }
    jwkeep_error error;
    char *url;
    jwkeep_code code = jk_discovery_read(response->body, download->options.issuer,
                                         download->options.allows_http_loopback,
                                         &download->options.limits, &url, &error);
    if (code == JWKEEP_OK) {
        keep_discovered(download, url);
        code = start_transfer(download, url, true, take_keys, &error);
    }
    if (code)
        tell_failure(download, &error, NULL);
}

static bool is_discovery_due(const jk_download *download) {
    if (download->options.url)
        return false;
    return !download->discovered_url ||
           jk_environment_now_ms(download->environment) - download->discovered_at_ms >=
               JK_DISCOVERY_MAX_AGE_MS;
}

jwkeep_code jk_download_start(jk_download *download, bool is_forced, jwkeep_error *error) {
    download->is_forced = is_forced;
    download->deadline_ms = jk_environment_now_ms(download->environment) +
                            (int64_t)download->options.fetch_timeout_ms;
    if (!is_discovery_due(download)) {
        const char *url =
            download->options.url ? download->options.url : download->discovered_url;
        return start_transfer(download, url, true, take_keys, error);
    }
    char *url = jk_url_discovery(download->options.issuer);
    if (!url)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    jwkeep_code code = start_transfer(download, url, false, take_discovery, error);
    jk_free(url);
    return code;
}
