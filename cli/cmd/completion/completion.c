/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep completion`: scripts with which a shell completes commands and options, made
 * from the tables of the commands. */
#include "cli/completion.h"
#include "cli/command.h"
#include "cli/report.h"
#include <string.h>

struct completion {
    const char *shell;
};

static const struct completion DEFAULTS = {.shell = NULL};

static const option_spec OPTIONS[] = {
    OPERAND(struct completion, shell, "bash|zsh|fish", "the shell"),
};

static exit_status run(const void *arguments) {
    const struct completion *values = arguments;
    if (!values->shell)
        return report_usage("say for which shell: bash, zsh or fish");
    if (strcmp(values->shell, "bash") == 0)
        completion_bash(stdout);
    else if (strcmp(values->shell, "zsh") == 0)
        completion_zsh(stdout);
    else if (strcmp(values->shell, "fish") == 0)
        completion_fish(stdout);
    else
        return report_usage("the shells are bash, zsh and fish, not \"%.64s\"", values->shell);
    return STATUS_YES;
}

const struct command CMD_COMPLETION = {
    .name = "completion",
    .summary = "print what a shell completes commands and options with",
    .details = "Commands, options, files, and words where there are only a few.\n",
    .examples = "  source <(jwkeep completion bash)\n"
                "  jwkeep completion zsh > \"${fpath[1]}/_jwkeep\"\n"
                "  jwkeep completion fish > ~/.config/fish/completions/jwkeep.fish\n",
    .options = OPTION_TABLE(OPTIONS),
    .defaults = &DEFAULTS,
    .values_size = sizeof(struct completion),
    .run = run,
};
