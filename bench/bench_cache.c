/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the measurement of hits, and printing. Slices of one thread, of several and of one
 * without the cache are interleaved, so that all see the same machine; time is that of the
 * threads on the CPU; figures are medians of the rounds. */
#include "bench/bench_cache.h"
#include "bench/cache_hits.h"
#include "bench/cache_tokens.h"
#include "bench/measure.h"
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define BATCH 128u
#define AHEAD 3u /* tokens, that one is expected before it is verified */

/* A thread that verifies the working set again and again, with a token object of its own. The
 * tokens of a batch arrive first, as if they were received: what a core has just received is in
 * its cache. Their arrival is not counted. */
struct worker {
    jwkeep_verifier *verifier;
    const cache_tokens *tokens;
    size_t first; /* where it begins */
    bool expects; /* says which tokens come, before it verifies them */
    int64_t until_ns;
    jwkeep_token *token;
    jwkeep_buffer inbox;
    jwkeep_span arrived[BATCH];
    pthread_t thread;
    double per_s; /* of its own time on the CPU; 0 if a verification failed */
};

struct rates {
    double one[BENCH_CACHE_MAX_ROUNDS];      /* hits a second */
    double expected[BENCH_CACHE_MAX_ROUNDS]; /* the same, each token expected */
    double all[BENCH_CACHE_MAX_ROUNDS];
    double none[BENCH_CACHE_MAX_ROUNDS]; /* verifications, without a cache */
    double ratio[BENCH_CACHE_MAX_ROUNDS];
};

struct bench {
    const bench_cache_options *options;
    cache_tokens tokens;
    jwkeep_verifier *cached;
    jwkeep_verifier *plain;
    struct rates rates;
    jwkeep_cache_status warmed;
    jwkeep_cache_status status;
    cache_hits hits;
};

static jwkeep_code fail(jwkeep_code code, const char *text, jwkeep_error *error) {
    if (error)
        *error = (jwkeep_error){.code = code, .text = text, .offset = JWKEEP_NO_OFFSET};
    return code;
}

static int64_t cpu_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * MEASURE_S + now.tv_nsec;
}

static bool verify(const struct worker *worker, jwkeep_span bytes) {
    return jwkeep_verifier_verify(worker->verifier, bytes, 0, worker->token, NULL, NULL) ==
           JWKEEP_OK;
}

/* The next tokens from `index` on; gives where the ones after them begin. */
static size_t receive(struct worker *worker, size_t index) {
    const cache_tokens *tokens = worker->tokens;
    size_t ends[BATCH];
    jwkeep_buffer_clear(&worker->inbox);
    for (size_t i = 0; i < BATCH; i++) {
        if (jwkeep_buffer_append(&worker->inbox, tokens->spans[index]) != JWKEEP_OK)
            return tokens->count;
        ends[i] = worker->inbox.size;
        index = index + 1 < tokens->count ? index + 1 : 0;
    }
    for (size_t i = 0, start = 0; i < BATCH; start = ends[i++])
        worker->arrived[i] = jwkeep_span_of(worker->inbox.data + start, ends[i] - start);
    return index;
}

static void expect(const struct worker *worker, size_t index) {
    if (worker->expects && index < BATCH)
        jwkeep_verifier_expect(worker->verifier, worker->arrived[index]);
}

/* The whole of it is measured. */
static bool verify_batch(const struct worker *worker) {
    for (size_t i = 0; i < AHEAD; i++)
        expect(worker, i);
    for (size_t i = 0; i < BATCH; i++) {
        expect(worker, i + AHEAD);
        if (!verify(worker, worker->arrived[i]))
            return false;
    }
    return true;
}

static void *work(void *argument) {
    struct worker *worker = argument;
    size_t count = 0;
    size_t index = worker->first;
    int64_t spent_ns = 0;
    do {
        index = receive(worker, index);
        if (index == worker->tokens->count)
            return NULL;
        int64_t start_ns = cpu_now_ns();
        if (!verify_batch(worker))
            return NULL;
        spent_ns += cpu_now_ns() - start_ns;
        count += BATCH;
    } while (measure_now_ns() < worker->until_ns);
    worker->per_s = (double)count * MEASURE_S / (double)spent_ns;
    return NULL;
}

static bool start(struct worker *worker) {
    return jwkeep_token_new(&worker->token, NULL) == JWKEEP_OK &&
           pthread_create(&worker->thread, NULL, work, worker) == 0;
}

