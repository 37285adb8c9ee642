/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the grammar of Cache-Control and its neighbours. */
#include "remote/cache_control.h"

#define DELTA_MAX_S 2147483648 /* RFC 9111 §1.2.2: what a larger number means */

static bool is_space(uint8_t byte) {
    return byte == ' ' || byte == '\t';
}

static jwkeep_span trim(jwkeep_span text) {
    while (text.size && is_space(text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size && is_space(text.data[text.size - 1]))
        text.size--;
    return text;
}

static uint8_t lower(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

static bool is_word(jwkeep_span text, const char *word) {
    if (text.size != strlen(word))
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (lower(text.data[i]) != (uint8_t)word[i])
            return false;
    return true;
}

static bool is_digit(uint8_t byte) {
    return byte >= '0' && byte <= '9';
}

/* delta-seconds: digits and nothing else. */
static bool read_delta(jwkeep_span text, int64_t *ret_seconds) {
    text = trim(text);
    int64_t seconds = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.data[i]))
            return false;
        seconds = seconds * 10 + (text.data[i] - '0');
        if (seconds > DELTA_MAX_S)
            seconds = DELTA_MAX_S;
    }
    if (text.size)
        *ret_seconds = seconds;
    return text.size > 0;
}

typedef struct directive {
    jwkeep_span name;
    jwkeep_span value;
} directive;

/* The end of the list element at the front: a comma outside of quotes, or the end. */
static size_t find_element_end(jwkeep_span list) {
    bool is_quoted = false;
    for (size_t i = 0; i < list.size; i++) {
        if (is_quoted && list.data[i] == '\\')
            i++;
        else if (list.data[i] == '"')
            is_quoted = !is_quoted;
        else if (!is_quoted && list.data[i] == ',')
            return i;
    }
    return list.size;
}

static directive split_directive(jwkeep_span element) {
    const uint8_t *equals = element.size ? memchr(element.data, '=', element.size) : NULL;
    if (!equals)
        return (directive){trim(element), JWKEEP_SPAN_NONE};
    size_t before = (size_t)(equals - element.data);
    jwkeep_span value = trim(jwkeep_span_of(equals + 1, element.size - before - 1));
    if (value.size >= 2 && value.data[0] == '"' && value.data[value.size - 1] == '"')
        value = jwkeep_span_of(value.data + 1, value.size - 2);
    return (directive){trim(jwkeep_span_of(element.data, before)), value};
}

static directive next_directive(jwkeep_span *list) {
    size_t end = find_element_end(*list);
    directive found = split_directive(jwkeep_span_of(list->data, end));
    size_t taken = end < list->size ? end + 1 : end;
    *list = jwkeep_span_of(list->data + taken, list->size - taken);
    return found;
}

/* The lifetime that Cache-Control gives, the shortest if it gives several; -1 for none. */
static int64_t read_cache_control(jwkeep_span list) {
    int64_t lifetime_s = -1;
    while (list.size) {
        directive found = next_directive(&list);
        int64_t seconds = 0;
        bool is_forbidden = is_word(found.name, "no-store") || is_word(found.name, "no-cache");
        if (!is_forbidden &&
            (!is_word(found.name, "max-age") || !read_delta(found.value, &seconds)))
            continue;
        if (lifetime_s < 0 || seconds < lifetime_s)
            lifetime_s = seconds;
    }
    return lifetime_s;
}

typedef struct date_reader {
    jwkeep_span rest;
    bool is_wrong;
} date_reader;

typedef struct date_fields {
    int64_t year;
    int64_t month; /* 1–12 */
    int64_t day;
    int64_t hour;
    int64_t minute;
    int64_t second;
    bool is_year_short;
} date_fields;

static void skip_text(date_reader *reader, const char *text) {
    size_t size = strlen(text);
    if (reader->rest.size < size || memcmp(reader->rest.data, text, size) != 0) {
        reader->is_wrong = true;
        return;
    }
    reader->rest.data += size;
    reader->rest.size -= size;
}

static int64_t take_number(date_reader *reader, size_t digits) {
    int64_t number = 0;
    if (reader->rest.size < digits) {
        reader->is_wrong = true;
        return 0;
    }
    for (size_t i = 0; i < digits; i++) {
        reader->is_wrong |= !is_digit(reader->rest.data[i]);
        number = number * 10 + (reader->rest.data[i] - '0');
    }
    reader->rest.data += digits;
    reader->rest.size -= digits;
    return number;
}

static int64_t take_month(date_reader *reader) {
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int64_t month = 0; reader->rest.size >= 3 && month < 12; month++) {
        if (memcmp(reader->rest.data, names + 3 * month, 3) == 0) {
            reader->rest.data += 3;
            reader->rest.size -= 3;
            return month + 1;
        }
    }
    reader->is_wrong = true;
    return 1;
}

