/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the table of memory: keys, their contexts, token objects, sources. Many of each are
 * made, and the growth of the heap is divided by their number. */
#include "bench/bench_memory.h"
#include "bench/memory.h"
#include <jwkeep/jwt.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COPIES 256u
#define MAX_KEY_BYTES 16384u
#define READY_TIMEOUT_MS 120000u
#define MAX_DOWNLOADS 16u
#define ISSUER_NAME_BYTES 64u

size_t memory_heap(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

size_t memory_resident(void) {
    char line[128] = "";
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file)
        return 0;
    const char *size = fgets(line, sizeof line, file);
    fclose(file);
    const char *resident = size ? strchr(size, ' ') : NULL;
    unsigned long pages = resident ? strtoul(resident, NULL, 10) : 0;
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

void memory_row(memory_table *table, const char *what, size_t bytes) {
    if (table->is_json)
        fprintf(table->out, "%s{\"what\":\"%s\",\"bytes\":%zu}", table->has_row ? "," : "",
                what, bytes);
    else
        fprintf(table->out, "%-52s %12zu\n", what, bytes);
    table->has_row = true;
    fflush(table->out);
}

jwkeep_code memory_fail(jwkeep_code code, jwkeep_error *error) {
    if (error)
        *error = (jwkeep_error){
            .code = code, .text = jwkeep_code_text(code), .offset = JWKEEP_NO_OFFSET};
    return code;
}

static size_t each(size_t before, size_t after, size_t count) {
    return after > before ? (after - before) / count : 0;
}

/* A key of an algorithm, its public half as JSON, and a token signed with it. */
struct specimen {
    jwkeep_buffer json;
    jwkeep_buffer token;
    jwkeep_jwk *copies[COPIES];
};

static jwkeep_code make_specimen(struct specimen *specimen, jwkeep_algorithm algorithm,
                                 jwkeep_error *error) {
    jwkeep_jwk *key = NULL;
    const jwkeep_jwk_spec spec = {.algorithm = algorithm};
    jwkeep_code code = jwkeep_jwk_generate(&spec, &key, error);
    if (code == JWKEEP_OK)
        code = jwkeep_jwk_write(key, false, &specimen->json, error);
    const jwkeep_jws_signer signer = {.key = key};
    if (code == JWKEEP_OK)
        code = jwkeep_jwt_sign(JWKEEP_SPAN("{\"sub\":\"alice\"}"), &signer, &specimen->token,
                               error);
    jwkeep_jwk_unref(key);
    return code;
}

static jwkeep_code parse_copies(struct specimen *specimen, jwkeep_error *error) {
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = 0; code == JWKEEP_OK && i < COPIES; i++)
        code = jwkeep_jwk_parse(jwkeep_buffer_span(&specimen->json), NULL, &specimen->copies[i],
                                error);
    return code;
}

static jwkeep_code use_copies(struct specimen *specimen, jwkeep_token *token,
                              jwkeep_error *error) {
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = 0; code == JWKEEP_OK && i < COPIES; i++)
        code = jwkeep_jwt_verify(jwkeep_buffer_span(&specimen->token), specimen->copies[i],
                                 NULL, NULL, 0, token, NULL, error);
    return code;
}

/* The first use of a first key makes what the process keeps; it is left out. */
static jwkeep_code warm_up(const struct specimen *specimen, jwkeep_token *token,
                           jwkeep_error *error) {
    jwkeep_jwk *key = NULL;
    jwkeep_code code = jwkeep_jwk_parse(jwkeep_buffer_span(&specimen->json), NULL, &key, error);
    if (code == JWKEEP_OK)
        code = jwkeep_jwt_verify(jwkeep_buffer_span(&specimen->token), key, NULL, NULL, 0,
                                 token, NULL, error);
    jwkeep_jwk_unref(key);
    return code;
}

static jwkeep_code measure_specimen(memory_table *table, struct specimen *specimen,
                                    const char *name, jwkeep_token *token,
                                    jwkeep_error *error) {
    char what[64];
    jwkeep_code code = warm_up(specimen, token, error);
    size_t before = memory_heap();
    if (code == JWKEEP_OK)
        code = parse_copies(specimen, error);
    size_t parsed = memory_heap();
    if (code == JWKEEP_OK)
        code = use_copies(specimen, token, error);
    size_t used = memory_heap();
    if (code != JWKEEP_OK)
        return code;
    snprintf(what, sizeof what, "key, %s, public", name);
    memory_row(table, what, each(before, parsed, COPIES));
    snprintf(what, sizeof what, "  and for each thread at work with it at a time");
    memory_row(table, what, each(parsed, used, COPIES));
    return JWKEEP_OK;
}

static jwkeep_code measure_key(memory_table *table, jwkeep_algorithm algorithm,
                               const char *name, jwkeep_token *token, jwkeep_error *error) {
    struct specimen *specimen = calloc(1, sizeof *specimen);
    if (!specimen)
        return memory_fail(JWKEEP_OUT_OF_MEMORY, error);
    jwkeep_buffer_init(&specimen->json, MAX_KEY_BYTES);
    jwkeep_buffer_init(&specimen->token, MAX_KEY_BYTES);
    jwkeep_code code = make_specimen(specimen, algorithm, error);
    if (code == JWKEEP_OK)
        code = measure_specimen(table, specimen, name, token, error);
    for (size_t i = 0; i < COPIES; i++)
        jwkeep_jwk_unref(specimen->copies[i]);
    jwkeep_buffer_done(&specimen->json);
    jwkeep_buffer_done(&specimen->token);
    free(specimen);
    return code;
}

