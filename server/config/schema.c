/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the way from tables to a schema. */
#include "server/config/schema.h"
#include "server/config/settings.h"
#include <jwkeep/json.h>
#include <stdlib.h>
#include <string.h>

/* A value may be a variable of the environment, whatever it is once that is put in. */
#define VARIABLE_PATTERN "\\$\\{"

static void write_member(jwkeep_json_writer *writer, const char *name, const char *text) {
    jwkeep_json_write_member_string(writer, name, jwkeep_span_text(text));
}

static void open_named(jwkeep_json_writer *writer, const char *name) {
    jwkeep_json_write_name(writer, jwkeep_span_text(name));
    jwkeep_json_write_object(writer);
}

static void write_shape(jwkeep_json_writer *writer, const config_shape *shape);

static void open_alternatives(jwkeep_json_writer *writer) {
    jwkeep_json_write_name(writer, JWKEEP_SPAN("anyOf"));
    jwkeep_json_write_array(writer);
    jwkeep_json_write_object(writer);
    write_member(writer, "type", "string");
    write_member(writer, "pattern", VARIABLE_PATTERN);
    jwkeep_json_write_end(writer);
    jwkeep_json_write_object(writer);
}

static void close_alternatives(jwkeep_json_writer *writer) {
    jwkeep_json_write_end(writer);
    jwkeep_json_write_end(writer);
}

static void write_number(jwkeep_json_writer *writer, const config_key *key) {
    open_alternatives(writer);
    write_member(writer, "type", "integer");
    jwkeep_json_write_member_int64(writer, "minimum", key->min);
    jwkeep_json_write_member_int64(writer, "maximum", key->max);
    close_alternatives(writer);
}

static void write_names(jwkeep_json_writer *writer, const char *const *names) {
    jwkeep_json_write_name(writer, JWKEEP_SPAN("enum"));
    jwkeep_json_write_array(writer);
    for (; *names; names++) {
        jwkeep_json_write_string(writer, jwkeep_span_text(*names));
        /* An editor reads plain 401 as a number. */
        if (strspn(*names, "0123456789") == strlen(*names))
            jwkeep_json_write_int64(writer, strtol(*names, NULL, 10));
    }
    jwkeep_json_write_end(writer);
}

