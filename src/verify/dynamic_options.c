/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the options for issuers that are accepted at run time: defaults, ranges, copies, and
 * the caller's word on a name. */
#include "base/error.h"
#include "base/limits.h"
#include "jwt/rules.h"
#include "remote/source.h"
#include "verify/dynamic.h"
#include "verify/issuer_pattern.h"

/* RFC 2606 §2. Stands for an issuer while the template is checked; asked for nothing. */
#define EXAMPLE_ISSUER "https://issuer.invalid"

void jwkeep_dynamic_issuers_init(jwkeep_dynamic_issuers *options) {
    *options = (jwkeep_dynamic_issuers){
        .struct_size = sizeof *options,
        .max_issuers = JWKEEP_MAX_DYNAMIC_ISSUERS,
        .max_unloaded = JWKEEP_MAX_UNLOADED_ISSUERS,
        .idle_s = JWKEEP_DYNAMIC_IDLE_S,
    };
}

static jwkeep_code refuse(jwkeep_error *error, const char *text, const char *where) {
    return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT, text, where, NULL);
}

static jwkeep_code check_numbers(const jwkeep_dynamic_issuers *options, jwkeep_error *error) {
    if (options->max_issuers < 1 || options->max_issuers > JWKEEP_MAX_DYNAMIC_ISSUERS)
        return refuse(error, "dynamic issuers are 1 to 10000", "dynamic.max_issuers");
    if (options->max_unloaded < 1 || options->max_unloaded > JWKEEP_MAX_DYNAMIC_ISSUERS)
        return refuse(error, "dynamic issuers without keys are 1 to 10000",
                      "dynamic.max_unloaded");
    if (options->idle_s < 60 || options->idle_s > 604800)
        return refuse(error, "dynamic issuers are idle after 60 to 604800 seconds",
                      "dynamic.idle_s");
    return JWKEEP_OK;
}

static jwkeep_code check_patterns(const jwkeep_dynamic_issuers *options, jwkeep_error *error) {
    if (options->pattern_count == 0 && !options->accepts_issuer)
        return refuse(error, "neither patterns nor a function say which issuers are accepted",
                      "dynamic.patterns");
    if (options->pattern_count > JWKEEP_MAX_ISSUER_PATTERNS ||
        (options->pattern_count > 0 && !options->patterns))
        return refuse(error, "patterns are 64 at the most", "dynamic.patterns");
    for (size_t i = 0; i < options->pattern_count; i++)
        if (!options->patterns[i] || !jk_issuer_pattern_is_valid(options->patterns[i]))
            return refuse(error, "not a plain https URL with `*` for whole labels or segments",
                          "dynamic.patterns");
    return JWKEEP_OK;
}

static jwkeep_code check_template(const jwkeep_source_options *source, jwkeep_error *error) {
    if (source->fallback_count > 0 || source->snapshot_file || source->proxy)
        return refuse(error, "fallback URLs, a snapshot file or a proxy for dynamic issuers",
                      "dynamic.source");
    if (source->client_cert_file || source->client_key_file || source->request_header_count > 0)
        return refuse(error, "a stranger's issuer is not told who asks", "dynamic.source");
    if (source->allows_http_loopback)
        return refuse(error, "dynamic issuers are asked over https only", "dynamic.source");
    jk_source_settings example = {0};
    jwkeep_source_options tried = *source;
    tried.issuer = EXAMPLE_ISSUER;
    jwkeep_code code = jk_source_settings_init(&example, &tried, error);
    if (code == JWKEEP_OK)
        jk_source_settings_done(&example);
    return code;
}

/* The events of each source come here first: as long as there are sources there are downloads,
 * and with each the idle ones are looked for. */
static void on_event(void *user, const jwkeep_event *event) {
    jk_dynamic *dynamic = user;
    const jwkeep_source_options *given = dynamic->settings.options.source;
    if (given->on_event)
        given->on_event(given->user, event);
    jk_dynamic_sweep_if_due(dynamic);
}

