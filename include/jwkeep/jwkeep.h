/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the whole interface in one include. Start at <jwkeep/verifier.h>. */
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

#endif
