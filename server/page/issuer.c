/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the part of an issuer. */
#include "server/page/issuer.h"
#include "base/clock.h"
#include "server/page/page.h"
#include "server/page/plot.h"
#include <inttypes.h>

static const struct {
    const char *class;
    const char *title;
} healths[] = {
    [JWKEEP_HEALTH_OK] = {"green", "in order"},
    [JWKEEP_HEALTH_DEGRADED] = {"amber", "degraded"},
    [JWKEEP_HEALTH_FAILING] = {"red", "failing"},
};

static const char *const event_titles[HISTORY_KIND_COUNT] = {
    [JWKEEP_EVENT_REFRESHED] = "new key set",
    [JWKEEP_EVENT_UNCHANGED] = "download, nothing new",
    [JWKEEP_EVENT_FAILED] = "download failed",
    [JWKEEP_EVENT_KEY_ADDED] = "key came",
    [JWKEEP_EVENT_KEY_REMOVED] = "key went",
    [JWKEEP_EVENT_KID_REUSED] = "kid used again for another key",
    [JWKEEP_EVENT_KEY_SKIPPED] = "key left out",
    [JWKEEP_EVENT_EMPTY_KEPT] = "no usable key came, the old ones stay",
    [JWKEEP_EVENT_SIZE_ALARM] = "alarming size",
    [JWKEEP_EVENT_STALE] = "past the stale limit",
    [JWKEEP_EVENT_RESTORED] = "keys from the snapshot file",
    [JWKEEP_EVENT_SNAPSHOT_FAILED] = "snapshot file",
};

static void write_freshness(const jwkeep_source_status *status, html_writer *html) {
    if (status->last_success_ms == 0) {
        html_raw(html, status->health == JWKEEP_HEALTH_OK
                           ? "<p class=\"fresh\">Local keys: nothing is downloaded.</p>"
                           : "<p class=\"fresh\">Never downloaded.</p>");
        return;
    }
    const int64_t lifetime_s = status->age_s + status->expires_in_s;
    const bool is_past = status->expires_in_s < 0 || lifetime_s <= 0;
    plot_freshness(html, is_past ? 0 : (double)status->expires_in_s / (double)lifetime_s,
                   healths[status->health].class);
    html_raw(html, "<p class=\"fresh\">Downloaded ");
    html_duration(html, status->age_s);
    html_raw(html, is_past ? " ago, past its lifetime by " : " ago, fresh for another ");
    html_duration(html, is_past ? -status->expires_in_s : status->expires_in_s);
    html_raw(html, "</p>");
}

static void write_key(const admin_context *context, const jwkeep_jwk *key, html_writer *html) {
    const char *algorithm = jwkeep_jwk_algorithm(key) != JWKEEP_ALGORITHM_ABSENT
                                ? jwkeep_algorithm_name(jwkeep_jwk_algorithm(key))
                                : jwkeep_kty_name(jwkeep_jwk_kty(key));
    /* The thumbprint of a symmetric key is made from the secret (RFC 7638 §7). */
    const bool is_secret = jwkeep_jwk_kty(key) == JWKEEP_KTY_OCT;
    int64_t came_ms =
        is_secret ? 0 : history_key_came_ms(&context->seen, jwkeep_jwk_thumbprint(key).data);
    html_raw(html, "<tr><th scope=\"row\">");
    if (jwkeep_span_is_present(jwkeep_jwk_kid(key)))
        html_foreign(html, jwkeep_jwk_kid(key));
    else
        html_raw(html, "<i>none</i>");
    html_format(html, "</th><td>%s</td><td>", algorithm);
    if (came_ms > 0)
        html_ago(html, came_ms, jk_clock_wall_ms());
    else
        html_raw(html, "before the start");
    html_raw(html, "</td><td><code>");
    if (!is_secret)
        html_text(html, jwkeep_jwk_thumbprint_text(key));
    html_raw(html, "</code></td></tr>");
}

