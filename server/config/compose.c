/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns putting texts together. */
#include "server/config/compose.h"
#include "server/config/settings.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool join_pins(const config_texts *pins, config_composed *it) {
    size_t size = 0;
    for (size_t i = 0; i < pins->count; i++) {
        int written = snprintf(it->pins + size, sizeof it->pins - size, "%s%s", i ? ";" : "",
                               pins->items[i]);
        size += written > 0 ? (size_t)written : 0;
        if (size >= sizeof it->pins)
            return false;
    }
    return true;
}

static bool write_lines(const config_list *list, config_composed *it) {
    const config_request_header *headers = list->items;
    for (size_t i = 0; i < list->count; i++) {
        if (asprintf(&it->lines[i], "%s: %s", headers[i].name, headers[i].value) < 0)
            return false;
        it->line_count++;
    }
    return true;
}

const char *config_compose(const config_texts *pins, const config_list *headers,
                           config_composed *ret_composed) {
    *ret_composed = (config_composed){.line_count = 0};
    if (!join_pins(pins, ret_composed))
        return "pinned_keys: too long";
    return write_lines(headers, ret_composed) ? NULL : "out of memory";
}

const char *config_composed_pins(const config_composed *it) {
    return it->pins[0] ? it->pins : NULL;
}

void config_composed_done(config_composed *it) {
    for (size_t i = 0; i < it->line_count; i++) {
        explicit_bzero(it->lines[i], strlen(it->lines[i]));
        free(it->lines[i]);
    }
}
