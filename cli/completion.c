/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns how each shell is told. What an option takes is read from the name of its value: FILE is
 * a file, ALG an algorithm, "a|b" one of two words; anything else is the user's to type. */
#include "cli/completion.h"
#include "cli/command.h"
#include <jwkeep/algorithm.h>
#include <stdbool.h>
#include <string.h>

static bool takes_file(const option_spec *spec) {
    return spec->value && strcmp(spec->value, "FILE") == 0;
}

/* Prints the words that the value may be, `between` between them; false if any text may be. */
static bool print_words(FILE *out, const option_spec *spec, char between) {
    if (spec->value && strcmp(spec->value, "ALG") == 0) {
        for (int i = 1; i < JWKEEP_ALGORITHM_COUNT; i++)
            fprintf(out, "%s%c", jwkeep_algorithm_name((jwkeep_algorithm)i), between);
        return true;
    }
    if (!spec->value || !strchr(spec->value, '|'))
        return false;
    for (const char *at = spec->value; *at; at++)
        fputc(*at == '|' ? between : *at, out);
    return true;
}

static bool is_in(const struct command *command, const char *group) {
    return command->group && strcmp(command->group, group) == 0;
}

/* In single quotes of a shell; `specials` are escaped with a backslash. */
static void print_quoted(FILE *out, const char *text, const char *specials) {
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr(specials, *text))
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

static void print_first_words(FILE *out) {
    for (const struct command_group *group = COMMAND_GROUPS; group->name; group++)
        fprintf(out, "%s ", group->name);
    for (const struct command *const *each = COMMANDS; *each; each++)
        if (!(*each)->group)
            fprintf(out, "%s ", (*each)->name);
    fputs("--help --version", out);
}

static void print_verbs(FILE *out, const char *group) {
    for (const struct command *const *each = COMMANDS; *each; each++)
        if (is_in(*each, group))
            fprintf(out, "%s ", (*each)->name);
    fputs("--help", out);
}

/* What stands for a word after one option: a case of the inner `case "$previous"`. */
static void bash_option(FILE *out, const option_spec *spec) {
    if (!spec->name || spec->kind == OPTION_FLAG)
        return;
    fprintf(out, "        --%s) ", spec->name);
    if (takes_file(spec)) {
        fputs("_jwkeep_files", out);
    } else {
        fputs("_jwkeep_words '", out);
        (void)print_words(out, spec, ' ');
        fputc('\'', out);
    }
    fputs("; return ;;\n", out);
}

static void bash_command(FILE *out, const struct command *command) {
    const option_table *options = &command->options;
    fprintf(out, "    '%s %s')\n        case $previous in\n",
            command->group ? command->group : command->name,
            command->group ? command->name : "");
    for (size_t i = 0; i < options->count; i++)
        bash_option(out, &options->specs[i]);
    fputs("        esac\n        options='", out);
    for (size_t i = 0; i < options->count; i++)
        if (options->specs[i].name)
            fprintf(out, "--%s ", options->specs[i].name);
    fputs("--help' operands='", out);
    for (size_t i = 0; i < options->count; i++)
        if (options->specs[i].kind == OPTION_OPERAND)
            (void)print_words(out, &options->specs[i], ' ');
    fputs("'\n        ;;\n", out);
}

static void bash_groups(FILE *out) {
    fputs("    case $first in\n", out);
    for (const struct command_group *group = COMMAND_GROUPS; group->name; group++) {
        fprintf(out,
                "    %s)\n        second=${COMP_WORDS[2]-}\n"
                "        if ((COMP_CWORD == 2)); then\n            _jwkeep_words '",
                group->name);
        print_verbs(out, group->name);
        fputs("'\n            return\n        fi\n        ;;\n", out);
    }
    fputs("    esac\n", out);
}

void completion_bash(FILE *out) {
    fputs("# bash completion for jwkeep: source <(jwkeep completion bash)\n"
          "_jwkeep_words() {\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$current\")\n"
          "}\n"
          "_jwkeep_files() {\n"
          "    compopt -o filenames 2>/dev/null\n"
          "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
          "}\n"
          "_jwkeep() {\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    local first=${COMP_WORDS[1]-} second='' options='' operands=''\n"
          "    COMPREPLY=()\n"
          "    if ((COMP_CWORD == 1)); then\n        _jwkeep_words '",
          out);
    print_first_words(out);
    fputs("'\n        return\n    fi\n", out);
    bash_groups(out);
    fputs("    case \"$first $second\" in\n", out);
    for (const struct command *const *each = COMMANDS; *each; each++)
        bash_command(out, *each);
    fputs("    esac\n"
          "    case $current in\n"
          "    -*) _jwkeep_words \"$options\" ;;\n"
          "    *) if [[ $operands ]]; then _jwkeep_words \"$operands\"; else _jwkeep_files; fi "
          ";;\n"
          "    esac\n"
          "}\n"
          "complete -F _jwkeep jwkeep\n",
          out);
}

