/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the way from libyaml's events to a tree. */
#include "server/config/document.h"
#include "server/config/expand.h"
#include <string.h>
#include <yaml.h>

struct reading {
    yaml_parser_t parser;
    jk_arena *arena;
    const char *(*get)(const char *name);
    size_t nodes;
    config_fault *fault;
};

static config_place place_of(yaml_mark_t mark) {
    return (config_place){mark.line + 1, mark.column + 1};
}

static bool next_event(struct reading *it, yaml_event_t *ret_event) {
    if (yaml_parser_parse(&it->parser, ret_event))
        return true;
    const char *problem = it->parser.problem ? it->parser.problem : "out of memory";
    return config_fail(it->fault, place_of(it->parser.problem_mark), "not YAML: %.128s",
                       problem);
}

static config_node *new_node(struct reading *it, config_node_kind kind, config_place place) {
    config_node *node = NULL;
    if (++it->nodes > CONFIG_MAX_NODES)
        config_fail(it->fault, place, "more than %u values", CONFIG_MAX_NODES);
    else if (!(node = jk_arena_alloc(it->arena, sizeof *node)))
        config_fail(it->fault, place, "the file needs too much memory");
    else
        *node = (config_node){.kind = kind, .place = place};
    return node;
}

static bool refuse_decoration(struct reading *it, config_place place, const void *anchor,
                              const void *tag) {
    if (anchor)
        return config_fail(it->fault, place, "anchors and aliases are not understood here");
    if (tag)
        return config_fail(it->fault, place, "tags are not understood here");
    return true;
}

static config_node *read_scalar(struct reading *it, const yaml_event_t *event) {
    config_place place = place_of(event->start_mark);
    jwkeep_span bytes = jwkeep_span_of(event->data.scalar.value, event->data.scalar.length);
    config_expansion expansion;
    if (!refuse_decoration(it, place, event->data.scalar.anchor, event->data.scalar.tag))
        return NULL;
    if (bytes.size > 0 && memchr(bytes.data, '\0', bytes.size)) {
        config_fail(it->fault, place, "a NUL in a text");
        return NULL;
    }
    config_node *node = new_node(it, CONFIG_SCALAR, place);
    if (!node || !config_expand(bytes, CONFIG_MAX_TEXT_BYTES, it->get, place, it->arena,
                                &expansion, it->fault))
        return NULL;
    node->text = expansion.text;
    node->has_variable = expansion.has_variable;
    node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return node;
}

static void append(config_node *container, config_node *node) {
    if (container->last)
        container->last->next = node;
    else
        container->first = node;
    container->last = node;
    container->count++;
}

static config_node *read_value(struct reading *it, const yaml_event_t *event, size_t depth);

static bool read_list(struct reading *it, config_node *list, size_t depth) {
    for (;;) {
        yaml_event_t event;
        if (!next_event(it, &event))
            return false;
        bool is_end = event.type == YAML_SEQUENCE_END_EVENT;
        config_node *node = is_end ? NULL : read_value(it, &event, depth);
        yaml_event_delete(&event);
        if (!node)
            return is_end;
        append(list, node);
    }
}

static bool name_member(struct reading *it, const config_node *map, const config_node *key) {
    if (key->kind != CONFIG_SCALAR || key->has_variable)
        return config_fail(it->fault, key->place, "a plain key expected");
    if (config_member(map, key->text))
        return config_fail(it->fault, key->place, "the key \"%.64s\" stands here twice",
                           key->text);
    if (map->count == CONFIG_MAX_KEYS)
        return config_fail(it->fault, key->place, "more than %u keys", CONFIG_MAX_KEYS);
    return true;
}

static config_node *read_next(struct reading *it, size_t depth) {
    yaml_event_t event;
    if (!next_event(it, &event))
        return NULL;
    config_node *node = read_value(it, &event, depth);
    yaml_event_delete(&event);
    return node;
}

