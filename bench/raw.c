/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the loop over OpenSSL. */
#include "bench/raw.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

#define SECRET_BYTES 64u
#define RSA_BITS 2048u
#define MAX_SEGMENT_BYTES 2048u

typedef enum family { HMAC, RSA_PKCS1, RSA_PSS, ECDSA, EDDSA } family;

/* What OpenSSL calls an algorithm. */
typedef struct recipe {
    family family;
    const char *digest; /* NULL for EdDSA */
    const char *curve;  /* or the type of an EdDSA key */
} recipe;

struct raw_key {
    recipe recipe;
    EVP_PKEY *key;
    EVP_PKEY_CTX *verifying;
    EVP_MD *digest;
    EVP_MD_CTX *hashing;
    EVP_MD_CTX *one_shot; /* EdDSA */
    bool is_begun_anew;   /* one_shot must be initialized for each message */
    EVP_MAC_CTX *mac;
    uint8_t secret[SECRET_BYTES];
    size_t secret_size;
};

static recipe recipe_of(jwkeep_algorithm algorithm) {
    static const recipe RECIPES[JWKEEP_ALGORITHM_COUNT] = {
        [JWKEEP_ALGORITHM_HS256] = {HMAC, "SHA256", NULL},
        [JWKEEP_ALGORITHM_HS384] = {HMAC, "SHA384", NULL},
        [JWKEEP_ALGORITHM_HS512] = {HMAC, "SHA512", NULL},
        [JWKEEP_ALGORITHM_RS256] = {RSA_PKCS1, "SHA256", NULL},
        [JWKEEP_ALGORITHM_RS384] = {RSA_PKCS1, "SHA384", NULL},
        [JWKEEP_ALGORITHM_RS512] = {RSA_PKCS1, "SHA512", NULL},
        [JWKEEP_ALGORITHM_PS256] = {RSA_PSS, "SHA256", NULL},
        [JWKEEP_ALGORITHM_PS384] = {RSA_PSS, "SHA384", NULL},
        [JWKEEP_ALGORITHM_PS512] = {RSA_PSS, "SHA512", NULL},
        [JWKEEP_ALGORITHM_ES256] = {ECDSA, "SHA256", "P-256"},
        [JWKEEP_ALGORITHM_ES384] = {ECDSA, "SHA384", "P-384"},
        [JWKEEP_ALGORITHM_ES512] = {ECDSA, "SHA512", "P-521"},
        [JWKEEP_ALGORITHM_ES256K] = {ECDSA, "SHA256", "secp256k1"},
        [JWKEEP_ALGORITHM_EDDSA] = {EDDSA, NULL, "ED25519"},
        [JWKEEP_ALGORITHM_ED25519] = {EDDSA, NULL, "ED25519"},
        [JWKEEP_ALGORITHM_ED448] = {EDDSA, NULL, "ED448"},
    };
    return RECIPES[algorithm];
}

static bool prepare_mac(raw_key *key) {
    char digest[16];
    snprintf(digest, sizeof digest, "%s", key->recipe.digest);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    key->mac = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    return key->mac && EVP_MAC_init(key->mac, key->secret, key->secret_size, params) == 1;
}

static EVP_PKEY *generate(family family_of_key, const char *curve) {
    if (family_of_key == ECDSA)
        return EVP_EC_gen(curve);
    if (family_of_key == EDDSA)
        return EVP_PKEY_Q_keygen(NULL, NULL, curve);
    return EVP_RSA_gen(RSA_BITS);
}

