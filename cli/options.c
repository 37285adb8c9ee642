/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the walk over the arguments. */
#include "cli/options.h"
#include "server/nearest.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_BYTES 64 /* of a word of the user's in a message */

struct reading {
    option_table table;
    int argc;
    char *const *argv;
    int next;
    size_t operands; /* taken so far */
    char *values;
    char *fault;
};

__attribute__((format(printf, 2, 3))) static options_result fault(struct reading *reading,
                                                                  const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reading->fault, OPTIONS_FAULT_BYTES, format, arguments);
    va_end(arguments);
    return OPTIONS_FAULT;
}

bool options_read_number(const char *text, int64_t min, int64_t max, int64_t *ret_number) {
    char *end;
    if (!*text || strspn(text, "-0123456789") != strlen(text))
        return false;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno || *end || number < min || number > max)
        return false;
    *ret_number = number;
    return true;
}

static const option_spec *find(const option_table *table, const char *name, size_t size) {
    for (size_t i = 0; i < table->count; i++) {
        const option_spec *spec = &table->specs[i];
        if (spec->name && strlen(spec->name) == size && memcmp(spec->name, name, size) == 0)
            return spec;
    }
    return NULL;
}

static options_result unknown(struct reading *reading, const char *name, size_t size) {
    char typed[NEAREST_MAX_BYTES + 2];
    snprintf(typed, sizeof typed, "%.*s", (int)size, name);
    nearest guess = {0};
    nearest_offer(&guess, typed, "help");
    for (size_t i = 0; i < reading->table.count; i++) {
        if (reading->table.specs[i].name)
            nearest_offer(&guess, typed, reading->table.specs[i].name);
    }
    if (guess.best)
        return fault(reading, "unknown option --%.*s (did you mean --%s?)", SHOWN_BYTES, typed,
                     guess.best);
    return fault(reading, "unknown option --%.*s", SHOWN_BYTES, typed);
}

static options_result store_number(struct reading *reading, const option_spec *spec,
                                   const char *value) {
    if (options_read_number(value, spec->min, spec->max,
                            (int64_t *)(void *)(reading->values + spec->offset)))
        return OPTIONS_OK;
    return fault(reading, "--%s takes a whole number from %lld to %lld, not \"%.*s\"",
                 spec->name, (long long)spec->min, (long long)spec->max, SHOWN_BYTES, value);
}

static options_result store_item(struct reading *reading, const option_spec *spec,
                                 const char *value) {
    text_list *list = (text_list *)(void *)(reading->values + spec->offset);
    if (list->count == OPTIONS_MAX_REPEATS)
        return fault(reading, "--%s is given more than %u times", spec->name,
                     OPTIONS_MAX_REPEATS);
    list->items[list->count++] = value;
    return OPTIONS_OK;
}

static options_result store(struct reading *reading, const option_spec *spec,
                            const char *value) {
    switch (spec->kind) {
    case OPTION_FLAG:
        *(bool *)(reading->values + spec->offset) = true;
        return OPTIONS_OK;
    case OPTION_NUMBER:
        return store_number(reading, spec, value);
    case OPTION_LIST:
        return store_item(reading, spec, value);
    case OPTION_TEXT:
    case OPTION_OPERAND:
        *(const char **)(void *)(reading->values + spec->offset) = value;
        return OPTIONS_OK;
    }
    return OPTIONS_FAULT;
}

static options_result read_option(struct reading *reading, const char *name) {
    const char *equals = strchr(name, '=');
    size_t size = equals ? (size_t)(equals - name) : strlen(name);
    const option_spec *spec = find(&reading->table, name, size);
    if (!spec)
        return unknown(reading, name, size);
    if (spec->kind == OPTION_FLAG && equals)
        return fault(reading, "--%s takes no value", spec->name);
    const char *value = equals ? equals + 1 : NULL;
    if (spec->kind != OPTION_FLAG && !value) {
        if (reading->next == reading->argc)
            return fault(reading, "--%s needs a value: --%s %s", spec->name, spec->name,
                         spec->value);
        value = reading->argv[reading->next++];
    }
    return store(reading, spec, value);
}

static options_result read_operand(struct reading *reading, const char *value) {
    size_t skipped = 0;
    for (size_t i = 0; i < reading->table.count; i++) {
        const option_spec *spec = &reading->table.specs[i];
        if (spec->kind == OPTION_OPERAND && skipped++ == reading->operands) {
            reading->operands++;
            return store(reading, spec, value);
        }
    }
    return fault(reading, "unexpected argument \"%.*s\"", SHOWN_BYTES, value);
}

static bool is_help(const char *argument) {
    return strcmp(argument, "-h") == 0 || strcmp(argument, "--help") == 0;
}

static options_result read_argument(struct reading *reading, const char *argument,
                                    bool *is_after_dashes) {
    if (*is_after_dashes || argument[0] != '-' || argument[1] == '\0')
        return read_operand(reading, argument);
    if (strcmp(argument, "--") == 0) {
        *is_after_dashes = true;
        return OPTIONS_OK;
    }
    if (is_help(argument))
        return OPTIONS_HELP;
    if (argument[1] != '-')
        return fault(reading, "unknown option %.*s (options are long: --help)", SHOWN_BYTES,
                     argument);
    return read_option(reading, argument + 2);
}

bool options_is_given(const option_spec *spec, const void *values, const void *defaults) {
    const void *value = (const char *)values + spec->offset;
    const void *usual = (const char *)defaults + spec->offset;
    switch (spec->kind) {
    case OPTION_FLAG:
        return *(const bool *)value != *(const bool *)usual;
    case OPTION_NUMBER:
        return *(const int64_t *)value != *(const int64_t *)usual;
    case OPTION_LIST:
        return ((const text_list *)value)->count != ((const text_list *)usual)->count;
    case OPTION_TEXT:
    case OPTION_OPERAND:
        return *(const char *const *)value != *(const char *const *)usual;
    }
    return false;
}

options_result options_read(option_table table, int argc, char *const *argv, void *values,
                            char ret_fault[OPTIONS_FAULT_BYTES]) {
    struct reading reading = {
        .table = table, .argc = argc, .argv = argv, .values = values, .fault = ret_fault};
    bool is_after_dashes = false;
    options_result result = OPTIONS_OK;
    while (result == OPTIONS_OK && reading.next < argc)
        result = read_argument(&reading, argv[reading.next++], &is_after_dashes);
    return result;
}
