/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns texts that the library wants in another form than the file has them: pins in one, header
 * lines whole. Good until whatever copies them is made. */
#ifndef SERVER_CONFIG_COMPOSE_H
#define SERVER_CONFIG_COMPOSE_H

#include "server/config/shape.h"
#include <jwkeep/source.h>

#define CONFIG_MAX_PIN_BYTES 1024u

typedef struct config_composed {
    char pins[CONFIG_MAX_PIN_BYTES];
    char *lines[JWKEEP_MAX_REQUEST_HEADERS];
    size_t line_count;
} config_composed;

/* NULL, or what is wrong: constant. To be ended in any case. `headers` are of
 * config_request_header. */
JWKEEP_MUST_USE const char *config_compose(const config_texts *pins, const config_list *headers,
                                           config_composed *ret_composed);

/* NULL if there are none. */
const char *config_composed_pins(const config_composed *it);

void config_composed_done(config_composed *it); /* wipes */

#endif
