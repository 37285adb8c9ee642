/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns reading a mapping by its table. */
#include "server/config/shape.h"
#include "server/nearest.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_SECRET_BYTES 4096u
#define MAX_SHOWN_BYTES 32   /* of a wrong value */
#define MAX_LISTED_BYTES 320 /* of the right ones */

static const char *const KIND_NAMES[] = {"a text", "a list", "a mapping"};

/* What a node is, for a fault; a value out of the environment is not shown. */
static const char *describe(const config_node *node, char room[MAX_SHOWN_BYTES + 8]) {
    if (node->kind != CONFIG_SCALAR)
        return KIND_NAMES[node->kind];
    if (node->has_variable)
        return "what the environment says";
    snprintf(room, MAX_SHOWN_BYTES + 8, "\"%.*s\"", MAX_SHOWN_BYTES, node->text);
    return room;
}

static bool refuse(const config_key *key, const config_node *node, const char *expected,
                   config_fault *ret_fault) {
    char room[MAX_SHOWN_BYTES + 8];
    return config_fail(ret_fault, node->place, "%s: %s expected, not %s", key->name, expected,
                       describe(node, room));
}

static bool read_text(const config_key *key, const config_node *node, const char **ret_text,
                      config_fault *ret_fault) {
    if (node->kind != CONFIG_SCALAR)
        return refuse(key, node, "a text", ret_fault);
    if (!*node->text)
        return config_fail(ret_fault, node->place, "%s: a text expected, but it is empty",
                           key->name);
    if (strlen(node->text) > (size_t)key->max)
        return config_fail(ret_fault, node->place, "%s: a text of at most %lld bytes expected",
                           key->name, (long long)key->max);
    *ret_text = node->text;
    return true;
}

static bool parse_number(const char *text, int base, int64_t *ret_number) {
    char *end;
    if (!*text || strspn(text, "-0123456789") != strlen(text))
        return false;
    errno = 0;
    long long number = strtoll(text, &end, base);
    if (errno || *end)
        return false;
    *ret_number = number;
    return true;
}

static bool read_number(const config_key *key, const config_node *node, int64_t *ret_number,
                        config_fault *ret_fault) {
    char expected[96];
    int64_t number = 0;
    if (node->kind == CONFIG_SCALAR && node->is_plain &&
        parse_number(node->text, 10, &number) && number >= key->min && number <= key->max) {
        *ret_number = number;
        return true;
    }
    snprintf(expected, sizeof expected, "a whole number from %lld to %lld", (long long)key->min,
             (long long)key->max);
    return refuse(key, node, expected, ret_fault);
}

static bool read_flag(const config_key *key, const config_node *node, bool *ret_flag,
                      config_fault *ret_fault) {
    bool is_true = node->kind == CONFIG_SCALAR && strcmp(node->text, "true") == 0;
    if (!is_true && (node->kind != CONFIG_SCALAR || strcmp(node->text, "false") != 0))
        return refuse(key, node, "true or false", ret_fault);
    *ret_flag = is_true;
    return true;
}

/* Octal, as chmod takes it; plain 660 would be decimal to YAML 1.1 readers, but is the same
 * digits here. */
static bool read_mode(const config_key *key, const config_node *node, uint32_t *ret_mode,
                      config_fault *ret_fault) {
    int64_t mode = 0;
    if (node->kind != CONFIG_SCALAR || !parse_number(node->text, 8, &mode) || mode < 0 ||
        mode > 0777)
        return refuse(key, node, "permission bits in octal, such as \"0660\"", ret_fault);
    *ret_mode = (uint32_t)mode;
    return true;
}

/* For a fault: all of them. */
static const char *list_choices(const config_key *key, char room[MAX_LISTED_BYTES]) {
    snprintf(room, MAX_LISTED_BYTES, "one of");
    for (size_t i = 0; key->choices[i]; i++) {
        size_t size = strlen(room);
        snprintf(room + size, MAX_LISTED_BYTES - size, "%s%s", i ? ", " : " ", key->choices[i]);
    }
    return room;
}

