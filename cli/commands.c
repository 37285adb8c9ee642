/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the list of commands and of the groups they stand in. */
#include "cli/command.h"

const struct command_group COMMAND_GROUPS[] = {
    {"jwk", "one key: make it, check it, look at it, turn it into another form"},
    {"jwks", "sets of keys, in a file or behind a URL"},
    {"jws", "sign bytes, verify and look at signatures"},
    {"jwt", "sign, verify and look at tokens"},
    {"bench", "measure the library on this machine"},
    {NULL, NULL},
};

/* clang-format off */
const struct command *const COMMANDS[] = {
    &CMD_JWK_GENERATE,
    &CMD_JWK_CHECK,
    &CMD_JWK_PUBLIC,
    &CMD_JWK_THUMBPRINT,
    &CMD_JWK_CONVERT,
    &CMD_JWK_INSPECT,
    &CMD_JWKS_LIST,
    &CMD_JWKS_MERGE,
    &CMD_JWKS_ADD,
    &CMD_JWKS_REMOVE,
    &CMD_JWKS_FETCH,
    &CMD_JWKS_WATCH,
    &CMD_JWS_SIGN,
    &CMD_JWS_VERIFY,
    &CMD_JWS_INSPECT,
    &CMD_JWT_SIGN,
    &CMD_JWT_VERIFY,
    &CMD_JWT_DECODE,
    &CMD_SERVE,
    &CMD_TOP,
    &CMD_DEV_ISSUER,
    &CMD_BENCH_CACHE,
    &CMD_BENCH_MEMORY,
    &CMD_BENCH_READ,
    &CMD_BENCH_STORM,
    &CMD_BENCH_VERIFY,
    &CMD_SIM,
    &CMD_COMPLETION,
    NULL,
};
/* clang-format on */
