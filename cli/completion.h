/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the scripts for shells, one a shell, made from the tables of the commands. */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include <stdio.h>

void completion_bash(FILE *out);
void completion_zsh(FILE *out);
void completion_fish(FILE *out);

#endif
