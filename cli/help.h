/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the texts of --help, made from the tables of the commands. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/command.h"
#include <stdio.h>

void help_program(FILE *out);
void help_group(FILE *out, const struct command_group *group);
void help_command(FILE *out, const struct command *command);

#endif