static jwkeep_code measure_keys(memory_table *table, jwkeep_error *error) {
    size_t before = memory_heap();
    jwkeep_token *token = NULL;
    jwkeep_code code = jwkeep_token_new(&token, error);
    size_t fresh = memory_heap();
    if (code == JWKEEP_OK)
        code = measure_key(table, JWKEEP_ALGORITHM_RS256, "RSA-2048", token, error);
    if (code == JWKEEP_OK)
        code = measure_key(table, JWKEEP_ALGORITHM_ES256, "EC P-256", token, error);
    if (code == JWKEEP_OK)
        code = measure_key(table, JWKEEP_ALGORITHM_EDDSA, "Ed25519", token, error);
    size_t used = memory_heap();
    jwkeep_token_free(token);
    if (code == JWKEEP_OK) {
        memory_row(table, "token object, new", fresh - before);
        memory_row(table, "  and what it keeps of three headers",
                   used - memory_heap() - (fresh - before));
    }
    return code;
}

jwkeep_code memory_verifier(dev_issuer *issuer, size_t count, bool is_eager,
                            jwkeep_verifier **ret_verifier, jwkeep_error *error) {
    jwkeep_source_options source;
    jwkeep_source_options_init(&source);
    source.allows_http_loopback = true;
    source.is_eager = is_eager;
    source.fetch_timeout_ms = DEV_ISSUER_MAX_LATENCY_MS;
    jwkeep_issuer *issuers = calloc(count, sizeof *issuers);
    char(*names)[ISSUER_NAME_BYTES] = calloc(count, sizeof *names);
    jwkeep_code code = issuers && names ? JWKEEP_OK : memory_fail(JWKEEP_OUT_OF_MEMORY, error);
    for (size_t i = 0; code == JWKEEP_OK && i < count; i++) {
        snprintf(names[i], sizeof names[i], "%s/%zu", dev_issuer_url(issuer), i);
        issuers[i] = (jwkeep_issuer){.name = names[i],
                                     .issuer = i == 0 ? dev_issuer_url(issuer) : names[i],
                                     .jwks_url = dev_issuer_jwks_url(issuer),
                                     .source = &source};
    }
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = issuers;
    options.issuer_count = count;
    options.max_downloads = MAX_DOWNLOADS;
    if (code == JWKEEP_OK)
        code = jwkeep_verifier_new(&options, ret_verifier, error);
    free(names);
    free(issuers);
    return code;
}

static jwkeep_code measure_sources(memory_table *table, dev_issuer *issuer, size_t count,
                                   jwkeep_error *error) {
    jwkeep_verifier *verifier = NULL;
    size_t resident = memory_resident();
    size_t before = memory_heap();
    jwkeep_code code = memory_verifier(issuer, count, true, &verifier, error);
    if (code == JWKEEP_OK)
        code = jwkeep_verifier_wait_ready(verifier, READY_TIMEOUT_MS, error);
    size_t heap = memory_heap() - before;
    resident = memory_resident() - resident;
    jwkeep_verifier_free(verifier);
    if (code != JWKEEP_OK)
        return code;
    char what[64];
    memory_row(table, "source with three RSA keys", heap / count);
    snprintf(what, sizeof what, "%zu of them, heap", count);
    memory_row(table, what, heap);
    snprintf(what, sizeof what, "%zu of them, resident", count);
    memory_row(table, what, resident);
    return JWKEEP_OK;
}

static jwkeep_code measure_idle_source(memory_table *table, dev_issuer *issuer,
                                       jwkeep_error *error) {
    jwkeep_verifier *verifier = NULL;
    size_t before = memory_heap();
    jwkeep_code code = memory_verifier(issuer, COPIES, false, &verifier, error);
    size_t after = memory_heap();
    jwkeep_verifier_free(verifier);
    if (code == JWKEEP_OK)
        memory_row(table, "source without keys", each(before, after, COPIES));
    return code;
}

/* An issuer of three RSA keys, the largest that are usual. */
static jwkeep_code start_issuer(dev_issuer **ret_issuer, jwkeep_error *error) {
    dev_issuer_options options;
    dev_issuer_options_init(&options);
    options.algorithms = JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_RS256) |
                         JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_RS384) |
                         JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_PS256);
    return dev_issuer_start(&options, ret_issuer, error);
}

static jwkeep_code measure_all(memory_table *table, const bench_memory_options *options,
                               jwkeep_error *error) {
    dev_issuer *issuer = NULL;
    jwkeep_code code = measure_keys(table, error);
    if (code == JWKEEP_OK)
        code = start_issuer(&issuer, error);
    if (code == JWKEEP_OK)
        code = measure_idle_source(table, issuer, error);
    if (code == JWKEEP_OK)
        code = measure_sources(table, issuer, options->sources, error);
    if (code == JWKEEP_OK)
        code = memory_of_cache(table, error);
    if (code == JWKEEP_OK)
        code = memory_of_service(table, issuer, error);
    dev_issuer_stop(issuer);
    return code;
}

jwkeep_code bench_memory(const bench_memory_options *options, FILE *out, jwkeep_error *error) {
    memory_table table = {.out = out, .is_json = options->is_json};
    fputs(options->is_json ? "[" : "bytes of the heap, each\n", out);
    jwkeep_code code = measure_all(&table, options, error);
    if (options->is_json)
        fputs("]\n", out);
    return code;
}
