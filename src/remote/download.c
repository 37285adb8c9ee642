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

static void note_failure(jk_download *download, const jwkeep_error *error,
                         const jk_cache_fields *cache) {
    int64_t now_s = jk_environment_wall_ms(download->environment) / 1000;
    int64_t retry_after_s = cache ? jk_cache_retry_after_s(cache, now_s) : 0;
    if (!download->first_failure.code)
        download->first_failure = *error;
    if (retry_after_s > download->retry_after_s)
        download->retry_after_s = retry_after_s;
}

/* The first URL is the one that the rest stand in for: its trouble is the download's. */
static void tell_failure(jk_download *download, const jwkeep_error *error,
                         const jk_cache_fields *cache) {
    note_failure(download, error, cache);
    jk_download_result result = {.error = download->first_failure,
                                 .retry_after_s = download->retry_after_s};
    tell(download, &result);
}

static size_t count_urls(const jk_download *download) {
    return 1 + download->options.fallback_count;
}

static const char *url_at(const jk_download *download, size_t index) {
    if (index > 0)
        return download->options.fallback_urls[index - 1];
    return download->options.url ? download->options.url : download->discovered_url;
}

/* A fair share of what is left of the time for the whole, where so many requests may have to
 * follow: one that hangs leaves the next its turn. The transport takes no 0. */
static uint32_t share_time(const jk_download *download, size_t following) {
    int64_t left = download->deadline_ms - jk_environment_now_ms(download->environment);
    if (left > download->options.fetch_timeout_ms)
        left = download->options.fetch_timeout_ms;
    left /= (int64_t)following + 1;
    return left > 1 ? (uint32_t)left : 1;
}

static jwkeep_code start_transfer(jk_download *download, jk_request *request, size_t following,
                                  jk_transfer_done done, jwkeep_error *error) {
    jk_transport *transport = download->environment->transport;
    request->route = download->options.route;
    request->is_forced = download->is_forced;
    request->max_body_bytes = download->options.limits.max_keyset_bytes;
    request->connect_timeout_ms = download->options.connect_timeout_ms;
    request->total_timeout_ms = share_time(download, following);
    return transport->methods->start(transport, request, done, download, &download->transfer,
                                     error);
}

