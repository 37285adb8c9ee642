/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the inside of the verifier: its configured issuers, which never change, the count of
 * calls that wait, which only a call without its key touches, and what is remembered of
 * tokens. */
#ifndef JK_VERIFY_VERIFIER_H
#define JK_VERIFY_VERIFIER_H

#include "jwt/rules.h"
#include "verify/dynamic.h"
#include "verify/issuer.h"
#include "verify/issuer_table.h"
#include <jwkeep/verifier.h>
#include <pthread.h>

/* Calls that wait for a download. Whoever frees the verifier closes the door, lets those who
 * are verifying again finish, ends the downloads, and waits until everybody has left. In a
 * child of a fork the door is shut, nobody is inside, and the mutex, which a thread that does
 * not exist there may hold, is left alone (guarantee G). */
typedef struct jk_waiting {
    unsigned fork_count; /* of the process that made it */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    size_t inside; /* calls between enter and leave */
    size_t active; /* those of them that are not in a lookup */
    bool is_closed;
} jk_waiting;

struct jwkeep_verifier {
    jk_arena arena; /* all of the below that does not change */
    jwkeep_limits limits;
    int64_t (*now_ms)(void *user);
    void *user;
    const char *engine;                  /* of rules that name none */
    jwkeep_refresher *refresher;         /* NULL where all keys are local */
    jwkeep_refresher *dynamic_refresher; /* of `dynamic`, if it has one of its own */
    jk_issuer *issuers;
    size_t issuer_count;
    jk_issuer_table by_iss; /* without entries if `iss` is not looked at */
    jk_dynamic *dynamic;    /* NULL: no other issuers */
    jk_waiting waiting;
    struct jk_token_cache *cache; /* NULL: nothing is remembered */
};

/* As jwkeep_verifier_new, downloading with `refresher`, which the verifier takes over, also
 * when this fails; NULL: with one of its own if it needs one. */
JWKEEP_MUST_USE jwkeep_code jk_verifier_new_in(const jwkeep_verifier_options *options,
                                               jwkeep_refresher *refresher,
                                               jwkeep_verifier **ret_verifier,
                                               jwkeep_error *error);

/* Round a wait: enter; wait at the source; resume, and only if that says true use the verifier
 * and its sources again; leave, saying what resume said. */
void jk_waiting_enter(jk_waiting *waiting);
JWKEEP_MUST_USE bool jk_waiting_resume(jk_waiting *waiting);
void jk_waiting_leave(jk_waiting *waiting, bool is_resumed);

JWKEEP_MUST_USE bool jk_waiting_init(jk_waiting *waiting);
void jk_waiting_done(jk_waiting *waiting);

/* No call resumes from now on; returns when none is active. */
void jk_waiting_close(jk_waiting *waiting);

/* Returns when nobody is inside. */
void jk_waiting_drain(jk_waiting *waiting);

#endif
