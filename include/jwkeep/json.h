/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the reader and the writer of JSON texts (RFC 8259) that every part of the library
 * uses, so that no two parts can disagree about a token. Strict: UTF-8 only, no duplicate
 * member names, no byte after the value, bounded depth and number of values. Numbers stay as
 * text until they are asked for. */
#ifndef JWKEEP_JSON_H
#define JWKEEP_JSON_H

#include <jwkeep/buffer.h>
#include <jwkeep/error.h>
#include <jwkeep/limits.h>
#include <jwkeep/span.h>

JWKEEP_BEGIN

typedef enum jwkeep_json_type {
    JWKEEP_JSON_NULL = 0,
    JWKEEP_JSON_BOOLEAN = 1,
    JWKEEP_JSON_NUMBER = 2,
    JWKEEP_JSON_STRING = 3,
    JWKEEP_JSON_ARRAY = 4,
    JWKEEP_JSON_OBJECT = 5
} jwkeep_json_type;

/* One value, borrowed from the text or token it belongs to, and valid as long as that is.
 * Immutable: any number of threads may read it. */
typedef struct jwkeep_json jwkeep_json;

/* A parsed text: owns its values and a copy of its bytes. */
typedef struct jwkeep_json_text jwkeep_json_text;

/* Frees the text and all its values. NULL is fine. */
JWKEEP_API void jwkeep_json_text_free(jwkeep_json_text *text);

/* Parses `bytes`, which are copied. `limits` may be NULL.
 * Errors, with `offset`: JSON_SYNTAX, JSON_UTF8, JSON_DUPLICATE, JSON_TOO_DEEP,
 * JSON_TOO_LARGE; without: OUT_OF_MEMORY, SYSTEM_FAILED (no random bytes, which an object of
 * many members needs), MISUSE_ARGUMENT (the limits). */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_json_parse(jwkeep_span bytes,
                                                         const jwkeep_limits *limits,
                                                         jwkeep_json_text **ret_text,
                                                         jwkeep_error *error);

/* The value the text consists of. */
JWKEEP_API const jwkeep_json *jwkeep_json_root(const jwkeep_json_text *text);

/* Reading. `value` may be NULL wherever it is taken (an absent member): its type is then
 * JWKEEP_JSON_NULL and nothing is found in it. Any thread. */
JWKEEP_API jwkeep_json_type jwkeep_json_type_of(const jwkeep_json *value);

/* Number of elements of an array or members of an object, else 0. */
JWKEEP_API size_t jwkeep_json_count(const jwkeep_json *value);

/* The member called `name` (compared byte by byte, after unescaping), or NULL. */
JWKEEP_API const jwkeep_json *jwkeep_json_member(const jwkeep_json *object, const char *name);

/* Walking: the first element or member, and the one after `value`; NULL at the end. */
JWKEEP_API const jwkeep_json *jwkeep_json_first(const jwkeep_json *container);
JWKEEP_API const jwkeep_json *jwkeep_json_next(const jwkeep_json *value);

/* The name under which `value` stands in its object, unescaped; absent otherwise. */
JWKEEP_API jwkeep_span jwkeep_json_name(const jwkeep_json *value);

/* The characters of a string, unescaped (NUL possible); absent for another type. */
JWKEEP_API jwkeep_span jwkeep_json_string(const jwkeep_json *value);

/* The bytes of the value as they stood in the text, white space inside included. */
JWKEEP_API jwkeep_span jwkeep_json_raw(const jwkeep_json *value);

/* Each gives JWKEEP_OK, JSON_TYPE, or JSON_RANGE (a number outside the type's range; for
 * int64 also one that is not a whole number: 1.5; 1e3 is 1000 and fine). */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_json_boolean(const jwkeep_json *value,
                                                           bool *ret_boolean);
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_json_int64(const jwkeep_json *value,
                                                         int64_t *ret_number);
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_json_double(const jwkeep_json *value,
                                                          double *ret_number);

/* Writing: compact, in the order of the calls, into a buffer. The first failure sticks and
 * is told by jwkeep_json_writer_finish; calls after it do nothing. One thread. */
typedef struct jwkeep_json_writer {
    jwkeep_buffer *buffer;
    jwkeep_code code;
    uint32_t depth;
    uint32_t has_value; /* a bit per depth: a comma is due */
    uint32_t is_object; /* a bit per depth */
    bool has_name;      /* a value is due */
    bool has_root;      /* the text has its value */
} jwkeep_json_writer;

/* Begins to write into `buffer`, which must outlive the writer; then its values. Containers are
 * opened and closed; in an object each value comes after its name. Strings and names are UTF-8
 * and are escaped here; a double must be finite. None of these fails by itself. */
JWKEEP_API void jwkeep_json_writer_init(jwkeep_json_writer *writer, jwkeep_buffer *buffer);
JWKEEP_API void jwkeep_json_write_object(jwkeep_json_writer *writer); /* opens */
JWKEEP_API void jwkeep_json_write_array(jwkeep_json_writer *writer);  /* opens */
JWKEEP_API void jwkeep_json_write_end(jwkeep_json_writer *writer);    /* closes either */
JWKEEP_API void jwkeep_json_write_name(jwkeep_json_writer *writer, jwkeep_span name);
JWKEEP_API void jwkeep_json_write_string(jwkeep_json_writer *writer, jwkeep_span text);
JWKEEP_API void jwkeep_json_write_int64(jwkeep_json_writer *writer, int64_t number);
JWKEEP_API void jwkeep_json_write_double(jwkeep_json_writer *writer, double number);
JWKEEP_API void jwkeep_json_write_boolean(jwkeep_json_writer *writer, bool boolean);
JWKEEP_API void jwkeep_json_write_null(jwkeep_json_writer *writer);
/* `json` must be one valid JSON value; it is copied as it is. */
JWKEEP_API void jwkeep_json_write_raw(jwkeep_json_writer *writer, jwkeep_span json);

/* Name and value in one call: `name` is a C string. */
JWKEEP_API void jwkeep_json_write_member_string(jwkeep_json_writer *writer, const char *name,
                                                jwkeep_span text);
JWKEEP_API void jwkeep_json_write_member_int64(jwkeep_json_writer *writer, const char *name,
                                               int64_t number);
JWKEEP_API void jwkeep_json_write_member_boolean(jwkeep_json_writer *writer, const char *name,
                                                 bool boolean);

/* Whether the text is whole and all calls went well.
 * Errors: JSON_UTF8 (a string that is not UTF-8), MISUSE_STATE (unbalanced, a value without a
 * name, deeper than 32, a number that is not finite), and those of the buffer. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code
jwkeep_json_writer_finish(const jwkeep_json_writer *writer);

JWKEEP_END

#endif
