/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the members of a token to be: each is kept as JSON text, but what is only known at
 * signing: relative times and a random `jti`. */
#include "base/allocator.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "codec/base64url.h"
#include "codec/json.h"
#include "crypto/digest.h"
#include "jwt/claims.h"
#include "jwt/sign.h"
#include <jwkeep/builder.h>

/* JSON escapes make a string at most six times as long, and all members are written once. */
#define BUILDER_ARENA_BYTES (8u * (size_t)JWKEEP_BUILDER_MAX_BYTES)
#define JTI_BYTES 16u
#define JTI_TEXT_BYTES 22u

typedef enum entry_kind { ENTRY_JSON, ENTRY_TIME, ENTRY_RANDOM, ENTRY_LIST } entry_kind;

typedef struct entry {
    struct entry *next;
    const char *name; /* NUL-terminated */
    size_t name_size;
    entry_kind kind;
    jwkeep_span json;     /* ENTRY_JSON */
    int64_t seconds;      /* ENTRY_TIME: from the moment of signing */
    struct entry *items;  /* ENTRY_LIST */
    struct entry *newest; /* of the items */
} entry;

typedef struct entry_list {
    entry *first;
    entry *last;
} entry_list;

struct jwkeep_builder {
    jk_arena arena;
    jwkeep_buffer scratch;
    entry_list claims;
    entry_list header;
    entry *audience; /* among the claims */
    jwkeep_error failure;
};

jwkeep_code jwkeep_builder_new(jwkeep_builder **ret_builder, jwkeep_error *error) {
    if (!ret_builder)
        return jk_fail(error, JWKEEP_MISUSE_ARGUMENT);
    jwkeep_builder *builder = jk_alloc_zeroed(1, sizeof *builder);
    if (!builder)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    jk_arena_init(&builder->arena, BUILDER_ARENA_BYTES);
    jwkeep_buffer_init(&builder->scratch, JWKEEP_BUILDER_MAX_BYTES);
    *ret_builder = builder;
    return JWKEEP_OK;
}

void jwkeep_builder_free(jwkeep_builder *builder) {
    if (!builder)
        return;
    jk_arena_done(&builder->arena);
    jwkeep_buffer_done(&builder->scratch);
    jk_free(builder);
}

void jwkeep_builder_clear(jwkeep_builder *builder) {
    if (!builder)
        return;
    jk_arena_done(&builder->arena);
    jk_arena_init(&builder->arena, BUILDER_ARENA_BYTES);
    jwkeep_buffer_clear(&builder->scratch);
    builder->claims = builder->header = (entry_list){NULL, NULL};
    builder->audience = NULL;
    builder->failure = (jwkeep_error){.code = JWKEEP_OK};
}

static bool is_usable(const jwkeep_builder *builder) {
    return builder && builder->failure.code == JWKEEP_OK;
}

static void fail(jwkeep_builder *builder, jwkeep_code code, const char *text,
                 const char *where) {
    if (is_usable(builder))
        (void)jk_fail_text(&builder->failure, code, text, where, NULL);
}

static const entry *find(const entry_list *members, jwkeep_span name) {
    for (const entry *each = members->first; each; each = each->next)
        if (jwkeep_span_equals(jwkeep_span_of(each->name, each->name_size), name))
            return each;
    return NULL;
}

static void append(entry_list *members, entry *added) {
    if (members->last)
        members->last->next = added;
    else
        members->first = added;
    members->last = added;
}

/* A copy in the arena with a NUL after it; NULL without memory, which is noted. */
static uint8_t *keep(jwkeep_builder *builder, jwkeep_span bytes) {
    uint8_t *copy =
        bytes.size < SIZE_MAX ? jk_arena_bytes(&builder->arena, bytes.size + 1) : NULL;
    if (!copy) {
        fail(builder, JWKEEP_OUT_OF_MEMORY, NULL, NULL);
        return NULL;
    }
    if (bytes.size > 0)
        memcpy(copy, bytes.data, bytes.size);
    copy[bytes.size] = '\0';
    return copy;
}

/* A new member; NULL if it cannot be, which is noted. */
static entry *add(jwkeep_builder *builder, entry_list *members, jwkeep_span name,
                  entry_kind kind) {
    if (!jwkeep_span_is_present(name)) {
        fail(builder, JWKEEP_MISUSE_ARGUMENT, NULL, "name");
        return NULL;
    }
    const entry *same = find(members, name);
    if (same) {
        fail(builder, JWKEEP_MISUSE_ARGUMENT, "a name is given twice", same->name);
        return NULL;
    }
    entry *added = jk_arena_alloc(&builder->arena, sizeof *added);
    const uint8_t *copy = added ? keep(builder, name) : NULL;
    if (!copy) {
        fail(builder, JWKEEP_OUT_OF_MEMORY, NULL, NULL);
        return NULL;
    }
    *added = (entry){.name = (const char *)copy, .name_size = name.size, .kind = kind};
    append(members, added);
    return added;
}

