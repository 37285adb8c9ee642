/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns setting the scene. */
#include "support/cached_issuer.h"
#include "support/forge.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COOLDOWN_MS 31000

static int64_t wall_ms(void *user) {
    return ((const cached_issuer *)user)->world.wall_ms;
}

void cached_issuer_init(cached_issuer *f, jwkeep_keyset *local_keys, size_t entries,
                        size_t bytes) {
    static const char *const audiences[] = {"api"};
    memset(f, 0, sizeof *f);
    f->refresher = script_refresher(&f->world, 0);
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.audiences = audiences;
    rules.audience_count = 1;
    const jwkeep_issuer issuers[] = {
        {.name = "i", .issuer = "i", .jwks_url = "https://i.test/jwks", .rules = &rules},
        {.name = "l", .issuer = "l", .keys = local_keys, .rules = &rules}};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = issuers;
    options.issuer_count = 2;
    options.now_ms = wall_ms;
    options.user = f;
    options.cache_entries = entries;
    options.cache_bytes = bytes;
    if (jk_verifier_new_in(&options, f->refresher, &f->verifier, &f->error) != JWKEEP_OK ||
        jwkeep_token_new(&f->token, NULL) != JWKEEP_OK)
        fail_msg("no verifier: %s", f->error.text);
}

void cached_issuer_done(cached_issuer *f) {
    jwkeep_verifier_free(f->verifier);
    jwkeep_token_free(f->token);
}

void cached_issuer_publish(cached_issuer *f, jwkeep_jwk *const *keys, size_t count) {
    jwkeep_keyset *set = forge_keyset(keys, count);
    jwkeep_buffer body;
    jwkeep_buffer_init(&body, 65536);
    if (jwkeep_keyset_write(set, false, &body, NULL) != JWKEEP_OK ||
        jwkeep_buffer_append(&body, jwkeep_span_of("", 1)) != JWKEEP_OK ||
        jwkeep_verifier_refresh(f->verifier, 0) != JWKEEP_OK)
        fail_msg("cannot publish");
    script_pass(&f->world, f->refresher, COOLDOWN_MS);
    script_answer_body(&f->world, f->refresher, (const char *)body.data);
    jwkeep_buffer_done(&body);
    jwkeep_keyset_unref(set);
}

static void nothing(void *user) {
    (void)user;
}

jwkeep_code cached_issuer_verify(cached_issuer *f, const char *token) {
    jwkeep_pending *pending = NULL;
    f->error = (jwkeep_error){0};
    jwkeep_code code =
        jwkeep_verifier_begin(f->verifier, jwkeep_span_text(token), 1000, nothing, NULL,
                              f->token, &pending, &f->failures, &f->error);
    jwkeep_pending_cancel(pending);
    return code;
}

jwkeep_cache_status cached_issuer_status(const cached_issuer *f) {
    jwkeep_cache_status status;
    if (jwkeep_verifier_cache_status(f->verifier, &status) != JWKEEP_OK)
        fail_msg("there is no cache");
    return status;
}

char *cached_issuer_token(const jwkeep_jwk *key, const char *header, const char *claims) {
    char *json = NULL;
    if (asprintf(&json, "{%s}", claims) < 0)
        fail_msg("no memory");
    char *token = forge_token(jwkeep_span_text(header), jwkeep_span_text(json), key,
                              jwkeep_jwk_algorithm(key));
    free(json);
    return token;
}

jwkeep_jwk *cached_issuer_renamed(const jwkeep_jwk *key) {
    static const char old_name[] = "\"EdDSA\"";
    jwkeep_buffer json;
    jwkeep_buffer_init(&json, 4096);
    if (jwkeep_jwk_write(key, false, &json, NULL) != JWKEEP_OK ||
        jwkeep_buffer_append(&json, jwkeep_span_of("", 1)) != JWKEEP_OK)
        fail_msg("cannot write a key");
    char *renamed = NULL;
    const char *text = (const char *)json.data;
    const char *name = strstr(text, old_name);
    if (!name || asprintf(&renamed, "%.*s\"Ed25519\"%s", (int)(name - text), text,
                          name + sizeof old_name - 1) < 0)
        fail_msg("not a key of EdDSA");
    jwkeep_jwk *made = forge_key_of(renamed);
    free(renamed);
    jwkeep_buffer_done(&json);
    return made;
}
