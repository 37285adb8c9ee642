/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns making and ending a verifier: every option checked, everything copied, one source for
 * each issuer whose keys are not local. */
#include "verify/verifier.h"
#include "base/allocator.h"
#include "base/error.h"
#include "base/limits.h"
#include "crypto/key.h"
#include "verify/token_cache.h"

#define DEFAULT_ISSUER_NAME "default"

/* A verifier's own memory is bounded by JWKEEP_MAX_ISSUERS and the caller's texts. */
#define VERIFIER_ARENA_MAX_BYTES (SIZE_MAX / 2)

void jwkeep_verifier_options_init(jwkeep_verifier_options *options) {
    *options = (jwkeep_verifier_options){.struct_size = sizeof *options};
}

static jwkeep_code misuse(jwkeep_error *error, const char *text, const char *where) {
    return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT, text, where, NULL);
}

static jwkeep_code resolve_options(const jwkeep_verifier_options *options,
                                   jwkeep_verifier_options *ret_options, jwkeep_error *error) {
    if (!options)
        return misuse(error, "no options were given", "options");
    size_t size = options->struct_size;
    if (size < sizeof options->struct_size || size > sizeof *options)
        return misuse(error, "the options were not initialized", "struct_size");
    jwkeep_verifier_options resolved;
    jwkeep_verifier_options_init(&resolved);
    memcpy(&resolved, options, size);
    resolved.struct_size = sizeof resolved;
    bool is_none = !resolved.issuers || resolved.issuer_count == 0;
    if (is_none && resolved.dynamic)
        resolved.issuer_count = 0;
    if ((is_none && !resolved.dynamic) || resolved.issuer_count > JWKEEP_MAX_ISSUERS)
        return misuse(error, "there must be 1 to JWKEEP_MAX_ISSUERS issuers", "issuers");
    if (resolved.engine && !jk_engine_is_known(resolved.engine))
        return misuse(error, "there is no engine of that name", "engine");
    if (resolved.cache_entries > JWKEEP_CACHE_MAX_ENTRIES)
        return misuse(error, "more than JWKEEP_CACHE_MAX_ENTRIES tokens", "cache_entries");
    if (resolved.cache_bytes != 0 && (resolved.cache_bytes < JWKEEP_CACHE_MIN_BYTES ||
                                      resolved.cache_bytes > JWKEEP_CACHE_MAX_BYTES))
        return misuse(error, "out of its range", "cache_bytes");
    *ret_options = resolved;
    return JWKEEP_OK;
}

static jwkeep_code check_issuer(const jwkeep_issuer *issuer, bool is_only,
                                jwkeep_error *error) {
    if (issuer->keys && issuer->jwks_url)
        return misuse(error, "keys are either local or downloaded", "jwks_url");
    if (issuer->shared_source && (issuer->keys || issuer->jwks_url || issuer->source))
        return misuse(error, "a shared source stands for itself", "shared_source");
    if (!issuer->issuer && !issuer->keys && !issuer->jwks_url && !issuer->shared_source)
        return misuse(error, "the issuer has neither keys nor a place to find them", "issuer");
    if (!issuer->issuer && !is_only)
        return misuse(error, "one of several issuers must say what `iss` is", "issuer");
    if (issuer->name && !*issuer->name)
        return misuse(error, "the name of an issuer is empty", "name");
    return JWKEEP_OK;
}

static jwkeep_code source_options_of(const jwkeep_verifier *verifier,
                                     const jwkeep_issuer *issuer,
                                     jwkeep_source_options *ret_options, jwkeep_error *error) {
    jwkeep_source_options options;
    jwkeep_source_options_init(&options);
    if (issuer->source) {
        size_t size = issuer->source->struct_size;
        if (size < sizeof options.struct_size || size > sizeof options)
            return misuse(error, "the options of the source were not initialized", "source");
        memcpy(&options, issuer->source, size);
        options.struct_size = sizeof options;
    }
    options.url = issuer->jwks_url;
    options.issuer = issuer->jwks_url ? NULL : issuer->issuer;
    if (!options.limits)
        options.limits = &verifier->limits;
    *ret_options = options;
    return JWKEEP_OK;
}

static jwkeep_code keep_rules(jwkeep_verifier *verifier, const jwkeep_rules *given,
                              jk_issuer *issuer, jwkeep_error *error) {
    jwkeep_code code = jk_rules_resolve(given, &issuer->rules, error);
    if (code != JWKEEP_OK)
        return code;
    jwkeep_rules *rules = &issuer->rules;
    if (!rules->engine)
        rules->engine = verifier->engine;
    if (rules->issuer_count > 0)
        return misuse(error, "`iss` is the verifier's to check", "rules.issuers");
    if (issuer->issuer) {
        rules->issuers = &issuer->issuer;
        rules->issuer_count = 1;
    }
    if (rules->is_nesting_allowed)
        return misuse(error, "an issuer is looked for in claims, not in tokens inside a token",
                      "rules.is_nesting_allowed");
    code = jk_rules_check_issuers(rules, error);
    if (code != JWKEEP_OK)
        return code;
    rules->limits = &verifier->limits;
    if (!jk_rules_keep(rules, &verifier->arena))
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    return JWKEEP_OK;
}

