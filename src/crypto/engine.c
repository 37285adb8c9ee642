/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the list of engines, the order in which a key asks them, and what JWKEEP_ENGINE says. */
#include "crypto/engine.h"
#include "base/error.h"
#include <jwkeep/engine.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ENVIRONMENT "JWKEEP_ENGINE"

/* In the order in which they are asked; ended by NULL. OpenSSL is not among them. */
static const jk_engine *const built_in[] = {NULL};

static struct {
    const char *only; /* a constant; NULL: any */
    bool is_unknown;
} environment; /* written under `once` alone, constant after */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static const jk_engine *find(const jk_engine *const *engines, const char *name) {
    while (*engines && strcmp((*engines)->name, name) != 0)
        engines++;
    return *engines;
}

static void read_environment(void) {
    const char *name = secure_getenv(ENVIRONMENT);
    if (!name || !*name)
        return;
    const jk_engine *engine = find(built_in, name);
    environment.only = engine ? engine->name : JK_ENGINE_OPENSSL;
    environment.is_unknown = !jk_engine_is_among(built_in, name);
}

bool jk_engine_is_among(const jk_engine *const *engines, const char *name) {
    return strcmp(name, JK_ENGINE_OPENSSL) == 0 || find(engines, name);
}

bool jk_engine_is_known(const char *name) {
    return jk_engine_is_among(built_in, name);
}

const char *jwkeep_engine_name(size_t index) {
    const jk_engine *const *at = built_in;
    for (; *at && index > 0; at++)
        index--;
    if (*at)
        return (*at)->name;
    return index == 0 ? JK_ENGINE_OPENSSL : NULL;
}

jwkeep_code jk_engine_check_environment(jwkeep_error *error) {
    (void)pthread_once(&once, read_environment);
    if (environment.is_unknown)
        return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT, "there is no engine of that name",
                            ENVIRONMENT, NULL);
    return JWKEEP_OK;
}

jwkeep_code jk_engine_choice_init(jk_engine_choice *ret_choice, jwkeep_error *error) {
    jwkeep_code code = jk_engine_check_environment(error);
    if (!code)
        *ret_choice = (jk_engine_choice){built_in, environment.only};
    return code;
}

/* What an engine may see of a key. */
static jk_key_material public_half(const jk_key_material *numbers) {
    return (jk_key_material){.kty = numbers->kty,
                             .crv = numbers->crv,
                             .n = numbers->n,
                             .e = numbers->e,
                             .x = numbers->x,
                             .y = numbers->y};
}

jwkeep_code jk_engine_ask(const jk_engine_choice *choice, const jk_key_material *numbers,
                          jk_engine_key *ret_taken, jwkeep_error *error) {
    if (numbers->kty == JWKEEP_KTY_OCT)
        return JWKEEP_OK;
    const jk_key_material seen = public_half(numbers);
    for (const jk_engine *const *at = choice->engines; *at; at++) {
        if (choice->only && strcmp(choice->only, (*at)->name) != 0)
            continue;
        jk_engine_key taken = {.engine = *at};
        jwkeep_code code = (*at)->prepare(&seen, &taken.state, &taken.algorithms, error);
        if (code)
            return code;
        if (taken.algorithms) {
            *ret_taken = taken;
            return JWKEEP_OK;
        }
    }
    return JWKEEP_OK;
}
