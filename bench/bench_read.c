/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the benchmark of reading. Slices of every kind take turns; what is counted is each
 * thread's own time on the CPU, so that more threads than cores can be measured too. */
#include "bench/bench_read.h"
#include "bench/measure.h"
#include <jwkeep/keyring.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define KEYS 3u
#define BATCH 256u

typedef enum read_kind {
    READ_PLAIN = 0, /* a pointer and a lookup: what there is to pay anyway */
    READ_HAS = 1,   /* through the ring: pin, look up, unpin */
    READ_FIND = 2   /* the same, and the key is held and let go of */
} read_kind;
#define READ_KINDS 3

static const char *const KIDS[KEYS] = {"2026-11-a", "2026-11-b", "2026-11-c"};

struct bench {
    jwkeep_keyset *sets[2]; /* the same keys; published by turns */
    jwkeep_keyring *ring;
    /* What the plain reader follows, stored as often as the ring's is. Relaxed, no partner:
     * the sets are complete before any thread begins, and outlive them all. */
    _Atomic(jwkeep_keyset *) plain;
    uint32_t write_ms;
    _Atomic bool is_over;    /* of a slice. Set once, read in loops: no partner */
    _Atomic bool is_written; /* likewise: the writer is to end */
};

struct reader {
    struct bench *bench;
    read_kind kind;
    pthread_t thread;
    uint64_t lookups;
    int64_t cpu_ns;
    bool has_failed;
};

struct row {
    double ns[READ_KINDS][BENCH_READ_MAX_ROUNDS];
};

static jwkeep_code fail(jwkeep_code code, jwkeep_error *error) {
    if (error)
        *error = (jwkeep_error){
            .code = code, .text = jwkeep_code_text(code), .offset = JWKEEP_NO_OFFSET};
    return code;
}

static jwkeep_code make_sets(struct bench *bench, jwkeep_error *error) {
    jwkeep_jwk *keys[KEYS] = {NULL};
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = 0; i < KEYS && code == JWKEEP_OK; i++) {
        jwkeep_jwk_spec spec = {.algorithm = JWKEEP_ALGORITHM_EDDSA,
                                .kid = jwkeep_span_text(KIDS[i])};
        code = jwkeep_jwk_generate(&spec, &keys[i], error);
    }
    for (size_t i = 0; i < 2 && code == JWKEEP_OK; i++)
        code = jwkeep_keyset_new(keys, KEYS, &bench->sets[i], error);
    for (size_t i = 0; i < KEYS; i++)
        jwkeep_jwk_unref(keys[i]);
    return code;
}

static jwkeep_code prepare(struct bench *bench, jwkeep_error *error) {
    jwkeep_code code = make_sets(bench, error);
    if (code == JWKEEP_OK)
        code = jwkeep_keyring_new(bench->sets[0], &bench->ring, error);
    atomic_store_explicit(&bench->plain, bench->sets[0], memory_order_relaxed);
    return code;
}

static void done(struct bench *bench) {
    jwkeep_keyring_free(bench->ring);
    jwkeep_keyset_unref(bench->sets[0]);
    jwkeep_keyset_unref(bench->sets[1]);
}

static bool read_plain(struct bench *bench, jwkeep_span kid) {
    const jwkeep_keyset *set = atomic_load_explicit(&bench->plain, memory_order_relaxed);
    return jwkeep_keyset_find(set, kid) != NULL;
}

static bool read_has(struct bench *bench, jwkeep_span kid) {
    return jwkeep_keyring_has(bench->ring, kid);
}

static bool read_find(struct bench *bench, jwkeep_span kid) {
    jwkeep_jwk *key = jwkeep_keyring_find(bench->ring, kid);
    jwkeep_jwk_unref(key);
    return key != NULL;
}

static bool (*const READS[READ_KINDS])(struct bench *, jwkeep_span) = {read_plain, read_has,
                                                                       read_find};

static int64_t cpu_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * MEASURE_S + now.tv_nsec;
}

/* At least one batch, so that there is a figure however short the slice. */
static void *read_on(void *argument) {
    struct reader *reader = argument;
    bool (*const look)(struct bench *, jwkeep_span) = READS[reader->kind];
    jwkeep_span kids[KEYS];
    for (size_t i = 0; i < KEYS; i++)
        kids[i] = jwkeep_span_text(KIDS[i]);
    int64_t start_ns = cpu_now_ns();
    do {
        for (size_t i = 0; i < BATCH; i++)
            reader->has_failed |= !look(reader->bench, kids[i % KEYS]);
        reader->lookups += BATCH;
    } while (!atomic_load_explicit(&reader->bench->is_over, memory_order_relaxed));
    reader->cpu_ns = cpu_now_ns() - start_ns;
    return NULL;
}

/* Nanoseconds a lookup, the threads together; 0 if one failed. */
static double figure_of(const struct reader *readers, unsigned count) {
    uint64_t lookups = 0;
    int64_t cpu_ns = 0;
    for (unsigned i = 0; i < count; i++) {
        lookups += readers[i].lookups;
        cpu_ns += readers[i].cpu_ns;
        if (readers[i].has_failed)
            return 0;
    }
    return (double)cpu_ns / (double)lookups;
}

