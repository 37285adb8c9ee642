/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the whole interface in one include. Start at <jwkeep/verifier.h>.
 *
 * What holds everywhere, unless the words at a type or function say otherwise:
 *
 * - What a function takes as const, any number of threads may use at once; what it takes
 *   otherwise, one at a time. What takes no object may be called by any thread.
 * - What is passed is borrowed for the call. What comes through a `ret_` argument is the
 *   caller's to free or to give up, with the function of its type; what is returned is borrowed
 *   from the object that was asked. Destructors accept NULL; nothing else does.
 * - A function that fails leaves what it would have written as it was. The record of the error
 *   may be NULL.
 * - Times end in `_s` or `_ms`, sizes are in bytes. Texts are UTF-8. */
#ifndef JWKEEP_H
#define JWKEEP_H

#include <jwkeep/algorithm.h>
#include <jwkeep/allocator.h>
#include <jwkeep/buffer.h>
#include <jwkeep/builder.h>
#include <jwkeep/certificate.h>
#include <jwkeep/confirmation.h>
#include <jwkeep/dpop.h>
#include <jwkeep/engine.h>
#include <jwkeep/error.h>
#include <jwkeep/http_token.h>
#include <jwkeep/id_token.h>
#include <jwkeep/json.h>
#include <jwkeep/jwk.h>
#include <jwkeep/jws.h>
#include <jwkeep/jws_json.h>
#include <jwkeep/jws_stream.h>
#include <jwkeep/jwt.h>
#include <jwkeep/keyring.h>
#include <jwkeep/keyset.h>
#include <jwkeep/limits.h>
#include <jwkeep/oidc_claims.h>
#include <jwkeep/passphrase.h>
#include <jwkeep/replay.h>
#include <jwkeep/rules.h>
#include <jwkeep/signing_device.h>
#include <jwkeep/source.h>
#include <jwkeep/span.h>
#include <jwkeep/thumbprint.h>
#include <jwkeep/trust.h>
#include <jwkeep/verifier.h>
#include <jwkeep/version.h>
#include <jwkeep/webhook.h>

#endif