/* How tokens are verified in a slice. */
struct manner {
    jwkeep_verifier *verifier;
    unsigned threads;
    bool expects;
};

/* Verifications a second of all threads together, spread over the working set; 0 if one failed
 * or was not to be had. */
static double run_workers(struct bench *bench, struct manner manner, int64_t slice_ns) {
    const unsigned count = manner.threads;
    struct worker *workers = calloc(count, sizeof *workers);
    double per_s = 0;
    unsigned started = 0;
    int64_t until_ns = measure_now_ns() + slice_ns;
    for (; workers && started < count; started++) {
        workers[started] = (struct worker){.verifier = manner.verifier,
                                           .expects = manner.expects,
                                           .tokens = &bench->tokens,
                                           .first = bench->tokens.count / count * started,
                                           .until_ns = until_ns};
        jwkeep_buffer_init(&workers[started].inbox, BATCH * JWKEEP_MAX_TOKEN_BYTES);
        if (!start(&workers[started]))
            break;
    }
    bool is_whole = workers && started == count;
    for (unsigned i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
        is_whole = is_whole && workers[i].per_s > 0;
        per_s += workers[i].per_s;
    }
    for (unsigned i = 0; workers && i < count; i++) {
        jwkeep_buffer_done(&workers[i].inbox);
        jwkeep_token_free(workers[i].token);
    }
    free(workers);
    return is_whole ? per_s : 0;
}

/* In another order than they are looked for in: the first thread's halves are swapped. */
static bool warm(struct bench *bench) {
    struct worker worker = {.verifier = bench->cached, .tokens = &bench->tokens};
    const size_t count = bench->tokens.count;
    bool is_good = jwkeep_token_new(&worker.token, NULL) == JWKEEP_OK;
    for (size_t i = 0; is_good && i < count; i++)
        is_good = verify(&worker, bench->tokens.spans[(i * 7919 + count / 2) % count]);
    for (size_t i = 0; is_good && i < count; i++)
        is_good = verify(&worker, bench->tokens.spans[i]);
    jwkeep_token_free(worker.token);
    return is_good;
}

static jwkeep_code run_rounds(struct bench *bench, jwkeep_error *error) {
    const bench_cache_options *options = bench->options;
    struct rates *rates = &bench->rates;
    int64_t slice_ns = (int64_t)options->time_ms * MEASURE_MS / (4 * options->rounds);
    for (unsigned i = 0; i < options->rounds; i++) {
        rates->one[i] = run_workers(bench, (struct manner){bench->cached, 1, false}, slice_ns);
        rates->expected[i] =
            run_workers(bench, (struct manner){bench->cached, 1, true}, slice_ns);
        rates->all[i] = run_workers(
            bench, (struct manner){bench->cached, options->threads, false}, slice_ns);
        rates->none[i] = run_workers(bench, (struct manner){bench->plain, 1, false}, slice_ns);
        if (rates->one[i] <= 0 || rates->expected[i] <= 0 || rates->all[i] <= 0 ||
            rates->none[i] <= 0)
            return fail(JWKEEP_SYSTEM_FAILED, "a token did not verify", error);
        rates->ratio[i] = rates->all[i] / rates->one[i];
    }
    measure_sort(rates->one, options->rounds);
    measure_sort(rates->expected, options->rounds);
    measure_sort(rates->all, options->rounds);
    measure_sort(rates->none, options->rounds);
    measure_sort(rates->ratio, options->rounds);
    return JWKEEP_OK;
}

/* Room for half as many again, so that hardly a bucket is full: what is measured is hits. */
static jwkeep_code measure_hits(struct bench *bench, jwkeep_error *error) {
    const bench_cache_options *options = bench->options;
    jwkeep_code code = cache_tokens_verifier(
        &bench->tokens, options->tokens + options->tokens / 2, &bench->cached, error);
    if (code == JWKEEP_OK)
        code = cache_tokens_verifier(&bench->tokens, 0, &bench->plain, error);
    if (code == JWKEEP_OK && !warm(bench))
        code = fail(JWKEEP_SYSTEM_FAILED, "a token did not verify", error);
    if (code == JWKEEP_OK)
        code = jwkeep_verifier_cache_status(bench->cached, &bench->warmed);
    if (code == JWKEEP_OK)
        code = run_rounds(bench, error);
    if (code == JWKEEP_OK)
        code = jwkeep_verifier_cache_status(bench->cached, &bench->status);
    jwkeep_verifier_free(bench->plain);
    jwkeep_verifier_free(bench->cached);
    return code;
}