static bool prepare_signature(raw_key *key) {
    key->verifying = key->key ? EVP_PKEY_CTX_new_from_pkey(NULL, key->key, NULL) : NULL;
    if (!key->verifying)
        return false;
    if (key->recipe.family == EDDSA) {
        key->one_shot = EVP_MD_CTX_new();
        return key->one_shot &&
               EVP_DigestVerifyInit_ex(key->one_shot, NULL, NULL, NULL, NULL, key->key, NULL);
    }
    key->hashing = EVP_MD_CTX_new();
    if (!key->hashing || EVP_PKEY_verify_init(key->verifying) != 1 ||
        EVP_PKEY_CTX_set_signature_md(key->verifying, key->digest) != 1)
        return false;
    if (key->recipe.family == RSA_PSS)
        return EVP_PKEY_CTX_set_rsa_padding(key->verifying, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(key->verifying, RSA_PSS_SALTLEN_DIGEST) == 1;
    return true;
}

static bool generate_into(raw_key *key) {
    if (key->recipe.family != HMAC) {
        key->key = generate(key->recipe.family, key->recipe.curve);
        return key->key != NULL;
    }
    key->secret_size = (size_t)EVP_MD_get_size(key->digest);
    return RAND_bytes(key->secret, (int)key->secret_size) == 1;
}

static bool read_into(raw_key *key, jwkeep_span bare) {
    if (key->recipe.family == HMAC) {
        if (bare.size > sizeof key->secret)
            return false;
        memcpy(key->secret, bare.data, bare.size);
        key->secret_size = bare.size;
        return true;
    }
    BIO *memory = BIO_new_mem_buf(bare.data, (int)bare.size);
    key->key = memory ? PEM_read_bio_PUBKEY(memory, NULL, NULL, NULL) : NULL;
    BIO_free(memory);
    return key->key != NULL;
}

/* `bare` absent: a new one. */
static raw_key *make(jwkeep_algorithm algorithm, jwkeep_span bare) {
    raw_key *key = calloc(1, sizeof *key);
    if (!key)
        return NULL;
    key->recipe = recipe_of(algorithm);
    if (key->recipe.digest)
        key->digest = EVP_MD_fetch(NULL, key->recipe.digest, NULL);
    bool is_ready =
        (key->digest || !key->recipe.digest) &&
        (jwkeep_span_is_present(bare) ? read_into(key, bare) : generate_into(key)) &&
        (key->recipe.family == HMAC ? prepare_mac(key) : prepare_signature(key));
    if (is_ready)
        return key;
    raw_key_free(key);
    return NULL;
}

raw_key *raw_key_new(jwkeep_algorithm algorithm) {
    return make(algorithm, JWKEEP_SPAN_NONE);
}

raw_key *raw_key_read(jwkeep_algorithm algorithm, jwkeep_span bare) {
    return jwkeep_span_is_present(bare) ? make(algorithm, bare) : NULL;
}

void raw_key_free(raw_key *key) {
    if (!key)
        return;
    EVP_MAC_CTX_free(key->mac);
    EVP_MD_CTX_free(key->one_shot);
    EVP_MD_CTX_free(key->hashing);
    EVP_PKEY_CTX_free(key->verifying);
    EVP_MD_free(key->digest);
    EVP_PKEY_free(key->key);
    OPENSSL_cleanse(key->secret, sizeof key->secret);
    free(key);
}

static bool write_secret(const raw_key *key, jwkeep_buffer *buffer) {
    unsigned char text[SECRET_BYTES * 2];
    int size = EVP_EncodeBlock(text, key->secret, (int)key->secret_size);
    for (int i = 0; i < size; i++)
        text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
    while (size > 0 && text[size - 1] == '=')
        size--;
    return jwkeep_buffer_append_text(buffer, "{\"kty\":\"oct\",\"k\":\"") == JWKEEP_OK &&
           jwkeep_buffer_append(buffer, jwkeep_span_of(text, (size_t)size)) == JWKEEP_OK &&
           jwkeep_buffer_append_text(buffer, "\"}") == JWKEEP_OK;
}

bool raw_key_write(const raw_key *key, jwkeep_buffer *buffer) {
    if (key->recipe.family == HMAC)
        return write_secret(key, buffer);
    BIO *memory = BIO_new(BIO_s_mem());
    char *text = NULL;
    bool is_written =
        memory && PEM_write_bio_PrivateKey(memory, key->key, NULL, NULL, 0, NULL, NULL) == 1;
    if (is_written) {
        long size = BIO_get_mem_data(memory, &text);
        is_written =
            jwkeep_buffer_append(buffer, jwkeep_span_of(text, (size_t)size)) == JWKEEP_OK;
    }
    BIO_free(memory);
    return is_written;
}

static bool decode_segment(jwkeep_span segment, uint8_t *ret_bytes, size_t *ret_size) {
    unsigned char text[MAX_SEGMENT_BYTES];
    size_t padding = (4 - segment.size % 4) % 4;
    if (segment.size + padding > sizeof text || segment.size / 4 * 3 + 3 > 1024)
        return false;
    for (size_t i = 0; i < segment.size; i++) {
        uint8_t byte = segment.data[i];
        text[i] = byte == '-' ? '+' : byte == '_' ? '/' : byte;
    }
    memset(text + segment.size, '=', padding);
    int size = EVP_DecodeBlock(ret_bytes, text, (int)(segment.size + padding));
    if (size < 0)
        return false;
    *ret_size = (size_t)size - padding;
    return true;
}

/* OpenSSL takes ECDSA signatures in DER (RFC 3279 §2.2.3), tokens carry R and S. */
static bool signature_to_der(raw_message *message) {
    int half = (int)message->signature_size / 2;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(message->signature, half, NULL);
    BIGNUM *s = BN_bin2bn(message->signature + half, half, NULL);
    bool is_set = pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1;
    if (!is_set) {
        BN_free(r);
        BN_free(s);
    }
    unsigned char *out = message->signature;
    int size = is_set ? i2d_ECDSA_SIG(pair, &out) : -1;
    ECDSA_SIG_free(pair);
    message->signature_size = size > 0 ? (size_t)size : 0;
    return size > 0;
}

bool raw_message_of(const raw_key *key, jwkeep_span token, raw_message *ret_message) {
    const uint8_t *dot = memrchr(token.data, '.', token.size);
    if (!dot)
        return false;
    size_t before = (size_t)(dot - token.data);
    ret_message->signed_bytes = jwkeep_span_of(token.data, before);
    if (!decode_segment(jwkeep_span_of(dot + 1, token.size - before - 1),
                        ret_message->signature, &ret_message->signature_size))
        return false;
    return key->recipe.family != ECDSA || signature_to_der(ret_message);
}

static bool verify_mac(raw_key *key, const raw_message *message) {
    uint8_t tag[EVP_MAX_MD_SIZE];
    size_t size = 0;
    return EVP_MAC_init(key->mac, NULL, 0, NULL) == 1 &&
           EVP_MAC_update(key->mac, message->signed_bytes.data, message->signed_bytes.size) &&
           EVP_MAC_final(key->mac, tag, &size, sizeof tag) == 1 &&
           size == message->signature_size && CRYPTO_memcmp(tag, message->signature, size) == 0;
}

static bool verify_hash(raw_key *key, const raw_message *message) {
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    return EVP_DigestInit_ex2(key->hashing, key->digest, NULL) == 1 &&
           EVP_DigestUpdate(key->hashing, message->signed_bytes.data,
                            message->signed_bytes.size) == 1 &&
           EVP_DigestFinal_ex(key->hashing, hash, &size) == 1 &&
           EVP_PKEY_verify(key->verifying, message->signature, message->signature_size, hash,
                           size) == 1;
}

static bool verify_once(raw_key *key, const raw_message *message) {
    return EVP_DigestVerify(key->one_shot, message->signature, message->signature_size,
                            message->signed_bytes.data, message->signed_bytes.size) == 1;
}

/* OpenSSL 3.0 lets a one-shot context be used again as it is, later releases do not. */
static bool verify_whole(raw_key *key, const raw_message *message) {
    if (!key->is_begun_anew && verify_once(key, message))
        return true;
    key->is_begun_anew = true;
    return EVP_DigestVerifyInit_ex(key->one_shot, NULL, NULL, NULL, NULL, key->key, NULL) ==
               1 &&
           verify_once(key, message);
}

bool raw_verify(raw_key *key, const raw_message *message) {
    switch (key->recipe.family) {
    case HMAC:
        return verify_mac(key, message);
    case EDDSA:
        return verify_whole(key, message);
    case RSA_PKCS1:
    case RSA_PSS:
    case ECDSA:
        break;
    }
    return verify_hash(key, message);
}