static jwkeep_code attach_keys(jwkeep_verifier *verifier, const jwkeep_issuer *given,
                               jk_issuer *issuer, jwkeep_error *error) {
    if (given->keys) {
        issuer->keys = jwkeep_keyset_ref(given->keys);
        return JWKEEP_OK;
    }
    if (given->shared_source) {
        issuer->source = given->shared_source;
        issuer->is_source_borrowed = true;
        return JWKEEP_OK;
    }
    jwkeep_source_options options;
    jwkeep_code code = source_options_of(verifier, given, &options, error);
    if (code == JWKEEP_OK)
        code = jwkeep_source_new(verifier->refresher, &options, &issuer->source, error);
    return code;
}

static jwkeep_code keep_issuer(jwkeep_verifier *verifier, const jwkeep_issuer *given,
                               jk_issuer *issuer, jwkeep_error *error) {
    issuer->name = given->name ? given->name : DEFAULT_ISSUER_NAME;
    issuer->issuer = given->issuer;
    if (!jk_arena_keep_text(&verifier->arena, &issuer->name) ||
        !jk_arena_keep_text(&verifier->arena, &issuer->issuer))
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    return keep_rules(verifier, given->rules, issuer, error);
}

static jwkeep_code keep_issuers(jwkeep_verifier *verifier,
                                const jwkeep_verifier_options *options, jwkeep_error *error) {
    const size_t count = options->issuer_count;
    verifier->issuers =
        jk_arena_alloc(&verifier->arena, (count + 1) * sizeof *verifier->issuers);
    if (!verifier->issuers)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    for (size_t i = 0; i < count; i++)
        verifier->issuers[i] = (jk_issuer){.number = i};
    verifier->issuer_count = count;
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = 0; code == JWKEEP_OK && i < count; i++) {
        code = check_issuer(&options->issuers[i], count == 1 && !options->dynamic, error);
        if (code == JWKEEP_OK)
            code = keep_issuer(verifier, &options->issuers[i], &verifier->issuers[i], error);
    }
    return code;
}

static bool needs_refresher(const jwkeep_verifier_options *options) {
    for (size_t i = 0; i < options->issuer_count; i++)
        if (!options->issuers[i].keys && !options->issuers[i].shared_source)
            return true;
    return false;
}

/* Refuses a second issuer of the same name or `iss`; the table of names is only for that. */
static jwkeep_code index_issuers(jwkeep_verifier *verifier, jwkeep_error *error) {
    const size_t count = verifier->issuer_count;
    jk_issuer_table names;
    jwkeep_code code = jk_issuer_table_init(&verifier->by_iss, count, &verifier->arena, error);
    if (code == JWKEEP_OK)
        code = jk_issuer_table_init(&names, count, &verifier->arena, error);
    if (code != JWKEEP_OK)
        return code;
    for (size_t i = 0; i < count; i++) {
        const jk_issuer *issuer = &verifier->issuers[i];
        if (!jk_issuer_table_add(&names, jwkeep_span_text(issuer->name), i))
            return misuse(error, "two issuers have the same name", "name");
        if (issuer->issuer &&
            !jk_issuer_table_add(&verifier->by_iss, jwkeep_span_text(issuer->issuer), i))
            return misuse(error, "two issuers have the same `iss`", "issuer");
    }
    return JWKEEP_OK;
}

static jwkeep_code attach_all_keys(jwkeep_verifier *verifier,
                                   const jwkeep_verifier_options *options,
                                   jwkeep_error *error) {
    jwkeep_code code = JWKEEP_OK;
    if (!verifier->refresher && needs_refresher(options))
        code = jwkeep_refresher_new(options->max_downloads, &verifier->refresher, error);
    for (size_t i = 0; code == JWKEEP_OK && i < options->issuer_count; i++)
        code = attach_keys(verifier, &options->issuers[i], &verifier->issuers[i], error);
    return code;
}

static jwkeep_code keep_dynamic(jwkeep_verifier *verifier,
                                const jwkeep_verifier_options *options,
                                jk_dynamic_settings *ret_settings, jwkeep_error *error) {
    if (!options->dynamic)
        return JWKEEP_OK;
    return jk_dynamic_settings_init(ret_settings, options->dynamic, verifier->engine,
                                    &verifier->limits, &verifier->arena, error);
}

/* R21: with a refresher of its own, so that names which anybody may invent take no room for a
 * download, and no time, from the issuers that are configured. */
