/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the parsed text and the walk over its values. */
#include "base/allocator.h"
#include "base/error.h"
#include "base/limits.h"
#include "codec/json_value.h"

struct jwkeep_json_text {
    jk_arena arena;
    const jwkeep_json *root;
};

void jwkeep_json_text_free(jwkeep_json_text *text) {
    if (!text)
        return;
    jk_arena_done(&text->arena);
    jk_free(text);
}

static jwkeep_code parse_copy(jwkeep_json_text *text, jwkeep_span bytes,
                              const jwkeep_limits *limits, jwkeep_error *error) {
    uint8_t *copy = jk_arena_bytes(&text->arena, bytes.size);
    if (!copy)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (bytes.size)
        memcpy(copy, bytes.data, bytes.size);
    return jk_json_parse(jwkeep_span_of(copy, bytes.size), limits, &text->arena, &text->root,
                         error);
}

jwkeep_code jwkeep_json_parse(jwkeep_span bytes, const jwkeep_limits *limits,
                              jwkeep_json_text **ret_text, jwkeep_error *error) {
    if (!ret_text || (!bytes.data && bytes.size))
        return jk_fail(error, JWKEEP_MISUSE_ARGUMENT);
    jwkeep_limits resolved;
    jwkeep_code code = jk_limits_resolve(limits, &resolved, error);
    if (code)
        return code;
    if (bytes.size > JK_JSON_MAX_BYTES)
        return jk_fail_at(error, JWKEEP_JSON_TOO_LARGE, NULL, "RFC 8259 §9", JK_JSON_MAX_BYTES);
    jwkeep_json_text *text = jk_alloc(sizeof *text);
    if (!text)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    jk_arena_init(&text->arena, SIZE_MAX);
    code = parse_copy(text, bytes, &resolved, error);
    if (code)
        jwkeep_json_text_free(text);
    else
        *ret_text = text;
    return code;
}

const jwkeep_json *jwkeep_json_root(const jwkeep_json_text *text) {
    return text ? text->root : NULL;
}

jwkeep_json_type jwkeep_json_type_of(const jwkeep_json *value) {
    return value ? (jwkeep_json_type)value->type : JWKEEP_JSON_NULL;
}

size_t jwkeep_json_count(const jwkeep_json *value) {
    return value && jk_json_is_container(value) ? value->as.container.count : 0;
}

const jwkeep_json *jwkeep_json_first(const jwkeep_json *container) {
    return jwkeep_json_count(container) ? container + 1 : NULL;
}

const jwkeep_json *jwkeep_json_next(const jwkeep_json *value) {
    return value && !value->is_last ? jk_json_after(value) : NULL;
}

const jwkeep_json *jk_json_member(const jwkeep_json *object, jwkeep_span name) {
    if (jwkeep_json_type_of(object) != JWKEEP_JSON_OBJECT)
        return NULL;
    const jwkeep_json *member = object + 1;
    for (uint32_t left = object->as.container.count; left; left--) {
        if (jk_json_has_name(member, name))
            return member;
        member = jk_json_after(member);
    }
    return NULL;
}

const jwkeep_json *jwkeep_json_member(const jwkeep_json *object, const char *name) {
    return name ? jk_json_member(object, jwkeep_span_text(name)) : NULL;
}

jwkeep_span jwkeep_json_name(const jwkeep_json *value) {
    return value ? jk_json_name_span(value) : JWKEEP_SPAN_NONE;
}

jwkeep_span jwkeep_json_string(const jwkeep_json *value) {
    if (jwkeep_json_type_of(value) != JWKEEP_JSON_STRING)
        return JWKEEP_SPAN_NONE;
    return value->is_unescaped ? jwkeep_span_of(value->as.string, value->string_size)
                               : jwkeep_span_of(value->raw + 1, value->raw_size - 2);
}

jwkeep_span jwkeep_json_raw(const jwkeep_json *value) {
    return value ? jwkeep_span_of(value->raw, value->raw_size) : JWKEEP_SPAN_NONE;
}

jwkeep_code jwkeep_json_boolean(const jwkeep_json *value, bool *ret_boolean) {
    if (jwkeep_json_type_of(value) != JWKEEP_JSON_BOOLEAN)
        return JWKEEP_JSON_TYPE;
    *ret_boolean = value->raw[0] == 't';
    return JWKEEP_OK;
}

bool jk_json_is_repeated(const jwkeep_json *array, const jwkeep_json *value) {
    jwkeep_span text = jwkeep_json_string(value);
    const jwkeep_json *earlier = jwkeep_json_first(array);
    for (; earlier != value; earlier = jwkeep_json_next(earlier))
        if (jwkeep_span_equals(jwkeep_json_string(earlier), text))
            return true;
    return false;
}
