/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep bench memory`: what each thing that there are many of takes. */
#include "bench/bench_memory.h"
#include "cli/command.h"
#include "cli/report.h"
#include <jwkeep/verifier.h>

struct memory {
    int64_t sources;
    bool is_json;
};

static const struct memory DEFAULTS = {.sources = 10000};

static const option_spec OPTIONS[] = {
    NUMBER(struct memory, sources, "sources", "N", 1, JWKEEP_MAX_ISSUERS,
           "that hold three keys each (default 10000)"),
    FLAG(struct memory, is_json, "json", "answer in JSON"),
};

static exit_status run(const void *arguments) {
    const struct memory *values = arguments;
    jwkeep_error error;
    bench_memory_options options = {.sources = (unsigned)values->sources,
                                    .is_json = values->is_json};
    if (bench_memory(&options, stdout, &error) == JWKEEP_OK)
        return STATUS_YES;
    report_failure("measuring", &error);
    return STATUS_INTERNAL;
}

const struct command CMD_BENCH_MEMORY = {
    .group = "bench",
    .name = "memory",
    .summary = "bytes of a key, a source, a token, a pending verification, a connection",
    .details =
        "Many of each are made, and the growth of the heap is divided by their number: what\n"
        "the library, OpenSSL, libcurl and the service take together. The keys of the\n"
        "sources come from a test issuer in the same process, over loopback.\n",
    .examples = "  jwkeep bench memory\n"
                "  jwkeep bench memory --sources 1000 --json\n",
    .options = OPTION_TABLE(OPTIONS),
    .defaults = &DEFAULTS,
    .values_size = sizeof(struct memory),
    .run = run,
};
