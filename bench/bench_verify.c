/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the benchmark of whole tokens. Slices of either side are interleaved, so that both see
 * the same machine; time is the thread's own on the CPU; figures are medians of the rounds. */
#include "bench/bench_verify.h"
#include "bench/measure.h"
#include "bench/raw.h"
#include <jwkeep/jwt.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define TOKENS 256u /* distinct; a power of two */
#define KEYS 3u
#define MAX_KEY_BYTES 16384u
#define NOW_S 1800000000
#define ISSUER "https://issuer.example/tenant/0b9b1b5e"
#define AUDIENCE "https://api.example"

/* One algorithm being measured. */
struct bench {
    jwkeep_algorithm algorithm;
    raw_key *raw;
    jwkeep_jwk *signing;
    jwkeep_keyset *set;
    jwkeep_rules rules;
    jwkeep_token *token;
    jwkeep_buffer tokens;
    jwkeep_span spans[TOKENS];
    raw_message *messages;
};

struct row {
    double raw[BENCH_MAX_ROUNDS]; /* a second; beside several threads: whole tokens on one */
    double whole[BENCH_MAX_ROUNDS];
    double ratio[BENCH_MAX_ROUNDS];
};

/* A thread among several, with a token object of its own. */
struct worker {
    const struct bench *bench;
    int64_t until_ns;
    jwkeep_token *token;
    pthread_t thread;
    double per_s; /* of its own time on the CPU; 0 if a verification failed */
};

static jwkeep_code fail(jwkeep_code code, jwkeep_error *error) {
    if (error)
        *error = (jwkeep_error){
            .code = code, .text = jwkeep_code_text(code), .offset = JWKEEP_NO_OFFSET};
    return code;
}

/* The same key with a `kid`: a member more at the front of its JSON. */
static jwkeep_code name_key(const jwkeep_jwk *key, const char *kid, jwkeep_jwk **ret_key,
                            jwkeep_error *error) {
    jwkeep_buffer plain;
    jwkeep_buffer named;
    jwkeep_buffer_init(&plain, MAX_KEY_BYTES);
    jwkeep_buffer_init(&named, MAX_KEY_BYTES);
    jwkeep_code code = jwkeep_jwk_write(key, true, &plain, error);
    if (code == JWKEEP_OK &&
        (jwkeep_buffer_append_text(&named, "{\"kid\":\"") != JWKEEP_OK ||
         jwkeep_buffer_append_text(&named, kid) != JWKEEP_OK ||
         jwkeep_buffer_append_text(&named, "\",") != JWKEEP_OK ||
         jwkeep_buffer_append(&named, jwkeep_span_of(plain.data + 1, plain.size - 1)) !=
             JWKEEP_OK))
        code = fail(JWKEEP_OUT_OF_MEMORY, error);
    if (code == JWKEEP_OK)
        code = jwkeep_jwk_parse(jwkeep_buffer_span(&named), NULL, ret_key, error);
    jwkeep_buffer_done(&named);
    jwkeep_buffer_done(&plain);
    return code;
}

static jwkeep_code parse_raw(const raw_key *raw, jwkeep_jwk **ret_key, jwkeep_error *error) {
    jwkeep_buffer buffer;
    jwkeep_buffer_init(&buffer, MAX_KEY_BYTES);
    jwkeep_code code = JWKEEP_OK;
    if (!raw_key_write(raw, &buffer))
        code = fail(JWKEEP_CRYPTO_FAILED, error);
    else if (buffer.data[0] == '{')
        code = jwkeep_jwk_parse(jwkeep_buffer_span(&buffer), NULL, ret_key, error);
    else
        code = jwkeep_jwk_parse_pem(jwkeep_buffer_span(&buffer), ret_key, error);
    jwkeep_buffer_done(&buffer);
    return code;
}

static jwkeep_code make_key(const raw_key *raw, const char *kid, jwkeep_jwk **ret_key,
                            jwkeep_error *error) {
    jwkeep_jwk *plain = NULL;
    jwkeep_code code = parse_raw(raw, &plain, error);
    if (code == JWKEEP_OK)
        code = name_key(plain, kid, ret_key, error);
    jwkeep_jwk_unref(plain);
    return code;
}