static jwkeep_code attach_dynamic(jwkeep_verifier *verifier,
                                  const jwkeep_verifier_options *options,
                                  const jk_dynamic_settings *settings,
                                  jwkeep_refresher *injected, jwkeep_error *error) {
    jwkeep_code code = JWKEEP_OK;
    if (!options->dynamic)
        return code;
    if (!injected)
        code =
            jwkeep_refresher_new(options->max_downloads, &verifier->dynamic_refresher, error);
    if (code == JWKEEP_OK)
        code = jk_dynamic_new(settings, injected ? injected : verifier->dynamic_refresher,
                              &verifier->dynamic, error);
    const jwkeep_verifier *before = settings->options.predecessor;
    if (code == JWKEEP_OK && before && before->dynamic)
        code = jk_dynamic_inherit(verifier->dynamic, before->dynamic, error);
    return code;
}

/* Whatever can be refused is refused before a thread is started. */
static jwkeep_code build(jwkeep_verifier *verifier, const jwkeep_verifier_options *options,
                         jwkeep_error *error) {
    jk_dynamic_settings dynamic = {0};
    jwkeep_refresher *injected = verifier->refresher;
    verifier->engine = options->engine;
    jwkeep_code code = jk_engine_check_environment(error);
    if (code == JWKEEP_OK)
        code = jk_limits_resolve(options->limits, &verifier->limits, error);
    if (code == JWKEEP_OK && !jk_arena_keep_text(&verifier->arena, &verifier->engine))
        code = jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (code == JWKEEP_OK)
        code = keep_dynamic(verifier, options, &dynamic, error);
    if (code == JWKEEP_OK)
        code = keep_issuers(verifier, options, error);
    if (code == JWKEEP_OK)
        code = index_issuers(verifier, error);
    if (code == JWKEEP_OK && options->cache_entries > 0)
        code = jk_token_cache_new(options->cache_entries, options->cache_bytes,
                                  &verifier->cache, error);
    if (code == JWKEEP_OK)
        code = attach_all_keys(verifier, options, error);
    if (code == JWKEEP_OK)
        code = attach_dynamic(verifier, options, &dynamic, injected, error);
    return code;
}

static jwkeep_code make(const jwkeep_verifier_options *options, jwkeep_verifier **ret_verifier,
                        jwkeep_error *error) {
    jwkeep_verifier *verifier = jk_alloc_zeroed(1, sizeof *verifier);
    if (!verifier)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (!jk_waiting_init(&verifier->waiting)) {
        jk_free(verifier);
        return jk_fail(error, JWKEEP_SYSTEM_FAILED);
    }
    jk_arena_init(&verifier->arena, VERIFIER_ARENA_MAX_BYTES);
    verifier->now_ms = options->now_ms;
    verifier->user = options->user;
    *ret_verifier = verifier;
    return JWKEEP_OK;
}

jwkeep_code jk_verifier_new_in(const jwkeep_verifier_options *options,
                               jwkeep_refresher *refresher, jwkeep_verifier **ret_verifier,
                               jwkeep_error *error) {
    jwkeep_verifier_options resolved;
    jwkeep_verifier *verifier = NULL;
    jwkeep_code code =
        ret_verifier ? resolve_options(options, &resolved, error)
                     : misuse(error, "there is nowhere to put the verifier", "ret_verifier");
    if (code == JWKEEP_OK)
        code = make(&resolved, &verifier, error);
    if (code != JWKEEP_OK) {
        jwkeep_refresher_free(refresher);
        return code;
    }
    verifier->refresher = refresher;
    code = build(verifier, &resolved, error);
    if (code != JWKEEP_OK) {
        jwkeep_verifier_free(verifier);
        return code;
    }
    *ret_verifier = verifier;
    return JWKEEP_OK;
}

jwkeep_code jwkeep_verifier_new(const jwkeep_verifier_options *options,
                                jwkeep_verifier **ret_verifier, jwkeep_error *error) {
    return jk_verifier_new_in(options, NULL, ret_verifier, error);
}

void jwkeep_verifier_free(jwkeep_verifier *verifier) {
    if (!verifier)
        return;
    jk_waiting_close(&verifier->waiting);
    for (size_t i = 0; i < verifier->issuer_count; i++) {
        if (!verifier->issuers[i].is_source_borrowed)
            jwkeep_source_free(verifier->issuers[i].source);
        jwkeep_keyset_unref(verifier->issuers[i].keys);
    }
    jk_dynamic_end(verifier->dynamic);
    jk_waiting_drain(&verifier->waiting);
    jwkeep_refresher_free(verifier->refresher);
    jwkeep_refresher_free(verifier->dynamic_refresher);
    jk_dynamic_free(verifier->dynamic);
    jk_waiting_done(&verifier->waiting);
    jk_token_cache_free(verifier->cache);
    jk_arena_done(&verifier->arena);
    jk_free(verifier);
}
