/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the drawings of the status page, as SVG without a style of its own. */
#ifndef SERVER_PAGE_PLOT_H
#define SERVER_PAGE_PLOT_H

#include "server/history.h"
#include "server/page/html.h"
#include "server/page/samples.h"

/* Requests a second: those that passed, that were refused, that could not be decided. */
void plot_requests(html_writer *html, const samples *taken);

/* The median and the 99th percentile of the time to a decision, on a logarithmic scale. */
void plot_latency(html_writer *html, const samples *taken);

/* How much of its lifetime a key set has left, 0 to 1. */
void plot_freshness(html_writer *html, double left, const char *state);

/* Events on a line, from the first to now. */
void plot_events(html_writer *html, const history_issuer *seen, int64_t now_ms);

#endif
