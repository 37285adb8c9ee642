/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns TLS by OpenSSL over memory BIOs. */
#include "crypto/tls.h"
#include "base/allocator.h"
#include "base/error.h"
#include <openssl/err.h>
#include <openssl/ssl.h>

/* A jk_tls_identity is an SSL_CTX, which counts its holders itself. */
static SSL_CTX *context_of(jk_tls_identity *identity) {
    return (SSL_CTX *)(void *)identity;
}

struct jk_tls {
    SSL *ssl;
    BIO *from_wire; /* both are the ssl's */
    BIO *to_wire;
};

/* RFC 7301 §3.2: of those who offer protocols, who does not offer ours is turned away. */
static int choose_protocol(SSL *ssl, const unsigned char **ret_chosen, unsigned char *ret_size,
                           const unsigned char *offered, unsigned offered_size, void *user) {
    static const unsigned char ours[] = "\x08http/1.1";
    (void)ssl;
    (void)user;
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, ret_size, ours, sizeof ours - 1, offered,
                              offered_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *ret_chosen = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* The service has nobody to ask; OpenSSL would ask the terminal, and wait. */
static int refuse_passphrase(char *text, int size, int is_writing, void *user) {
    (void)text;
    (void)size;
    (void)is_writing;
    (void)user;
    return -1;
}

static SSL_CTX *new_context(void) {
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context)
        return NULL;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    /* Gateways keep their connections: nothing to resume, and no ticket key to keep. */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    SSL_CTX_set_default_passwd_cb(context, refuse_passphrase);
    return context;
}

static jwkeep_code refuse(jwkeep_error *error, const char *text, const char *where) {
    ERR_clear_error();
    return jk_fail_text(error, JWKEEP_JWK_INVALID, text, where, NULL);
}

static jwkeep_code fill(SSL_CTX *context, const char *certificate_file, const char *key_file,
                        jwkeep_error *error) {
    if (SSL_CTX_use_certificate_chain_file(context, certificate_file) != 1)
        return refuse(error, "no certificate could be read from the file", "certificate_file");
    /* The second question: a key of another type than the certificate's lies beside it. */
    if (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1)
        return refuse(error, "no private key of the certificate could be read from the file",
                      "key_file");
    return JWKEEP_OK;
}

jwkeep_code jk_tls_identity_new(const char *certificate_file, const char *key_file,
                                jk_tls_identity **ret_identity, jwkeep_error *error) {
    SSL_CTX *context = new_context();
    if (!context)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    jwkeep_code code = fill(context, certificate_file, key_file, error);
    if (code != JWKEEP_OK) {
        SSL_CTX_free(context);
        return code;
    }
    *ret_identity = (jk_tls_identity *)(void *)context;
    return JWKEEP_OK;
}

jk_tls_identity *jk_tls_identity_ref(jk_tls_identity *identity) {
    SSL_CTX_up_ref(context_of(identity));
    return identity;
}

void jk_tls_identity_unref(jk_tls_identity *identity) {
    SSL_CTX_free(context_of(identity));
}

/* The ssl takes both BIOs; an empty one says "more", not "end". */
static bool attach(jk_tls *tls) {
    tls->from_wire = BIO_new(BIO_s_mem());
    tls->to_wire = BIO_new(BIO_s_mem());
    if (!tls->from_wire || !tls->to_wire) {
        BIO_free(tls->from_wire);
        BIO_free(tls->to_wire);
        return false;
    }
    BIO_set_mem_eof_return(tls->from_wire, -1);
    BIO_set_mem_eof_return(tls->to_wire, -1);
    SSL_set_bio(tls->ssl, tls->from_wire, tls->to_wire);
    SSL_set_accept_state(tls->ssl);
    return true;
}

jk_tls *jk_tls_new(jk_tls_identity *identity) {
    jk_tls *tls = jk_alloc_zeroed(1, sizeof *tls);
    if (!tls)
        return NULL;
    tls->ssl = SSL_new(context_of(identity));
    if (tls->ssl && attach(tls))
        return tls;
    jk_tls_free(tls);
    ERR_clear_error();
    return NULL;
}

void jk_tls_free(jk_tls *tls) {
    if (!tls)
        return;
    SSL_free(tls->ssl);
    jk_free(tls);
}

bool jk_tls_feed(jk_tls *tls, jwkeep_span sealed) {
    size_t written = 0;
    return BIO_write_ex(tls->from_wire, sealed.data, sealed.size, &written) == 1 &&
           written == sealed.size;
}

jk_tls_result jk_tls_open(jk_tls *tls, uint8_t *bytes, size_t room, size_t *ret_size) {
    ERR_clear_error();
    int result = SSL_read_ex(tls->ssl, bytes, room, ret_size);
    if (result == 1)
        return JK_TLS_BYTES;
    int why = SSL_get_error(tls->ssl, result);
    ERR_clear_error();
    if (why == SSL_ERROR_WANT_READ)
        return JK_TLS_MORE;
    return why == SSL_ERROR_ZERO_RETURN ? JK_TLS_ENDED : JK_TLS_FAILED;
}

bool jk_tls_has_more(const jk_tls *tls) {
    /* Not SSL_has_pending: that counts part of a record, which more of the wire must complete.
     */
    return SSL_pending(tls->ssl) > 0 || BIO_pending(tls->from_wire) > 0;
}

bool jk_tls_is_established(const jk_tls *tls) {
    return SSL_is_init_finished(tls->ssl) == 1;
}

bool jk_tls_seal(jk_tls *tls, jwkeep_span bytes) {
    size_t written = 0;
    if (bytes.size == 0)
        return true;
    ERR_clear_error();
    bool is_sealed =
        SSL_write_ex(tls->ssl, bytes.data, bytes.size, &written) == 1 && written == bytes.size;
    ERR_clear_error();
    return is_sealed;
}

void jk_tls_end(jk_tls *tls) {
    ERR_clear_error();
    /* Not before the handshake: there is nobody to tell. */
    if (jk_tls_is_established(tls))
        (void)SSL_shutdown(tls->ssl);
    ERR_clear_error();
}

jwkeep_span jk_tls_sealed(const jk_tls *tls) {
    char *data = NULL;
    long size = BIO_get_mem_data(tls->to_wire, &data);
    return jwkeep_span_of(data, size > 0 ? (size_t)size : 0);
}

void jk_tls_sent(jk_tls *tls) {
    (void)BIO_reset(tls->to_wire);
}
