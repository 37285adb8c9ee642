/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the pool of sources. */
#include "server/config/pool.h"
#include "base/error.h"
#include "server/config/compose.h"
#include <stdio.h>
#include <stdlib.h>

#define MAX_DESCRIPTION_BYTES (1u << 20)

struct config_kept {
    config_kept *next;
    config_pool *pool;
    jwkeep_source *source;
    size_t users;
    char *description; /* of everything configured about it */
    size_t description_size;
    char name[POLICY_MAX_NAME_BYTES + 1];
};

struct config_pool {
    jwkeep_refresher *refresher;
    bool is_idle;
    config_kept *first;
    config_on_event on_event;
    void *user;
};

jwkeep_code config_pool_new(size_t max_downloads, bool is_idle, config_on_event on_event,
                            void *user, config_pool **ret_pool, jwkeep_error *error) {
    config_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    pool->is_idle = is_idle;
    pool->on_event = on_event;
    pool->user = user;
    jwkeep_code code = jwkeep_refresher_new(max_downloads, &pool->refresher, error);
    if (code != JWKEEP_OK) {
        free(pool);
        return code;
    }
    *ret_pool = pool;
    return JWKEEP_OK;
}

void config_pool_free(config_pool *pool) {
    if (!pool)
        return;
    jwkeep_refresher_free(pool->refresher);
    free(pool);
}

static void tell(void *user, const jwkeep_event *event) {
    const config_kept *kept = user;
    if (kept->pool->on_event)
        kept->pool->on_event(kept->pool->user, kept->name, event);
}

static jwkeep_source_options options_of(const config_issuer *issuer,
                                        const config_composed *texts, config_kept *kept) {
    jwkeep_source_options options = issuer->source.options;
    options.url = issuer->jwks_url;
    options.issuer = issuer->jwks_url ? NULL : issuer->issuer;
    options.fallback_urls = issuer->source.fallback_urls.items;
    options.fallback_count = issuer->source.fallback_urls.count;
    options.pinned_key = config_composed_pins(texts);
    options.request_headers = (const char *const *)texts->lines;
    options.request_header_count = texts->line_count;
    options.on_event = tell;
    options.user = kept;
    return options;
}

/* Where in the file the field stands that the library refuses. */
static config_place place_of(const config_issuer *issuer, const char *field) {
    const config_node *node = field ? config_member(issuer->source.node, field) : NULL;
    if (!node)
        node = config_member(issuer->node, issuer->jwks_url ? "jwks_url" : "issuer");
    return node->place;
}

static bool open_source(config_pool *pool, const config_issuer *issuer, bool is_eager,
                        const jwkeep_limits *limits, config_kept *kept, config_fault *fault) {
    config_composed texts;
    jwkeep_error error = {0};
    jwkeep_code code = JWKEEP_OK;
    const char *wrong =
        config_compose(&issuer->source.pinned_keys, &issuer->source.request_headers, &texts);
    if (!wrong) {
        jwkeep_source_options options = options_of(issuer, &texts, kept);
        options.is_eager = is_eager && !pool->is_idle;
        options.limits = limits;
        code = jwkeep_source_new(pool->refresher, &options, &kept->source, &error);
    }
    config_composed_done(&texts);
    if (wrong)
        return config_fail(fault, place_of(issuer, "pinned_keys"), "%s", wrong);
    if (code == JWKEEP_OK)
        return true;
    const char *field = error.where ? error.where : "";
    return config_fail(fault, place_of(issuer, error.where), "%s%s%s", field,
                       *field ? ": " : "", error.text ? error.text : jwkeep_code_text(code));
}

static config_kept *new_kept(config_pool *pool, const config_issuer *issuer,
                             const jwkeep_buffer *description) {
    config_kept *kept = calloc(1, sizeof *kept);
    char *copy = kept ? malloc(description->size) : NULL;
    if (!copy) {
        free(kept);
        return NULL;
    }
    memcpy(copy, description->data, description->size);
    kept->pool = pool;
    kept->description = copy;
    kept->description_size = description->size;
    snprintf(kept->name, sizeof kept->name, "%s", issuer->name);
    return kept;
}

static void free_kept(config_kept *kept) {
    if (kept->description)
        explicit_bzero(kept->description, kept->description_size);
    free(kept->description);
    free(kept);
}

static config_kept *find(const config_pool *pool, const jwkeep_buffer *description) {
    for (config_kept *kept = pool->first; kept; kept = kept->next)
        if (kept->description_size == description->size &&
            memcmp(kept->description, description->data, description->size) == 0)
            return kept;
    return NULL;
}

static config_kept *make(config_pool *pool, const config_issuer *issuer, bool is_eager,
                         const jwkeep_limits *limits, const jwkeep_buffer *description,
                         config_fault *fault) {
    config_kept *kept = new_kept(pool, issuer, description);
    if (!kept) {
        config_fail(fault, issuer->node->place, "out of memory");
        return NULL;
    }
    if (!open_source(pool, issuer, is_eager, limits, kept, fault)) {
        free_kept(kept);
        return NULL;
    }
    kept->next = pool->first;
    pool->first = kept;
    return kept;
}

bool config_pool_take(config_pool *pool, const config_issuer *issuer, bool is_eager,
                      const jwkeep_limits *limits, config_kept **ret_kept,
                      config_fault *ret_fault) {
    jwkeep_buffer description;
    config_kept *kept = NULL;
    jwkeep_buffer_init(&description, MAX_DESCRIPTION_BYTES);
    if (config_shape_write(&CONFIG_ISSUER_SHAPE, issuer, &description) != JWKEEP_OK ||
        jwkeep_buffer_append(&description, jwkeep_span_of(limits, sizeof *limits)) != JWKEEP_OK)
        config_fail(ret_fault, issuer->node->place, "out of memory, or a text is not UTF-8");
    else if (!(kept = find(pool, &description)))
        kept = make(pool, issuer, is_eager, limits, &description, ret_fault);
    jwkeep_buffer_done(&description);
    if (!kept)
        return false;
    kept->users++;
    *ret_kept = kept;
    return true;
}

void config_pool_give_back(config_pool *pool, config_kept *kept) {
    if (!kept || --kept->users > 0)
        return;
    config_kept **link = &pool->first;
    while (*link != kept)
        link = &(*link)->next;
    *link = kept->next;
    jwkeep_source_free(kept->source);
    free_kept(kept);
}

jwkeep_source *config_kept_source(const config_kept *kept) {
    return kept->source;
}
