/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the way from a URL or an issuer to a parsed key set: discovery where it is needed, the
 * next URL where one fails, the conditional request, the parsing, and what the next download
 * must know (validators, the discovered URL). Decides nothing about when. All calls from the
 * transport's thread. */
#ifndef JK_REMOTE_DOWNLOAD_H
#define JK_REMOTE_DOWNLOAD_H

#include "remote/environment.h"
#include <jwkeep/keyset.h>
#include <jwkeep/source.h>

#define JK_DISCOVERY_MAX_FAILURES 3u

/* How a download ended; borrowed by the callback for its duration. */
typedef struct jk_download_result {
    jwkeep_error error;
    bool is_not_modified; /* OK: what was parsed last is still right */
    jwkeep_keyset *set;   /* OK and not that: nobody else holds it yet */
    size_t skipped;
    int64_t lifetime_s;    /* OK: clamped */
    int64_t retry_after_s; /* failed: 0 if the server did not say */
} jk_download_result;

typedef struct jk_download_options {
    const char *url;            /* or, if NULL, */
    const char *issuer;         /* discover it */
    char *const *fallback_urls; /* after `url`; borrowed */
    size_t fallback_count;
    uint32_t rediscovery_s;
    const jk_route *route; /* borrowed */
    bool allows_http_loopback;
    uint32_t connect_timeout_ms;
    uint32_t fetch_timeout_ms;
    jk_lifetime_limits lifetime;
    jwkeep_limits limits;
    void (*on_skip)(void *user, const jwkeep_keyset_skip *skip);
    void (*on_done)(void *user, const jk_download_result *result);
    void *user;
} jk_download_options;

/* Private. */
typedef struct jk_download {
    const jk_environment *environment;
    jk_download_options options; /* its texts are borrowed */
    jk_transfer *transfer;       /* while there is one */
    int64_t deadline_ms;
    bool is_forced;
    size_t url_index; /* of the URL that is asked for keys: 0 is the first, or the discovered */
    size_t answer_index;        /* of the one that answered last */
    size_t tried;               /* of them, in this download */
    jwkeep_error first_failure; /* in this download */
    int64_t retry_after_s;      /* the longest that was asked for in this download */
    unsigned metadata;          /* jk_metadata: the document that answered last */
    unsigned metadata_tried;    /* of them, in this download */
    char *discovered_url;
    int64_t discovered_at_ms;
    uint32_t failures;       /* in a row, at the discovered URL */
    size_t validators_index; /* of the URL that gave these two */
    char *etag;
    char *last_modified;
} jk_download;

void jk_download_init(jk_download *download, const jk_download_options *options,
                      const jk_environment *environment);

/* Cancels, and frees what it keeps. */
void jk_download_done(jk_download *download);

/* Begins; `on_done` is called once, later, unless it is cancelled.
 * Errors: OUT_OF_MEMORY, SYSTEM_FAILED, TRANSPORT_URL. */
JWKEEP_MUST_USE jwkeep_code jk_download_start(jk_download *download, bool is_forced,
                                              jwkeep_error *error);

void jk_download_cancel(jk_download *download);

/* The set that came last could not be used: the next download asks for it anew. */
void jk_download_forget(jk_download *download);

#endif
