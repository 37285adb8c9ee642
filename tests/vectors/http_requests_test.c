/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns comparing the request reader with Node's parser on recorded requests, good and damaged
 * (tests/interop/http_requests.mjs makes the record): what that one refuses is never
 * accepted, and nothing is read differently. The other way round, refusing more is fine. One
 * difference is meant: llhttp refuses methods that it does not know, and here a method is any
 * token (RFC 9110 §9.1). */
#include "server/http/request_reader.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RECORD "tests/vectors/http_requests.txt"
#define LEAST_ACCEPTED 200 /* so that a broken record cannot pass */

static unsigned hex_digit(char digit) {
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/* The next word of `*at`, decoded in place; absent at the end of the line. */
static jwkeep_span next_word(char **at) {
    char *in = *at;
    char *out = in;
    if (*in == '\0')
        return JWKEEP_SPAN_NONE;
    while (*in != ' ' && *in != '\n' && *in != '\0') {
        if (*in != '\\') {
            *out++ = *in++;
        } else if (in[1] == '_') {
            in += 2;
        } else {
            *out++ = (char)(hex_digit(in[1]) * 16 + hex_digit(in[2]));
            in += 3;
        }
    }
    jwkeep_span word = jwkeep_span_of(*at, (size_t)(out - *at));
    *at = *in == ' ' ? in + 1 : in + strlen(in);
    return word;
}

static jwkeep_span piece(const http_request *request, http_range range) {
    return jwkeep_span_of(request->bytes + range.at, range.size);
}

/* Our path and query are the end of the target. */
static bool is_target(const http_request *request, jwkeep_span target) {
    jwkeep_span path = http_request_path(request);
    jwkeep_span query = http_request_query(request);
    bool has_query = target.size > 0 && memchr(target.data, '?', target.size);
    size_t size = path.size + (has_query ? 1 + query.size : 0);
    if (target.size < size || memcmp(target.data + target.size - size, path.data, path.size))
        return false;
    return !has_query ||
           memcmp(target.data + target.size - query.size, query.data, query.size) == 0;
}

/* Whether the rest of the line, which Node accepted, says what we read. */
static bool is_same(const http_request *request, char *rest) {
    char body_size[16];
    snprintf(body_size, sizeof body_size, "%zu", http_request_body(request).size);
    if (!jwkeep_span_equals(next_word(&rest), jwkeep_span_text(body_size)) ||
        !jwkeep_span_equals(next_word(&rest), http_request_method(request)) ||
        !is_target(request, next_word(&rest)))
        return false;
    for (size_t i = 0; i < request->reader->field_count; i++) {
        const http_field *field = &request->reader->fields[i];
        if (!jwkeep_span_equals(next_word(&rest), piece(request, field->name)) ||
            !jwkeep_span_equals(next_word(&rest), piece(request, field->value)))
            return false;
    }
    return *rest == '\0';
}

typedef enum finding { BOTH_ACCEPT, WE_REFUSE, MEANT_DIFFERENCE, FAULT } finding;

static finding compare(char *line) {
    http_reader reader;
    char *rest = line;
    jwkeep_span bytes = next_word(&rest);
    bool has_accepted = jwkeep_span_equals(next_word(&rest), JWKEEP_SPAN("+"));
    http_reader_init(&reader);
    if (http_reader_read(&reader, bytes) != HTTP_READ_COMPLETE)
        return WE_REFUSE;
    const http_request request = {&reader, bytes.data};
    if (has_accepted)
        return is_same(&request, rest) ? BOTH_ACCEPT : FAULT;
    return jwkeep_span_equals(next_word(&rest), JWKEEP_SPAN("HPE_INVALID_METHOD"))
               ? MEANT_DIFFERENCE
               : FAULT;
}

static void never_accepts_what_llhttp_refuses_nor_reads_it_differently(void **state) {
    (void)state;
    size_t counts[FAULT + 1] = {0};
    char line[2048];
    FILE *record = fopen(RECORD, "r");
    assert_non_null(record);
    while (fgets(line, sizeof line, record)) {
        char *copy = strdup(line);
        finding found = line[0] == '#' ? WE_REFUSE : compare(line);
        counts[found]++;
        if (found == FAULT)
            print_error("read differently: %s", copy);
        free(copy);
    }
    fclose(record);
    assert_int_equal(counts[FAULT], 0);
    assert_true(counts[BOTH_ACCEPT] >= LEAST_ACCEPTED);
    print_message("%zu accepted by both, %zu refused here, %zu of a method unknown there\n",
                  counts[BOTH_ACCEPT], counts[WE_REFUSE], counts[MEANT_DIFFERENCE]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_accepts_what_llhttp_refuses_nor_reads_it_differently),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
