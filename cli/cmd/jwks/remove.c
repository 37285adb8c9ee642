/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jwks remove`: keys out of a set, by kid, by thumbprint or by the key itself. */
#include "cli/command.h"
#include "cli/keyset_files.h"

struct removal {
    const char *set;
    const char *kid;
    const char *thumbprint;
    const char *key;
    bool is_in_place;
    bool is_public;
    bool drops_unusable;
};

static const option_spec OPTIONS[] = {
    OPERAND(struct removal, set, "FILE", "a JWK Set; default: standard input"),
    TEXT(struct removal, kid, "kid", "KID", "every key with this kid"),
    TEXT(struct removal, thumbprint, "thumbprint", "T", "every key with this one, base64url"),
    TEXT(struct removal, key, "key", "FILE", "the keys of this JWK, PEM, DER or set"),
    FLAG(struct removal, is_in_place, "in-place", "change FILE instead of printing"),
    FLAG(struct removal, is_public, "public", "leave private halves out"),
    FLAG(struct removal, drops_unusable, "drop-unusable",
         "go on without keys that are unknown"),
};

typedef struct choice {
    const struct removal *values;
    const jwkeep_keyset *keys; /* NULL without --key */
} choice;

static bool is_chosen(const choice *by, const jwkeep_jwk *key) {
    const struct removal *values = by->values;
    jwkeep_span kid = jwkeep_jwk_kid(key);
    if (values->kid)
        return jwkeep_span_is_present(kid) &&
               jwkeep_span_equals(kid, jwkeep_span_text(values->kid));
    if (values->thumbprint)
        return jwkeep_span_equals(jwkeep_jwk_thumbprint_text(key),
                                  jwkeep_span_text(values->thumbprint));
    return jwkeep_keyset_has(by->keys, key);
}

static bool is_kept(void *user, const jwkeep_jwk *key) {
    bool is_removed = is_chosen(user, key);
    if (is_removed)
        keyset_file_tell("removed", key);
    return !is_removed;
}

static exit_status remove_keys(const choice *by, const jwkeep_keyset *set) {
    jwkeep_keyset *left = NULL;
    jwkeep_error error;
    const struct removal *values = by->values;
    const keyset_target target = {values->set, values->is_in_place, values->is_public};
    choice chosen = *by;
    exit_status status = STATUS_YES;
    if (jwkeep_keyset_filter(set, is_kept, &chosen, &left, &error) != JWKEEP_OK)
        return report_failure("removing keys", &error);
    if (jwkeep_keyset_count(left) == jwkeep_keyset_count(set)) {
        report_note("no such key is in the set");
        status = STATUS_NO;
    } else {
        status = keyset_file_write(left, &target);
    }
    jwkeep_keyset_unref(left);
    return status;
}

static exit_status run(const void *arguments) {
    const struct removal *values = arguments;
    choice by = {.values = values};
    jwkeep_keyset *set = NULL;
    jwkeep_keyset *keys = NULL;
    int ways = (values->kid != NULL) + (values->thumbprint != NULL) + (values->key != NULL);
    if (ways != 1)
        return report_usage("say what to remove: one of --kid, --thumbprint, --key");
    exit_status status = keyset_file_read(values->set, values->drops_unusable, &set);
    if (status == STATUS_YES && values->key)
        status = keyset_file_read_keys(values->key, values->drops_unusable, &keys);
    by.keys = keys;
    if (status == STATUS_YES)
        status = remove_keys(&by, set);
    jwkeep_keyset_unref(keys);
    jwkeep_keyset_unref(set);
    return status;
}

const struct command CMD_JWKS_REMOVE = {
    .group = "jwks",
    .name = "remove",
    .summary = "remove keys from a set",
    .details =
        "What was removed is said on standard error. That no key was there is an answer\n"
        "as well: exit status 1, and nothing is printed or changed.\n",
    .examples = "  jwkeep jwks remove jwks.json --kid 2026-10 --in-place\n"
                "  jwkeep jwks remove jwks.json --key old.pem > jwks-new.json\n",
    .options = OPTION_TABLE(OPTIONS),
    .values_size = sizeof(struct removal),
    .run = run,
};
