/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the way from the program's arguments to the command they name. */
#include "cli/command.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/report.h"
#include "server/nearest.h"
#include <jwkeep/version.h>
#include <stdlib.h>
#include <string.h>

static bool is_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static const struct command *find_command(const char *group, const char *name) {
    for (const struct command *const *each = COMMANDS; *each; each++) {
        bool is_same_group =
            group ? (*each)->group && strcmp((*each)->group, group) == 0 : !(*each)->group;
        if (is_same_group && strcmp((*each)->name, name) == 0)
            return *each;
    }
    return NULL;
}

static const struct command_group *find_group(const char *name) {
    for (const struct command_group *group = COMMAND_GROUPS; group->name; group++) {
        if (strcmp(group->name, name) == 0)
            return group;
    }
    return NULL;
}

/* `group` NULL: the first word of the line is unknown. */
static exit_status refuse_word(const char *group, const char *word) {
    nearest guess = {0};
    for (const struct command *const *each = COMMANDS; *each; each++) {
        if (!group)
            nearest_offer(&guess, word, (*each)->group ? (*each)->group : (*each)->name);
        else if ((*each)->group && strcmp((*each)->group, group) == 0)
            nearest_offer(&guess, word, (*each)->name);
    }
    const char *space = group ? " " : "";
    if (guess.best)
        return report_usage("unknown command \"%s%s%.64s\" (did you mean %s%s%s?)",
                            group ? group : "", space, word, group ? group : "", space,
                            guess.best);
    return report_usage("unknown command \"%s%s%.64s\" (see jwkeep%s%s --help)",
                        group ? group : "", space, word, *space ? " " : "", group ? group : "");
}

static exit_status run_read(const struct command *command, int argc, char **argv,
                            void *values) {
    char fault[OPTIONS_FAULT_BYTES];
    switch (options_read(command->options, argc, argv, values, fault)) {
    case OPTIONS_OK:
        return command->run(values);
    case OPTIONS_HELP:
        help_command(stdout, command);
        return STATUS_YES;
    case OPTIONS_FAULT:
        break;
    }
    return report_usage("%s", fault);
}

static exit_status run_command(const struct command *command, int argc, char **argv) {
    void *values = calloc(1, command->values_size);
    if (!values)
        return report_internal("out of memory");
    if (command->defaults)
        memcpy(values, command->defaults, command->values_size);
    exit_status status = run_read(command, argc, argv, values);
    free(values);
    return status;
}

static exit_status run_group(const struct command_group *group, int argc, char **argv) {
    if (argc == 0)
        return report_usage("%s needs a command (see jwkeep %s --help)", group->name,
                            group->name);
    if (is_help(argv[0])) {
        help_group(stdout, group);
        return STATUS_YES;
    }
    const struct command *command = find_command(group->name, argv[0]);
    if (!command)
        return refuse_word(group->name, argv[0]);
    return run_command(command, argc - 1, argv + 1);
}

static exit_status run_words(int argc, char **argv) {
    if (argc == 0)
        return report_usage("say what to do (see jwkeep --help)");
    if (is_help(argv[0])) {
        help_program(stdout);
        return STATUS_YES;
    }
    if (strcmp(argv[0], "--version") == 0) {
        printf("jwkeep %s\n", jwkeep_version());
        return STATUS_YES;
    }
    const struct command_group *group = find_group(argv[0]);
    if (group)
        return run_group(group, argc - 1, argv + 1);
    const struct command *command = find_command(NULL, argv[0]);
    if (!command)
        return refuse_word(NULL, argv[0]);
    return run_command(command, argc - 1, argv + 1);
}

int main(int argc, char **argv) {
    /* A diagnostic is written whole, whoever else writes to the same place. */
    setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
    exit_status status = run_words(argc > 0 ? argc - 1 : 0, argv + 1);
    exit_status finished = output_finish();
    return (int)(status == STATUS_YES ? finished : status);
}
