/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns reading a webhook's options out of its section, and the places of its faults. */
#include "server/config/webhook.h"
#include "server/config/compose.h"
#include <stdio.h>
#include <string.h>

/* Keys of the file under which a field of the options may stand, but for its own name. */
static const struct {
    const char *field;
    const char *key;
} OTHER_NAMES[] = {
    {"secret", "secret_file"},
    {"old_secret", "old_secret_file"},
    {"pinned_key", "pinned_keys"},
};

static config_place place_of(const config_webhook *section, const char *field) {
    const config_node *node = field ? config_member(section->node, field) : NULL;
    for (size_t i = 0; field && !node && i < sizeof OTHER_NAMES / sizeof *OTHER_NAMES; i++)
        if (strcmp(field, OTHER_NAMES[i].field) == 0)
            node = config_member(section->node, OTHER_NAMES[i].key);
    return node ? node->place : section->node->place;
}

static bool check_headers(const config_webhook *section, config_fault *fault) {
    const config_request_header *headers = section->request_headers.items;
    for (size_t i = 0; i < section->request_headers.count; i++)
        if (!headers[i].value)
            return config_fail(fault, headers[i].node->place,
                               "a request header needs \"value\" or \"value_file\"");
    return true;
}

/* What may be done with the options, while the texts they point to are there. */
typedef jwkeep_code (*use)(void *user, const jwkeep_webhook_options *options,
                           const config_webhook *section, jwkeep_error *error);

static bool with_options(const config_webhook *section, use use_them, void *user,
                         config_fault *fault) {
    config_composed texts;
    jwkeep_error error = {0};
    const char *wrong =
        config_compose(&section->pinned_keys, &section->request_headers, &texts);
    jwkeep_code code = JWKEEP_OK;
    if (!wrong) {
        jwkeep_webhook_options options = section->options;
        options.pinned_key = config_composed_pins(&texts);
        options.request_headers = (const char *const *)texts.lines;
        options.request_header_count = texts.line_count;
        code = use_them(user, &options, section, &error);
    }
    config_composed_done(&texts);
    if (wrong)
        return config_fail(fault, place_of(section, "pinned_key"), "%s", wrong);
    return code == JWKEEP_OK ||
           config_fail(fault, place_of(section, error.where), "%s%s%s",
                       error.where ? error.where : "", error.where ? ": " : "", error.text);
}

static jwkeep_code check(void *user, const jwkeep_webhook_options *options,
                         const config_webhook *section, jwkeep_error *error) {
    (void)user;
    (void)section;
    return jwkeep_webhook_check(options, error);
}

bool config_webhook_check(const config_webhook *section, config_fault *ret_fault) {
    return !section->node ||
           (check_headers(section, ret_fault) && with_options(section, check, NULL, ret_fault));
}

static jwkeep_code apply(void *user, const jwkeep_webhook_options *options,
                         const config_webhook *section, jwkeep_error *error) {
    return event_webhook_configure(user, options, section->events, error);
}

bool config_webhook_apply(const config_webhook *section, event_webhook *webhook,
                          config_fault *ret_fault) {
    if (section->node)
        return with_options(section, apply, webhook, ret_fault);
    jwkeep_error error;
    return event_webhook_configure(webhook, NULL, 0, &error) == JWKEEP_OK ||
           config_fail(ret_fault, (config_place){0}, "%s", error.text);
}
