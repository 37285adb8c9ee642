/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the JWK Set as a text (RFC 7517 §5): reading one, leaving out keys that cannot be
 * used, and writing one. */
#include "base/allocator.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/limits.h"
#include "codec/json.h"
#include "jose/jwk.h"
#include "jose/keyset.h"

typedef struct reading {
    const jwkeep_keyset_options *options;
    jwkeep_limits limits;
    jwkeep_jwk **keys; /* each held */
    size_t count;
    size_t skipped;
} reading;

static jwkeep_span string_member(const jwkeep_json *value, const char *name) {
    return jwkeep_json_string(jwkeep_json_member(value, name));
}

static void skip(reading *at, size_t index, const jwkeep_json *value, const jwkeep_error *why) {
    at->skipped++;
    if (!at->options->on_skip)
        return;
    jwkeep_keyset_skip report = {
        .index = index,
        .kid = string_member(value, "kid"),
        .kty = string_member(value, "kty"),
        .why = *why,
    };
    at->options->on_skip(at->options->user, &report);
}

static jwkeep_code read_key(const reading *at, const jwkeep_json *value, jwkeep_jwk **ret_key,
                            jwkeep_error *error) {
    if (at->options->is_public_only && jk_jwk_has_secret(value))
        return jk_fail(error, JWKEEP_JWK_NOT_PUBLIC);
    return jk_jwk_from_json(value, &at->limits, ret_key, error);
}

/* A key that is bad is skipped; a failure that says nothing about the key ends the reading. */
static jwkeep_code read_keys(reading *at, const jwkeep_json *array, jwkeep_error *error) {
    size_t index = 0;
    const jwkeep_json *value = jwkeep_json_first(array);
    for (; value; value = jwkeep_json_next(value), index++) {
        jwkeep_error why;
        jwkeep_code code = read_key(at, value, &at->keys[at->count], &why);
        if (!code) {
            at->count++;
        } else if (jwkeep_code_class(code) == JWKEEP_CLASS_REJECTED) {
            skip(at, index, value, &why);
        } else {
            if (error)
                *error = why;
            return code;
        }
    }
    return JWKEEP_OK;
}

static bool is_other(jwkeep_span name) {
    return !jwkeep_span_equals(name, JWKEEP_SPAN("keys"));
}

static jwkeep_code read_set(reading *at, const jwkeep_json *root, jwkeep_keyset **ret_set,
                            jwkeep_error *error) {
    const jwkeep_json *array = jwkeep_json_member(root, "keys");
    if (jwkeep_json_type_of(array) != JWKEEP_JSON_ARRAY)
        return jk_fail_at(error, JWKEEP_KEYSET_INVALID, "keys", "RFC 7517 §5.1",
                          JWKEEP_NO_OFFSET);
    size_t count = jwkeep_json_count(array);
    if (count > at->limits.max_keys)
        return jk_fail_at(error, JWKEEP_KEYSET_TOO_MANY_KEYS, "keys", NULL, JWKEEP_NO_OFFSET);
    at->keys = jk_alloc_zeroed(count, sizeof(jwkeep_jwk *));
    if (!at->keys)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    jk_members *members = NULL;
    jwkeep_code code = read_keys(at, array, error);
    if (!code)
        code = jk_members_collect(root, is_other, &members, error);
    if (!code)
        code = jk_keyset_new(at->keys, at->count, members, ret_set, error);
    jk_members_unref(members);
    for (size_t i = 0; i < at->count; i++)
        jwkeep_jwk_unref(at->keys[i]);
    jk_free(at->keys);
    return code;
}

static jwkeep_code parse(reading *at, jwkeep_span json, jwkeep_keyset **ret_set,
                         jwkeep_error *error) {
    if (json.size > at->limits.max_keyset_bytes)
        return jk_fail_text(error, JWKEEP_TOKEN_TOO_LARGE, "the key set is too large", NULL,
                            NULL);
    const jwkeep_json *root = NULL;
    jk_arena arena;
    jk_arena_init(&arena, SIZE_MAX); /* bounded by max_json_values and max_keyset_bytes */
    jwkeep_code code = jk_json_parse(json, &at->limits, &arena, &root, error);
    if (!code)
        code = read_set(at, root, ret_set, error);
    jk_arena_done(&arena);
    return code;
}

jwkeep_code jwkeep_keyset_parse(jwkeep_span json, const jwkeep_keyset_options *options,
                                jwkeep_keyset **ret_set, size_t *ret_skipped,
                                jwkeep_error *error) {
    static const jwkeep_keyset_options defaults = {0};
    reading at = {.options = options ? options : &defaults};
    jwkeep_code code = jk_limits_resolve(at.options->limits, &at.limits, error);
    if (!code)
        code = parse(&at, json, ret_set, error);
    if (!code && ret_skipped)
        *ret_skipped = at.skipped;
    return code;
}

static jwkeep_code write_keys(const jwkeep_keyset *set, bool with_private,
                              jwkeep_json_writer *writer, jwkeep_error *error) {
    jwkeep_code code = JWKEEP_OK;
    jwkeep_json_write_object(writer);
    jwkeep_json_write_name(writer, JWKEEP_SPAN("keys"));
    jwkeep_json_write_array(writer);
    for (size_t i = 0; i < jwkeep_keyset_count(set) && !code; i++)
        code = jk_jwk_write(jwkeep_keyset_at(set, i), with_private, writer, error);
    jwkeep_json_write_end(writer);
    const jwkeep_json *member = jwkeep_json_first(jwkeep_keyset_members(set));
    for (; member; member = jwkeep_json_next(member)) {
        jwkeep_json_write_name(writer, jwkeep_json_name(member));
        jwkeep_json_write_raw(writer, jwkeep_json_raw(member));
    }
    jwkeep_json_write_end(writer);
    return code;
}

jwkeep_code jwkeep_keyset_write(const jwkeep_keyset *set, bool with_private,
                                jwkeep_buffer *buffer, jwkeep_error *error) {
    size_t before = buffer->size;
    jwkeep_json_writer writer;
    jwkeep_json_writer_init(&writer, buffer);
    jwkeep_code code = write_keys(set, with_private, &writer, error);
    if (!code && (code = jwkeep_json_writer_finish(&writer)))
        jk_fail(error, code);
    if (code)
        jk_buffer_truncate(buffer, before);
    return code;
}
