/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the status page at / of administration: what /status says, for a person. It is whole
 * without a script; with one it renews its parts from itself, so that there is one place
 * that draws and one that escapes. Nothing is loaded from elsewhere. */
#ifndef SERVER_PAGE_PAGE_H
#define SERVER_PAGE_PAGE_H

#include "server/admin_routes.h"

#define PAGE_MAX_ISSUERS 200u /* shown; those with trouble first */
#define PAGE_MAX_KEYS 50u     /* shown of an issuer */
#define PAGE_MAX_ALARMS 50u

/* Answers the page, its style or its script; false for any other path. */
bool page_answer(admin_context *context, jwkeep_span path, http_response *response);

#endif