static void write_keys(const admin_context *context, size_t index, html_writer *html) {
    jwkeep_keyset *keys = jwkeep_verifier_take_keys(context->verifier, index);
    size_t count = keys ? jwkeep_keyset_count(keys) : 0;
    html_format(html, "<div class=\"wide keys\"><table><caption>%zu key%s</caption>", count,
                count == 1 ? "" : "s");
    if (count > 0)
        html_raw(html, "<thead><tr><th scope=\"col\">kid</th><th scope=\"col\">algorithm</th>"
                       "<th scope=\"col\">came</th><th scope=\"col\">thumbprint</th></tr>"
                       "</thead>");
    html_raw(html, "<tbody>");
    for (size_t i = 0; i < count && i < PAGE_MAX_KEYS; i++)
        write_key(context, jwkeep_keyset_at(keys, i), html);
    html_raw(html, "</tbody></table></div>");
    if (count > PAGE_MAX_KEYS)
        html_format(html, "<p>and %zu more keys</p>", count - PAGE_MAX_KEYS);
    jwkeep_keyset_unref(keys);
}

static void write_event(const history_event *event, int64_t now_ms, html_writer *html) {
    html_raw(html, "<li>");
    html_ago(html, event->last_ms, now_ms);
    html_format(html, " <span>%s", event_titles[event->kind]);
    if (event->kid_size > 0) {
        html_raw(html, " ");
        html_foreign(html, jwkeep_span_of(event->kid, event->kid_size));
    }
    if (event->code != JWKEEP_OK)
        html_format(html, ": %s", jwkeep_code_text(event->code));
    if (event->times > 1)
        html_format(html, ", %" PRIu32 " times", event->times);
    html_raw(html, "</span></li>");
}

static void write_events(const admin_context *context, size_t index, html_writer *html) {
    const history_issuer *seen = &context->seen;
    const int64_t now_ms = jk_clock_wall_ms();
    if (seen->event_count == 0)
        return;
    plot_events(html, seen, now_ms);
    html_raw(html, "<p class=\"legend\"><span><b class=\"ok\">&#9474;</b> download</span>"
                   "<span><b>&#9670;</b> key came</span><span><b>&#9671;</b> key went</span>"
                   "<span><b class=\"bad\">&#9650;</b> fault or alarm</span></p>");
    html_format(html,
                "<details id=\"events-%zu\"><summary>%zu events</summary>"
                "<ol class=\"events\" reversed>",
                index, seen->event_count);
    for (size_t i = seen->event_count; i > 0; i--)
        write_event(&seen->events[i - 1], now_ms, html);
    html_raw(html, "</ol></details>");
}

void page_write_issuer(admin_context *context, size_t index, const jwkeep_source_status *status,
                       html_writer *html) {
    const char *name = jwkeep_verifier_issuer_name(context->verifier, index);
    const char *id = jwkeep_verifier_issuer_id(context->verifier, index);
    (void)history_read(context->history, name, &context->seen);
    html_format(html,
                "<article id=\"issuer-%zu\" data-live class=\"%s\" "
                "aria-labelledby=\"name-%zu\"><h3 id=\"name-%zu\">",
                index, healths[status->health].class, index, index);
    html_foreign(html, jwkeep_span_text(name));
    html_format(html, " <span class=\"badge %s\">%s</span></h3>", healths[status->health].class,
                healths[status->health].title);
    if (id) {
        html_raw(html, "<p class=\"id\">");
        html_foreign(html, jwkeep_span_text(id));
        html_raw(html, "</p>");
    }
    write_freshness(status, html);
    if (status->last_error != JWKEEP_OK)
        html_format(html, "<p class=\"reason\">Last download: %s</p>",
                    jwkeep_code_text(status->last_error));
    write_keys(context, index, html);
    write_events(context, index, html);
    html_raw(html, "</article>");
}
