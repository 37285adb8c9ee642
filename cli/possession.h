/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the options that hold a token against a proof of possession (RFC 9449). */
#ifndef CLI_POSSESSION_H
#define CLI_POSSESSION_H

#include "cli/options.h"
#include "cli/report.h"
#include <jwkeep/confirmation.h>

typedef struct possession_options {
    const char *proof;
    const char *method;
    const char *url;
    const char *nonce;
} possession_options;

/* Rows of a table for the field `possession` of `structure`. */
#define POSSESSION_OPTIONS(structure)                                                          \
    TEXT(structure, possession.proof, "dpop", "FILE",                                          \
         "a proof of possession; the token must name its key"),                                \
        TEXT(structure, possession.method, "dpop-method", "METHOD",                            \
             "that the proof is for (default GET)"),                                           \
        TEXT(structure, possession.url, "dpop-url", "URL", "that the proof is for"),           \
        TEXT(structure, possession.nonce, "dpop-nonce", "TEXT", "that the proof must have")

/* Whether the options make sense; reported if not. */
exit_status possession_check(const possession_options *options);

/* Holds a verified `token`, whose bytes are `bytes`, against the proof. STATUS_YES: `ret_code`
 * and `ret_error` are the verdict; otherwise the proof could not be read, which was reported. A
 * token that is bound, while no proof is given, is noted on standard error. */
exit_status possession_verify(const possession_options *options, const jwkeep_token *token,
                              jwkeep_span bytes, int64_t now_ms, jwkeep_code *ret_code,
                              jwkeep_error *ret_error);

#endif
