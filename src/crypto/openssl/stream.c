/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns crypto/stream.h on OpenSSL: a hash or a MAC context, fed piece by piece. */
#include "crypto/stream.h"
#include "base/allocator.h"
#include "base/secret.h"
#include "crypto/engine.h"
#include "crypto/openssl/failure.h"
#include "crypto/openssl/fetched.h"
#include <openssl/core_names.h>
#include <openssl/params.h>

struct jk_stream {
    const jk_algorithm_info *info;
    EVP_MD_CTX *hash;
    EVP_MAC_CTX *mac; /* for HMAC; exactly one of the two is not NULL */
};

void jk_stream_free(jk_stream *stream) {
    if (!stream)
        return;
    EVP_MD_CTX_free(stream->hash);
    EVP_MAC_CTX_free(stream->mac);
    jk_free(stream);
}

static bool start_mac(jk_stream *stream, jwkeep_span k) {
    char hash[16];
    size_t size = strlen(stream->info->hash) + 1;
    EVP_MAC *hmac = jk_fetched_hmac();
    if (!hmac || size > sizeof hash)
        return false;
    memcpy(hash, stream->info->hash, size);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, hash, 0),
        OSSL_PARAM_construct_end(),
    };
    stream->mac = EVP_MAC_CTX_new(hmac);
    return stream->mac && EVP_MAC_init(stream->mac, k.data, k.size, parameters) == 1;
}

static bool start_hash(jk_stream *stream) {
    const EVP_MD *hash = jk_fetched_hash(stream->info);
    stream->hash = EVP_MD_CTX_new();
    return hash && stream->hash && EVP_DigestInit_ex2(stream->hash, hash, NULL) == 1;
}

static jwkeep_code check(const jk_key *key, const jk_algorithm_info *info,
                         jwkeep_error *error) {
    if (!info)
        return jk_fail(error, JWKEEP_KEY_ALG_MISMATCH);
    if (info->family == JK_FAMILY_EDDSA)
        return jk_fail_at(error, JWKEEP_ALG_NOT_STREAMABLE, "alg", "RFC 8032 §5.1.6",
                          JWKEEP_NO_OFFSET);
    if (info->family == JK_FAMILY_HMAC && (!key || key->numbers.k.size < info->hash_bytes))
        return jk_fail_at(error, JWKEEP_KEY_ALG_MISMATCH, "alg", "RFC 7518 §3.2",
                          JWKEEP_NO_OFFSET);
    return JWKEEP_OK;
}

jwkeep_code jk_stream_new(const jk_key *key, jwkeep_algorithm algorithm, jk_stream **ret_stream,
                          jwkeep_error *error) {
    const jk_algorithm_info *info = jk_algorithm_info_of(algorithm);
    jwkeep_code code = check(key, info, error);
    if (code)
        return code;
    jk_stream *stream = jk_alloc_zeroed(1, sizeof *stream);
    if (!stream)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    stream->info = info;
    bool is_started =
        info->family == JK_FAMILY_HMAC ? start_mac(stream, key->numbers.k) : start_hash(stream);
    if (!is_started) {
        jk_stream_free(stream);
        return jk_openssl_fail(error);
    }
    *ret_stream = stream;
    return JWKEEP_OK;
}

jwkeep_code jk_stream_feed(jk_stream *stream, jwkeep_span bytes, jwkeep_error *error) {
    int is_fed = stream->mac ? EVP_MAC_update(stream->mac, bytes.data, bytes.size)
                             : EVP_DigestUpdate(stream->hash, bytes.data, bytes.size);
    return is_fed == 1 ? JWKEEP_OK : jk_openssl_fail(error);
}

jwkeep_code jk_stream_finish(jk_stream *stream, uint8_t ret_digest[JK_DIGEST_MAX_BYTES],
                             size_t *ret_size, jwkeep_error *error) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t size = stream->info->hash_bytes;
    int is_done = stream->mac ? EVP_MAC_final(stream->mac, digest, &size, sizeof digest)
                              : EVP_DigestFinal_ex(stream->hash, digest, NULL);
    if (is_done != 1 || size != stream->info->hash_bytes)
        return jk_openssl_fail(error);
    memcpy(ret_digest, digest, size);
    *ret_size = size;
    jk_secret_wipe(digest, sizeof digest); /* a tag that is not yet compared is secret */
    return JWKEEP_OK;
}