static bool read_choice(const config_key *key, const config_node *node, int *ret_choice,
                        config_fault *ret_fault) {
    char room[MAX_LISTED_BYTES];
    for (int i = 0; key->choices[i]; i++) {
        if (node->kind == CONFIG_SCALAR && strcmp(node->text, key->choices[i]) == 0) {
            *ret_choice = i;
            return true;
        }
    }
    return refuse(key, node, list_choices(key, room), ret_fault);
}

static bool read_choices(const config_key *key, const config_node *node, uint32_t *ret_bits,
                         config_fault *ret_fault) {
    char room[MAX_LISTED_BYTES];
    uint32_t bits = 0;
    if (node->kind != CONFIG_LIST || node->count == 0)
        return refuse(key, node, "a list of names", ret_fault);
    for (const config_node *each = node->first; each; each = each->next) {
        nearest guess = {0};
        const char *text = each->kind == CONFIG_SCALAR ? each->text : "";
        size_t i = 0;
        for (; key->choices[i] && strcmp(key->choices[i], text) != 0; i++)
            nearest_offer(&guess, text, key->choices[i]);
        if (!key->choices[i] && guess.best)
            return config_fail(ret_fault, each->place,
                               "%s: there is no \"%.64s\" (did you mean \"%s\"?)", key->name,
                               text, guess.best);
        if (!key->choices[i])
            return refuse(key, each, list_choices(key, room), ret_fault);
        bits |= UINT32_C(1) << i;
    }
    *ret_bits = bits;
    return true;
}

/* Checks that `node` is a list of at most `max`; gives zeroed memory for its elements. */
static bool make_list(const config_key *key, const config_node *node, size_t element_size,
                      jk_arena *arena, void **ret_items, config_fault *ret_fault) {
    if (node->kind != CONFIG_LIST)
        return refuse(key, node, "a list", ret_fault);
    if (node->count > (size_t)key->max)
        return config_fail(ret_fault, node->place, "%s: at most %lld expected, not %zu",
                           key->name, (long long)key->max, node->count);
    *ret_items = jk_arena_alloc(arena, node->count * element_size + 1);
    if (!*ret_items)
        return config_fail(ret_fault, node->place, "out of memory");
    memset(*ret_items, 0, node->count * element_size);
    return true;
}

static bool read_texts(const config_key *key, const config_node *node, config_texts *ret_texts,
                       jk_arena *arena, config_fault *ret_fault) {
    const config_key element = {.name = key->name, .max = CONFIG_MAX_TEXT_BYTES};
    void *memory = NULL;
    if (!make_list(key, node, sizeof(char *), arena, &memory, ret_fault))
        return false;
    const char **items = memory;
    size_t count = 0;
    for (const config_node *each = node->first; each; each = each->next)
        if (!read_text(&element, each, &items[count++], ret_fault))
            return false;
    *ret_texts = (config_texts){items, count};
    return true;
}

static bool read_algorithms(const config_key *key, const config_node *node,
                            jwkeep_algorithm_set *ret_set, config_fault *ret_fault) {
    jwkeep_algorithm_set set = 0;
    if (node->kind != CONFIG_LIST || node->count == 0)
        return refuse(key, node, "a list of algorithms", ret_fault);
    for (const config_node *each = node->first; each; each = each->next) {
        jwkeep_algorithm algorithm =
            each->kind == CONFIG_SCALAR
                ? jwkeep_algorithm_from_name(jwkeep_span_text(each->text))
                : JWKEEP_ALGORITHM_ABSENT;
        if (algorithm == JWKEEP_ALGORITHM_ABSENT)
            return refuse(key, each, "an algorithm such as RS256 or EdDSA", ret_fault);
        set |= JWKEEP_ALGORITHM_BIT(algorithm);
    }
    *ret_set = set;
    return true;
}

static bool read_value(const config_key *key, const config_node *node, config_value *ret_value,
                       config_fault *ret_fault) {
    if (node->kind != CONFIG_SCALAR)
        return refuse(key, node, "a value", ret_fault);
    *ret_value = (config_value){.type = CONFIG_VALUE_TEXT, .text = node->text};
    if (!node->is_plain)
        return true;
    bool is_true = strcmp(node->text, "true") == 0;
    if (is_true || strcmp(node->text, "false") == 0)
        *ret_value = (config_value){.type = CONFIG_VALUE_FLAG, .flag = is_true};
    else if (parse_number(node->text, 10, &ret_value->number))
        ret_value->type = CONFIG_VALUE_NUMBER;
    return true;
}

