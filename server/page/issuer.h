/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what the status page says of one issuer. */
#ifndef SERVER_PAGE_ISSUER_H
#define SERVER_PAGE_ISSUER_H

#include "server/admin_routes.h"
#include "server/page/html.h"

void page_write_issuer(admin_context *context, size_t index, const jwkeep_source_status *status,
                       html_writer *html);

#endif
