/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns writing the values of a structure by its table. */
#include "server/config/shape.h"
#include <jwkeep/json.h>
#include <string.h>

static void write_object(jwkeep_json_writer *writer, const config_shape *shape,
                         const void *object);

static void write_text(jwkeep_json_writer *writer, const char *text) {
    if (text)
        jwkeep_json_write_string(writer, jwkeep_span_text(text));
    else
        jwkeep_json_write_null(writer);
}

static void write_texts(jwkeep_json_writer *writer, const config_texts *texts) {
    jwkeep_json_write_array(writer);
    for (size_t i = 0; i < texts->count; i++)
        write_text(writer, texts->items[i]);
    jwkeep_json_write_end(writer);
}

static void write_values(jwkeep_json_writer *writer, const config_list *list) {
    const config_value *values = list->items;
    jwkeep_json_write_array(writer);
    for (size_t i = 0; i < list->count; i++) {
        if (values[i].type == CONFIG_VALUE_TEXT)
            write_text(writer, values[i].text);
        else if (values[i].type == CONFIG_VALUE_NUMBER)
            jwkeep_json_write_int64(writer, values[i].number);
        else
            jwkeep_json_write_boolean(writer, values[i].flag);
    }
    jwkeep_json_write_end(writer);
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the tables, which are constant */
static void write_objects(jwkeep_json_writer *writer, const config_shape *shape,
                          const config_list *list) {
    jwkeep_json_write_array(writer);
    for (size_t i = 0; i < list->count; i++)
        write_object(writer, shape, (const char *)list->items + shape->size * i);
    jwkeep_json_write_end(writer);
}

static void write_key(jwkeep_json_writer *writer, const config_key *key, const void *place) {
    uint32_t uint32 = 0;
    switch (key->kind) {
    case CONFIG_TEXT:
    case CONFIG_FILE_TEXT:
        write_text(writer, *(const char *const *)place);
        break;
    case CONFIG_TEXTS:
        write_texts(writer, place);
        break;
    case CONFIG_FLAG:
        jwkeep_json_write_boolean(writer, *(const bool *)place);
        break;
    case CONFIG_INT64:
        jwkeep_json_write_int64(writer, *(const int64_t *)place);
        break;
    case CONFIG_SIZE:
        jwkeep_json_write_int64(writer, (int64_t) * (const size_t *)place);
        break;
    case CONFIG_UINT32:
    case CONFIG_MODE:
    case CONFIG_CHOICE:
    case CONFIG_CHOICES:
    case CONFIG_ALGORITHMS:
        memcpy(&uint32, place, sizeof uint32);
        jwkeep_json_write_int64(writer, uint32);
        break;
    case CONFIG_VALUES:
        write_values(writer, place);
        break;
    case CONFIG_OBJECT:
        write_object(writer, key->shape, place);
        break;
    case CONFIG_OBJECTS:
        write_objects(writer, key->shape, place);
        break;
    }
}

static void write_object(jwkeep_json_writer *writer, const config_shape *shape,
                         const void *object) {
    jwkeep_json_write_object(writer);
    for (size_t i = 0; i < shape->key_count; i++) {
        jwkeep_json_write_name(writer, jwkeep_span_text(shape->keys[i].name));
        write_key(writer, &shape->keys[i], (const char *)object + shape->keys[i].offset);
    }
    jwkeep_json_write_end(writer);
}
/* NOLINTEND(misc-no-recursion) */

jwkeep_code config_shape_write(const config_shape *shape, const void *object,
                               jwkeep_buffer *buffer) {
    jwkeep_json_writer writer;
    jwkeep_json_writer_init(&writer, buffer);
    write_object(&writer, shape, object);
    return jwkeep_json_writer_finish(&writer);
}