/* Gives the JSON that was written to the scratch buffer to `member`. */
static void take_written(jwkeep_builder *builder, const jwkeep_json_writer *writer,
                         entry *member) {
    jwkeep_code code = jwkeep_json_writer_finish(writer);
    const jwkeep_span json = jwkeep_buffer_span(&builder->scratch);
    if (code == JWKEEP_MISUSE_STATE) /* a number that is not finite */
        code = JWKEEP_MISUSE_ARGUMENT;
    if (code != JWKEEP_OK)
        fail(builder, code, NULL, member->name);
    else
        member->json = jwkeep_span_of(keep(builder, json), json.size);
    jwkeep_buffer_clear(&builder->scratch);
}

/* A new member whose value is to be written; NULL if there is none to write, as in a builder
 * that has failed. `members` may be NULL where `builder` is. */
static entry *start(jwkeep_builder *builder, entry_list *members, const char *name,
                    jwkeep_json_writer *ret_writer) {
    if (!is_usable(builder))
        return NULL;
    jwkeep_json_writer_init(ret_writer, &builder->scratch);
    return add(builder, members, jwkeep_span_text(name), ENTRY_JSON);
}

static entry_list *claims_of(jwkeep_builder *builder) {
    return builder ? &builder->claims : NULL;
}

static entry_list *header_of(jwkeep_builder *builder) {
    return builder ? &builder->header : NULL;
}

static void set_text(jwkeep_builder *builder, entry_list *members, const char *name,
                     jwkeep_span text) {
    jwkeep_json_writer writer;
    entry *added = start(builder, members, name, &writer);
    if (!added)
        return;
    jwkeep_json_write_string(&writer, text);
    take_written(builder, &writer, added);
}

void jwkeep_builder_set_string(jwkeep_builder *builder, const char *name, jwkeep_span text) {
    set_text(builder, claims_of(builder), name, text);
}

void jwkeep_builder_set_header_string(jwkeep_builder *builder, const char *name,
                                      jwkeep_span text) {
    set_text(builder, header_of(builder), name, text);
}

void jwkeep_builder_set_issuer(jwkeep_builder *builder, jwkeep_span issuer) {
    jwkeep_builder_set_string(builder, "iss", issuer);
}

void jwkeep_builder_set_subject(jwkeep_builder *builder, jwkeep_span subject) {
    jwkeep_builder_set_string(builder, "sub", subject);
}

void jwkeep_builder_set_jti(jwkeep_builder *builder, jwkeep_span jti) {
    jwkeep_builder_set_string(builder, "jti", jti);
}

void jwkeep_builder_set_random_jti(jwkeep_builder *builder) {
    if (is_usable(builder))
        (void)add(builder, &builder->claims, JWKEEP_SPAN("jti"), ENTRY_RANDOM);
}

void jwkeep_builder_add_audience(jwkeep_builder *builder, jwkeep_span audience) {
    if (!is_usable(builder))
        return;
    if (!builder->audience)
        builder->audience = add(builder, &builder->claims, JWKEEP_SPAN("aud"), ENTRY_LIST);
    if (!builder->audience)
        return;
    entry_list items = {builder->audience->items, builder->audience->newest};
    entry_list none = {NULL, NULL};
    set_text(builder, &none, "aud", audience);
    if (!is_usable(builder))
        return;
    append(&items, none.first);
    builder->audience->items = items.first;
    builder->audience->newest = items.last;
}

void jwkeep_builder_set_int64(jwkeep_builder *builder, const char *name, int64_t number) {
    jwkeep_json_writer writer;
    entry *added = start(builder, claims_of(builder), name, &writer);
    if (!added)
        return;
    jwkeep_json_write_int64(&writer, number);
    take_written(builder, &writer, added);
}

void jwkeep_builder_set_double(jwkeep_builder *builder, const char *name, double number) {
    jwkeep_json_writer writer;
    entry *added = start(builder, claims_of(builder), name, &writer);
    if (!added)
        return;
    jwkeep_json_write_double(&writer, number);
    take_written(builder, &writer, added);
}

static void set_literal(jwkeep_builder *builder, const char *name, jwkeep_span literal) {
    if (!is_usable(builder))
        return;
    entry *added = add(builder, &builder->claims, jwkeep_span_text(name), ENTRY_JSON);
    if (added)
        added->json = literal;
}

void jwkeep_builder_set_boolean(jwkeep_builder *builder, const char *name, bool boolean) {
    set_literal(builder, name, boolean ? JWKEEP_SPAN("true") : JWKEEP_SPAN("false"));
}

