/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the members that the library does not know, as a JSON object of their own. */
#include "jose/members.h"
#include "base/allocator.h"
#include "base/arena.h"
#include "base/error.h"
#include "codec/json.h"
#include <stdatomic.h>

struct jk_members {
    /* Partners: jk_members_unref's decrements with each other; see jwkeep_jwk.holders (M). */
    _Atomic size_t holders;
    jk_arena arena; /* the text and its values */
    const jwkeep_json *root;
};

static void destroy(jk_members *members) {
    jk_arena_done(&members->arena);
    jk_free(members);
}

/* The text is made of values that have been read before, under the limits that were given
 * then: what bounds it here is its own size. */
static jwkeep_code parse(jk_members *made, jwkeep_span text, jwkeep_error *error) {
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    limits.max_json_depth = text.size;
    limits.max_json_values = text.size;
    uint8_t *copy = jk_arena_bytes(&made->arena, text.size);
    if (!copy)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    memcpy(copy, text.data, text.size);
    return jk_json_parse(jwkeep_span_of(copy, text.size), &limits, &made->arena, &made->root,
                         error);
}

static jwkeep_code make(jwkeep_span text, jk_members **ret_members, jwkeep_error *error) {
    jk_members *made = jk_alloc_zeroed(1, sizeof *made);
    if (!made)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    atomic_init(&made->holders, 1);
    jk_arena_init(&made->arena, SIZE_MAX); /* a few times the text */
    jwkeep_code code = parse(made, text, error);
    if (code)
        destroy(made);
    else
        *ret_members = made;
    return code;
}

/* What `writer` wrote to `text`, which ends here. An object of no member is NULL. */
static jwkeep_code finish(const jwkeep_json_writer *writer, jwkeep_buffer *text,
                          jk_members **ret_members, jwkeep_error *error) {
    jwkeep_code code = jwkeep_json_writer_finish(writer);
    if (code)
        jk_fail(error, code);
    else if (jwkeep_span_equals(jwkeep_buffer_span(text), JWKEEP_SPAN("{}")))
        *ret_members = NULL;
    else
        code = make(jwkeep_buffer_span(text), ret_members, error);
    jwkeep_buffer_done(text);
    return code;
}

static void write_member(jwkeep_json_writer *writer, const jwkeep_json *member) {
    jwkeep_json_write_name(writer, jwkeep_json_name(member));
    jwkeep_json_write_raw(writer, jwkeep_json_raw(member));
}

static void start(jwkeep_json_writer *writer, jwkeep_buffer *text) {
    jwkeep_buffer_init(text, SIZE_MAX); /* no more than what was read */
    jwkeep_json_writer_init(writer, text);
    jwkeep_json_write_object(writer);
}

jwkeep_code jk_members_collect(const jwkeep_json *object, bool (*is_kept)(jwkeep_span name),
                               jk_members **ret_members, jwkeep_error *error) {
    jwkeep_buffer text;
    jwkeep_json_writer writer;
    start(&writer, &text);
    const jwkeep_json *member = jwkeep_json_first(object);
    for (; member; member = jwkeep_json_next(member))
        if (is_kept(jwkeep_json_name(member)))
            write_member(&writer, member);
    jwkeep_json_write_end(&writer);
    return finish(&writer, &text, ret_members, error);
}

static jwkeep_code check_value(jwkeep_span json, jwkeep_error *error) {
    jwkeep_json_text *text = NULL;
    jwkeep_code code = jwkeep_json_parse(json, NULL, &text, error);
    jwkeep_json_text_free(text);
    return code;
}

jwkeep_code jk_members_with(const jk_members *members, jwkeep_span name, jwkeep_span json,
                            jk_members **ret_members, jwkeep_error *error) {
    jwkeep_code code = json.data ? check_value(json, error) : JWKEEP_OK;
    if (code)
        return code;
    jwkeep_buffer text;
    jwkeep_json_writer writer;
    start(&writer, &text);
    bool is_written = !json.data;
    const jwkeep_json *member = jwkeep_json_first(jk_members_root(members));
    for (; member; member = jwkeep_json_next(member)) {
        if (!jwkeep_span_equals(jwkeep_json_name(member), name)) {
            write_member(&writer, member);
        } else if (!is_written) {
            jwkeep_json_write_name(&writer, name);
            jwkeep_json_write_raw(&writer, json);
            is_written = true;
        }
    }
    if (!is_written) {
        jwkeep_json_write_name(&writer, name);
        jwkeep_json_write_raw(&writer, json);
    }
    jwkeep_json_write_end(&writer);
    return finish(&writer, &text, ret_members, error);
}

jk_members *jk_members_ref(jk_members *members) {
    /* Relaxed: the caller holds them already, so nothing has to be seen through this. */
    if (members)
        atomic_fetch_add_explicit(&members->holders, 1, memory_order_relaxed);
    return members;
}

void jk_members_unref(jk_members *members) {
    if (!members || atomic_fetch_sub_explicit(&members->holders, 1, memory_order_acq_rel) != 1)
        return;
    destroy(members);
}

const jwkeep_json *jk_members_root(const jk_members *members) {
    return members ? members->root : NULL;
}

const jwkeep_json *jk_members_get(const jk_members *members, const char *name) {
    return jwkeep_json_member(jk_members_root(members), name);
}

void jk_members_write(const jk_members *members, jwkeep_json_writer *writer) {
    const jwkeep_json *member = jwkeep_json_first(jk_members_root(members));
    for (; member; member = jwkeep_json_next(member))
        write_member(writer, member);
}

bool jk_members_equal(const jk_members *a, const jk_members *b) {
    const jwkeep_json *others = jk_members_root(b);
    if (jwkeep_json_count(jk_members_root(a)) != jwkeep_json_count(others))
        return false;
    const jwkeep_json *member = jwkeep_json_first(jk_members_root(a));
    for (; member; member = jwkeep_json_next(member)) {
        const jwkeep_json *other = jk_json_member(others, jwkeep_json_name(member));
        if (!other || !jwkeep_span_equals(jwkeep_json_raw(member), jwkeep_json_raw(other)))
            return false;
    }
    return true;
}
