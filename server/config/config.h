/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns a configuration file that was read and holds together. */
#ifndef SERVER_CONFIG_CONFIG_H
#define SERVER_CONFIG_CONFIG_H

#include "server/config/settings.h"

typedef struct config config;

/* Reads and checks the file at `path`, with variables of the environment put in. Nothing is
 * opened or started but the files it names for secrets. */
JWKEEP_MUST_USE bool config_load(const char *path, config **ret_config,
                                 config_fault *ret_fault);

/* Wipes and frees. NULL is fine. */
void config_free(config *it);

const config_settings *config_get(const config *it);

/* check.c: what no table can say: names that must be known, or known once; keys that exclude
 * or need each other. */
JWKEEP_MUST_USE bool config_check(const config_settings *settings, config_fault *ret_fault);

#endif
