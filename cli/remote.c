/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the single download. */
#include "cli/remote.h"
#include "cli/keys.h"
#include <string.h>

void remote_fill(const remote_options *options, jwkeep_source_options *source) {
    jwkeep_source_options_init(source);
    source->allows_http_loopback = options->allows_http_loopback;
    source->is_dynamic = options->is_public_only;
    source->ca_file = options->ca_file;
    source->pinned_key = options->pins;
    source->client_cert_file = options->client_cert_file;
    source->client_key_file = options->client_key_file;
    source->proxy = options->proxy;
    source->request_headers = options->headers.items;
    source->request_header_count = options->headers.count;
    source->fallback_urls = options->fallbacks.items;
    source->fallback_count = options->fallbacks.count;
    source->fetch_timeout_ms = (uint32_t)options->timeout_s * 1000u;
    if (options->connect_timeout_ms > 0)
        source->connect_timeout_ms = (uint32_t)options->connect_timeout_ms;
    if (source->connect_timeout_ms > source->fetch_timeout_ms)
        source->connect_timeout_ms = source->fetch_timeout_ms;
}

bool remote_is_url(const char *text) {
    return text && strstr(text, "://") != NULL;
}

static void tell_skip(void *user, const jwkeep_event *event) {
    if (event->kind == JWKEEP_EVENT_KEY_SKIPPED)
        key_report_skip(user, event->skip);
}

/* A URL of a discovery document is its issuer's fault, every other one that of the arguments.
 */
static bool is_misuse(const jwkeep_error *error) {
    return error->code == JWKEEP_TRANSPORT_URL && strcmp(error->where, "jwks_uri") != 0;
}

exit_status remote_fetch(const remote_options *options, const char *url, const char *issuer,
                         jwkeep_keyset **ret_set) {
    jwkeep_source_options source;
    jwkeep_error error;
    remote_fill(options, &source);
    source.url = url;
    source.issuer = issuer;
    source.on_event = tell_skip;
    if (jwkeep_fetch_keyset(&source, ret_set, &error) == JWKEEP_OK)
        return STATUS_YES;
    exit_status status = report_failure(url ? url : issuer, &error);
    return is_misuse(&error) ? STATUS_USAGE : status;
}
