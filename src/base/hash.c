/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns SipHash (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012), with one
 * compression round a word and three at the end. */
#include "base/hash.h"
#include <endian.h>
#include <errno.h>
#include <sys/random.h>

typedef struct sip_state {
    uint64_t v0, v1, v2, v3;
} sip_state;

static inline uint64_t rotate(uint64_t word, unsigned bits) {
    return word << bits | word >> (64 - bits);
}

static inline void mix(sip_state *s, unsigned rounds) {
    for (unsigned i = 0; i < rounds; i++) {
        s->v0 += s->v1;
        s->v2 += s->v3;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 = rotate(s->v0, 32) + s->v3;
        s->v2 += s->v1;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 = rotate(s->v2, 32);
    }
}

static inline uint64_t load_word(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return le64toh(word);
}

/* The last word: up to seven bytes, and the size above them. */
static inline uint64_t load_tail(const uint8_t *bytes, size_t count, size_t size) {
    uint64_t word = (uint64_t)size << 56;
    for (size_t i = 0; i < count; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

static inline uint64_t hash(const jk_hash_key *key, jwkeep_span bytes, unsigned word_rounds,
                            unsigned final_rounds) {
    sip_state s = {key->k0 ^ 0x736f6d6570736575u, key->k1 ^ 0x646f72616e646f6du,
                   key->k0 ^ 0x6c7967656e657261u, key->k1 ^ 0x7465646279746573u};
    const uint8_t *at = bytes.data;
    for (size_t words = bytes.size / 8; words; words--, at += 8) {
        uint64_t word = load_word(at);
        s.v3 ^= word;
        mix(&s, word_rounds);
        s.v0 ^= word;
    }
    uint64_t tail = load_tail(at, bytes.size % 8, bytes.size);
    s.v3 ^= tail;
    mix(&s, word_rounds);
    s.v0 ^= tail;
    s.v2 ^= 0xff;
    mix(&s, final_rounds);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t jk_hash(const jk_hash_key *key, jwkeep_span bytes) {
    return hash(key, bytes, 1, 3);
}

uint64_t jk_hash_rounds(const jk_hash_key *key, jwkeep_span bytes, unsigned word_rounds,
                        unsigned final_rounds) {
    return hash(key, bytes, word_rounds, final_rounds);
}

bool jk_hash_key_random(jk_hash_key *ret_key) {
    jk_hash_key key;
    ssize_t got;
    do
        got = getrandom(&key, sizeof key, 0);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof key)
        return false;
    *ret_key = key;
    return true;
}
