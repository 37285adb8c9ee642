/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns writing a key as a JWK, with its private half or without. */
#include "base/buffer.h"
#include "base/error.h"
#include "jose/jwk_form.h"
#include "jose/jwk_number.h"

static void write_numbers(jwkeep_json_writer *writer, const jk_key_material *material,
                          bool with_private) {
    if (material->crv)
        jwkeep_json_write_member_string(writer, "crv",
                                        jwkeep_span_text(jwkeep_crv_name(material->crv)));
    size_t count;
    const jk_jwk_number *rows = jk_jwk_numbers_of(material->kty, &count);
    for (size_t i = 0; i < count; i++) {
        jwkeep_span number = jk_jwk_number_get(&rows[i], material);
        if (number.data && (with_private || !rows[i].is_secret))
            jk_jwk_number_write(writer, rows[i].name, number);
    }
}

static void write_traits(jwkeep_json_writer *writer, const jk_jwk_traits *traits) {
    if (traits->kid.data)
        jwkeep_json_write_member_string(writer, "kid", traits->kid);
    if (traits->use_text.data)
        jwkeep_json_write_member_string(writer, "use", traits->use_text);
    if (traits->ops_json.data) {
        jwkeep_json_write_name(writer, JWKEEP_SPAN("key_ops"));
        jwkeep_json_write_raw(writer, traits->ops_json);
    }
    if (traits->algorithm)
        jwkeep_json_write_member_string(
            writer, "alg", jwkeep_span_text(jwkeep_algorithm_name(traits->algorithm)));
}

static void write_members(jwkeep_json_writer *writer, const jwkeep_jwk *key,
                          const jk_key_material *material, bool with_private) {
    jwkeep_json_write_object(writer);
    jwkeep_json_write_member_string(writer, "kty",
                                    jwkeep_span_text(jwkeep_kty_name(material->kty)));
    write_traits(writer, &key->traits);
    write_numbers(writer, material, with_private);
    jk_members_write(key->traits.others, writer);
    jwkeep_json_write_end(writer);
}

jwkeep_code jk_jwk_write(const jwkeep_jwk *key, bool with_private, jwkeep_json_writer *writer,
                         jwkeep_error *error) {
    if (!with_private && jwkeep_jwk_kty(key) == JWKEEP_KTY_OCT)
        return jk_fail_at(error, JWKEEP_JWK_NOT_PUBLIC, "k", "RFC 7517 §9.2", JWKEEP_NO_OFFSET);
    jk_arena arena;
    jk_key_material material = {0};
    jk_arena_init(&arena, SIZE_MAX); /* the numbers of one prepared key */
    jwkeep_code code = jk_key_export(key->prepared, &arena, &material, error);
    if (!code)
        write_members(writer, key, &material, with_private);
    jk_arena_done(&arena);
    return code;
}

jwkeep_code jwkeep_jwk_write(const jwkeep_jwk *key, bool with_private, jwkeep_buffer *buffer,
                             jwkeep_error *error) {
    size_t before = buffer->size;
    jwkeep_json_writer writer;
    jwkeep_json_writer_init(&writer, buffer);
    jwkeep_code code = jk_jwk_write(key, with_private, &writer, error);
    if (!code && (code = jwkeep_json_writer_finish(&writer)))
        jk_fail(error, code);
    if (code)
        jk_buffer_truncate(buffer, before);
    return code;
}
