/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns tables that say which keys a mapping has, of which type and range each is, and where
 * its value goes: the one list by which a file is read, checked, described to editors
 * (server/config/schema.h) and compared. */
#ifndef SERVER_CONFIG_SHAPE_H
#define SERVER_CONFIG_SHAPE_H

#include "server/config/document.h"
#include <jwkeep/algorithm.h>
#include <jwkeep/buffer.h>

typedef enum config_kind {
    CONFIG_TEXT,       /* const char *, at most `max` bytes, not empty */
    CONFIG_FILE_TEXT,  /* the name of a file whose text goes where another key's would */
    CONFIG_TEXTS,      /* config_texts: a list of at most `max` */
    CONFIG_FLAG,       /* bool */
    CONFIG_INT64,      /* int64_t, `min` to `max`; likewise the next two */
    CONFIG_UINT32,     /* uint32_t */
    CONFIG_SIZE,       /* size_t */
    CONFIG_MODE,       /* uint32_t, permission bits in octal */
    CONFIG_CHOICE,     /* int: the index among `choices` */
    CONFIG_CHOICES,    /* uint32_t: a list of names, a bit for each index among `choices` */
    CONFIG_ALGORITHMS, /* jwkeep_algorithm_set: a list of names */
    CONFIG_VALUES,     /* config_list of config_value: a list of at most `max`, or one value */
    CONFIG_OBJECT,     /* a structure of `shape` */
    CONFIG_OBJECTS     /* config_list of structures of `shape`, at most `max` */
} config_kind;

typedef struct config_texts {
    const char *const *items;
    size_t count;
} config_texts;

typedef struct config_list {
    void *items;
    size_t count;
} config_list;

/* A value of the type that it is written as: true, 5, or a text. */
typedef struct config_value {
    enum { CONFIG_VALUE_TEXT, CONFIG_VALUE_NUMBER, CONFIG_VALUE_FLAG } type;
    const char *text;
    int64_t number;
    bool flag;
} config_value;

struct config_shape;

typedef struct config_key {
    const char *name;
    config_kind kind;
    size_t offset;
    int64_t min;
    int64_t max;
    bool is_required;
    const char *const *choices; /* NULL at the end */
    const struct config_shape *shape;
    const char *help; /* a sentence without a full stop */
} config_key;

/* Each structure begins with a config_node pointer: the mapping it was read from, NULL where
 * there was none. */
typedef struct config_shape {
    const char *what; /* "an issuer" */
    const config_key *keys;
    size_t key_count;
    size_t size;
    void (*init)(void *object); /* the defaults; NULL: all zero */
} config_shape;

/* Reads the mapping `node` into `object`, after its defaults. All it points to lives in
 * `arena`, or in the tree. */
JWKEEP_MUST_USE bool config_shape_read(const config_shape *shape, const config_node *node,
                                       void *object, jk_arena *arena, config_fault *ret_fault);

/* Appends every value of `object` in the order of the table, so that two of a shape are alike
 * if the bytes are. Errors: those of the buffer. */
JWKEEP_MUST_USE jwkeep_code config_shape_write(const config_shape *shape, const void *object,
                                               jwkeep_buffer *buffer);

/* The defaults of a shape. */
void config_shape_init(const config_shape *shape, void *object);

/* Reads a whole file of at most `max_bytes`; the bytes live in `arena`. False, with errno,
 * which is EFBIG for a longer one. */
JWKEEP_MUST_USE bool config_file_read(const char *path, size_t max_bytes, jk_arena *arena,
                                      jwkeep_span *ret_bytes);

#endif
