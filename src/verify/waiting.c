/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the door between calls that wait for a key and the end of the verifier. */
#include "sync/threads.h"
#include "verify/verifier.h"

static bool is_ours(const jk_waiting *waiting) {
    return waiting->fork_count == jk_fork_count();
}

bool jk_waiting_init(jk_waiting *waiting) {
    *waiting = (jk_waiting){.fork_count = jk_fork_count()};
    if (pthread_mutex_init(&waiting->mutex, NULL) != 0)
        return false;
    if (pthread_cond_init(&waiting->changed, NULL) != 0) {
        pthread_mutex_destroy(&waiting->mutex);
        return false;
    }
    return true;
}

void jk_waiting_done(jk_waiting *waiting) {
    if (!is_ours(waiting))
        return;
    pthread_cond_destroy(&waiting->changed);
    pthread_mutex_destroy(&waiting->mutex);
}

void jk_waiting_enter(jk_waiting *waiting) {
    if (!is_ours(waiting))
        return;
    pthread_mutex_lock(&waiting->mutex);
    waiting->inside++;
    pthread_mutex_unlock(&waiting->mutex);
}

bool jk_waiting_resume(jk_waiting *waiting) {
    if (!is_ours(waiting))
        return false;
    pthread_mutex_lock(&waiting->mutex);
    bool is_open = !waiting->is_closed;
    if (is_open)
        waiting->active++;
    pthread_mutex_unlock(&waiting->mutex);
    return is_open;
}

void jk_waiting_leave(jk_waiting *waiting, bool is_resumed) {
    if (!is_ours(waiting))
        return;
    pthread_mutex_lock(&waiting->mutex);
    waiting->inside--;
    if (is_resumed)
        waiting->active--;
    pthread_cond_broadcast(&waiting->changed);
    pthread_mutex_unlock(&waiting->mutex);
}

void jk_waiting_close(jk_waiting *waiting) {
    if (!is_ours(waiting))
        return;
    pthread_mutex_lock(&waiting->mutex);
    waiting->is_closed = true;
    while (waiting->active > 0)
        pthread_cond_wait(&waiting->changed, &waiting->mutex);
    pthread_mutex_unlock(&waiting->mutex);
}

void jk_waiting_drain(jk_waiting *waiting) {
    if (!is_ours(waiting))
        return;
    pthread_mutex_lock(&waiting->mutex);
    while (waiting->inside > 0)
        pthread_cond_wait(&waiting->changed, &waiting->mutex);
    pthread_mutex_unlock(&waiting->mutex);
}
