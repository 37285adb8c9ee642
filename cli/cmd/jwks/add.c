/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jwks add`: keys from files into a set. */
#include "cli/command.h"
#include "cli/input.h"
#include "cli/keyset_files.h"

struct add {
    const char *set;
    text_list keys;
    bool is_in_place;
    bool is_public;
    bool drops_unusable;
};

static const option_spec OPTIONS[] = {
    OPERAND(struct add, set, "FILE", "a JWK Set; default: standard input"),
    LIST(struct add, keys, "key", "FILE", "a JWK, PEM, DER or set to add"),
    FLAG(struct add, is_in_place, "in-place", "change FILE instead of printing"),
    FLAG(struct add, is_public, "public", "leave private halves out"),
    FLAG(struct add, drops_unusable, "drop-unusable", "go on without keys that are unknown"),
};

/* `*set` becomes the one with `key`. */
static exit_status add_key(jwkeep_jwk *key, jwkeep_keyset **set) {
    jwkeep_keyset *with = NULL;
    jwkeep_error error;
    bool is_added = false;
    if (jwkeep_keyset_with(*set, key, &with, &is_added, &error) != JWKEEP_OK)
        return report_failure("adding a key", &error);
    keyset_file_tell(is_added ? "added" : "is there already", key);
    jwkeep_keyset_unref(*set);
    *set = with;
    return STATUS_YES;
}

static exit_status add_file(const char *file, bool drops_unusable, jwkeep_keyset **set) {
    jwkeep_keyset *keys = NULL;
    exit_status status = keyset_file_read_keys(file, drops_unusable, &keys);
    if (status != STATUS_YES)
        return status;
    for (size_t i = 0; i < jwkeep_keyset_count(keys) && status == STATUS_YES; i++)
        status = add_key(jwkeep_keyset_at(keys, i), set);
    jwkeep_keyset_unref(keys);
    return status;
}

static exit_status run(const void *arguments) {
    const struct add *values = arguments;
    jwkeep_keyset *set = NULL;
    if (values->keys.count == 0)
        return report_usage("say what to add: --key FILE");
    exit_status status = keyset_file_read(values->set, values->drops_unusable, &set);
    for (size_t i = 0; i < values->keys.count && status == STATUS_YES; i++)
        status = add_file(values->keys.items[i], values->drops_unusable, &set);
    const keyset_target target = {values->set, values->is_in_place, values->is_public};
    if (status == STATUS_YES)
        status = keyset_file_write(set, &target);
    jwkeep_keyset_unref(set);
    return status;
}

const struct command CMD_JWKS_ADD = {
    .group = "jwks",
    .name = "add",
    .summary = "add keys to a set",
    .details = "After those that are there. The same key, by its numbers and its kid, is not\n"
               "added twice. What was added is said on standard error.\n",
    .examples = "  jwkeep jwk public key.json > public.json\n"
                "  jwkeep jwks add jwks.json --key public.json --in-place\n",
    .options = OPTION_TABLE(OPTIONS),
    .values_size = sizeof(struct add),
    .run = run,
};