/* What verifiers hold: the public half, where there is one. */
static jwkeep_code verifying_half(jwkeep_jwk *key, jwkeep_jwk **ret_half, jwkeep_error *error) {
    if (jwkeep_jwk_kty(key) != JWKEEP_KTY_OCT)
        return jwkeep_jwk_public(key, ret_half, error);
    *ret_half = jwkeep_jwk_ref(key);
    return JWKEEP_OK;
}

static jwkeep_code add_neighbour(struct bench *bench, const char *kid, jwkeep_jwk **ret_half,
                                 jwkeep_error *error) {
    raw_key *raw = raw_key_new(bench->algorithm);
    jwkeep_jwk *key = NULL;
    jwkeep_code code =
        raw ? make_key(raw, kid, &key, error) : fail(JWKEEP_CRYPTO_FAILED, error);
    if (code == JWKEEP_OK)
        code = verifying_half(key, ret_half, error);
    jwkeep_jwk_unref(key);
    raw_key_free(raw);
    return code;
}

static jwkeep_code make_set(struct bench *bench, jwkeep_error *error) {
    jwkeep_jwk *halves[KEYS] = {NULL};
    bench->raw = raw_key_new(bench->algorithm);
    if (!bench->raw)
        return fail(JWKEEP_CRYPTO_FAILED, error);
    jwkeep_code code = make_key(bench->raw, "2026-11-b", &bench->signing, error);
    if (code == JWKEEP_OK)
        code = verifying_half(bench->signing, &halves[1], error);
    if (code == JWKEEP_OK)
        code = add_neighbour(bench, "2026-11-a", &halves[0], error);
    if (code == JWKEEP_OK)
        code = add_neighbour(bench, "2026-11-c", &halves[2], error);
    if (code == JWKEEP_OK)
        code = jwkeep_keyset_new(halves, KEYS, &bench->set, error);
    for (size_t i = 0; i < KEYS; i++)
        jwkeep_jwk_unref(halves[i]);
    return code;
}

static int write_claims(size_t index, char *ret_text, size_t size) {
    return snprintf(ret_text, size,
                    "{\"iss\":\"" ISSUER "\",\"sub\":\"auth0|5f7c8ec7c33c6c004bbafe%04zx\","
                    "\"aud\":[\"" AUDIENCE "\",\"https://issuer.example/userinfo\"],"
                    "\"iat\":%d,\"exp\":%d,\"jti\":\"6f1c9f1e-8d1a-4a53-9a37-2b8d0000%04zx\","
                    "\"azp\":\"my_client_id_12345678\",\"gty\":\"client-credentials\","
                    "\"scope\":\"openid profile email read:orders write:orders\","
                    "\"permissions\":[\"read:orders\",\"write:orders\"]}",
                    index, NOW_S - 60, NOW_S + 3600, index);
}

static jwkeep_code make_tokens(struct bench *bench, jwkeep_error *error) {
    jwkeep_jws_signer signer = {.key = bench->signing, .algorithm = bench->algorithm};
    size_t ends[TOKENS];
    char claims[1024];
    for (size_t i = 0; i < TOKENS; i++) {
        int size = write_claims(i, claims, sizeof claims);
        jwkeep_code code = jwkeep_jwt_sign(jwkeep_span_of(claims, (size_t)size), &signer,
                                           &bench->tokens, error);
        if (code != JWKEEP_OK)
            return code;
        ends[i] = bench->tokens.size;
    }
    for (size_t i = 0, start = 0; i < TOKENS; start = ends[i++]) {
        bench->spans[i] = jwkeep_span_of(bench->tokens.data + start, ends[i] - start);
        if (!raw_message_of(bench->raw, bench->spans[i], &bench->messages[i]))
            return fail(JWKEEP_CRYPTO_FAILED, error);
    }
    return JWKEEP_OK;
}

static jwkeep_code prepare(struct bench *bench, jwkeep_error *error) {
    static const char *const issuers[] = {ISSUER};
    static const char *const audiences[] = {AUDIENCE};
    jwkeep_rules_init(&bench->rules);
    bench->rules.issuers = issuers;
    bench->rules.issuer_count = 1;
    bench->rules.audiences = audiences;
    bench->rules.audience_count = 1;
    jwkeep_buffer_init(&bench->tokens, TOKENS * JWKEEP_MAX_TOKEN_BYTES);
    bench->messages = calloc(TOKENS, sizeof *bench->messages);
    if (!bench->messages)
        return fail(JWKEEP_OUT_OF_MEMORY, error);
    jwkeep_code code = jwkeep_token_new(&bench->token, error);
    if (code == JWKEEP_OK)
        code = make_set(bench, error);
    if (code == JWKEEP_OK)
        code = make_tokens(bench, error);
    return code;
}

