/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the form of a diagnostic line. */
#include "cli/report.h"
#include <stdarg.h>

exit_status status_of(jwkeep_code code) {
    switch (jwkeep_code_class(code)) {
    case JWKEEP_CLASS_OK:
        return STATUS_YES;
    case JWKEEP_CLASS_REJECTED:
        return STATUS_NO;
    case JWKEEP_CLASS_KEY_UNAVAILABLE:
    case JWKEEP_CLASS_TRANSPORT:
        return STATUS_UNDECIDED;
    case JWKEEP_CLASS_MISUSE:
        return STATUS_USAGE;
    case JWKEEP_CLASS_INTERNAL:
        break;
    }
    return STATUS_INTERNAL;
}

__attribute__((format(printf, 1, 0))) static void print_line(const char *format,
                                                             va_list arguments) {
    flockfile(stderr);
    fputs("jwkeep: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    funlockfile(stderr);
}

exit_status report_usage(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments);
    va_end(arguments);
    return STATUS_USAGE;
}

exit_status report_internal(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments);
    va_end(arguments);
    return STATUS_INTERNAL;
}

void report_note(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments);
    va_end(arguments);
}

void report_words(FILE *out, const jwkeep_error *error) {
    const char *before = " (";
    fputs(error->text, out);
    if (error->where) {
        fprintf(out, "%s%s", before, error->where);
        before = ", ";
    }
    if (error->offset != JWKEEP_NO_OFFSET) {
        fprintf(out, "%sbyte %zu", before, error->offset);
        before = ", ";
    }
    if (error->clause) {
        fprintf(out, "%s%s", before, error->clause);
        before = ", ";
    }
    fprintf(out, "%s [%s]", before[0] == ',' ? ")" : "", jwkeep_code_name(error->code));
}

exit_status report_failure(const char *what, const jwkeep_error *error) {
    flockfile(stderr);
    fprintf(stderr, "jwkeep: %s: ", what);
    report_words(stderr, error);
    fputc('\n', stderr);
    funlockfile(stderr);
    return status_of(error->code);
}

/* Bytes of the well-formed sign of UTF-8 at `text` (RFC 3629 §4), 0 if there is none, or if it
 * is a control character of C1. */
static size_t sign_size(jwkeep_span text) {
    uint8_t first = text.data[0];
    if (first >= 0x20 && first < 0x7f)
        return 1;
    size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size < size)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if ((text.data[i] & 0xc0) != 0x80)
            return 0;
    }
    uint8_t second = text.data[1];
    bool is_outside = (first == 0xc2 && second < 0xa0) || (first == 0xe0 && second < 0xa0) ||
                      (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
                      (first == 0xf4 && second > 0x8f);
    return is_outside ? 0 : size;
}

void report_safely(FILE *out, jwkeep_span text) {
    while (text.size > 0) {
        size_t size = sign_size(text);
        if (size > 0)
            fwrite(text.data, 1, size, out);
        else
            fprintf(out, "\\x%02x", text.data[0]);
        size_t taken = size > 0 ? size : 1;
        text = jwkeep_span_of(text.data + taken, text.size - taken);
    }
}

size_t report_columns(jwkeep_span text) {
    size_t columns = 0;
    while (text.size > 0) {
        size_t size = sign_size(text);
        size_t taken = size > 0 ? size : 1;
        columns += size > 0 ? 1 : 4;
        text = jwkeep_span_of(text.data + taken, text.size - taken);
    }
    return columns;
}
