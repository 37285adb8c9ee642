/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the reading of a command's arguments from a table: `--name value`, `--name=value`,
 * flags, repeated options, operands by position, `--` before operands that begin with a dash.
 * Refuses abbreviations: an option has one spelling. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_MAX_REPEATS 64u
#define OPTIONS_FAULT_BYTES 256u

/* What an option that may be repeated was given, borrowed from the arguments. */
typedef struct text_list {
    const char *items[OPTIONS_MAX_REPEATS];
    size_t count;
} text_list;

typedef enum option_kind {
    OPTION_FLAG,   /* bool */
    OPTION_TEXT,   /* const char * */
    OPTION_NUMBER, /* int64_t, `min` to `max` */
    OPTION_LIST,   /* text_list */
    OPTION_OPERAND /* const char *, by position */
} option_kind;

/* One line of a table. Its value goes to `offset` in the command's structure. */
typedef struct option_spec {
    option_kind kind;
    const char *name;  /* without dashes */
    const char *value; /* what the help calls its value; NULL for a flag */
    const char *help;
    size_t offset;
    int64_t min;
    int64_t max;
} option_spec;

/* The offset of a field; the compiler complains unless it is of the type that the kind of
 * option writes. */
#define OPTION_AT(structure, field, type)                                                      \
    (offsetof(structure, field) + 0 * sizeof(&((structure *)NULL)->field == (type *)NULL))

#define FLAG(structure, field, name_, help_)                                                   \
    { OPTION_FLAG, name_, NULL, help_, OPTION_AT(structure, field, bool), 0, 0 }
#define TEXT(structure, field, name_, value_, help_)                                           \
    { OPTION_TEXT, name_, value_, help_, OPTION_AT(structure, field, const char *), 0, 0 }
#define NUMBER(structure, field, name_, value_, min_, max_, help_)                             \
    { OPTION_NUMBER, name_, value_, help_, OPTION_AT(structure, field, int64_t), min_, max_ }
#define LIST(structure, field, name_, value_, help_)                                           \
    { OPTION_LIST, name_, value_, help_, OPTION_AT(structure, field, text_list), 0, 0 }
#define OPERAND(structure, field, value_, help_)                                               \
    { OPTION_OPERAND, NULL, value_, help_, OPTION_AT(structure, field, const char *), 0, 0 }

typedef struct option_table {
    const option_spec *specs;
    size_t count;
} option_table;

#define OPTION_TABLE(specs_)                                                                   \
    { specs_, sizeof(specs_) / sizeof((specs_)[0]) }

typedef enum options_result {
    OPTIONS_OK,
    OPTIONS_HELP, /* -h or --help was among them */
    OPTIONS_FAULT
} options_result;

/* Reads `argc` arguments (the command's name is not among them) into `values`, which holds the
 * defaults. FAULT: `ret_fault` says in one line what is wrong, and `values` is half filled. */
options_result options_read(option_table table, int argc, char *const *argv, void *values,
                            char ret_fault[OPTIONS_FAULT_BYTES]);

/* Whether `values` hold something for the option that the `defaults` they were read over do
 * not; a number that is given as it is by default is not told from one that is left out. */
bool options_is_given(const option_spec *spec, const void *values, const void *defaults);

/* A whole number in decimal, nothing before or behind it. */
bool options_read_number(const char *text, int64_t min, int64_t max, int64_t *ret_number);

#endif
