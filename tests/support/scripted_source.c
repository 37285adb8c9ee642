/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns one source in a scripted world. */
#include "support/scripted_source.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void on_event(void *user, const jwkeep_event *event) {
    fixture *f = user;
    if (f->event_count == MAX_EVENTS)
        return;
    seen_event *seen = &f->events[f->event_count++];
    *seen = (seen_event){.kind = event->kind, .trigger = event->trigger, .count = event->count};
    if (event->error)
        seen->code = event->error->code;
    if (event->key && jwkeep_jwk_kid(event->key).size)
        seen->kid = (char)jwkeep_jwk_kid(event->key).data[0];
    if (event->skip)
        seen->code = event->skip->why.code;
}

size_t scripted_count(const fixture *f, jwkeep_event_kind kind, char kid) {
    size_t count = 0;
    for (size_t i = 0; i < f->event_count; i++)
        count += f->events[i].kind == kind && (!kid || f->events[i].kid == kid);
    return count;
}

jwkeep_source_options scripted_options(fixture *f) {
    jwkeep_source_options options;
    jwkeep_source_options_init(&options);
    options.url = "https://issuer.test/jwks";
    options.on_event = on_event;
    options.user = f;
    return options;
}

int scripted_set_up_bare(void **state) {
    fixture *f = calloc(1, sizeof *f);
    if (!f || !(f->refresher = script_refresher(&f->world, 0)))
        return -1;
    *state = f;
    return 0;
}

int scripted_set_up(void **state) {
    if (scripted_set_up_bare(state))
        return -1;
    fixture *f = *state;
    jwkeep_source_options options = scripted_options(f);
    return jwkeep_source_new(f->refresher, &options, &f->source, NULL) ? -1 : 0;
}

void scripted_load(fixture *f, const char *letters) {
    jwkeep_source_refresh(f->source);
    script_pass(&f->world, f->refresher, 0);
    script_answer_keys(&f->world, f->refresher, letters);
}

int scripted_set_up_loaded(void **state) {
    if (scripted_set_up(state))
        return -1;
    fixture *f = *state;
    scripted_load(f, "ab");
    f->event_count = 0;
    return jwkeep_source_check(f->source) == JWKEEP_OK ? 0 : -1;
}

int scripted_tear_down(void **state) {
    fixture *f = *state;
    jwkeep_source_free(f->source);
    jwkeep_refresher_free(f->refresher);
    int result = f->world.is_freed ? 0 : -1;
    free(f);
    return result;
}

static void count_notification(void *user) {
    ((fixture *)user)->notified++;
}

jwkeep_code scripted_begin(fixture *f, const char *kid, uint32_t timeout_ms,
                           jwkeep_lookup **ret_lookup) {
    return jwkeep_source_lookup_begin(f->source, jwkeep_span_text(kid), timeout_ms,
                                      count_notification, f, ret_lookup, NULL);
}

/* Begins a lookup that must wait. */
jwkeep_lookup *scripted_wait(fixture *f, const char *kid) {
    jwkeep_lookup *lookup = NULL;
    assert_int_equal(scripted_begin(f, kid, 60 * SECOND, &lookup), JWKEEP_PENDING);
    script_pass(&f->world, f->refresher, 0);
    return lookup;
}

jwkeep_code scripted_end(jwkeep_lookup *lookup) {
    jwkeep_code code = jwkeep_lookup_result(lookup, NULL);
    jwkeep_lookup_free(lookup);
    return code;
}

bool scripted_has(fixture *f, const char *kid) {
    jwkeep_jwk *key = jwkeep_keyring_find(jwkeep_source_ring(f->source), jwkeep_span_text(kid));
    jwkeep_jwk_unref(key);
    return key;
}

jwkeep_source_status scripted_status(const fixture *f) {
    jwkeep_source_status status;
    jwkeep_source_status_get(f->source, &status);
    return status;
}

/* The keys of `letters` after `others`. */
const char *scripted_mix(const char *others, const char *letters) {
    static char text[16384];
    snprintf(text, sizeof text, "{\"keys\":[%s,%s", others,
             script_keys(letters) + strlen("{\"keys\":["));
    return text;
}