void jwkeep_builder_set_null(jwkeep_builder *builder, const char *name) {
    set_literal(builder, name, JWKEEP_SPAN("null"));
}

/* Parses `json` into `ret_text`, to be freed; notes a failure, whose place is then `where`. */
static const jwkeep_json *parse(jwkeep_builder *builder, jwkeep_span json, const char *where,
                                jwkeep_json_text **ret_text) {
    jwkeep_error error;
    if (jwkeep_json_parse(json, NULL, ret_text, &error) == JWKEEP_OK)
        return jwkeep_json_root(*ret_text);
    error.where = where;
    builder->failure = error;
    return NULL;
}

static void set_raw(jwkeep_builder *builder, entry_list *members, jwkeep_span name,
                    const jwkeep_json *value) {
    entry *added = add(builder, members, name, ENTRY_JSON);
    const jwkeep_span raw = jwkeep_json_raw(value);
    if (added)
        added->json = jwkeep_span_of(keep(builder, raw), raw.size);
}

static void set_parsed(jwkeep_builder *builder, entry_list *members, const char *name,
                       jwkeep_span json) {
    if (!is_usable(builder))
        return;
    const jwkeep_span span = jwkeep_span_text(name);
    const uint8_t *copy = keep(builder, span);
    jwkeep_json_text *text = NULL;
    if (!copy)
        return;
    const jwkeep_json *value = parse(builder, json, (const char *)copy, &text);
    if (value)
        set_raw(builder, members, span, value);
    jwkeep_json_text_free(text);
}

void jwkeep_builder_set_json(jwkeep_builder *builder, const char *name, jwkeep_span json) {
    set_parsed(builder, claims_of(builder), name, json);
}

void jwkeep_builder_set_header_json(jwkeep_builder *builder, const char *name,
                                    jwkeep_span json) {
    set_parsed(builder, header_of(builder), name, json);
}

void jwkeep_builder_add_claims(jwkeep_builder *builder, jwkeep_span object) {
    if (!is_usable(builder))
        return;
    jwkeep_json_text *text = NULL;
    const jwkeep_json *root = parse(builder, object, NULL, &text);
    if (root && jwkeep_json_type_of(root) != JWKEEP_JSON_OBJECT)
        fail(builder, JWKEEP_CLAIMS_INVALID, NULL, NULL);
    for (const jwkeep_json *one = jwkeep_json_first(root); one && is_usable(builder);
         one = jwkeep_json_next(one))
        set_raw(builder, &builder->claims, jwkeep_json_name(one), one);
    jwkeep_json_text_free(text);
}

static void set_relative(jwkeep_builder *builder, const char *name, int64_t seconds) {
    if (!is_usable(builder))
        return;
    entry *added = add(builder, &builder->claims, jwkeep_span_text(name), ENTRY_TIME);
    if (!added)
        return;
    if (seconds < -JK_NUMERIC_DATE_MAX_S || seconds > JK_NUMERIC_DATE_MAX_S)
        fail(builder, JWKEEP_MISUSE_ARGUMENT, "a time is out of range", added->name);
    added->seconds = seconds;
}

void jwkeep_builder_set_expires_at(jwkeep_builder *builder, int64_t time_s) {
    jwkeep_builder_set_int64(builder, "exp", time_s);
}

void jwkeep_builder_set_expires_in(jwkeep_builder *builder, int64_t seconds) {
    set_relative(builder, "exp", seconds);
}

void jwkeep_builder_set_not_before_at(jwkeep_builder *builder, int64_t time_s) {
    jwkeep_builder_set_int64(builder, "nbf", time_s);
}

void jwkeep_builder_set_not_before_in(jwkeep_builder *builder, int64_t seconds) {
    set_relative(builder, "nbf", seconds);
}

void jwkeep_builder_set_issued_at(jwkeep_builder *builder, int64_t time_s) {
    jwkeep_builder_set_int64(builder, "iat", time_s);
}

void jwkeep_builder_set_issued_in(jwkeep_builder *builder, int64_t seconds) {
    set_relative(builder, "iat", seconds);
}

static jwkeep_code write_random(jwkeep_json_writer *writer, jwkeep_error *error) {
    uint8_t bytes[JTI_BYTES];
    char text[JTI_TEXT_BYTES];
    _Static_assert(JTI_TEXT_BYTES == (JTI_BYTES * 8 + 5) / 6, "base64url of the bytes");
    jwkeep_code code = jk_random(bytes, sizeof bytes, error);
    if (code != JWKEEP_OK)
        return code;
    jk_base64url_encode(jwkeep_span_of(bytes, sizeof bytes), text);
    jwkeep_json_write_string(writer, jwkeep_span_of(text, sizeof text));
    return JWKEEP_OK;
}

