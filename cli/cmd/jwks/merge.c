/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jwks merge`: the keys of several sets as one. */
#include "cli/command.h"
#include "cli/keyset_files.h"

struct merge {
    const char *set;
    text_list others;
    bool is_in_place;
    bool is_public;
    bool drops_unusable;
};

static const option_spec OPTIONS[] = {
    OPERAND(struct merge, set, "FILE", "a JWK Set; default: standard input"),
    LIST(struct merge, others, "with", "FILE", "a set whose keys are added"),
    FLAG(struct merge, is_in_place, "in-place", "change FILE instead of printing"),
    FLAG(struct merge, is_public, "public", "leave private halves out"),
    FLAG(struct merge, drops_unusable, "drop-unusable", "go on without keys that are unknown"),
};

/* Names what `merged` has beyond the first `count` keys. */
static void tell_added(const jwkeep_keyset *merged, size_t count, const char *file) {
    for (size_t i = count; i < jwkeep_keyset_count(merged); i++)
        keyset_file_tell("added", jwkeep_keyset_at(merged, i));
    if (count == jwkeep_keyset_count(merged))
        report_note("%s: no key that is not there already", file);
}

/* `*set` becomes the merged one. */
static exit_status merge_file(const char *file, bool drops_unusable, jwkeep_keyset **set) {
    jwkeep_keyset *added = NULL;
    jwkeep_keyset *merged = NULL;
    jwkeep_error error;
    exit_status status = keyset_file_read(file, drops_unusable, &added);
    if (status != STATUS_YES)
        return status;
    if (jwkeep_keyset_merge(*set, added, &merged, NULL, &error) == JWKEEP_OK) {
        tell_added(merged, jwkeep_keyset_count(*set), file);
        jwkeep_keyset_unref(*set);
        *set = merged;
    } else {
        status = report_failure(file, &error);
    }
    jwkeep_keyset_unref(added);
    return status;
}

static exit_status run(const void *arguments) {
    const struct merge *values = arguments;
    jwkeep_keyset *set = NULL;
    if (values->others.count == 0)
        return report_usage("say what to merge: --with FILE");
    exit_status status = keyset_file_read(values->set, values->drops_unusable, &set);
    for (size_t i = 0; i < values->others.count && status == STATUS_YES; i++)
        status = merge_file(values->others.items[i], values->drops_unusable, &set);
    const keyset_target target = {values->set, values->is_in_place, values->is_public};
    if (status == STATUS_YES)
        status = keyset_file_write(set, &target);
    jwkeep_keyset_unref(set);
    return status;
}

const struct command CMD_JWKS_MERGE = {
    .group = "jwks",
    .name = "merge",
    .summary = "put the keys of several sets into one",
    .details =
        "A key that stands in several sets comes once: the same numbers and the same kid.\n"
        "The order stays, and what the first set says besides its keys. What was added is\n"
        "said on standard error. Private keys stay private keys unless --public.\n",
    .examples = "  jwkeep jwks merge jwks.json --with next.json > all.json\n"
                "  jwkeep jwks merge jwks.json --with next.json --in-place\n",
    .options = OPTION_TABLE(OPTIONS),
    .values_size = sizeof(struct merge),
    .run = run,
};
