/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the start that requires keys: the wait until every issuer has some. */
#include "base/clock.h"
#include "base/error.h"
#include "remote/source.h"
#include "verify/verifier.h"

/* All download at once, and the slowest decides. Sources are held from here on: whoever frees
 * the verifier frees them before the wait is over. False: that has begun. */
static bool hold_and_ask(jwkeep_verifier *verifier) {
    jk_waiting_enter(&verifier->waiting);
    bool is_open = jk_waiting_resume(&verifier->waiting);
    for (size_t i = 0; is_open && i < verifier->issuer_count; i++) {
        jwkeep_source *source = verifier->issuers[i].source;
        if (!source)
            continue;
        jk_source_hold(source);
        if (jwkeep_source_check(source) != JWKEEP_OK)
            jwkeep_source_refresh(source);
    }
    jk_waiting_leave(&verifier->waiting, is_open);
    return is_open;
}

static void let_go(const jwkeep_verifier *verifier) {
    for (size_t i = 0; i < verifier->issuer_count; i++)
        if (verifier->issuers[i].source)
            jk_source_let_go(verifier->issuers[i].source);
}

static jwkeep_code wait_for_all(const jwkeep_verifier *verifier, int64_t until_ms,
                                jwkeep_error *error) {
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = 0; code == JWKEEP_OK && i < verifier->issuer_count; i++) {
        const jk_issuer *issuer = &verifier->issuers[i];
        if (issuer->source)
            code = jk_source_wait_usable(issuer->source, until_ms, error);
        if (code && code != JWKEEP_KEYS_SHUTDOWN && error)
            error->where = issuer->name;
    }
    return code;
}

jwkeep_code jwkeep_verifier_wait_ready(jwkeep_verifier *verifier, uint32_t timeout_ms,
                                       jwkeep_error *error) {
    if (!verifier)
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "verifier", NULL, JWKEEP_NO_OFFSET);
    int64_t until_ms =
        jk_clock_monotonic_ms() + (timeout_ms ? timeout_ms : JWKEEP_READY_TIMEOUT_MS);
    jk_waiting_enter(&verifier->waiting);
    jwkeep_code code;
    if (hold_and_ask(verifier)) {
        code = wait_for_all(verifier, until_ms, error);
        let_go(verifier);
    } else {
        code = jk_fail(error, JWKEEP_KEYS_SHUTDOWN);
    }
    jk_waiting_leave(&verifier->waiting, false);
    return code;
}
