/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the delivery of events to an HTTP receiver: a bounded queue, one thread, retries. Each
 * event is a POST of a JSON text that the application wrote, signed as Standard Webhooks 1.0
 * says, so that the receiver can tell who sent it and when:
 *
 *     webhook-id         the event's id, the same in each attempt
 *     webhook-timestamp  seconds since 1970, of this attempt
 *     webhook-signature  "v1," and the base64 of HMAC-SHA256 over ID.TIMESTAMP.BODY; one such
 *                        signature for each secret, separated by spaces
 *
 * Events are delivered one at a time, in order, at least once: when an answer is lost, the
 * receiver sees an event again, with the same id. An answer of 2xx is a receipt. After a failed
 * connection, a timeout, 408, 429 or 5xx the event is tried again; any other answer, a redirect
 * too, ends it. Nothing of an answer but its status and Retry-After is looked at. */
#ifndef JWKEEP_WEBHOOK_H
#define JWKEEP_WEBHOOK_H

#include <jwkeep/error.h>
#include <jwkeep/span.h>
#include <stdbool.h>

JWKEEP_BEGIN

/* Defaults, and the range each may be set to. */
#define JWKEEP_WEBHOOK_CONNECT_TIMEOUT_MS 2000u /* 1–60000 */
#define JWKEEP_WEBHOOK_TIMEOUT_MS 10000u        /* 1–300000; connecting included */
#define JWKEEP_WEBHOOK_ATTEMPTS 8u              /* 1–100 */
#define JWKEEP_WEBHOOK_BACKOFF_MIN_MS 1000u     /* 100–60000 */
#define JWKEEP_WEBHOOK_BACKOFF_MAX_MS 60000u    /* 100–3600000 */
#define JWKEEP_WEBHOOK_RETRY_AFTER_MAX_S 300u   /* 0–3600 */
#define JWKEEP_WEBHOOK_QUEUE_LENGTH 1024u       /* 1–65536 */

#define JWKEEP_WEBHOOK_MAX_ID_BYTES 64u
#define JWKEEP_WEBHOOK_MAX_BODY_BYTES 16384u
#define JWKEEP_WEBHOOK_MIN_SECRET_BYTES 24u
#define JWKEEP_WEBHOOK_MAX_SECRET_BYTES 64u

typedef struct jwkeep_webhook jwkeep_webhook;

/* An event that was given up; all of it is borrowed during the call. */
typedef struct jwkeep_webhook_failure {
    jwkeep_span id;
    uint32_t attempts;
    unsigned status;           /* of the last answer; 0: there was none */
    const jwkeep_error *error; /* of the last attempt */
} jwkeep_webhook_failure;

/* Where events go and how. Fill with jwkeep_webhook_options_init, then set `url` and `secret`.
 * Texts are copied; those that may hold a secret are wiped. */
typedef struct jwkeep_webhook_options {
    size_t struct_size;
    const char *url;           /* https, at most 2048 bytes, without user and fragment */
    bool allows_http_loopback; /* plain http, to a loopback address only */
    /* The URL comes from input: connections are made to public addresses only, as is said at
     * jwkeep_source_options.is_dynamic. */
    bool is_dynamic;
    /* "whsec_" and the base64 of 24 to 64 random bytes. */
    const char *secret;
    const char *old_secret; /* signs as well, while receivers change theirs; NULL: none */

    /* As in jwkeep_source_options; a header line's name must not begin with "webhook-". */
    const char *ca_file;
    const char *pinned_key;
    const char *client_cert_file;
    const char *client_key_file;
    const char *proxy;
    const char *const *request_headers;
    size_t request_header_count;

    uint32_t connect_timeout_ms;
    uint32_t timeout_ms; /* of one attempt */
    uint32_t attempts;   /* for one event */
    /* Between a failed attempt and the next, whichever event that is for: between half of
     * backoff_min_ms and all of it, at random, doubled with each failure in a row, up to
     * backoff_max_ms. */
    uint32_t backoff_min_ms;
    uint32_t backoff_max_ms;
    uint32_t retry_after_max_s; /* the longest Retry-After that is heeded */
    /* Events that wait; one more may be on its way. When one too many comes, the oldest that
     * waits is dropped: what the receiver hears last is how things are. */
    uint32_t queue_length;

    /* Called on the webhook's thread; must return soon and not free the webhook. May be NULL.
     */
    void (*on_failure)(void *user, const jwkeep_webhook_failure *failure);
    void *user;
} jwkeep_webhook_options;

