/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the status page as a whole. */
#include "server/page/page.h"
#include "base/clock.h"
#include "server/admin_metrics.h"
#include "server/alarms.h"
#include "server/page/assets.h"
#include "server/page/issuer.h"
#include "server/page/plot.h"
#include <inttypes.h>
#include <jwkeep/version.h>

/* No script but ours, nothing inline, nothing from elsewhere, in nobody's frame. */
#define POLICY                                                                                 \
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "            \
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

typedef struct told {
    html_writer *html;
    size_t count;
} told;

static void write_alarm(void *user, const service_alarm *it) {
    told *so_far = user;
    html_writer *html = so_far->html;
    if (so_far->count++ >= PAGE_MAX_ALARMS)
        return;
    html_format(html, "<li class=\"%s\"><strong>%s</strong> ", it->is_red ? "red" : "amber",
                it->is_red ? "Alarm" : "Warning");
    if (it->issuer) {
        html_foreign(html, jwkeep_span_text(it->issuer));
        html_raw(html, ": ");
    }
    html_raw(html, it->text);
    if (it->reason != JWKEEP_OK)
        html_format(html, " <span class=\"reason\">(%s)</span>", jwkeep_code_text(it->reason));
    html_raw(html, "</li>");
}

static void write_alarms(admin_context *context, html_writer *html) {
    told so_far = {html, 0};
    html_raw(html, "<section id=\"alarms\" data-live aria-live=\"polite\" "
                   "aria-label=\"Alarms\"><ul>");
    alarms_visit(context, write_alarm, &so_far);
    if (so_far.count == 0)
        html_raw(html, "<li class=\"calm\">All is well.</li>");
    if (so_far.count > PAGE_MAX_ALARMS)
        html_format(html, "<li class=\"amber\">and %zu more</li>",
                    so_far.count - PAGE_MAX_ALARMS);
    html_raw(html, "</ul></section>");
}

static void write_figure(html_writer *html, const char *name, double value, const char *unit,
                         int digits) {
    html_format(html, "<div><dt>%s</dt><dd>%.*f<small>%s</small></dd></div>", name, digits,
                value, unit);
}

static void write_figures(const admin_context *context, html_writer *html) {
    const sample *from, *to;
    double rate = 0, median_s = 0, high_s = 0;
    if (samples_recent(&context->samples, &from, &to)) {
        rate = (double)sample_requests(from, to) / sample_seconds(from, to);
        median_s = sample_quantile(from, to, 0.5);
        high_s = sample_quantile(from, to, 0.99);
    }
    html_raw(html, "<dl class=\"figures\">");
    write_figure(html, "requests", rate, "/s", rate < 10 ? 1 : 0);
    write_figure(html, "median", median_s * 1e3, "ms", median_s < 0.01 ? 2 : 0);
    write_figure(html, "99 %", high_s * 1e3, "ms", high_s < 0.01 ? 2 : 0);
    write_figure(html, "connections", (double)admin_count_open(context), "", 0);
    write_figure(html, "waiting for keys", (double)admin_count_parked(context), "", 0);
    html_raw(html, "</dl>");
}

static void write_policies(admin_context *context, html_writer *html) {
    html_raw(html, "<details id=\"by-policy\"><summary>By policy, since the start</summary>"
                   "<div class=\"wide\"><table><thead><tr><th scope=\"col\">policy</th>");
    for (size_t i = 0; i < VERIFY_OUTCOME_COUNT; i++)
        html_format(html, "<th scope=\"col\" class=\"number\">%s</th>", admin_outcome_names[i]);
    html_raw(html, "</tr></thead><tbody>");
    for (size_t policy = 0; policy < admin_count_policies(context); policy++) {
        html_raw(html, "<tr><th scope=\"row\">");
        html_foreign(html, jwkeep_span_text(policy_numbers_name(context->numbers, policy)));
        html_raw(html, "</th>");
        for (size_t i = 0; i < VERIFY_OUTCOME_COUNT; i++)
            html_format(html, "<td class=\"number\">%" PRIu64 "</td>",
                        admin_count_decisions(context, policy, i));
        html_raw(html, "</tr>");
    }
    html_raw(html, "</tbody></table></div></details>");
}

