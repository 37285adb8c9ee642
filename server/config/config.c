/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns loading a configuration file. */
#include "server/config/config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of the tree and all values: the file is bounded, and a node is larger than its text. */
#define MAX_ARENA_BYTES (256u << 20)

struct config {
    jk_arena arena;
    config_settings settings;
};

static const char *get_variable(const char *name) {
    return getenv(name);
}

static bool load(config *it, const char *path, config_fault *ret_fault) {
    jwkeep_span bytes;
    const config_node *root;
    if (!config_file_read(path, CONFIG_MAX_BYTES, &it->arena, &bytes))
        return config_fail(ret_fault, (config_place){0}, "%s", strerrordesc_np(errno));
    return config_document_read(bytes, &it->arena, get_variable, &root, ret_fault) &&
           config_shape_read(&CONFIG_SETTINGS_SHAPE, root, &it->settings, &it->arena,
                             ret_fault) &&
           config_check(&it->settings, ret_fault);
}

bool config_load(const char *path, config **ret_config, config_fault *ret_fault) {
    config *it = calloc(1, sizeof *it);
    if (!it)
        return config_fail(ret_fault, (config_place){0}, "out of memory");
    jk_arena_init(&it->arena, MAX_ARENA_BYTES);
    if (!load(it, path, ret_fault)) {
        config_free(it);
        return false;
    }
    *ret_config = it;
    return true;
}

void config_free(config *it) {
    if (!it)
        return;
    jk_arena_done(&it->arena);
    free(it);
}

const config_settings *config_get(const config *it) {
    return &it->settings;
}