static void write_list(jwkeep_json_writer *writer, const entry *items) {
    if (!items->next) {
        jwkeep_json_write_raw(writer, items->json);
        return;
    }
    jwkeep_json_write_array(writer);
    for (; items; items = items->next)
        jwkeep_json_write_raw(writer, items->json);
    jwkeep_json_write_end(writer);
}

static jwkeep_code write_member(const entry *member, int64_t now_s, jwkeep_json_writer *writer,
                                jwkeep_error *error) {
    jwkeep_json_write_name(writer, jwkeep_span_of(member->name, member->name_size));
    switch (member->kind) {
    case ENTRY_JSON:
        jwkeep_json_write_raw(writer, member->json);
        break;
    case ENTRY_TIME:
        jwkeep_json_write_int64(writer, now_s + member->seconds);
        break;
    case ENTRY_LIST:
        write_list(writer, member->items);
        break;
    case ENTRY_RANDOM:
        return write_random(writer, error);
    }
    return JWKEEP_OK;
}

static jwkeep_code write_members(const entry_list *members, int64_t now_ms,
                                 jwkeep_buffer *buffer, jwkeep_error *error) {
    jwkeep_json_writer writer;
    jwkeep_code code = JWKEEP_OK;
    jwkeep_json_writer_init(&writer, buffer);
    jwkeep_json_write_object(&writer);
    for (const entry *each = members->first; each && code == JWKEEP_OK; each = each->next)
        code = write_member(each, now_ms / 1000, &writer, error);
    jwkeep_json_write_end(&writer);
    if (code != JWKEEP_OK)
        return code;
    code = jwkeep_json_writer_finish(&writer);
    return code == JWKEEP_OK ? JWKEEP_OK : jk_fail(error, code);
}

jwkeep_code jwkeep_builder_check(const jwkeep_builder *builder, jwkeep_error *error) {
    if (!builder)
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "builder", NULL, JWKEEP_NO_OFFSET);
    if (builder->failure.code != JWKEEP_OK && error)
        *error = builder->failure;
    return builder->failure.code;
}

jwkeep_code jwkeep_builder_write(const jwkeep_builder *builder, int64_t now_ms,
                                 jwkeep_buffer *claims, jwkeep_error *error) {
    jwkeep_code code = jwkeep_builder_check(builder, error);
    if (code != JWKEEP_OK)
        return code;
    if (!claims)
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "claims", NULL, JWKEEP_NO_OFFSET);
    jwkeep_buffer text;
    jwkeep_buffer_init(&text, JWKEEP_BUILDER_MAX_BYTES);
    code = write_members(&builder->claims, now_ms, &text, error);
    if (code == JWKEEP_OK)
        code = jk_jwt_check_claims(jwkeep_buffer_span(&text), error);
    if (code == JWKEEP_OK) {
        code = jwkeep_buffer_append(claims, jwkeep_buffer_span(&text));
        if (code != JWKEEP_OK)
            (void)jk_fail(error, code);
    }
    jwkeep_buffer_done(&text);
    return code;
}

static jwkeep_code write_header(const jwkeep_builder *builder, const jwkeep_jws_signer *signer,
                                jwkeep_buffer *header, jwkeep_jws_signer *ret_signer,
                                jwkeep_error *error) {
    *ret_signer = *signer;
    if (!builder->header.first)
        return JWKEEP_OK;
    if (jwkeep_span_is_present(signer->header))
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "signer.header", NULL,
                          JWKEEP_NO_OFFSET);
    jwkeep_code code = write_members(&builder->header, 0, header, error);
    ret_signer->header = jwkeep_buffer_span(header);
    return code;
}

jwkeep_code jwkeep_builder_sign(const jwkeep_builder *builder, const jwkeep_jws_signer *signer,
                                int64_t now_ms, jwkeep_buffer *token, jwkeep_error *error) {
    jwkeep_code code = jwkeep_builder_check(builder, error);
    if (code != JWKEEP_OK)
        return code;
    if (!signer || !token)
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, signer ? "token" : "signer", NULL,
                          JWKEEP_NO_OFFSET);
    jwkeep_buffer claims;
    jwkeep_buffer header;
    jwkeep_jws_signer full;
    jwkeep_buffer_init(&claims, JWKEEP_BUILDER_MAX_BYTES);
    jwkeep_buffer_init(&header, JWKEEP_MAX_HEADER_BYTES);
    code = write_header(builder, signer, &header, &full, error);
    if (code == JWKEEP_OK)
        code = write_members(&builder->claims, now_ms, &claims, error);
    if (code == JWKEEP_OK)
        code = jwkeep_jwt_sign(jwkeep_buffer_span(&claims), &full, token, error);
    jwkeep_buffer_done(&header);
    jwkeep_buffer_done(&claims);
    return code;
}
