/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the strict reader of JSON texts (RFC 8259): one pass, no recursion, no byte past the
 * end looked at. Functions take the position and give back the next one, or NULL after
 * recording the failure. */
#include "base/error.h"
#include "codec/json_names.h"
#include "codec/json_scan.h"
#include "codec/utf8.h"

#define BYTES_PER_VALUE_GUESS 16u

typedef struct reader {
    const uint8_t *start;
    const uint8_t *end;
    jk_arena *arena;
    jwkeep_json *values; /* the array, from the root on */
    jwkeep_json *next;   /* its first free place */
    jwkeep_json *limit;  /* its end */
    jwkeep_json *open;   /* innermost container being read; NULL outside the root */
    jwkeep_json *last;   /* the value that was complete last */
    size_t depth;
    size_t max_depth;
    size_t max_values;
    jwkeep_span name; /* of the value to come */
    jk_json_names names;
    jwkeep_code code;
    jwkeep_error *error;
} reader;

static const uint8_t *fail(reader *r, jwkeep_code code, const char *clause, const uint8_t *at) {
    r->code = jk_fail_at(r->error, code, NULL, clause, (size_t)(at - r->start));
    return NULL;
}

static const uint8_t *fail_plainly(reader *r, jwkeep_code code) {
    r->code = jk_fail(r->error, code);
    return NULL;
}

