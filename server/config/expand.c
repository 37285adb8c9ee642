/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the reading of ${…}. */
#include "server/config/expand.h"
#include <string.h>

struct expanding {
    jwkeep_span rest;
    char *out;
    size_t size;
    size_t room; /* without the NUL */
    const char *(*get)(const char *name);
    config_place place;
    bool has_variable;
    config_fault *fault;
};

static bool append(struct expanding *it, const char *bytes, size_t size) {
    if (size > it->room - it->size)
        return config_fail(it->fault, it->place, "the value is over %zu bytes", it->room);
    memcpy(it->out + it->size, bytes, size);
    it->size += size;
    return true;
}

static bool begins(jwkeep_span text, const char *prefix) {
    size_t size = strlen(prefix);
    return text.size >= size && memcmp(text.data, prefix, size) == 0;
}

static void skip(struct expanding *it, size_t size) {
    it->rest = jwkeep_span_of(it->rest.data + size, it->rest.size - size);
}

static bool is_name_byte(char byte, bool is_first) {
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '_' ||
           (!is_first && byte >= '0' && byte <= '9');
}

static bool read_name(struct expanding *it, char ret_name[CONFIG_MAX_VARIABLE_BYTES + 1]) {
    size_t size = 0;
    while (size < it->rest.size && size < CONFIG_MAX_VARIABLE_BYTES &&
           is_name_byte((char)it->rest.data[size], size == 0))
        size++;
    memcpy(ret_name, it->rest.data, size);
    ret_name[size] = '\0';
    skip(it, size);
    return size > 0 && it->rest.size > 0;
}

/* Behind "${". */
static bool put_variable(struct expanding *it) {
    char name[CONFIG_MAX_VARIABLE_BYTES + 1];
    jwkeep_span fallback = JWKEEP_SPAN_NONE;
    const uint8_t *end = it->rest.size > 0 ? memchr(it->rest.data, '}', it->rest.size) : NULL;
    if (!end || !read_name(it, name) || (it->rest.data != end && !begins(it->rest, ":-")))
        return config_fail(it->fault, it->place,
                           "${NAME} or ${NAME:-text} expected ($${ stands for a plain ${)");
    if (it->rest.data != end)
        fallback = jwkeep_span_of(it->rest.data + 2, (size_t)(end - it->rest.data) - 2);
    skip(it, (size_t)(end - it->rest.data) + 1);
    const char *value = it->get(name);
    it->has_variable = true;
    if (!value && !jwkeep_span_is_present(fallback))
        return config_fail(it->fault, it->place,
                           "the environment has no variable %.64s (${%.64s:-text} gives one "
                           "that is missing a value)",
                           name, name);
    if (jwkeep_span_is_present(fallback) && (!value || !*value))
        return append(it, (const char *)fallback.data, fallback.size);
    return append(it, value, strlen(value));
}

static bool put_next(struct expanding *it) {
    if (begins(it->rest, "$${")) {
        skip(it, 3);
        return append(it, "${", 2);
    }
    if (begins(it->rest, "${")) {
        skip(it, 2);
        return put_variable(it);
    }
    /* Up to the next dollar sign, which may be the first byte and no variable. */
    const uint8_t *dollar =
        it->rest.size > 1 ? memchr(it->rest.data + 1, '$', it->rest.size - 1) : NULL;
    size_t size = dollar ? (size_t)(dollar - it->rest.data) : it->rest.size;
    bool has_room = append(it, (const char *)it->rest.data, size);
    skip(it, size);
    return has_room;
}

bool config_expand(jwkeep_span text, size_t max_bytes, const char *(*get)(const char *name),
                   config_place place, jk_arena *arena, config_expansion *ret_expansion,
                   config_fault *ret_fault) {
    struct expanding it = {.rest = text,
                           .out = (char *)jk_arena_bytes(arena, max_bytes + 1),
                           .room = max_bytes,
                           .get = get,
                           .place = place,
                           .fault = ret_fault};
    if (!it.out)
        return config_fail(ret_fault, place, "out of memory");
    while (it.rest.size > 0)
        if (!put_next(&it))
            return false;
    it.out[it.size] = '\0';
    jk_arena_shrink(arena, (uint8_t *)it.out, it.size + 1);
    ret_expansion->text = it.out;
    ret_expansion->has_variable = it.has_variable;
    return true;
}