static void done(struct bench *bench) {
    jwkeep_buffer_done(&bench->tokens);
    free(bench->messages);
    jwkeep_token_free(bench->token);
    jwkeep_keyset_unref(bench->set);
    jwkeep_jwk_unref(bench->signing);
    raw_key_free(bench->raw);
}

static bool verify_raw(struct bench *bench, size_t index) {
    return raw_verify(bench->raw, &bench->messages[index]);
}

static bool verify_into(const struct bench *bench, size_t index, jwkeep_token *token) {
    return jwkeep_jwt_verify(bench->spans[index], NULL, bench->set, &bench->rules,
                             (int64_t)NOW_S * 1000, token, NULL, NULL) == JWKEEP_OK;
}

static bool verify_whole(struct bench *bench, size_t index) {
    return verify_into(bench, index, bench->token);
}

static size_t batch_of(const struct bench *bench) {
    return bench->algorithm <= JWKEEP_ALGORITHM_HS512 ? 64 : 4;
}

static int64_t cpu_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * MEASURE_S + now.tv_nsec;
}

/* Verifications a second over `slice_ns` on the CPU; 0 if one failed. The clock is read once a
 * batch, so that reading it does not count. */
static double run_slice(struct bench *bench, bool (*verify)(struct bench *, size_t),
                        int64_t slice_ns) {
    size_t count = 0;
    size_t batch = batch_of(bench);
    int64_t start = cpu_now_ns();
    int64_t now = start;
    while (now - start < slice_ns) {
        for (size_t i = 0; i < batch; i++) {
            if (!verify(bench, count++ % TOKENS))
                return 0;
        }
        now = cpu_now_ns();
    }
    return (double)count * MEASURE_S / (double)(now - start);
}

static void *verify_on(void *argument) {
    struct worker *worker = argument;
    size_t batch = batch_of(worker->bench);
    size_t count = 0;
    int64_t start_ns = cpu_now_ns();
    do {
        for (size_t i = 0; i < batch; i++) {
            if (!verify_into(worker->bench, count++ % TOKENS, worker->token))
                return NULL;
        }
    } while (measure_now_ns() < worker->until_ns);
    worker->per_s = (double)count * MEASURE_S / (double)(cpu_now_ns() - start_ns);
    return NULL;
}

static bool start_worker(struct worker *worker) {
    return jwkeep_token_new(&worker->token, NULL) == JWKEEP_OK &&
           pthread_create(&worker->thread, NULL, verify_on, worker) == 0;
}

/* Verifications a second of `count` threads together; 0 if one failed or was not to be had. */
static double run_workers(const struct bench *bench, unsigned count, int64_t slice_ns) {
    struct worker *workers = calloc(count, sizeof *workers);
    double per_s = 0;
    unsigned started = 0;
    int64_t until_ns = measure_now_ns() + slice_ns;
    for (; workers && started < count; started++) {
        workers[started] = (struct worker){.bench = bench, .until_ns = until_ns};
        if (!start_worker(&workers[started]))
            break;
    }
    bool is_whole = workers && started == count;
    for (unsigned i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
        is_whole = is_whole && workers[i].per_s > 0;
        per_s += workers[i].per_s;
    }
    for (unsigned i = 0; workers && i < count; i++)
        jwkeep_token_free(workers[i].token);
    free(workers);
    return is_whole ? per_s : 0;
}

static jwkeep_code run_threads(struct bench *bench, const bench_verify_options *options,
                               struct row *row, jwkeep_error *error) {
    int64_t slice_ns = (int64_t)options->time_ms * MEASURE_MS / (2 * options->rounds);
    for (unsigned i = 0; i < options->rounds; i++) {
        row->raw[i] = run_workers(bench, 1, slice_ns);
        row->whole[i] = run_workers(bench, options->threads, slice_ns);
        if (row->raw[i] <= 0 || row->whole[i] <= 0)
            return fail(JWKEEP_SYSTEM_FAILED, error);
        row->ratio[i] = row->whole[i] / row->raw[i];
    }
    return JWKEEP_OK;
}