static void take_time(date_reader *reader, date_fields *date) {
    date->hour = take_number(reader, 2);
    skip_text(reader, ":");
    date->minute = take_number(reader, 2);
    skip_text(reader, ":");
    date->second = take_number(reader, 2);
}

/* `06 Nov 1994 08:49:37 GMT`, after the day's name. */
static void take_fixed(date_reader *reader, date_fields *date) {
    skip_text(reader, " ");
    date->day = take_number(reader, 2);
    skip_text(reader, " ");
    date->month = take_month(reader);
    skip_text(reader, " ");
    date->year = take_number(reader, 4);
    skip_text(reader, " ");
    take_time(reader, date);
    skip_text(reader, " GMT");
}

/* `06-Nov-94 08:49:37 GMT`, after the day's name. */
static void take_rfc850(date_reader *reader, date_fields *date) {
    skip_text(reader, " ");
    date->day = take_number(reader, 2);
    skip_text(reader, "-");
    date->month = take_month(reader);
    skip_text(reader, "-");
    date->year = take_number(reader, 2);
    date->is_year_short = true;
    skip_text(reader, " ");
    take_time(reader, date);
    skip_text(reader, " GMT");
}

/* `Nov  6 08:49:37 1994`, after the day's name. */
static void take_asctime(date_reader *reader, date_fields *date) {
    date->month = take_month(reader);
    skip_text(reader, " ");
    if (reader->rest.size && reader->rest.data[0] == ' ') {
        skip_text(reader, " ");
        date->day = take_number(reader, 1);
    } else {
        date->day = take_number(reader, 2);
    }
    skip_text(reader, " ");
    take_time(reader, date);
    skip_text(reader, " ");
    date->year = take_number(reader, 4);
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar; the year starts in March, so
 * that the day of a leap year is its last. */
static int64_t count_days(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

/* RFC 9110 §5.6.7: the latest such year that is not more than 50 years ahead. */
static int64_t widen_year(int64_t short_year, int64_t now_s) {
    int64_t latest = 1970 + now_s / 31556952 + 50;
    return latest - (latest - short_year) % 100;
}

bool jk_http_date(jwkeep_span text, int64_t now_s, int64_t *ret_time_s) {
    text = trim(text);
    date_reader reader = {.rest = text};
    date_fields date = {0};
    const uint8_t *comma = text.size ? memchr(text.data, ',', text.size) : NULL;
    size_t name_size = comma ? (size_t)(comma - text.data) + 1 : 4;
    if (name_size > 10 || name_size > text.size) /* "Wednesday," */
        return false;
    reader.rest = jwkeep_span_of(text.data + name_size, text.size - name_size);
    if (!comma)
        take_asctime(&reader, &date);
    else if (name_size == 4)
        take_fixed(&reader, &date);
    else
        take_rfc850(&reader, &date);
    if (reader.is_wrong || reader.rest.size || date.day < 1 || date.day > 31 ||
        date.hour > 23 || date.minute > 59 || date.second > 60)
        return false;
    if (date.is_year_short)
        date.year = widen_year(date.year, now_s);
    *ret_time_s = count_days(date.year, date.month, date.day) * 86400 + date.hour * 3600 +
                  date.minute * 60 + date.second;
    return true;
}

/* RFC 9111 §5.3: what is no date is in the past. */
static int64_t read_expires(const jk_cache_fields *fields, int64_t now_s) {
    int64_t expires_s;
    int64_t date_s;
    if (!jk_http_date(fields->expires, now_s, &expires_s))
        return 0;
    if (!jk_http_date(fields->date, now_s, &date_s))
        date_s = now_s;
    return expires_s > date_s ? expires_s - date_s : 0;
}

int64_t jk_cache_lifetime_s(const jk_cache_fields *fields, const jk_lifetime_limits *limits,
                            int64_t now_s) {
    int64_t lifetime_s = read_cache_control(fields->cache_control);
    int64_t age_s = 0;
    if (lifetime_s < 0 && jwkeep_span_is_present(fields->expires))
        lifetime_s = read_expires(fields, now_s);
    if (lifetime_s < 0)
        lifetime_s = limits->default_s;
    else if (read_delta(fields->age, &age_s))
        lifetime_s -= age_s;
    if (lifetime_s > limits->max_s)
        lifetime_s = limits->max_s;
    return lifetime_s < limits->min_s ? limits->min_s : lifetime_s;
}

int64_t jk_cache_retry_after_s(const jk_cache_fields *fields, int64_t now_s) {
    int64_t seconds;
    if (read_delta(fields->retry_after, &seconds))
        return seconds;
    if (!jk_http_date(fields->retry_after, now_s, &seconds))
        return 0;
    return seconds > now_s ? seconds - now_s : 0;
}
