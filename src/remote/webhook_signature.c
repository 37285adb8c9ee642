/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the signature of an event: HMAC-SHA256 over id, time of the attempt and body. */
#include "codec/base64.h"
#include "crypto/stream.h"
#include "remote/webhook.h"
#include <inttypes.h>
#include <stdio.h>

#define HEAD_BYTES (JWKEEP_WEBHOOK_MAX_ID_BYTES + 32u) /* "ID.TIMESTAMP." */
#define VERSION "v1,"
#define SIGNATURE_CHARACTERS 44u /* of 32 bytes in base64 */
#define LINE_NAME "webhook-signature:"

_Static_assert(sizeof LINE_NAME +
                       JK_WEBHOOK_MAX_SECRETS * (1 + sizeof VERSION + SIGNATURE_CHARACTERS) <=
                   sizeof((jk_webhook_lines *)0)->signature,
               "a line has room for a signature of each secret");

static jwkeep_code feed(jk_stream *stream, jwkeep_span head, jwkeep_span body,
                        uint8_t ret_tag[JK_DIGEST_MAX_BYTES], size_t *ret_size,
                        jwkeep_error *error) {
    jwkeep_code code = jk_stream_feed(stream, head, error);
    if (code == JWKEEP_OK)
        code = jk_stream_feed(stream, body, error);
    return code ? code : jk_stream_finish(stream, ret_tag, ret_size, error);
}

/* Appends " v1,SIGNATURE" to a line that has room for it. */
static jwkeep_code append_signature(const jk_key *key, jwkeep_span head, jwkeep_span body,
                                    char *line, jwkeep_error *error) {
    jk_stream *stream;
    uint8_t tag[JK_DIGEST_MAX_BYTES];
    size_t size = 0;
    jwkeep_code code = jk_stream_new(key, JWKEEP_ALGORITHM_HS256, &stream, error);
    if (code)
        return code;
    code = feed(stream, head, body, tag, &size, error);
    jk_stream_free(stream);
    if (code)
        return code;
    char *at = line + strlen(line);
    memcpy(at, " " VERSION, sizeof VERSION);
    at += sizeof VERSION;
    jk_base64_encode(jwkeep_span_of(tag, size), at);
    at[jk_base64_encoded_size(size)] = '\0';
    return JWKEEP_OK;
}

jwkeep_code jk_webhook_sign(const jk_webhook_settings *settings, jwkeep_span id,
                            jwkeep_span body, int64_t now_s, jk_webhook_lines *ret_lines,
                            jwkeep_error *error) {
    jk_webhook_lines lines;
    char head[HEAD_BYTES];
    int head_size = snprintf(head, sizeof head, "%.*s.%" PRId64 ".", (int)id.size,
                             (const char *)id.data, now_s);
    snprintf(lines.id, sizeof lines.id, "webhook-id: %.*s", (int)id.size,
             (const char *)id.data);
    snprintf(lines.timestamp, sizeof lines.timestamp, "webhook-timestamp: %" PRId64, now_s);
    snprintf(lines.signature, sizeof lines.signature, LINE_NAME);
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = 0; code == JWKEEP_OK && i < JK_WEBHOOK_MAX_SECRETS; i++)
        if (settings->keys[i])
            code = append_signature(settings->keys[i], jwkeep_span_of(head, (size_t)head_size),
                                    body, lines.signature, error);
    if (code == JWKEEP_OK)
        *ret_lines = lines;
    return code;
}
