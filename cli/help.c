/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the layout of the help. */
#include "cli/help.h"
#include <string.h>

#define NAME_COLUMN 26

static const char STATUSES[] =
    "exit status: 0 yes, 1 no (rejected), 2 usage, 3 could not decide (keys, network), "
    "4 internal\n";

static const char PROGRAM_EXAMPLES[] =
    "  jwkeep jwk generate --alg ES256 > key.json\n"
    "  jwkeep jwt sign --key key.json --iss me --aud api --exp +300 > token\n"
    "  jwkeep jwt verify --key key.json --iss me --aud api < token\n"
    "  jwkeep serve --dev\n";

static const char ENVIRONMENT[] =
    "  JWKEEP_ENGINE             the one engine that checks signatures before OpenSSL;"
    " \"openssl\": none\n";

static bool is_in(const struct command *command, const char *group) {
    return command->group && strcmp(command->group, group) == 0;
}

static void print_summaries(FILE *out, const char *group) {
    for (const struct command *const *each = COMMANDS; *each; each++) {
        if (is_in(*each, group))
            fprintf(out, "  jwkeep %s %-*s %s\n", group, NAME_COLUMN - 9 - (int)strlen(group),
                    (*each)->name, (*each)->summary);
    }
}

void help_program(FILE *out) {
    fputs("usage: jwkeep COMMAND [OPTION]…\n\n"
          "Verifies JSON Web Tokens and keeps the keys for it right.\n\ncommands:\n",
          out);
    for (const struct command_group *group = COMMAND_GROUPS; group->name; group++)
        print_summaries(out, group->name);
    for (const struct command *const *each = COMMANDS; *each; each++) {
        if (!(*each)->group)
            fprintf(out, "  jwkeep %-*s %s\n", NAME_COLUMN - 8, (*each)->name,
                    (*each)->summary);
    }
    fprintf(out, "\nexamples:\n%s\nenvironment:\n%s\n%s", PROGRAM_EXAMPLES, ENVIRONMENT,
            STATUSES);
    fputs("Each command says more: jwkeep jwt verify --help\n", out);
}

static const struct command *first_of(const struct command_group *group) {
    for (const struct command *const *each = COMMANDS; *each; each++) {
        if (is_in(*each, group->name))
            return *each;
    }
    return NULL;
}

void help_group(FILE *out, const struct command_group *group) {
    fprintf(out, "usage: jwkeep %s COMMAND [OPTION]…\n\n%s\n\ncommands:\n", group->name,
            group->summary);
    print_summaries(out, group->name);
    const struct command *first = first_of(group);
    if (first)
        fprintf(out, "\nexample:\n%s", first->examples);
    fprintf(out, "\n%s", STATUSES);
}

static void print_name(FILE *out, const struct command *command) {
    if (command->group)
        fprintf(out, "jwkeep %s %s", command->group, command->name);
    else
        fprintf(out, "jwkeep %s", command->name);
}

static void print_usage(FILE *out, const struct command *command) {
    fputs("usage: ", out);
    print_name(out, command);
    fputs(" [OPTION]…", out);
    for (size_t i = 0; i < command->options.count; i++) {
        if (command->options.specs[i].kind == OPTION_OPERAND)
            fprintf(out, " [%s]", command->options.specs[i].value);
    }
    fputc('\n', out);
}

static void print_option(FILE *out, const option_spec *spec) {
    char left[64];
    if (spec->kind == OPTION_OPERAND)
        snprintf(left, sizeof left, "%s", spec->value);
    else if (spec->kind == OPTION_FLAG)
        snprintf(left, sizeof left, "--%s", spec->name);
    else
        snprintf(left, sizeof left, "--%s %s%s", spec->name, spec->value,
                 spec->kind == OPTION_LIST ? " …" : "");
    /* A sign of three bytes takes one column. */
    int width = NAME_COLUMN + (spec->kind == OPTION_LIST ? 2 : 0);
    fprintf(out, "  %-*s %s\n", width, left, spec->help);
}

void help_command(FILE *out, const struct command *command) {
    print_usage(out, command);
    fprintf(out, "\n%s\n", command->summary);
    if (command->details)
        fprintf(out, "\n%s", command->details);
    fputs("\noptions:\n", out);
    for (size_t i = 0; i < command->options.count; i++)
        print_option(out, &command->options.specs[i]);
    fprintf(out, "  %-*s %s\n", NAME_COLUMN, "-h, --help", "print this");
    fprintf(out, "\nexample:\n%s\n%s", command->examples, STATUSES);
}