static void write_traffic(admin_context *context, html_writer *html) {
    html_raw(html, "<section id=\"traffic\" data-live aria-labelledby=\"traffic-title\">"
                   "<h2 id=\"traffic-title\">Requests</h2>");
    write_figures(context, html);
    html_raw(html, "<div class=\"plots\"><figure><figcaption>A second, over five minutes "
                   "<span class=\"key passed\">passed</span> <span class=\"key refused\">"
                   "refused</span> <span class=\"key undecided\">not decided</span>"
                   "</figcaption>");
    plot_requests(html, &context->samples);
    html_raw(html, "</figure><figure><figcaption>Time to a decision "
                   "<span class=\"key median\">median</span> <span class=\"key high\">99 %"
                   "</span></figcaption>");
    plot_latency(html, &context->samples);
    html_raw(html, "</figure></div>");
    write_policies(context, html);
    html_raw(html, "</section>");
}

static size_t write_issuers_of(admin_context *context, html_writer *html, bool is_in_order,
                               size_t shown) {
    for (size_t i = 0; i < jwkeep_verifier_issuer_count(context->verifier); i++) {
        jwkeep_source_status status;
        if (jwkeep_verifier_status(context->verifier, i, &status) != JWKEEP_OK ||
            (status.health == JWKEEP_HEALTH_OK) != is_in_order)
            continue;
        if (shown++ < PAGE_MAX_ISSUERS)
            page_write_issuer(context, i, &status, html);
    }
    return shown;
}

static void write_issuers(admin_context *context, html_writer *html) {
    html_raw(html, "<section id=\"issuers\" aria-labelledby=\"issuers-title\">"
                   "<h2 id=\"issuers-title\">Issuers</h2><div id=\"issuer-list\">");
    size_t shown = write_issuers_of(context, html, false, 0);
    shown = write_issuers_of(context, html, true, shown);
    if (shown > PAGE_MAX_ISSUERS)
        html_format(html, "<p>and %zu more, all in <a href=\"/status\">/status</a></p>",
                    shown - PAGE_MAX_ISSUERS);
    html_raw(html, "</div></section>");
}

static void write_page(admin_context *context, html_writer *html) {
    html_raw(html,
             "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
             "<meta name=\"color-scheme\" content=\"light dark\"><title>jwkeep</title>"
             "<link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"/page.css\">"
             "<script src=\"/page.js\" defer></script></head><body>"
             "<header><h1>jwkeep</h1><p id=\"service\" data-live>");
    html_format(html, "%s, up ", jwkeep_version());
    html_duration(html, (jk_clock_wall_ms() - context->started_ms) / 1000);
    html_format(html, ", %zu worker%s", context->worker_count,
                context->worker_count == 1 ? "" : "s");
    html_raw(html, "</p><p id=\"connection\" role=\"status\">as of loading</p></header><main>");
    write_alarms(context, html);
    write_traffic(context, html);
    write_issuers(context, html);
    html_raw(html, "</main><footer><nav aria-label=\"Figures\"><a href=\"/status\">status as "
                   "JSON</a> <a href=\"/metrics\">metrics</a> <a href=\"/readyz\">readiness</a>"
                   "</nav></footer></body></html>\n");
}

static void answer_page(admin_context *context, http_response *response) {
    html_writer html = {&response->body, JWKEEP_OK};
    write_page(context, &html);
    if (html.code != JWKEEP_OK) {
        http_response_text(response, 500, "the page could not be written");
        return;
    }
    http_response_field(response, "Content-Type", "text/html; charset=utf-8");
    http_response_field(response, "Content-Security-Policy", POLICY);
    http_response_field(response, "X-Content-Type-Options", "nosniff");
    http_response_field(response, "Referrer-Policy", "no-referrer");
    http_response_field(response, "Cache-Control", "no-store");
}

static void answer_asset(const page_asset *asset, http_response *response) {
    if (jwkeep_buffer_append(&response->body, jwkeep_span_of(asset->bytes, asset->size)) !=
        JWKEEP_OK) {
        http_response_text(response, 500, "out of memory");
        return;
    }
    http_response_field(response, "Content-Type", asset->type);
    http_response_field(response, "X-Content-Type-Options", "nosniff");
    http_response_field(response, "Cache-Control", "no-cache");
}

bool page_answer(admin_context *context, jwkeep_span path, http_response *response) {
    if (jwkeep_span_equals(path, JWKEEP_SPAN("/"))) {
        answer_page(context, response);
        return true;
    }
    for (const page_asset *asset = page_assets; asset->path; asset++)
        if (jwkeep_span_equals(path, jwkeep_span_text(asset->path))) {
            answer_asset(asset, response);
            return true;
        }
    return false;
}
