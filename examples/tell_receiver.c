/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps an issuer's keys fresh, and tells a receiver of each that comes or goes: events of a
 * source, written as JSON, delivered by a webhook. Goes on until standard input ends.
 * Usage: tell_receiver ISSUER RECEIVER SECRET (plain http to loopback addresses is taken) */
#include <jwkeep/jwkeep.h>
#include <stdio.h>

#define EVENT_BYTES 1024
#define DRAIN_MS 10000

struct teller {
    jwkeep_webhook *webhook;
    unsigned count; /* one thread's: that of the source's refresher */
};

static int refuse(const char *what, const jwkeep_error *error) {
    fprintf(stderr, "%s: %s%s%s\n", what, error->where ? error->where : "",
            error->where ? ": " : "", error->text);
    return 1;
}

static jwkeep_code write_event(const char *type, const jwkeep_jwk *key, jwkeep_buffer *event) {
    jwkeep_json_writer writer;
    jwkeep_json_writer_init(&writer, event);
    jwkeep_json_write_object(&writer);
    jwkeep_json_write_member_string(&writer, "type", jwkeep_span_text(type));
    jwkeep_json_write_member_string(&writer, "thumbprint", jwkeep_jwk_thumbprint_text(key));
    jwkeep_json_write_end(&writer);
    return jwkeep_json_writer_finish(&writer);
}

/* Nobody waits here: the event is queued, and delivered by the webhook's own thread. */
static void on_event(void *user, const jwkeep_event *happened) {
    struct teller *teller = user;
    uint8_t room[EVENT_BYTES];
    char id[32];
    jwkeep_buffer event;
    if (happened->kind != JWKEEP_EVENT_KEY_ADDED && happened->kind != JWKEEP_EVENT_KEY_REMOVED)
        return;
    const char *type = happened->kind == JWKEEP_EVENT_KEY_ADDED ? "key_added" : "key_removed";
    jwkeep_buffer_init_fixed(&event, room, sizeof room);
    snprintf(id, sizeof id, "evt_%u", ++teller->count);
    jwkeep_error error;
    if (write_event(type, happened->key, &event) != JWKEEP_OK ||
        jwkeep_webhook_post(teller->webhook, jwkeep_span_text(id),
                            jwkeep_span_of(event.data, event.size), &error) != JWKEEP_OK)
        fprintf(stderr, "an event is lost\n"); /* and counted */
}

static void on_failure(void *user, const jwkeep_webhook_failure *failure) {
    (void)user;
    fprintf(stderr, "not delivered: %.*s after %u attempts: %s\n", (int)failure->id.size,
            (const char *)failure->id.data, failure->attempts, failure->error->text);
}

static jwkeep_code make_webhook(const char *url, const char *secret,
                                jwkeep_webhook **ret_webhook, jwkeep_error *error) {
    jwkeep_webhook_options options;
    jwkeep_webhook_options_init(&options);
    options.url = url;
    options.allows_http_loopback = true;
    options.secret = secret;
    options.attempts = 2;
    options.on_failure = on_failure;
    return jwkeep_webhook_new(&options, ret_webhook, error);
}

static jwkeep_code keep_keys(jwkeep_refresher *refresher, const char *issuer,
                             struct teller *teller, jwkeep_source **ret_source,
                             jwkeep_error *error) {
    jwkeep_source_options options;
    jwkeep_source_options_init(&options);
    options.issuer = issuer;
    options.allows_http_loopback = true;
    options.on_event = on_event;
    options.user = teller;
    jwkeep_code code = jwkeep_source_new(refresher, &options, ret_source, error);
    /* No `kid`: any set at all. */
    return code ? code : jwkeep_source_lookup(*ret_source, JWKEEP_SPAN_NONE, 0, error);
}

static int run(const char *issuer, struct teller *teller) {
    jwkeep_error error;
    jwkeep_refresher *refresher = NULL;
    jwkeep_source *source = NULL;
    jwkeep_code code = jwkeep_refresher_new(0, &refresher, &error);
    if (code == JWKEEP_OK)
        code = keep_keys(refresher, issuer, teller, &source, &error);
    while (code == JWKEEP_OK && getchar() != EOF)
        ;
    jwkeep_source_free(source);
    jwkeep_refresher_free(refresher);
    return code == JWKEEP_OK ? 0 : refuse(issuer, &error);
}

int main(int argc, char **argv) {
    struct teller teller = {0};
    jwkeep_error error;
    if (argc != 4) {
        fprintf(stderr, "usage: tell_receiver ISSUER RECEIVER SECRET\n");
        return 2;
    }
    if (make_webhook(argv[2], argv[3], &teller.webhook, &error) != JWKEEP_OK)
        return refuse("no webhook", &error);
    int status = run(argv[1], &teller);
    size_t left = jwkeep_webhook_drain(teller.webhook, DRAIN_MS);
    jwkeep_webhook_status told;
    jwkeep_webhook_status_get(teller.webhook, &told);
    jwkeep_webhook_free(teller.webhook);
    printf("%llu told, %llu given up, %zu left\n", (unsigned long long)told.delivered,
           (unsigned long long)told.failed, left);
    return status == 0 && told.failed == 0 && left == 0 ? 0 : 1;
}