static jwkeep_code run_rounds(struct bench *bench, const bench_verify_options *options,
                              struct row *row, jwkeep_error *error) {
    int64_t slice_ns = (int64_t)options->time_ms * MEASURE_MS / (2 * options->rounds);
    run_slice(bench, verify_raw, slice_ns / 4);
    run_slice(bench, verify_whole, slice_ns / 4);
    for (unsigned i = 0; i < options->rounds; i++) {
        if (i % 2 == 0)
            row->raw[i] = run_slice(bench, verify_raw, slice_ns);
        row->whole[i] = run_slice(bench, verify_whole, slice_ns);
        if (i % 2 == 1)
            row->raw[i] = run_slice(bench, verify_raw, slice_ns);
        if (row->raw[i] <= 0 || row->whole[i] <= 0)
            return fail(JWKEEP_CRYPTO_FAILED, error);
        row->ratio[i] = row->whole[i] / row->raw[i];
    }
    return JWKEEP_OK;
}

static void sort(struct row *row, size_t rounds) {
    measure_sort(row->raw, rounds);
    measure_sort(row->whole, rounds);
    measure_sort(row->ratio, rounds);
}

static void print_row(const struct bench *bench, const bench_verify_options *options,
                      const struct row *row, FILE *out, bool is_first) {
    const char *name = jwkeep_algorithm_name(bench->algorithm);
    const char *left = options->threads ? "one_thread" : "raw";
    const char *right = options->threads ? "threads" : "jwkeep";
    double raw = measure_percentile(row->raw, options->rounds, 50);
    double whole = measure_percentile(row->whole, options->rounds, 50);
    double ratio = measure_percentile(row->ratio, options->rounds, 50);
    double least = row->ratio[0];
    double most = row->ratio[options->rounds - 1];
    if (options->is_json)
        fprintf(out,
                "%s{\"alg\":\"%s\",\"%s_per_s\":%.0f,\"%s_per_s\":%.0f,"
                "\"ratio\":%.3f,\"ratio_least\":%.3f,\"ratio_most\":%.3f}",
                is_first ? "" : ",", name, left, raw, right, whole, ratio, least, most);
    else
        fprintf(out, "%-8s %12.0f %12.0f %7.2f   %.2f-%.2f\n", name, raw, whole, ratio, least,
                most);
    fflush(out);
}

static jwkeep_code bench_algorithm(jwkeep_algorithm algorithm,
                                   const bench_verify_options *options, FILE *out,
                                   bool is_first, jwkeep_error *error) {
    struct bench *bench = calloc(1, sizeof *bench);
    struct row *row = calloc(1, sizeof *row);
    jwkeep_code code = bench && row ? JWKEEP_OK : fail(JWKEEP_OUT_OF_MEMORY, error);
    if (code == JWKEEP_OK) {
        bench->algorithm = algorithm;
        code = prepare(bench, error);
        if (code == JWKEEP_OK)
            code = options->threads ? run_threads(bench, options, row, error)
                                    : run_rounds(bench, options, row, error);
        if (code == JWKEEP_OK) {
            sort(row, options->rounds);
            print_row(bench, options, row, out, is_first);
        }
        done(bench);
    }
    free(row);
    free(bench);
    return code;
}

static void print_head(const bench_verify_options *options, FILE *out) {
    if (options->is_json)
        fputc('[', out);
    else if (options->threads)
        fprintf(out,
                "whole tokens, distinct, %u threads beside one; medians of %u rounds\n"
                "%-8s %12s %12s %7s   %s\n",
                options->threads, options->rounds, "alg", "one/s", "threads/s", "ratio",
                "spread");
    else
        fprintf(out,
                "whole tokens, distinct, one thread; medians of %u rounds\n"
                "%-8s %12s %12s %7s   %s\n",
                options->rounds, "alg", "raw/s", "jwkeep/s", "ratio", "spread");
}

jwkeep_code bench_verify(const bench_verify_options *options, FILE *out, jwkeep_error *error) {
    bool is_first = true;
    print_head(options, out);
    for (int each = 1; each < JWKEEP_ALGORITHM_COUNT; each++) {
        if (!(options->algorithms & JWKEEP_ALGORITHM_BIT(each)))
            continue;
        jwkeep_code code =
            bench_algorithm((jwkeep_algorithm)each, options, out, is_first, error);
        if (code != JWKEEP_OK)
            return code;
        is_first = false;
    }
    if (options->is_json)
        fputs("]\n", out);
    return JWKEEP_OK;
}
