/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the version of the interface and of the library that is loaded. */
#ifndef JWKEEP_VERSION_H
#define JWKEEP_VERSION_H

#include <jwkeep/attributes.h>

JWKEEP_BEGIN

#define JWKEEP_VERSION_MAJOR 0
#define JWKEEP_VERSION_MINOR 1
#define JWKEEP_VERSION_PATCH 0
#define JWKEEP_VERSION "0.1.0"

/* The version of the library at run time, as JWKEEP_VERSION. Any thread. */
JWKEEP_API JWKEEP_CONST const char *jwkeep_version(void);

JWKEEP_END

#endif