static const uint8_t *skip_space(const reader *r, const uint8_t *at) {
    while (at < r->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

static inline bool is_at(const reader *r, const uint8_t *at, uint8_t byte) {
    return at < r->end && *at == byte;
}

/* The next byte that is no white space, to which `*at` moves; 0, with which nothing begins, at
 * the end. */
static inline uint8_t peek(const reader *r, const uint8_t **at) {
    const uint8_t *first = *at;
    if (JK_LIKELY(first != r->end && *first > ' '))
        return *first;
    *at = skip_space(r, first);
    return *at < r->end ? **at : 0;
}

/* To the next `"` or `\`. */
static const uint8_t *scan_characters(reader *r, const uint8_t *at) {
    for (;;) {
        at = jk_json_scan(r->start, at, r->end);
        if (at == r->end || *at < 0x20)
            return fail(r, JWKEEP_JSON_SYNTAX, "RFC 8259 §7", at);
        if (*at < 0x80)
            return at;
        while (at < r->end && *at >= 0x80) {
            size_t length = jk_utf8_length(at, r->end);
            if (length == 0)
                return fail(r, JWKEEP_JSON_UTF8, "RFC 8259 §8.1", at);
            at += length;
        }
    }
}

static int hex_value(uint8_t c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    uint8_t lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The four digits of a `\u` escape. */
static const uint8_t *read_hex(reader *r, const uint8_t *at, uint32_t *ret_unit) {
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++, at++) {
        int value = at < r->end ? hex_value(*at) : -1;
        if (value < 0)
            return fail(r, JWKEEP_JSON_SYNTAX, "RFC 8259 §7", at);
        unit = unit << 4 | (uint32_t)value;
    }
    *ret_unit = unit;
    return at;
}

static size_t put_utf8(uint8_t *to, uint32_t c) {
    if (c < 0x80) {
        to[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (uint8_t)(0xc0 | c >> 6);
        to[1] = (uint8_t)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (uint8_t)(0xe0 | c >> 12);
        to[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        to[2] = (uint8_t)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (uint8_t)(0xf0 | c >> 18);
    to[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
    to[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    to[3] = (uint8_t)(0x80 | (c & 0x3f));
    return 4;
}

/* A `\u` escape, or two that are a surrogate pair; `escape` is at the first backslash. */
static const uint8_t *read_unicode(reader *r, const uint8_t *escape, uint32_t *ret_character) {
    uint32_t unit;
    const uint8_t *at = read_hex(r, escape + 2, &unit);
    if (!at)
        return NULL;
    if (unit >= 0xd800 && unit < 0xe000) {
        if (unit >= 0xdc00 || !is_at(r, at, '\\') || !is_at(r, at + 1, 'u'))
            return fail(r, JWKEEP_JSON_UTF8, "RFC 8259 §8.2", escape);
        uint32_t low;
        at = read_hex(r, at + 2, &low);
        if (!at)
            return NULL;
        if (low < 0xdc00 || low >= 0xe000)
            return fail(r, JWKEEP_JSON_UTF8, "RFC 8259 §8.2", escape);
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    *ret_character = unit;
    return at;
}

/* What a backslash and `letter` stand for; 0 if nothing. */
static uint8_t escaped_character(uint8_t letter) {
    switch (letter) {
    case '"':
    case '\\':
    case '/':
        return letter;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

/* One escape at `at`; what it stands for goes to `*to`, which moves on. Never longer than the
 * escape itself. */
static const uint8_t *read_escape(reader *r, const uint8_t *at, uint8_t **to) {
    if (is_at(r, at + 1, 'u')) {
        uint32_t character;
        at = read_unicode(r, at, &character);
        if (at)
            *to += put_utf8(*to, character);
        return at;
    }
    uint8_t character = at + 1 < r->end ? escaped_character(at[1]) : 0;
    if (!character)
        return fail(r, JWKEEP_JSON_SYNTAX, "RFC 8259 §7", at + 1);
    *(*to)++ = character;
    return at + 2;
}

/* The size of the characters from `at` to the closing quote, or to the end without one. */
static size_t measure_escaped(const reader *r, const uint8_t *at) {
    const uint8_t *first = at;
    while (at < r->end && *at != '"')
        at += *at == '\\' && at + 1 < r->end ? 2 : 1;
    return (size_t)(at - first);
}

/* A string with escapes goes to the arena. `first` is after the opening quote, `at` at the
 * first backslash. */
static const uint8_t *read_escaped(reader *r, const uint8_t *first, const uint8_t *at,
                                   jwkeep_span *ret_string) {
    size_t size = (size_t)(at - first);
    uint8_t *string = jk_arena_bytes(r->arena, size + measure_escaped(r, at));
    if (!string)
        return fail_plainly(r, JWKEEP_OUT_OF_MEMORY);
    memcpy(string, first, size);
    uint8_t *to = string + size;
    while (*at == '\\') {
        const uint8_t *run = read_escape(r, at, &to);
        at = run ? scan_characters(r, run) : NULL;
        if (!at)
            return NULL;
        memcpy(to, run, (size_t)(at - run));
        to += at - run;
    }
    *ret_string = jwkeep_span_of(string, (size_t)(to - string));
    jk_arena_shrink(r->arena, string, ret_string->size);
    return at + 1;
}

/* A string that is not all plain. `first` is after the opening quote, `at` where the plain
 * characters end. */
static const uint8_t *read_uncommon(reader *r, const uint8_t *first, const uint8_t *at,
                                    jwkeep_span *ret_string) {
    at = scan_characters(r, at);
    if (!at)
        return NULL;
    if (*at == '\\')
        return read_escaped(r, first, at, ret_string);
    *ret_string = jwkeep_span_of(first, (size_t)(at - first));
    return at + 1;
}

/* A string whose opening quote is at `at`. */
static inline const uint8_t *read_string(reader *r, const uint8_t *at,
                                         jwkeep_span *ret_string) {
    const uint8_t *first = at + 1;
    at = jk_json_scan(r->start, first, r->end);
    if (JK_UNLIKELY(!is_at(r, at, '"')))
        return read_uncommon(r, first, at, ret_string);
    *ret_string = jwkeep_span_of(first, (size_t)(at - first));
    return at + 1;
}

static inline bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

static const uint8_t *read_digits(reader *r, const uint8_t *at) {
    const uint8_t *first = at;
    for (uint64_t word; r->end - at >= 8; at += 8) {
        memcpy(&word, at, sizeof word);
        if (!jk_json_are_digits(word))
            break;
    }
    while (at < r->end && is_digit(*at))
        at++;
    return at > first ? at : fail(r, JWKEEP_JSON_SYNTAX, "RFC 8259 §6", at);
}

/* What no other value can begin with is a number or nothing. */
static const uint8_t *read_number(reader *r, const uint8_t *at) {
    if (at == r->end || !(*at == '-' || is_digit(*at)))
        return fail(r, JWKEEP_JSON_SYNTAX, "RFC 8259 §3", at);
    if (*at == '-')
        at++;
    at = is_at(r, at, '0') ? at + 1 : read_digits(r, at);
    if (at && is_at(r, at, '.'))
        at = read_digits(r, at + 1);
    if (at && (is_at(r, at, 'e') || is_at(r, at, 'E'))) {
        at++;
        if (is_at(r, at, '+') || is_at(r, at, '-'))
            at++;
        at = read_digits(r, at);
    }
    return at;
}

static const uint8_t *read_literal(reader *r, const uint8_t *at, const char *literal) {
    for (; *literal; literal++, at++)
        if (!is_at(r, at, (uint8_t)*literal))
            return fail(r, JWKEEP_JSON_SYNTAX, "RFC 8259 §3", at);
    return at;
}

/* Moves the values to an array twice as large. */
static bool grow(reader *r) {
    size_t count = (size_t)(r->next - r->values);
    size_t capacity = count * 2 < r->max_values ? count * 2 : r->max_values;
    jwkeep_json *values = jk_arena_alloc(r->arena, capacity * sizeof *values);
    if (!values) {
        fail_plainly(r, JWKEEP_OUT_OF_MEMORY);
        return false;
    }
    memcpy(values, r->values, count * sizeof *values);
    r->open = r->open ? values + (r->open - r->values) : NULL;
    r->last = values + (r->last - r->values);
    r->values = values;
    r->next = values + count;
    r->limit = values + capacity;
    return true;
}

static bool make_room(reader *r, const uint8_t *at) {
    if ((size_t)(r->next - r->values) < r->max_values)
        return grow(r);
    fail(r, JWKEEP_JSON_TOO_LARGE, "RFC 8259 §9", at);
    return false;
}

/* The next value of the array, with its name, counted by its container; NULL when there may
 * be no more. */
static inline jwkeep_json *add_value(reader *r, const uint8_t *at, jwkeep_json_type type) {
    if (JK_UNLIKELY(r->next == r->limit) && !make_room(r, at))
        return NULL;
    if (r->open)
        r->open->as.container.count++;
    jwkeep_json *value = r->next++;
    r->last = value;
    value->raw = at;
    value->name = r->name.data;
    value->name_size = (uint32_t)r->name.size;
    value->type = (uint8_t)type;
    value->is_last = false;
    value->is_unescaped = false;
    r->name = JWKEEP_SPAN_NONE;
    return value;
}

static inline jwkeep_json *add_scalar(reader *r, const uint8_t *first, const uint8_t *at,
                                      jwkeep_json_type type) {
    jwkeep_json *value = add_value(r, first, type);
    if (JK_LIKELY(value))
        value->raw_size = (uint32_t)(at - first);
    return value;
}

static inline const uint8_t *add_bare(reader *r, const uint8_t *first, const uint8_t *at,
                                      jwkeep_json_type type) {
    return at && add_scalar(r, first, at, type) ? at : NULL;
}

static inline const uint8_t *add_string(reader *r, const uint8_t *first) {
    jwkeep_span string;
    const uint8_t *at = read_string(r, first, &string);
    jwkeep_json *value = at ? add_scalar(r, first, at, JWKEEP_JSON_STRING) : NULL;
    if (JK_UNLIKELY(!value))
        return NULL;
    if (JK_UNLIKELY(string.data != first + 1)) {
        value->is_unescaped = true;
        value->as.string = string.data;
        value->string_size = (uint32_t)string.size;
    }
    return at;
}

/* The name of a member and its colon. */
static inline const uint8_t *read_name(reader *r, const uint8_t *at) {
    if (peek(r, &at) != '"')
        return fail(r, JWKEEP_JSON_SYNTAX, "RFC 8259 §4", at);
    at = read_string(r, at, &r->name);
    if (JK_UNLIKELY(!at))
        return NULL;
    if (peek(r, &at) != ':')
        return fail(r, JWKEEP_JSON_SYNTAX, "RFC 8259 §4", at);
    return at + 1;
}

/* Where the name of a member that has a sibling before it stands in the text. */
static const uint8_t *name_position(reader *r, const jwkeep_json *object,
                                    const jwkeep_json *member) {
    const jwkeep_json *before = object + 1;
    while (jk_json_after(before) != member)
        before = jk_json_after(before);
    const uint8_t *comma = skip_space(r, before->raw + before->raw_size);
    return skip_space(r, comma + 1);
}

static bool check_names(reader *r, const jwkeep_json *object) {
    const jwkeep_json *duplicate = NULL;
    jwkeep_code code = jk_json_names_check(&r->names, object, &duplicate);
    if (code == JWKEEP_OK)
        return true;
    if (duplicate)
        fail(r, code, "RFC 7515 §4", name_position(r, object, duplicate));
    else
        fail_plainly(r, code);
    return false;
}

/* Closes the innermost container; `at` is at its bracket. */
static inline const uint8_t *close_container(reader *r, const uint8_t *at) {
    jwkeep_json *container = r->open;
    bool is_object = container->type == JWKEEP_JSON_OBJECT;
    if (!is_at(r, at, is_object ? '}' : ']'))
        return fail(r, JWKEEP_JSON_SYNTAX, is_object ? "RFC 8259 §4" : "RFC 8259 §5", at);
    r->depth--;
    r->open = r->depth ? r->values + container->as.container.span : NULL;
    container->as.container.span = (uint32_t)(r->next - container);
    container->raw_size = (uint32_t)(at + 1 - container->raw);
    if (container->as.container.count)
        r->last->is_last = true;
    r->last = container;
    if (is_object && container->as.container.count > 1 && !check_names(r, container))
        return NULL;
    return at + 1;
}

/* Opens a container; an empty one is complete at once, otherwise its first value comes next. */
static inline const uint8_t *open_container(reader *r, const uint8_t *at, bool is_object,
                                            bool *ret_is_complete) {
    if (r->depth == r->max_depth)
        return fail(r, JWKEEP_JSON_TOO_DEEP, "RFC 8259 §9", at);
    jwkeep_json *container =
        add_value(r, at, is_object ? JWKEEP_JSON_OBJECT : JWKEEP_JSON_ARRAY);
    if (!container)
        return NULL;
    container->as.container.count = 0;
    container->as.container.span = r->open ? (uint32_t)(r->open - r->values) : 0;
    r->open = container;
    r->depth++;
    at++;
    *ret_is_complete = peek(r, &at) == (is_object ? '}' : ']');
    if (*ret_is_complete)
        return close_container(r, at);
    return is_object ? read_name(r, at) : at;
}

static inline const uint8_t *read_value(reader *r, const uint8_t *at, bool *ret_is_complete) {
    *ret_is_complete = true;
    switch (peek(r, &at)) {
    case '"':
        return add_string(r, at);
    case '{':
        return open_container(r, at, true, ret_is_complete);
    case '[':
        return open_container(r, at, false, ret_is_complete);
    case 't':
        return add_bare(r, at, read_literal(r, at, "true"), JWKEEP_JSON_BOOLEAN);
    case 'f':
        return add_bare(r, at, read_literal(r, at, "false"), JWKEEP_JSON_BOOLEAN);
    case 'n':
        return add_bare(r, at, read_literal(r, at, "null"), JWKEEP_JSON_NULL);
    default:
        return add_bare(r, at, read_number(r, at), JWKEEP_JSON_NUMBER);
    }
}

/* After a complete value: closes what ends here, up to the next value or, with no container
 * left open, the end. */
static inline const uint8_t *finish_value(reader *r, const uint8_t *at) {
    while (at && r->open) {
        if (JK_LIKELY(peek(r, &at) == ','))
            return r->open->type == JWKEEP_JSON_OBJECT ? read_name(r, at + 1) : at + 1;
        at = close_container(r, at);
    }
    return at;
}

static bool read_text(reader *r) {
    const uint8_t *at = r->start;
    bool is_complete;
    do {
        at = read_value(r, at, &is_complete);
        if (is_complete)
            at = finish_value(r, at);
    } while (at && r->open);
    if (!at)
        return false;
    at = skip_space(r, at);
    if (at != r->end) {
        fail(r, JWKEEP_JSON_SYNTAX, "RFC 8259 §2", at);
        return false;
    }
    r->values[0].is_last = true;
    return true;
}

static size_t first_capacity(size_t size, size_t max_values) {
    size_t guess = size / BYTES_PER_VALUE_GUESS + 8;
    return guess < max_values ? guess : max_values;
}

/* Member by member: clearing all of a reader takes longer than reading a claim, and the key of
 * `names` has no value before it is needed. False without memory. */
static bool init(reader *r, jwkeep_span bytes, const jwkeep_limits *limits, jk_arena *arena,
                 jwkeep_error *error) {
    r->start = bytes.size ? bytes.data : (const uint8_t *)"";
    r->end = r->start + bytes.size;
    r->arena = arena;
    r->open = NULL;
    r->depth = 0;
    r->max_depth = limits->max_json_depth;
    r->max_values =
        limits->max_json_values < UINT32_MAX ? limits->max_json_values : UINT32_MAX - 1;
    r->name = JWKEEP_SPAN_NONE;
    r->names.arena = arena;
    r->names.has_key = false;
    r->code = JWKEEP_OK;
    r->error = error;
    size_t capacity = first_capacity(bytes.size, r->max_values);
    r->values = jk_arena_alloc(arena, capacity * sizeof *r->values);
    r->next = r->values;
    r->last = r->values;
    r->limit = r->values ? r->values + capacity : NULL;
    return r->values != NULL;
}

jwkeep_code jk_json_parse(jwkeep_span bytes, const jwkeep_limits *limits, jk_arena *arena,
                          const jwkeep_json **ret_root, jwkeep_error *error) {
    if (bytes.size > JK_JSON_MAX_BYTES)
        return jk_fail_at(error, JWKEEP_JSON_TOO_LARGE, NULL, "RFC 8259 §9", JK_JSON_MAX_BYTES);
    reader r;
    if (!init(&r, bytes, limits, arena, error))
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (!read_text(&r))
        return r.code;
    *ret_root = r.values;
    return JWKEEP_OK;
}

/* The values may be moved while their array doubles (the sum of all arrays is under four times
 * what is used), the table of names takes up to four slots a member, unescaped strings are
 * not longer than the text; and a block that a piece does not fit into is left half empty. */
size_t jk_json_arena_bytes(size_t size, const jwkeep_limits *limits) {
    size_t value_count = size / 2 + 8;
    if (value_count > limits->max_json_values)
        value_count = limits->max_json_values;
    size_t bytes;
    if (__builtin_mul_overflow(value_count, 4 * (sizeof(jwkeep_json) + 8), &bytes) ||
        __builtin_add_overflow(bytes, size, &bytes) ||
        __builtin_mul_overflow(bytes, (size_t)2, &bytes) ||
        __builtin_add_overflow(bytes, (size_t)4096, &bytes))
        return SIZE_MAX;
    return bytes;
}