/* Sets every field to its default. Any thread. Never fails. */
JWKEEP_API void jwkeep_webhook_options_init(jwkeep_webhook_options *options);

/* Whether jwkeep_webhook_new would take `options`. Any thread; connects nothing.
 * Errors: MISUSE_ARGUMENT (`where` names the field), TRANSPORT_URL, OUT_OF_MEMORY,
 * CRYPTO_FAILED. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code
jwkeep_webhook_check(const jwkeep_webhook_options *options, jwkeep_error *error);

/* A webhook with a thread of its own, which does nothing until there is an event. In a child of
 * a fork there is no such thread: there nothing is posted, and freeing does nothing.
 * Errors: those of jwkeep_webhook_check, SYSTEM_FAILED. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_webhook_new(const jwkeep_webhook_options *options,
                                                          jwkeep_webhook **ret_webhook,
                                                          jwkeep_error *error);

/* Changes everything it was made with, from the next attempt on: what waits goes to the new
 * URL, and if that is another one, at once. The figures go on. Any thread.
 * Errors: those of jwkeep_webhook_check, MISUSE_STATE (in a child of a fork); nothing has
 * changed then. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_webhook_configure(
    jwkeep_webhook *webhook, const jwkeep_webhook_options *options, jwkeep_error *error);

/* Queues an event, which is copied, and returns at once. `id` tells events apart: letters,
 * digits, '-' and '_'. `body` is a JSON text. Any thread.
 * Errors: MISUSE_ARGUMENT (an id or body that is empty, too long or not of those characters),
 * MISUSE_STATE (drained, or in a child of a fork), OUT_OF_MEMORY. Those that find no room in
 * this way count as dropped. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_webhook_post(jwkeep_webhook *webhook,
                                                           jwkeep_span id, jwkeep_span body,
                                                           jwkeep_error *error);

/* From now on nothing more is taken. Waits, `timeout_ms` at the most, until what is queued was
 * delivered or given up, and gives the number of events that are left. A pause that was due to
 * failures, not to Retry-After, is cut short once. It does not wait for a receiver that is not
 * there: when so many attempts in a row have failed that would be made again, or the next may
 * not be made in time, it returns. Any thread but the webhook's. */
#define JWKEEP_WEBHOOK_DRAIN_FAILURES 2u
JWKEEP_API size_t jwkeep_webhook_drain(jwkeep_webhook *webhook, uint32_t timeout_ms);

/* Cancels the attempt under way, drops what is queued, and ends the thread, within 100 ms. No
 * other thread may be in a call on it. NULL is fine. Not from a callback. */
JWKEEP_API void jwkeep_webhook_free(jwkeep_webhook *webhook);

/* Counts since it was made. Each event that was posted is delivered, failed, dropped or still
 * in the queue. */
typedef struct jwkeep_webhook_status {
    uint64_t delivered;
    uint64_t failed;   /* given up */
    uint64_t dropped;  /* never tried to the end, for want of room */
    uint64_t attempts; /* requests that were made */
    size_t queued;     /* now; one that is on its way included */
    size_t queue_length;
    uint32_t failures_in_row; /* attempts since the last receipt */
    unsigned last_status;     /* of the last attempt; 0: no answer */
    jwkeep_code last_error;   /* likewise; JWKEEP_OK if it was good */
    int64_t last_success_ms;  /* wall clock; 0 before the first */
} jwkeep_webhook_status;

/* Any thread; takes the queue's mutex for a moment. Never fails. */
JWKEEP_API void jwkeep_webhook_status_get(const jwkeep_webhook *webhook,
                                          jwkeep_webhook_status *ret_status);

JWKEEP_END

#endif
