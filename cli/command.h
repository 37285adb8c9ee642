/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what a command is: its name, its help, its table of options, and the function that does
 * it. Every command of the program is declared here, and stands in cmd/NOUN/VERB.c. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/exit_status.h"
#include "cli/options.h"

struct command {
    const char *group; /* "jwk"; NULL for a command that stands alone */
    const char *name;
    const char *summary;  /* one line, without a full stop */
    const char *details;  /* what the help says beyond it, lines ended; may be NULL */
    const char *examples; /* lines ended */
    option_table options;
    const void *defaults; /* copied to what `run` gets, `values_size` bytes */
    size_t values_size;
    exit_status (*run)(const void *values);
};

struct command_group {
    const char *name;
    const char *summary;
};

extern const struct command CMD_JWK_GENERATE;
extern const struct command CMD_JWK_CHECK;
extern const struct command CMD_JWK_PUBLIC;
extern const struct command CMD_JWK_THUMBPRINT;
extern const struct command CMD_JWK_CONVERT;
extern const struct command CMD_JWK_INSPECT;
extern const struct command CMD_JWKS_LIST;
extern const struct command CMD_JWKS_MERGE;
extern const struct command CMD_JWKS_ADD;
extern const struct command CMD_JWKS_REMOVE;
extern const struct command CMD_JWKS_FETCH;
extern const struct command CMD_JWKS_WATCH;
extern const struct command CMD_JWS_SIGN;
extern const struct command CMD_JWS_VERIFY;
extern const struct command CMD_JWS_INSPECT;
extern const struct command CMD_JWT_SIGN;
extern const struct command CMD_JWT_VERIFY;
extern const struct command CMD_JWT_DECODE;
extern const struct command CMD_SERVE;
extern const struct command CMD_TOP;
extern const struct command CMD_DEV_ISSUER;
extern const struct command CMD_BENCH_CACHE;
extern const struct command CMD_BENCH_MEMORY;
extern const struct command CMD_BENCH_READ;
extern const struct command CMD_BENCH_STORM;
extern const struct command CMD_BENCH_VERIFY;
extern const struct command CMD_SIM;
extern const struct command CMD_COMPLETION;

/* All of them in the order of the help, ended by NULL; the groups, ended by one without a
 * name. */
extern const struct command *const COMMANDS[];
extern const struct command_group COMMAND_GROUPS[];

#endif