static jwkeep_code resolve(const jwkeep_dynamic_issuers *options,
                           jwkeep_dynamic_issuers *ret_options, jwkeep_error *error) {
    size_t size = options->struct_size;
    if (size < sizeof options->struct_size || size > sizeof *options)
        return refuse(error, "the options were not initialized", "dynamic");
    jwkeep_dynamic_issuers_init(ret_options);
    memcpy(ret_options, options, size);
    ret_options->struct_size = sizeof *ret_options;
    jwkeep_code code = check_numbers(ret_options, error);
    if (code == JWKEEP_OK)
        code = check_patterns(ret_options, error);
    return code;
}

/* What the caller asked to be told stays beside what the sources are given. */
static jwkeep_code keep_source(jk_dynamic_settings *settings, const jwkeep_limits *limits,
                               jk_arena *arena, jwkeep_error *error) {
    jwkeep_source_options *source = &settings->source;
    jwkeep_source_options *given = jk_arena_alloc(arena, sizeof *given);
    jwkeep_code code = jk_source_options_resolve(settings->options.source, source, error);
    if (code == JWKEEP_OK)
        code = jk_limits_resolve(source->limits ? source->limits : limits, &settings->limits,
                                 error);
    if (code == JWKEEP_OK)
        code = check_template(source, error);
    if (code != JWKEEP_OK)
        return code;
    if (!given || !jk_arena_keep_text(arena, &source->ca_file) ||
        !jk_arena_keep_text(arena, &source->pinned_key))
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    source->url = NULL;
    source->is_dynamic = true;
    source->is_eager = false;
    *given = *source;
    settings->options.source = given;
    source->on_event = on_event;
    return JWKEEP_OK;
}

static jwkeep_code keep_rules(jk_dynamic_settings *settings, const char *engine,
                              const jwkeep_limits *limits, jk_arena *arena,
                              jwkeep_error *error) {
    jwkeep_rules *rules = &settings->rules;
    jwkeep_code code = jk_rules_resolve(settings->options.rules, rules, error);
    if (code != JWKEEP_OK)
        return code;
    if (rules->issuer_count > 0)
        return refuse(error, "`iss` is the verifier's to check", "rules.issuers");
    if (rules->is_nesting_allowed)
        return refuse(error, "an issuer is looked for in claims, not in tokens inside a token",
                      "rules.is_nesting_allowed");
    rules->limits = limits;
    if (!rules->engine)
        rules->engine = engine;
    return jk_rules_keep(rules, arena) ? JWKEEP_OK : jk_fail(error, JWKEEP_OUT_OF_MEMORY);
}

jwkeep_code jk_dynamic_settings_init(jk_dynamic_settings *settings,
                                     const jwkeep_dynamic_issuers *options, const char *engine,
                                     const jwkeep_limits *limits, jk_arena *arena,
                                     jwkeep_error *error) {
    jwkeep_code code = resolve(options, &settings->options, error);
    if (code == JWKEEP_OK)
        code = keep_source(settings, limits, arena, error);
    if (code == JWKEEP_OK)
        code = keep_rules(settings, engine, limits, arena, error);
    if (code == JWKEEP_OK && !jk_arena_keep_list(arena, &settings->options.patterns,
                                                 settings->options.pattern_count))
        code = jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    return code;
}

static bool matches_any(const jwkeep_dynamic_issuers *options, jwkeep_span iss) {
    for (size_t i = 0; i < options->pattern_count; i++)
        if (jk_issuer_pattern_matches(options->patterns[i], iss))
            return true;
    return options->pattern_count == 0;
}

bool jk_dynamic_settings_accept(const jk_dynamic_settings *settings, jwkeep_span iss) {
    const jwkeep_dynamic_issuers *options = &settings->options;
    char name[JK_MAX_DYNAMIC_ISSUER_BYTES + 1];
    if (!jk_issuer_is_plain(iss) || !matches_any(options, iss))
        return false;
    memcpy(name, iss.data, iss.size);
    name[iss.size] = '\0';
    return !options->accepts_issuer || options->accepts_issuer(options->user, name);
}

bool jk_dynamic_accepts(jk_dynamic *dynamic, jwkeep_span iss) {
    bool is_accepted = jk_dynamic_settings_accept(&dynamic->settings, iss);
    if (!is_accepted)
        atomic_fetch_add_explicit(&dynamic->refused, 1, memory_order_relaxed);
    return is_accepted;
}
