/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the wording of faults. */
#include "server/config/fault.h"
#include <stdarg.h>
#include <stdio.h>

bool config_fail(config_fault *ret_fault, config_place place, const char *format, ...) {
    va_list arguments;
    ret_fault->place = place;
    va_start(arguments, format);
    vsnprintf(ret_fault->text, sizeof ret_fault->text, format, arguments);
    va_end(arguments);
    return false;
}

void config_fault_write(const config_fault *fault, const char *path,
                        char ret_line[CONFIG_FAULT_LINE_BYTES]) {
    char place[48] = "";
    if (fault->place.line > 0)
        snprintf(place, sizeof place, ":%zu:%zu", fault->place.line, fault->place.column);
    snprintf(ret_line, CONFIG_FAULT_LINE_BYTES, "%.200s%s: %s", path, place, fault->text);
}
