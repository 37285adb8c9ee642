/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the names of the engines: what checks signatures. OpenSSL is always there: it checks
 * every key when it is made, signs, and verifies whatever no other engine takes. Engines
 * before it verify with state prepared for a key; which keys and algorithms one takes is its
 * own affair (jwkeep_jwk_engine tells), and the verdict is the same.
 *
 * The environment variable JWKEEP_ENGINE, read once when the first key is made and not at all
 * where the process has gained privileges, restricts the choice for the whole process: to the
 * engine of that name, with OpenSSL behind it; "openssl" leaves OpenSSL alone. A name that no
 * engine has lets no key be made: MISUSE_ARGUMENT with `where` JWKEEP_ENGINE. The field
 * `engine` of jwkeep_rules and of jwkeep_verifier_options does the same for its tokens. */
#ifndef JWKEEP_ENGINE_H
#define JWKEEP_ENGINE_H

#include <jwkeep/attributes.h>
#include <stddef.h>

JWKEEP_BEGIN

/* The engines of this build, in the order in which a key asks them; the last is "openssl".
 * Constant; NULL past the end. Any thread. */
JWKEEP_API const char *jwkeep_engine_name(size_t index);

JWKEEP_END

#endif