static jwkeep_code run_slice(struct bench *bench, read_kind kind, unsigned threads,
                             int64_t slice_ns, double *ret_ns, jwkeep_error *error) {
    struct reader *readers = calloc(threads, sizeof *readers);
    if (!readers)
        return fail(JWKEEP_OUT_OF_MEMORY, error);
    atomic_store_explicit(&bench->is_over, false, memory_order_relaxed);
    unsigned started = 0;
    for (; started < threads; started++) {
        readers[started] = (struct reader){.bench = bench, .kind = kind};
        if (pthread_create(&readers[started].thread, NULL, read_on, &readers[started]) != 0)
            break;
    }
    if (started == threads)
        measure_sleep_until(measure_now_ns() + slice_ns);
    atomic_store_explicit(&bench->is_over, true, memory_order_relaxed);
    for (unsigned i = 0; i < started; i++)
        pthread_join(readers[i].thread, NULL);
    double ns = figure_of(readers, started);
    free(readers);
    if (started < threads)
        return fail(JWKEEP_SYSTEM_FAILED, error);
    if (ns <= 0)
        return fail(JWKEEP_NOT_FOUND, error);
    *ret_ns = ns;
    return JWKEEP_OK;
}

static jwkeep_code run_rounds(struct bench *bench, const bench_read_options *options,
                              unsigned threads, struct row *row, jwkeep_error *error) {
    int64_t slice_ns = (int64_t)options->time_ms * MEASURE_MS / (READ_KINDS * options->rounds);
    for (unsigned i = 0; i < options->rounds; i++) {
        for (unsigned j = 0; j < READ_KINDS; j++) {
            unsigned kind = (i + j) % READ_KINDS;
            jwkeep_code code =
                run_slice(bench, (read_kind)kind, threads, slice_ns, &row->ns[kind][i], error);
            if (code != JWKEEP_OK)
                return code;
        }
    }
    for (unsigned kind = 0; kind < READ_KINDS; kind++)
        measure_sort(row->ns[kind], options->rounds);
    return JWKEEP_OK;
}

/* A publication that memory is too short for is left out: the next comes soon. */
static void *write_on(void *argument) {
    struct bench *bench = argument;
    int64_t at_ns = measure_now_ns();
    for (size_t i = 1; !atomic_load_explicit(&bench->is_written, memory_order_relaxed); i++) {
        (void)!jwkeep_keyring_replace(bench->ring, bench->sets[i % 2], 0, NULL);
        atomic_store_explicit(&bench->plain, bench->sets[i % 2], memory_order_relaxed);
        at_ns += (int64_t)bench->write_ms * MEASURE_MS;
        measure_sleep_until(at_ns);
    }
    return NULL;
}

static void print_head(const bench_read_options *options, FILE *out) {
    if (options->is_json) {
        fputc('[', out);
        return;
    }
    fprintf(out, "ns on the CPU a lookup by kid, medians of %u rounds; ", options->rounds);
    if (options->write_ms)
        fprintf(out, "a new set every %u ms\n", options->write_ms);
    else
        fputs("no writer\n", out);
    fprintf(out, "%7s %12s %12s %12s %10s\n", "threads", "unprotected", "ring", "ring+hold",
            "ring costs");
}

static void print_row(const bench_read_options *options, unsigned threads,
                      const struct row *row, FILE *out, bool is_first) {
    double plain = measure_percentile(row->ns[READ_PLAIN], options->rounds, 50);
    double has = measure_percentile(row->ns[READ_HAS], options->rounds, 50);
    double find = measure_percentile(row->ns[READ_FIND], options->rounds, 50);
    if (options->is_json)
        fprintf(out,
                "%s{\"threads\":%u,\"unprotected_ns\":%.2f,\"ring_ns\":%.2f,"
                "\"ring_hold_ns\":%.2f}",
                is_first ? "" : ",", threads, plain, has, find);
    else
        fprintf(out, "%7u %12.1f %12.1f %12.1f %+10.1f\n", threads, plain, has, find,
                has - plain);
    fflush(out);
}

/* 1, 2, 4, … and `last` itself; 0 after that. */
static unsigned next_threads(unsigned threads, unsigned last) {
    if (threads >= last)
        return 0;
    return 2 * threads < last ? 2 * threads : last;
}

static jwkeep_code run_all(struct bench *bench, const bench_read_options *options, FILE *out,
                           jwkeep_error *error) {
    unsigned last = options->threads ? options->threads : measure_cores();
    struct row *row = calloc(1, sizeof *row);
    jwkeep_code code = row ? JWKEEP_OK : fail(JWKEEP_OUT_OF_MEMORY, error);
    print_head(options, out);
    for (unsigned n = 1; n && code == JWKEEP_OK; n = next_threads(n, last)) {
        code = run_rounds(bench, options, n, row, error);
        if (code == JWKEEP_OK)
            print_row(options, n, row, out, n == 1);
    }
    if (options->is_json)
        fputs("]\n", out);
    free(row);
    return code;
}

static jwkeep_code run_beside_writer(struct bench *bench, const bench_read_options *options,
                                     FILE *out, jwkeep_error *error) {
    pthread_t writer;
    bench->write_ms = options->write_ms;
    if (options->write_ms && pthread_create(&writer, NULL, write_on, bench) != 0)
        return fail(JWKEEP_SYSTEM_FAILED, error);
    jwkeep_code code = run_all(bench, options, out, error);
    atomic_store_explicit(&bench->is_written, true, memory_order_relaxed);
    if (options->write_ms)
        pthread_join(writer, NULL);
    return code;
}

jwkeep_code bench_read(const bench_read_options *options, FILE *out, jwkeep_error *error) {
    struct bench *bench = calloc(1, sizeof *bench);
    if (!bench)
        return fail(JWKEEP_OUT_OF_MEMORY, error);
    jwkeep_code code = prepare(bench, error);
    if (code == JWKEEP_OK)
        code = run_beside_writer(bench, options, out, error);
    done(bench);
    free(bench);
    return code;
}