static bool read_values(const config_key *key, const config_node *node, config_list *ret_list,
                        jk_arena *arena, config_fault *ret_fault) {
    const config_node only = {.kind = CONFIG_LIST, .count = 1, .place = node->place};
    bool is_one = node->kind == CONFIG_SCALAR;
    void *memory = NULL;
    if (!make_list(key, is_one ? &only : node, sizeof(config_value), arena, &memory, ret_fault))
        return false;
    config_value *items = memory;
    size_t count = 0;
    if (is_one && !read_value(key, node, &items[count++], ret_fault))
        return false;
    for (const config_node *each = node->first; each; each = each->next)
        if (!read_value(key, each, &items[count++], ret_fault))
            return false;
    *ret_list = (config_list){items, count};
    return true;
}

bool config_file_read(const char *path, size_t max_bytes, jk_arena *arena,
                      jwkeep_span *ret_bytes) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    uint8_t *bytes = jk_arena_bytes(arena, max_bytes + 1);
    size_t size = 0;
    ssize_t count = bytes ? 1 : -1;
    errno = bytes ? 0 : ENOMEM;
    while (count > 0 && size <= max_bytes) {
        count = read(file, bytes + size, max_bytes + 1 - size);
        size += count > 0 ? (size_t)count : 0;
    }
    int why = size > max_bytes ? EFBIG : errno;
    close(file);
    errno = why;
    if (count < 0 || size > max_bytes)
        return false;
    jk_arena_shrink(arena, bytes, size);
    *ret_bytes = jwkeep_span_of(bytes, size);
    return true;
}

