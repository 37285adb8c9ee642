/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns changing a listener's certificate. */
#include "server/tls_seat.h"
#include "base/error.h"
#include <stdio.h>

static bool keep(char path[TLS_MAX_PATH_BYTES], const char *given) {
    return snprintf(path, TLS_MAX_PATH_BYTES, "%s", given) < (int)TLS_MAX_PATH_BYTES;
}

jwkeep_code tls_seat_init(tls_seat *it, const char *certificate_file, const char *key_file,
                          jwkeep_error *error) {
    jk_tls_identity *identity;
    if (!keep(it->certificate_file, certificate_file) || !keep(it->key_file, key_file))
        return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT, "the path is too long",
                            "certificate_file", NULL);
    jwkeep_code code = jk_tls_identity_new(certificate_file, key_file, &identity, error);
    if (code != JWKEEP_OK)
        return code;
    pthread_mutex_init(&it->mutex, NULL);
    it->identity = identity;
    return JWKEEP_OK;
}

void tls_seat_done(tls_seat *it) {
    if (!it->identity)
        return;
    jk_tls_identity_unref(it->identity);
    pthread_mutex_destroy(&it->mutex);
}

jwkeep_code tls_seat_reload(tls_seat *it, jwkeep_error *error) {
    jk_tls_identity *next;
    jwkeep_code code = jk_tls_identity_new(it->certificate_file, it->key_file, &next, error);
    if (code != JWKEEP_OK)
        return code;
    pthread_mutex_lock(&it->mutex);
    jk_tls_identity *before = it->identity;
    it->identity = next;
    pthread_mutex_unlock(&it->mutex);
    jk_tls_identity_unref(before);
    return JWKEEP_OK;
}

jk_tls *tls_seat_begin(tls_seat *it) {
    pthread_mutex_lock(&it->mutex);
    jk_tls *tls = jk_tls_new(it->identity); /* which holds the identity */
    pthread_mutex_unlock(&it->mutex);
    return tls;
}
