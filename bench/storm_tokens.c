/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the minting of many distinct tokens, on all cores, beforehand. */
#include "bench/storm.h"
#include <jwkeep/jws.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_SUB_BYTES 32
#define TTL_S 7200

/* One thread's share. */
struct mint {
    dev_issuer *issuer;
    jwkeep_algorithm algorithm;
    storm_token *items;
    size_t first;
    size_t count;
    jwkeep_buffer *buffer; /* tokens, and behind each its `sub` */
    jwkeep_code code;
    bool is_started;
    pthread_t thread;
};

static jwkeep_code mint_one(struct mint *self, size_t index, size_t *ret_sub_size) {
    char sub[MAX_SUB_BYTES];
    int size = snprintf(sub, sizeof sub, "storm-%zu", self->first + index);
    dev_issuer_request request = {
        .sub = jwkeep_span_of(sub, (size_t)size), .ttl_s = TTL_S, .algorithm = self->algorithm};
    jwkeep_code code = dev_issuer_mint(self->issuer, &request, self->buffer, NULL);
    *ret_sub_size = (size_t)size;
    return code == JWKEEP_OK ? jwkeep_buffer_append(self->buffer, request.sub) : code;
}

/* The buffer moves while it grows: first sizes, then places. */
static void *mint_share(void *user) {
    struct mint *self = user;
    for (size_t i = 0; i < self->count && self->code == JWKEEP_OK; i++) {
        size_t sub_size = 0;
        size_t start = self->buffer->size;
        self->code = mint_one(self, i, &sub_size);
        self->items[i].bytes.size = self->buffer->size - start - sub_size;
        self->items[i].sub.size = sub_size;
    }
    const uint8_t *place = self->buffer->data;
    for (size_t i = 0; i < self->count && self->code == JWKEEP_OK; i++) {
        self->items[i].bytes.data = place;
        self->items[i].sub.data = place + self->items[i].bytes.size;
        place = self->items[i].sub.data + self->items[i].sub.size;
    }
    return NULL;
}

static jwkeep_code run_shares(struct mint *mints, size_t count, jwkeep_error *error) {
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = 0; i < count; i++)
        mints[i].is_started =
            pthread_create(&mints[i].thread, NULL, mint_share, &mints[i]) == 0;
    for (size_t i = 0; i < count; i++) {
        if (mints[i].is_started)
            pthread_join(mints[i].thread, NULL);
        jwkeep_code share = mints[i].is_started ? mints[i].code : JWKEEP_SYSTEM_FAILED;
        code = code == JWKEEP_OK ? share : code;
    }
    return code == JWKEEP_OK ? JWKEEP_OK : storm_fail(code, error);
}

/* All have one `kid`: that of the issuer's present key. */
static jwkeep_code read_kid(storm_tokens *tokens, jwkeep_buffer *kid, jwkeep_error *error) {
    jwkeep_buffer header;
    jwkeep_json_text *text = NULL;
    jwkeep_buffer_init(&header, JWKEEP_MAX_HEADER_BYTES);
    jwkeep_code code =
        jwkeep_jws_decode_insecure(tokens->items[0].bytes, NULL, &header, NULL, error);
    if (code == JWKEEP_OK)
        code = jwkeep_json_parse(jwkeep_buffer_span(&header), NULL, &text, error);
    if (code == JWKEEP_OK) {
        const jwkeep_json *member = jwkeep_json_member(jwkeep_json_root(text), "kid");
        code = jwkeep_buffer_append(kid, jwkeep_json_string(member));
    }
    for (size_t i = 0; i < tokens->count && code == JWKEEP_OK; i++)
        tokens->items[i].kid = jwkeep_buffer_span(kid);
    jwkeep_json_text_free(text);
    jwkeep_buffer_done(&header);
    return code;
}

static jwkeep_code mint_shared(struct mint *mints, size_t threads, const struct mint *whole,
                               storm_tokens *tokens, jwkeep_error *error) {
    for (size_t i = 0; i < threads; i++) {
        size_t first = tokens->count * i / threads;
        mints[i] = *whole;
        mints[i].items = tokens->items + first;
        mints[i].first = first;
        mints[i].count = tokens->count * (i + 1) / threads - first;
        mints[i].buffer = &tokens->buffers[i];
    }
    jwkeep_code code = run_shares(mints, threads, error);
    return code == JWKEEP_OK ? read_kid(tokens, &tokens->buffers[threads], error) : code;
}

jwkeep_code storm_tokens_mint(dev_issuer *issuer, jwkeep_algorithm algorithm, size_t count,
                              size_t threads, storm_tokens *tokens, jwkeep_error *error) {
    struct mint whole = {.issuer = issuer, .algorithm = algorithm};
    struct mint *mints = calloc(threads, sizeof *mints);
    tokens->count = count;
    tokens->items = calloc(count, sizeof *tokens->items);
    tokens->buffers = calloc(threads + 1, sizeof *tokens->buffers);
    tokens->buffer_count = tokens->buffers ? threads + 1 : 0;
    for (size_t i = 0; i < tokens->buffer_count; i++)
        jwkeep_buffer_init(&tokens->buffers[i], count * JWKEEP_MAX_TOKEN_BYTES);
    jwkeep_code code = mints && tokens->items && tokens->buffers
                           ? mint_shared(mints, threads, &whole, tokens, error)
                           : storm_fail(JWKEEP_OUT_OF_MEMORY, error);
    free(mints);
    return code;
}

void storm_tokens_done(storm_tokens *tokens) {
    for (size_t i = 0; i < tokens->buffer_count; i++)
        jwkeep_buffer_done(&tokens->buffers[i]);
    free(tokens->buffers);
    free(tokens->items);
    *tokens = (storm_tokens){0};
}