static void write_algorithms(jwkeep_json_writer *writer) {
    jwkeep_json_write_name(writer, JWKEEP_SPAN("enum"));
    jwkeep_json_write_array(writer);
    for (int i = 1; i < JWKEEP_ALGORITHM_COUNT; i++)
        jwkeep_json_write_string(writer,
                                 jwkeep_span_text(jwkeep_algorithm_name((jwkeep_algorithm)i)));
    jwkeep_json_write_end(writer);
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the tables, which are constant */
static void write_list_of(jwkeep_json_writer *writer, const config_key *key) {
    write_member(writer, "type", "array");
    if (key->max > 0)
        jwkeep_json_write_member_int64(writer, "maxItems", key->max);
    open_named(writer, "items");
    if (key->kind == CONFIG_OBJECTS)
        write_shape(writer, key->shape);
    else if (key->kind == CONFIG_ALGORITHMS)
        write_algorithms(writer);
    else if (key->kind == CONFIG_CHOICES)
        write_names(writer, key->choices);
    else
        write_member(writer, "type", "string");
    jwkeep_json_write_end(writer);
}

static void write_type(jwkeep_json_writer *writer, const config_key *key) {
    switch (key->kind) {
    case CONFIG_TEXT:
    case CONFIG_FILE_TEXT:
        write_member(writer, "type", "string");
        jwkeep_json_write_member_int64(writer, "minLength", 1);
        break;
    case CONFIG_FLAG:
        open_alternatives(writer);
        write_member(writer, "type", "boolean");
        close_alternatives(writer);
        break;
    case CONFIG_INT64:
    case CONFIG_UINT32:
    case CONFIG_SIZE:
        write_number(writer, key);
        break;
    case CONFIG_MODE:
        write_member(writer, "pattern", "^[0-7]{3,4}$|" VARIABLE_PATTERN);
        break;
    case CONFIG_CHOICE:
        write_names(writer, key->choices);
        break;
    case CONFIG_VALUES: /* any value, or a list of them */
        break;
    case CONFIG_OBJECT:
        write_shape(writer, key->shape);
        break;
    case CONFIG_TEXTS:
    case CONFIG_CHOICES:
    case CONFIG_ALGORITHMS:
    case CONFIG_OBJECTS:
        write_list_of(writer, key);
        break;
    }
}

static void write_chosen(jwkeep_json_writer *writer, const config_key *key, uint32_t bits) {
    jwkeep_json_write_name(writer, JWKEEP_SPAN("default"));
    jwkeep_json_write_array(writer);
    for (size_t i = 0; key->choices[i]; i++)
        if (bits >> i & 1)
            jwkeep_json_write_string(writer, jwkeep_span_text(key->choices[i]));
    jwkeep_json_write_end(writer);
}

/* What holds where the key is absent, from the structure as `init` leaves it. */
static void write_default(jwkeep_json_writer *writer, const config_key *key,
                          const void *place) {
    if (key->is_required)
        return;
    if (key->kind == CONFIG_FLAG)
        jwkeep_json_write_member_boolean(writer, "default", *(const bool *)place);
    else if (key->kind == CONFIG_INT64)
        jwkeep_json_write_member_int64(writer, "default", *(const int64_t *)place);
    else if (key->kind == CONFIG_UINT32)
        jwkeep_json_write_member_int64(writer, "default", *(const uint32_t *)place);
    else if (key->kind == CONFIG_SIZE)
        jwkeep_json_write_member_int64(writer, "default", (int64_t) * (const size_t *)place);
    else if (key->kind == CONFIG_CHOICE)
        write_member(writer, "default", key->choices[*(const int *)place]);
    else if (key->kind == CONFIG_CHOICES)
        write_chosen(writer, key, *(const uint32_t *)place);
    else if (key->kind == CONFIG_TEXT && *(const char *const *)place)
        write_member(writer, "default", *(const char *const *)place);
}

static void write_required(jwkeep_json_writer *writer, const config_shape *shape) {
    jwkeep_json_write_name(writer, JWKEEP_SPAN("required"));
    jwkeep_json_write_array(writer);
    for (size_t i = 0; i < shape->key_count; i++)
        if (shape->keys[i].is_required)
            jwkeep_json_write_string(writer, jwkeep_span_text(shape->keys[i].name));
    jwkeep_json_write_end(writer);
}

/* Members of an open object. */
static void write_shape(jwkeep_json_writer *writer, const config_shape *shape) {
    void *defaults = calloc(1, shape->size);
    if (!defaults) {
        writer->code = JWKEEP_OUT_OF_MEMORY;
        return;
    }
    config_shape_init(shape, defaults);
    write_member(writer, "type", "object");
    jwkeep_json_write_member_boolean(writer, "additionalProperties", false);
    write_required(writer, shape);
    open_named(writer, "properties");
    for (size_t i = 0; i < shape->key_count; i++) {
        const config_key *key = &shape->keys[i];
        open_named(writer, key->name);
        write_type(writer, key);
        write_member(writer, "description", key->help);
        write_default(writer, key, (const char *)defaults + key->offset);
        jwkeep_json_write_end(writer);
    }
    jwkeep_json_write_end(writer);
    free(defaults);
}
/* NOLINTEND(misc-no-recursion) */

jwkeep_code config_schema_write(jwkeep_buffer *buffer) {
    jwkeep_json_writer writer;
    jwkeep_json_writer_init(&writer, buffer);
    jwkeep_json_write_object(&writer);
    write_member(&writer, "$schema", "https://json-schema.org/draft/2020-12/schema");
    write_member(&writer, "title", "jwkeep serve --config");
    write_shape(&writer, &CONFIG_SETTINGS_SHAPE);
    jwkeep_json_write_end(&writer);
    return jwkeep_json_writer_finish(&writer);
}