/* A validator that cannot be kept is as good as none. */
static void keep_validators(jk_download *download, const jk_response *response) {
    jk_download_forget(download);
    download->validators_index = download->url_index;
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

static jwkeep_code ask_for_keys(jk_download *download, jwkeep_error *error);

/* R20: what a server got wrong, the next one may get right. */
static void take_failure(jk_download *download, const jwkeep_error *error,
                         const jk_cache_fields *cache) {
    jwkeep_error ignored;
    bool is_remote = jwkeep_code_class(error->code) == JWKEEP_CLASS_TRANSPORT;
    if (is_remote && ++download->tried < count_urls(download)) {
        note_failure(download, error, cache);
        download->url_index = (download->url_index + 1) % count_urls(download);
        if (ask_for_keys(download, &ignored) == JWKEEP_OK)
            return;
    }
    tell_failure(download, error, cache);
}

static void take_keys(void *user, const jk_response *response) {
    jk_download *download = user;
    download->transfer = NULL;
    if (response->error.code) {
        take_failure(download, &response->error, &response->cache);
        return;
    }
    jk_download_result result = {.is_not_modified = response->is_not_modified};
    result.lifetime_s =
        jk_cache_lifetime_s(&response->cache, &download->options.lifetime,
                            jk_environment_wall_ms(download->environment) / 1000);
    if (!result.is_not_modified && parse_keys(download, response->body, &result) != JWKEEP_OK) {
        take_failure(download, &result.error, NULL);
        return;
    }
    if (!result.is_not_modified)
        keep_validators(download, response);
    download->answer_index = download->url_index;
    jwkeep_keyset *set = result.set;
    tell(download, &result);
    jwkeep_keyset_unref(set);
}

static jwkeep_code ask_for_keys(jk_download *download, jwkeep_error *error) {
    bool is_known_there = download->validators_index == download->url_index;
    jk_request request = {
        .url = url_at(download, download->url_index),
        .etag = is_known_there ? download->etag : NULL,
        .last_modified = is_known_there ? download->last_modified : NULL,
    };
    return start_transfer(download, &request, count_urls(download) - download->tried - 1,
                          take_keys, error);
}

static void keep_discovered(jk_download *download, char *url) {
    if (!download->discovered_url || strcmp(download->discovered_url, url) != 0)
        jk_download_forget(download);
    forget_discovery(download);
    download->discovered_url = url;
    download->discovered_at_ms = jk_environment_now_ms(download->environment);
}

static unsigned next_metadata(const jk_download *download) {
    return (download->metadata + download->metadata_tried) % JK_METADATA_COUNT;
}

static jwkeep_code ask_where(jk_download *download, jwkeep_error *error);

/* Whether the server has answered that it has no such document: it may have the other. */
static bool is_no_document(jwkeep_code code) {
    return code == JWKEEP_TRANSPORT_STATUS || code == JWKEEP_TRANSPORT_REDIRECT ||
           code == JWKEEP_TRANSPORT_CONTENT_TYPE || code == JWKEEP_TRANSPORT_BODY;
}

/* R20: while nobody says where the keys are now, they are where they were. */
static void take_no_discovery(jk_download *download, const jwkeep_error *error,
                              const jk_cache_fields *cache) {
    jwkeep_error ignored;
    note_failure(download, error, cache);
    download->metadata_tried++;
    if (is_no_document(error->code) && download->metadata_tried < JK_METADATA_COUNT &&
        ask_where(download, &ignored) == JWKEEP_OK)
        return;
    if (!download->discovered_url || ask_for_keys(download, &ignored) != JWKEEP_OK)
        tell_failure(download, error, cache);
}

static void take_discovery(void *user, const jk_response *response) {
    jk_download *download = user;
    download->transfer = NULL;
    if (response->error.code) {
        take_no_discovery(download, &response->error, &response->cache);
        return;
    }
    jwkeep_error error;
    char *url;
    jwkeep_code code = jk_discovery_read(response->body, download->options.issuer,
                                         download->options.allows_http_loopback,
                                         &download->options.limits, &url, &error);
    if (is_no_document(code)) {
        take_no_discovery(download, &error, NULL);
        return;
    }
    if (code == JWKEEP_OK) {
        download->metadata = next_metadata(download);
        keep_discovered(download, url);
        code = ask_for_keys(download, &error);
    }
    /* What a document says outranks that there was no other. */
    download->first_failure = (jwkeep_error){0};
    if (code)
        tell_failure(download, &error, NULL);
}

static jwkeep_code ask_where(jk_download *download, jwkeep_error *error) {
    jk_request request = {0};
    char *url = jk_url_metadata(download->options.issuer, (jk_metadata)next_metadata(download));
    if (!url)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    request.url = url;
    jwkeep_code code = start_transfer(download, &request, download->discovered_url != NULL,
                                      take_discovery, error);
    jk_free(url);
    return code;
}

static bool is_discovery_due(const jk_download *download) {
    if (download->options.url)
        return false;
    return !download->discovered_url ||
           jk_environment_now_ms(download->environment) - download->discovered_at_ms >=
               (int64_t)download->options.rediscovery_s * 1000;
}

/* A refresh that is merely due looks whether the first URL answers again. */
jwkeep_code jk_download_start(jk_download *download, bool is_forced, jwkeep_error *error) {
    download->is_forced = is_forced;
    download->deadline_ms = jk_environment_now_ms(download->environment) +
                            (int64_t)download->options.fetch_timeout_ms;
    download->url_index = is_forced ? download->answer_index : 0;
    download->tried = 0;
    download->metadata_tried = 0;
    download->first_failure = (jwkeep_error){0};
    download->retry_after_s = 0;
    return is_discovery_due(download) ? ask_where(download, error)
                                      : ask_for_keys(download, error);
}
