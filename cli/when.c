/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the units of time. */
#include "cli/when.h"
#include "cli/options.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t when_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool when_date(int64_t time_s, char ret_text[WHEN_TEXT_BYTES]) {
    struct tm parts;
    time_t time = time_s;
    if (time_s < 0 || time_s > WHEN_MAX_S || !gmtime_r(&time, &parts))
        return false;
    return strftime(ret_text, WHEN_TEXT_BYTES, "%Y-%m-%d %H:%M:%S UTC", &parts) > 0;
}

/* Times are those of NumericDates: their difference is far inside the type. */
void when_relative(int64_t time_s, int64_t now_s, char ret_text[WHEN_TEXT_BYTES]) {
    static const struct {
        int64_t seconds;
        const char *name;
    } UNITS[] = {{31557600, "year"}, {86400, "day"}, {3600, "hour"}, {60, "minute"}};
    int64_t distance = time_s < now_s ? now_s - time_s : time_s - now_s;
    int64_t count = distance;
    const char *name = "second";
    for (size_t i = 0; i < sizeof UNITS / sizeof UNITS[0]; i++) {
        if (distance >= UNITS[i].seconds) {
            count = distance / UNITS[i].seconds;
            name = UNITS[i].name;
            break;
        }
    }
    if (distance == 0)
        snprintf(ret_text, WHEN_TEXT_BYTES, "now");
    else
        snprintf(ret_text, WHEN_TEXT_BYTES, "%s%" PRId64 " %s%s%s", time_s > now_s ? "in " : "",
                 count, name, count == 1 ? "" : "s", time_s < now_s ? " ago" : "");
}

bool when_read(const char *text, int64_t now_s, int64_t *ret_time_s) {
    int64_t number = 0;
    bool is_relative = text[0] == '+' || text[0] == '-' || strcmp(text, "now") == 0;
    if (strcmp(text, "now") != 0 &&
        !options_read_number(text + (text[0] == '+'), -WHEN_MAX_S, WHEN_MAX_S, &number))
        return false;
    if (text[0] == '+' && text[1] == '-')
        return false;
    int64_t time_s = is_relative ? now_s + number : number;
    if (time_s < 0 || time_s > WHEN_MAX_S)
        return false;
    *ret_time_s = time_s;
    return true;
}