#define ZSH_SPECIALS "\\[]:"

/* "*--alg[allow it]:ALG:(HS256 …)", of which the star is for what may be repeated. */
static void zsh_option(FILE *out, const option_spec *spec) {
    fputs(" \\\n            '", out);
    if (spec->kind == OPTION_OPERAND) {
        fputc(':', out);
    } else {
        fprintf(out, "%s--%s[", spec->kind == OPTION_LIST ? "*" : "", spec->name);
        print_quoted(out, spec->help, ZSH_SPECIALS);
        fputs(spec->kind == OPTION_FLAG ? "]" : "]:", out);
    }
    if (spec->kind != OPTION_FLAG) {
        print_quoted(out, spec->value, ZSH_SPECIALS);
        fputc(':', out);
        if (takes_file(spec)) {
            fputs("_files", out);
        } else {
            fputc('(', out);
            (void)print_words(out, spec, ' ');
            fputc(')', out);
        }
    }
    fputc('\'', out);
}

static void zsh_command(FILE *out, const struct command *command) {
    fprintf(out, "    '%s %s')\n        _arguments",
            command->group ? command->group : command->name,
            command->group ? command->name : "");
    for (size_t i = 0; i < command->options.count; i++)
        zsh_option(out, &command->options.specs[i]);
    fputs(" \\\n            '--help[print the help]'\n        ;;\n", out);
}

void completion_zsh(FILE *out) {
    fputs("#compdef jwkeep\n"
          "_jwkeep() {\n"
          "    local first=${words[2]-} second=''\n"
          "    if ((CURRENT == 2)); then\n        compadd -- ",
          out);
    print_first_words(out);
    fputs("\n        return\n    fi\n    case $first in\n", out);
    for (const struct command_group *group = COMMAND_GROUPS; group->name; group++) {
        fprintf(out, "    %s)\n        if ((CURRENT == 3)); then\n            compadd -- ",
                group->name);
        print_verbs(out, group->name);
        fputs("\n            return\n        fi\n        second=${words[3]-}\n"
              "        shift words\n        ((CURRENT--))\n        ;;\n",
              out);
    }
    fputs("    esac\n    shift words\n    ((CURRENT--))\n    case \"$first $second\" in\n",
          out);
    for (const struct command *const *each = COMMANDS; *each; each++)
        zsh_command(out, *each);
    fputs("    esac\n}\n"
          "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n    _jwkeep \"$@\"\n"
          "else\n    compdef _jwkeep jwkeep\nfi\n",
          out);
}

#define FISH_SPECIALS "\\"

static void fish_option(FILE *out, const struct command *command, const option_spec *spec) {
    fputs("complete -c jwkeep -n '__fish_seen_subcommand_from ", out);
    if (command->group)
        fprintf(out, "%s; and __fish_seen_subcommand_from ", command->group);
    fprintf(out, "%s'", command->name);
    if (spec->name)
        fprintf(out, " -l %s", spec->name);
    if (spec->kind != OPTION_FLAG && spec->kind != OPTION_OPERAND)
        fputs(" -r", out);
    if (takes_file(spec)) {
        fputs(" -F", out);
    } else if (spec->kind != OPTION_FLAG) {
        fputs(" -f -a '", out);
        (void)print_words(out, spec, ' ');
        fputc('\'', out);
    }
    fputs(" -d '", out);
    print_quoted(out, spec->help, FISH_SPECIALS);
    fputs("'\n", out);
}

static void fish_first_word(FILE *out, const char *word, const char *summary) {
    fprintf(out, "complete -c jwkeep -n __fish_use_subcommand -f -a %s -d '", word);
    print_quoted(out, summary, FISH_SPECIALS);
    fputs("'\n", out);
}

static void fish_verb(FILE *out, const struct command *command) {
    fprintf(out,
            "complete -c jwkeep -n '__fish_seen_subcommand_from %s; and not "
            "__fish_seen_subcommand_from ",
            command->group);
    print_verbs(out, command->group);
    fprintf(out, "' -f -a %s -d '", command->name);
    print_quoted(out, command->summary, FISH_SPECIALS);
    fputs("'\n", out);
}

void completion_fish(FILE *out) {
    fputs("# fish completion for jwkeep\n", out);
    for (const struct command_group *group = COMMAND_GROUPS; group->name; group++)
        fish_first_word(out, group->name, group->summary);
    for (const struct command *const *each = COMMANDS; *each; each++) {
        if ((*each)->group)
            fish_verb(out, *each);
        else
            fish_first_word(out, (*each)->name, (*each)->summary);
        for (size_t i = 0; i < (*each)->options.count; i++)
            fish_option(out, *each, &(*each)->options.specs[i]);
    }
}
