/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the answer to which version of the library is loaded. */
#include <jwkeep/version.h>

const char *jwkeep_version(void) {
    return JWKEEP_VERSION;
}