static double median(const struct bench *bench, const double *sorted) {
    return measure_percentile(sorted, bench->options->rounds, 50);
}

static double token_bytes(const struct bench *bench) {
    return (double)bench->tokens.bytes.size / (double)bench->tokens.count;
}

static double entry_bytes(const struct bench *bench) {
    size_t entries = bench->status.entries;
    return entries ? (double)bench->status.bytes / (double)entries : 0;
}

static double hit_rate(const struct bench *bench) {
    uint64_t hits = bench->status.hits - bench->warmed.hits;
    uint64_t misses = bench->status.misses - bench->warmed.misses;
    return (double)hits / (double)(hits + misses);
}

static void print_text(const struct bench *bench, FILE *out) {
    const bench_cache_options *options = bench->options;
    const struct rates *rates = &bench->rates;
    double one = median(bench, rates->one);
    fprintf(out,
            "%zu distinct %s tokens of %.0f bytes, whole calls; medians of %u rounds\n"
            "one thread, cached    %10.0f /s  %.0f-%.0f\n"
            "one thread, expected  %10.0f /s  %.0f-%.0f\n"
            "%u threads, cached     %10.0f /s  %.2f of one, %.2f-%.2f\n"
            "one thread, no cache  %10.0f /s\n"
            "hits                  %10.6f     of all; %.0f bytes a token\n\n",
            options->tokens, jwkeep_algorithm_name(options->algorithm), token_bytes(bench),
            options->rounds, one, rates->one[0], rates->one[options->rounds - 1],
            median(bench, rates->expected), rates->expected[0],
            rates->expected[options->rounds - 1], options->threads, median(bench, rates->all),
            median(bench, rates->ratio), rates->ratio[0], rates->ratio[options->rounds - 1],
            median(bench, rates->none), hit_rate(bench), entry_bytes(bench));
    fprintf(out,
            "%zu tokens, Zipf (s = 1), %zu entries, %zu draws   jwkeep      LRU\n"
            "found                                              %.4f   %.4f\n"
            "found, as many tokens between that come once       %.4f   %.4f\n",
            options->population, options->entries, options->draws, bench->hits.cache,
            bench->hits.lru, bench->hits.flooded_cache, bench->hits.flooded_lru);
}

static void print_json(const struct bench *bench, FILE *out) {
    const bench_cache_options *options = bench->options;
    fprintf(
        out,
        "{\"alg\":\"%s\",\"tokens\":%zu,\"threads\":%u,\"one_thread_per_s\":%.0f,"
        "\"expected_per_s\":%.0f,\"threads_per_s\":%.0f,\"ratio\":%.3f,\"uncached_per_s\":%.0f,"
        "\"hits\":%.6f,\"bytes_per_token\":%.0f,",
        jwkeep_algorithm_name(options->algorithm), options->tokens, options->threads,
        median(bench, bench->rates.one), median(bench, bench->rates.expected),
        median(bench, bench->rates.all), median(bench, bench->rates.ratio),
        median(bench, bench->rates.none), hit_rate(bench), entry_bytes(bench));
    fprintf(out,
            "\"population\":%zu,\"entries\":%zu,\"draws\":%zu,\"found\":%.6f,"
            "\"found_lru\":%.6f,\"flooded_found\":%.6f,\"flooded_found_lru\":%.6f}\n",
            options->population, options->entries, options->draws, bench->hits.cache,
            bench->hits.lru, bench->hits.flooded_cache, bench->hits.flooded_lru);
}

jwkeep_code bench_cache(const bench_cache_options *options, FILE *out, jwkeep_error *error) {
    struct bench *bench = calloc(1, sizeof *bench);
    if (!bench)
        return fail(JWKEEP_OUT_OF_MEMORY, jwkeep_code_text(JWKEEP_OUT_OF_MEMORY), error);
    bench->options = options;
    jwkeep_code code =
        cache_tokens_make(options->algorithm, options->tokens, &bench->tokens, error);
    if (code == JWKEEP_OK) {
        code = measure_hits(bench, error);
        if (code == JWKEEP_OK)
            code = cache_hits_count(options, &bench->hits, error);
        if (code == JWKEEP_OK)
            options->is_json ? print_json(bench, out) : print_text(bench, out);
        cache_tokens_done(&bench->tokens);
    }
    free(bench);
    return code;
}