/* A secret in a file of its own: without the newline that editors put at the end. */
static bool read_file_text(const config_key *key, const config_node *node,
                           const char **ret_text, jk_arena *arena, config_fault *ret_fault) {
    const config_key name = {.name = key->name, .max = CONFIG_MAX_TEXT_BYTES};
    const char *path = NULL;
    jwkeep_span bytes = JWKEEP_SPAN_NONE;
    if (!read_text(&name, node, &path, ret_fault))
        return false;
    if (!config_file_read(path, MAX_SECRET_BYTES, arena, &bytes))
        return config_fail(ret_fault, node->place, "%s: %.128s: %s", key->name, path,
                           strerrordesc_np(errno));
    while (bytes.size > 0 &&
           (bytes.data[bytes.size - 1] == '\n' || bytes.data[bytes.size - 1] == '\r'))
        bytes.size--;
    char *text = (char *)jk_arena_bytes(arena, bytes.size + 1);
    if (bytes.size == 0 || memchr(bytes.data, '\0', bytes.size) || !text)
        return config_fail(ret_fault, node->place, "%s: %.128s holds no text", key->name, path);
    memcpy(text, bytes.data, bytes.size);
    text[bytes.size] = '\0';
    *ret_text = text;
    return true;
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the tables, and the tree, which is bounded */
static bool read_objects(const config_key *key, const config_node *node, config_list *ret_list,
                         jk_arena *arena, config_fault *ret_fault) {
    void *items = NULL;
    if (!make_list(key, node, key->shape->size, arena, &items, ret_fault))
        return false;
    size_t count = 0;
    for (const config_node *each = node->first; each; each = each->next)
        if (!config_shape_read(key->shape, each, (char *)items + key->shape->size * count++,
                               arena, ret_fault))
            return false;
    *ret_list = (config_list){items, count};
    return true;
}

static bool read_uint32(const config_key *key, const config_node *node, uint32_t *ret_number,
                        config_fault *ret_fault) {
    int64_t number = 0;
    if (!read_number(key, node, &number, ret_fault))
        return false;
    *ret_number = (uint32_t)number;
    return true;
}

static bool read_size(const config_key *key, const config_node *node, size_t *ret_number,
                      config_fault *ret_fault) {
    int64_t number = 0;
    if (!read_number(key, node, &number, ret_fault))
        return false;
    *ret_number = (size_t)number;
    return true;
}

static bool read_key(const config_key *key, const config_node *node, void *place,
                     jk_arena *arena, config_fault *ret_fault) {
    switch (key->kind) {
    case CONFIG_TEXT:
        return read_text(key, node, place, ret_fault);
    case CONFIG_FILE_TEXT:
        return read_file_text(key, node, place, arena, ret_fault);
    case CONFIG_TEXTS:
        return read_texts(key, node, place, arena, ret_fault);
    case CONFIG_FLAG:
        return read_flag(key, node, place, ret_fault);
    case CONFIG_INT64:
        return read_number(key, node, place, ret_fault);
    case CONFIG_UINT32:
        return read_uint32(key, node, place, ret_fault);
    case CONFIG_SIZE:
        return read_size(key, node, place, ret_fault);
    case CONFIG_MODE:
        return read_mode(key, node, place, ret_fault);
    case CONFIG_CHOICE:
        return read_choice(key, node, place, ret_fault);
    case CONFIG_CHOICES:
        return read_choices(key, node, place, ret_fault);
    case CONFIG_ALGORITHMS:
        return read_algorithms(key, node, place, ret_fault);
    case CONFIG_VALUES:
        return read_values(key, node, place, arena, ret_fault);
    case CONFIG_OBJECT:
        return config_shape_read(key->shape, node, place, arena, ret_fault);
    case CONFIG_OBJECTS:
        return read_objects(key, node, place, arena, ret_fault);
    }
    return false;
}

static const config_key *find_key(const config_shape *shape, const char *name) {
    for (size_t i = 0; i < shape->key_count; i++)
        if (strcmp(shape->keys[i].name, name) == 0)
            return &shape->keys[i];
    return NULL;
}

static bool refuse_unknown(const config_shape *shape, const config_node *node,
                           config_fault *ret_fault) {
    nearest guess = {0};
    for (size_t i = 0; i < shape->key_count; i++)
        nearest_offer(&guess, node->name, shape->keys[i].name);
    if (guess.best)
        return config_fail(ret_fault, node->named,
                           "unknown key \"%.64s\" in %s (did you mean \"%s\"?)", node->name,
                           shape->what, guess.best);
    config_fail(ret_fault, node->named, "unknown key \"%.64s\" in %s; known are", node->name,
                shape->what);
    for (size_t i = 0; i < shape->key_count; i++) {
        size_t size = strlen(ret_fault->text);
        snprintf(ret_fault->text + size, sizeof ret_fault->text - size, "%s%s", i ? ", " : " ",
                 shape->keys[i].name);
    }
    return false;
}

/* A text and the file that it is in go to one place. */
static bool refuse_twins(const config_shape *shape, const config_node *node,
                         const config_node *each, const config_key *key,
                         config_fault *ret_fault) {
    for (const config_node *before = node->first; before != each; before = before->next) {
        const config_key *other = find_key(shape, before->name);
        if (other != key && other->offset == key->offset)
            return config_fail(ret_fault, each->named, "%s: %s is given, too", key->name,
                               other->name);
    }
    return true;
}

void config_shape_init(const config_shape *shape, void *object) {
    memset(object, 0, shape->size);
    if (shape->init)
        shape->init(object);
    for (size_t i = 0; i < shape->key_count; i++)
        if (shape->keys[i].kind == CONFIG_OBJECT)
            config_shape_init(shape->keys[i].shape, (char *)object + shape->keys[i].offset);
}

bool config_shape_read(const config_shape *shape, const config_node *node, void *object,
                       jk_arena *arena, config_fault *ret_fault) {
    const config_key self = {.name = shape->what};
    config_shape_init(shape, object);
    memcpy(object, &node, sizeof node);
    if (node->kind != CONFIG_MAP)
        return refuse(&self, node, "a mapping", ret_fault);
    for (const config_node *each = node->first; each; each = each->next) {
        const config_key *key = find_key(shape, each->name);
        if (!key)
            return refuse_unknown(shape, each, ret_fault);
        if (!refuse_twins(shape, node, each, key, ret_fault))
            return false;
        if (!read_key(key, each, (char *)object + key->offset, arena, ret_fault))
            return false;
    }
    for (size_t i = 0; i < shape->key_count; i++)
        if (shape->keys[i].is_required && !config_member(node, shape->keys[i].name))
            return config_fail(ret_fault, node->place, "%s needs the key \"%s\"", shape->what,
                               shape->keys[i].name);
    return true;
}
/* NOLINTEND(misc-no-recursion) */
