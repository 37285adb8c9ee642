/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns how `jwkeep top` shows a status. */
#ifndef CLI_CMD_TOP_DRAW_H
#define CLI_CMD_TOP_DRAW_H

#include <jwkeep/json.h>
#include <stdbool.h>
#include <stdio.h>

/* Writes what /status says, in lines; with colours (SGR) if `is_coloured`. Gives whether an
 * alarm stands, beyond warnings. */
bool top_draw(FILE *out, const jwkeep_json *status, bool is_coloured);

#endif