static bool read_map(struct reading *it, config_node *map, size_t depth) {
    for (;;) {
        yaml_event_t event;
        if (!next_event(it, &event))
            return false;
        bool is_end = event.type == YAML_MAPPING_END_EVENT;
        const config_node *key = is_end ? NULL : read_value(it, &event, depth);
        yaml_event_delete(&event);
        if (!key)
            return is_end;
        config_node *node = name_member(it, map, key) ? read_next(it, depth) : NULL;
        if (!node)
            return false;
        node->name = key->text;
        node->named = key->place;
        append(map, node);
    }
}

static config_node *read_container(struct reading *it, const yaml_event_t *event,
                                   size_t depth) {
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    config_place place = place_of(event->start_mark);
    const void *anchor = is_map ? (const void *)event->data.mapping_start.anchor
                                : event->data.sequence_start.anchor;
    const void *tag =
        is_map ? (const void *)event->data.mapping_start.tag : event->data.sequence_start.tag;
    if (!refuse_decoration(it, place, anchor, tag))
        return NULL;
    if (depth == CONFIG_MAX_DEPTH) {
        config_fail(it->fault, place, "nested deeper than %u", CONFIG_MAX_DEPTH);
        return NULL;
    }
    config_node *node = new_node(it, is_map ? CONFIG_MAP : CONFIG_LIST, place);
    if (!node || !(is_map ? read_map : read_list)(it, node, depth + 1))
        return NULL;
    return node;
}

/* Depth is bounded, so is the recursion. */
static config_node *read_value(struct reading *it, const yaml_event_t *event, size_t depth) {
    if (event->type == YAML_SCALAR_EVENT)
        return read_scalar(it, event);
    if (event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT)
        return read_container(it, event, depth);
    refuse_decoration(it, place_of(event->start_mark), event, NULL);
    return NULL;
}

static bool expect(struct reading *it, yaml_event_type_t type, const char *otherwise) {
    yaml_event_t event;
    if (!next_event(it, &event))
        return false;
    bool is_it = event.type == type;
    if (!is_it)
        config_fail(it->fault, place_of(event.start_mark), "%s", otherwise);
    yaml_event_delete(&event);
    return is_it;
}

static bool read_document(struct reading *it, const config_node **ret_root) {
    if (!expect(it, YAML_STREAM_START_EVENT, "not YAML") ||
        !expect(it, YAML_DOCUMENT_START_EVENT, "the file is empty"))
        return false;
    config_node *root = read_next(it, 0);
    if (!root || !expect(it, YAML_DOCUMENT_END_EVENT, "not YAML") ||
        !expect(it, YAML_STREAM_END_EVENT, "a second document in the file"))
        return false;
    *ret_root = root;
    return true;
}

bool config_document_read(jwkeep_span bytes, jk_arena *arena,
                          const char *(*get)(const char *name), const config_node **ret_root,
                          config_fault *ret_fault) {
    struct reading it = {.arena = arena, .get = get, .fault = ret_fault};
    if (bytes.size > CONFIG_MAX_BYTES)
        return config_fail(ret_fault, (config_place){0}, "the file is over %u bytes",
                           CONFIG_MAX_BYTES);
    if (!yaml_parser_initialize(&it.parser))
        return config_fail(ret_fault, (config_place){0}, "out of memory");
    yaml_parser_set_encoding(&it.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&it.parser, bytes.data, bytes.size);
    bool is_read = read_document(&it, ret_root);
    yaml_parser_delete(&it.parser);
    return is_read;
}

const config_node *config_member(const config_node *map, const char *name) {
    if (!map || map->kind != CONFIG_MAP)
        return NULL;
    for (const config_node *node = map->first; node; node = node->next)
        if (strcmp(node->name, name) == 0)
            return node;
    return NULL;
}

const config_node *config_element(const config_node *list, size_t index) {
    if (!list || list->kind != CONFIG_LIST)
        return NULL;
    const config_node *node = list->first;
    while (node && index-- > 0)
        node = node->next;
    return node;
}
