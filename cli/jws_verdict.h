/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what `jwkeep jws verify` says: payload or failure, as text or as JSON, and a line for
 * each signature of several. */
#ifndef CLI_JWS_VERDICT_H
#define CLI_JWS_VERDICT_H

#include "cli/report.h"
#include <jwkeep/jws_json.h>

/* What a verification gave. */
typedef struct jws_verdict {
    jwkeep_code code;
    jwkeep_error error;
    jwkeep_buffer payload;       /* of a compact token */
    jwkeep_buffer header;        /* of a compact token, or of one that was streamed */
    const jwkeep_jwk *key;       /* likewise */
    jwkeep_jws_json *serialized; /* NULL for those */
    bool is_detached;            /* the payload is not printed */
} jws_verdict;

void jws_verdict_init(jws_verdict *verdict, bool is_detached);
void jws_verdict_done(jws_verdict *verdict);

/* The payload, or why there is none; gives the status of the verdict. `name` is the token's. */
exit_status jws_verdict_print(const jws_verdict *verdict, const char *name);
exit_status jws_verdict_print_json(const jws_verdict *verdict);

#endif
