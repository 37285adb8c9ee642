/* SPDX-License-Identifier: Apache-2.0
 *
 * JWK Set: every key of an accepted set is found, by `kid` and as itself, and none twice; the
 * set, written and read again, is the same, and takes all keys of the first one over. */
#include "jose/keyset.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_WRITTEN (1u << 22)

static void require(bool is_true) {
    if (!is_true)
        abort();
}

typedef struct counted {
    size_t skips;
    size_t next_index;
} counted;

static void count_skip(void *user, const jwkeep_keyset_skip *skip) {
    counted *so_far = user;
    require(skip->index >= so_far->next_index);
    require(jwkeep_code_class(skip->why.code) == JWKEEP_CLASS_REJECTED);
    so_far->next_index = skip->index + 1;
    so_far->skips++;
}

static jwkeep_keyset *parse(jwkeep_span json, bool is_public_only) {
    counted so_far = {0};
    jwkeep_keyset_options options = {
        .is_public_only = is_public_only, .on_skip = count_skip, .user = &so_far};
    jwkeep_keyset *set = NULL;
    size_t skipped = 0;
    jwkeep_error error = {.code = JWKEEP_OK};
    jwkeep_code code = jwkeep_keyset_parse(json, &options, &set, &skipped, &error);
    require(code == error.code);
    require((code == JWKEEP_OK) == (set != NULL));
    require(code == JWKEEP_OK || jwkeep_code_class(code) == JWKEEP_CLASS_REJECTED);
    require(code != JWKEEP_OK || skipped == so_far.skips);
    return set;
}

static void find_each(const jwkeep_keyset *set) {
    for (size_t i = 0; i < jwkeep_keyset_count(set); i++) {
        const jwkeep_jwk *key = jwkeep_keyset_at(set, i);
        require(jwkeep_keyset_has(set, key));
        for (size_t j = 0; j < i; j++)
            require(!jwkeep_jwk_is_same(jwkeep_keyset_at(set, j), key));
        jwkeep_span kid = jwkeep_jwk_kid(key);
        const jwkeep_jwk *found = jwkeep_keyset_find(set, kid);
        while (found && found != key)
            found = jwkeep_keyset_find_next(set, found);
        require((found == key) == (kid.data != NULL));
    }
}

static void write_again(const jwkeep_keyset *set) {
    jwkeep_buffer text;
    jwkeep_buffer_init(&text, MAX_WRITTEN);
    require(jwkeep_keyset_write(set, true, &text, NULL) == JWKEEP_OK);
    jwkeep_keyset *again = parse(jwkeep_buffer_span(&text), false);
    require(again && jwkeep_keyset_is_same(set, again));
    require(jwkeep_span_equals(jwkeep_keyset_hash(set), jwkeep_keyset_hash(again)));
    require(jk_keyset_adopt(again, set) == jwkeep_keyset_count(set));
    for (size_t i = 0; i < jwkeep_keyset_count(set); i++)
        require(jwkeep_keyset_at(set, i) == jwkeep_keyset_at(again, i));
    jwkeep_keyset_unref(again);
    jwkeep_buffer_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    jwkeep_keyset *set = parse(jwkeep_span_of(data, size), false);
    if (!set)
        return 0;
    find_each(set);
    write_again(set);
    jwkeep_keyset *public_set = parse(jwkeep_span_of(data, size), true);
    require(public_set && jwkeep_keyset_count(public_set) <= jwkeep_keyset_count(set));
    for (size_t i = 0; i < jwkeep_keyset_count(public_set); i++)
        require(!jwkeep_jwk_is_private(jwkeep_keyset_at(public_set, i)));
    jwkeep_keyset_unref(public_set);
    jwkeep_keyset_unref(set);
    return 0;
}
