/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns fuzzing a configuration from its text to its checks: one that is refused says what is
 * wrong and where in the text; one that is taken comes out alike when it is read again. Files
 * named in it are not opened. */
#include "base/attributes.h"
#include "server/config/config.h"
#include <stdlib.h>
#include <string.h>

#define MAX_ARENA_BYTES (64u << 20)

#define CHECK(claim)                                                                           \
    do {                                                                                       \
        if (!(claim))                                                                          \
            abort();                                                                           \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *get_variable(const char *name) {
    static const char *const variables[][2] = {
        {"A", "a"}, {"EMPTY", ""}, {"NUMBER", "7"}, {"YAML", "a: [b, {c: *d}]\n- ${A}"}};
    for (size_t i = 0; i < JK_COUNT_OF(variables); i++)
        if (strcmp(name, variables[i][0]) == 0)
            return variables[i][1];
    return NULL;
}

/* Whether a file would be read for its text. The depth of a tree is bounded. */
static bool names_a_file(const config_node *node) { // NOLINT(misc-no-recursion)
    static const char *const keys[] = {"value_file", "secret_file"};
    for (size_t i = 0; i < JK_COUNT_OF(keys); i++)
        if (config_member(node, keys[i]))
            return true;
    for (const config_node *member = node->first; member; member = member->next)
        if (names_a_file(member))
            return true;
    return false;
}

typedef struct outcome {
    bool is_taken;
    bool is_skipped;
    config_fault fault;
    jwkeep_buffer written; /* all that was read */
} outcome;

static void read_config(jwkeep_span text, outcome *it) {
    jk_arena arena;
    config_settings settings;
    const config_node *root = NULL;
    *it = (outcome){0};
    jk_arena_init(&arena, MAX_ARENA_BYTES);
    jwkeep_buffer_init(&it->written, MAX_ARENA_BYTES);
    bool is_read = config_document_read(text, &arena, get_variable, &root, &it->fault);
    it->is_skipped = is_read && names_a_file(root);
    it->is_taken =
        is_read && !it->is_skipped &&
        config_shape_read(&CONFIG_SETTINGS_SHAPE, root, &settings, &arena, &it->fault) &&
        config_check(&settings, &it->fault);
    if (it->is_taken)
        CHECK(config_shape_write(&CONFIG_SETTINGS_SHAPE, &settings, &it->written) == JWKEEP_OK);
    jk_arena_done(&arena);
}

/* A place is in the text, or just behind it. Lines end in YAML with LF and CR, and with NEL, LS
 * and PS, of which these are the last bytes. */
static void check_fault(const config_fault *fault, jwkeep_span text) {
    size_t lines = 1;
    for (size_t i = 0; i < text.size; i++)
        lines += memchr("\n\r\x85\xa8\xa9", text.data[i], 5) != NULL;
    CHECK(fault->text[0] != '\0' && memchr(fault->text, '\0', CONFIG_FAULT_BYTES));
    CHECK(fault->place.line <= lines + 1 && fault->place.column <= text.size + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    jwkeep_span text = jwkeep_span_of(data, size);
    outcome first;
    outcome second;
    read_config(text, &first);
    read_config(text, &second);
    CHECK(first.is_taken == second.is_taken && first.is_skipped == second.is_skipped);
    CHECK(jwkeep_span_equals(jwkeep_buffer_span(&first.written),
                             jwkeep_buffer_span(&second.written)));
    if (!first.is_taken && !first.is_skipped) {
        CHECK(strcmp(first.fault.text, second.fault.text) == 0);
        check_fault(&first.fault, text);
    }
    jwkeep_buffer_done(&first.written);
    jwkeep_buffer_done(&second.written);
    return 0;
}
