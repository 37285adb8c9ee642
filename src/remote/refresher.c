/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the loop. The mutex guards the list of kicked tasks and the end; everything else
 * belongs to the thread. Guarantee H of docs/design/concurrency.md. */
#include "remote/refresher.h"
#include "base/allocator.h"
#include "base/error.h"
#include "sync/threads.h"
#include <pthread.h>
#include <signal.h>

#define MAX_DOWNLOADS_LIMIT 1024u

typedef struct task_queue {
    jk_task *first;
    jk_task *last;
} task_queue;

struct jwkeep_refresher {
    jk_environment environment;
    unsigned fork_count; /* of the process that made it */
    bool has_thread;
    pthread_t thread;

    pthread_mutex_t mutex;
    task_queue kicked;
    bool is_stopping;

    jk_timers timers;
    task_queue ready;
    size_t downloads;
    size_t max_downloads;
};

const jk_environment *jk_refresher_environment(const jwkeep_refresher *refresher) {
    return &refresher->environment;
}

bool jk_refresher_is_ours(const jwkeep_refresher *refresher) {
    return refresher->fork_count == jk_fork_count();
}

bool jk_refresher_has_thread(const jwkeep_refresher *refresher) {
    return refresher->has_thread;
}

static void wake(jwkeep_refresher *refresher) {
    refresher->environment.transport->methods->wake(refresher->environment.transport);
}

void jk_task_kick(jwkeep_refresher *refresher, jk_task *task) {
    pthread_mutex_lock(&refresher->mutex);
    bool is_first = !task->is_kicked;
    if (is_first) {
        task->is_kicked = true;
        task->next_kicked = NULL;
        if (refresher->kicked.last)
            refresher->kicked.last->next_kicked = task;
        else
            refresher->kicked.first = task;
        refresher->kicked.last = task;
    }
    pthread_mutex_unlock(&refresher->mutex);
    if (is_first)
        wake(refresher);
}

static jk_task *last_kicked(jwkeep_refresher *refresher) {
    pthread_mutex_lock(&refresher->mutex);
    jk_task *last = refresher->kicked.last;
    pthread_mutex_unlock(&refresher->mutex);
    return last;
}

static jk_task *take_kicked(jwkeep_refresher *refresher) {
    pthread_mutex_lock(&refresher->mutex);
    jk_task *task = refresher->kicked.first;
    if (task) {
        refresher->kicked.first = task->next_kicked;
        if (!refresher->kicked.first)
            refresher->kicked.last = NULL;
        task->is_kicked = false;
    }
    pthread_mutex_unlock(&refresher->mutex);
    return task;
}

void jk_task_set_timer(jwkeep_refresher *refresher, jk_task *task, int64_t at_ms) {
    if (at_ms == INT64_MAX)
        jk_timers_clear(&refresher->timers, &task->timer);
    else
        jk_timers_set(&refresher->timers, &task->timer, at_ms);
}

void jk_task_want_download(jwkeep_refresher *refresher, jk_task *task) {
    if (task->is_ready || task->has_download)
        return;
    task->is_ready = true;
    task->next_ready = NULL;
    if (refresher->ready.last)
        refresher->ready.last->next_ready = task;
    else
        refresher->ready.first = task;
    refresher->ready.last = task;
}

static jk_task *take_ready(jwkeep_refresher *refresher) {
    jk_task *task = refresher->ready.first;
    refresher->ready.first = task->next_ready;
    if (!refresher->ready.first)
        refresher->ready.last = NULL;
    task->is_ready = false;
    return task;
}

void jk_task_end_download(jwkeep_refresher *refresher, jk_task *task) {
    if (!task->has_download)
        return;
    task->has_download = false;
    refresher->downloads--;
}

static void leave_kicked(jwkeep_refresher *refresher, jk_task *task) {
    pthread_mutex_lock(&refresher->mutex);
    jk_task *before = NULL;
    for (jk_task *each = refresher->kicked.first; task->is_kicked && each;
         before = each, each = each->next_kicked) {
        if (each != task)
            continue;
        if (before)
            before->next_kicked = task->next_kicked;
        else
            refresher->kicked.first = task->next_kicked;
        if (refresher->kicked.last == task)
            refresher->kicked.last = before;
        task->is_kicked = false;
    }
    pthread_mutex_unlock(&refresher->mutex);
}

static void leave_ready(jwkeep_refresher *refresher, jk_task *task) {
    jk_task *before = NULL;
    for (jk_task *each = refresher->ready.first; task->is_ready && each;
         before = each, each = each->next_ready) {
        if (each != task)
            continue;
        if (before)
            before->next_ready = task->next_ready;
        else
            refresher->ready.first = task->next_ready;
        if (refresher->ready.last == task)
            refresher->ready.last = before;
        task->is_ready = false;
    }
}

void jk_task_leave(jwkeep_refresher *refresher, jk_task *task) {
    leave_kicked(refresher, task);
    leave_ready(refresher, task);
    jk_timers_clear(&refresher->timers, &task->timer);
    jk_task_end_download(refresher, task);
}

static jk_task *task_of(jk_timer *timer) {
    return (jk_task *)(void *)((char *)timer - offsetof(jk_task, timer));
}

static void serve_due(jwkeep_refresher *refresher) {
    int64_t now_ms = jk_environment_now_ms(&refresher->environment);
    while (jk_timers_next_ms(&refresher->timers) <= now_ms) {
        jk_task *task = task_of(jk_timers_first(&refresher->timers));
        jk_timers_clear(&refresher->timers, &task->timer);
        task->serve(task);
    }
}

static void begin_downloads(jwkeep_refresher *refresher) {
    while (refresher->ready.first && refresher->downloads < refresher->max_downloads) {
        jk_task *task = take_ready(refresher);
        task->has_download = true;
        refresher->downloads++;
        if (!task->begin(task))
            jk_task_end_download(refresher, task);
    }
}

static int64_t wait_ms(const jwkeep_refresher *refresher) {
    if (refresher->ready.first && refresher->downloads < refresher->max_downloads)
        return 0;
    int64_t at_ms = jk_timers_next_ms(&refresher->timers);
    if (at_ms == INT64_MAX)
        return INT64_MAX;
    int64_t now_ms = jk_environment_now_ms(&refresher->environment);
    return at_ms > now_ms ? at_ms - now_ms : 0;
}

/* Only those that were kicked before: kicks that keep coming do not keep the rest waiting. */
static void serve_kicked(jwkeep_refresher *refresher) {
    const jk_task *last = last_kicked(refresher);
    bool is_last = !last;
    while (!is_last) {
        jk_task *task = take_kicked(refresher);
        is_last = !task || task == last;
        if (task)
            task->serve(task);
    }
}

void jk_refresher_turn(jwkeep_refresher *refresher) {
    serve_kicked(refresher);
    serve_due(refresher);
    begin_downloads(refresher);
    jk_transport *transport = refresher->environment.transport;
    transport->methods->run(transport, wait_ms(refresher));
}

static bool is_stopping(jwkeep_refresher *refresher) {
    pthread_mutex_lock(&refresher->mutex);
    bool is_stopping = refresher->is_stopping;
    pthread_mutex_unlock(&refresher->mutex);
    return is_stopping;
}

static void *run_thread(void *argument) {
    jwkeep_refresher *refresher = argument;
    while (!is_stopping(refresher))
        jk_refresher_turn(refresher);
    return NULL;
}

/* Signals are the application's: none is delivered here, and a broken connection raises no
 * SIGPIPE that anybody would die of. */
static bool start_thread(jwkeep_refresher *refresher) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return false;
    refresher->has_thread =
        pthread_create(&refresher->thread, NULL, run_thread, refresher) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return refresher->has_thread;
}

static void free_parts(jwkeep_refresher *refresher) {
    pthread_mutex_destroy(&refresher->mutex);
    refresher->environment.transport->methods->free(refresher->environment.transport);
    jk_free(refresher);
}

jwkeep_code jk_refresher_new_in(const jk_environment *environment, size_t max_downloads,
                                bool has_thread, jwkeep_refresher **ret_refresher,
                                jwkeep_error *error) {
    jk_transport *transport = environment->transport;
    jwkeep_refresher *refresher = NULL;
    if (max_downloads <= MAX_DOWNLOADS_LIMIT)
        refresher = jk_alloc_zeroed(1, sizeof *refresher);
    if (!refresher) {
        transport->methods->free(transport);
        return max_downloads > MAX_DOWNLOADS_LIMIT
                   ? jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "max_downloads", NULL,
                                JWKEEP_NO_OFFSET)
                   : jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    }
    refresher->environment = *environment;
    refresher->fork_count = jk_fork_count();
    refresher->max_downloads = max_downloads ? max_downloads : JWKEEP_MAX_DOWNLOADS;
    pthread_mutex_init(&refresher->mutex, NULL);
    if (has_thread && !start_thread(refresher)) {
        free_parts(refresher);
        return jk_fail(error, JWKEEP_SYSTEM_FAILED);
    }
    *ret_refresher = refresher;
    return JWKEEP_OK;
}

jwkeep_code jwkeep_refresher_new(size_t max_downloads, jwkeep_refresher **ret_refresher,
                                 jwkeep_error *error) {
    jk_environment environment;
    jwkeep_code code = jk_environment_system(&environment, error);
    if (code)
        return code;
    return jk_refresher_new_in(&environment, max_downloads, true, ret_refresher, error);
}

/* In a child of a fork there is no thread to end, and the connections are the parent's. */
void jwkeep_refresher_free(jwkeep_refresher *refresher) {
    if (!refresher || !jk_refresher_is_ours(refresher))
        return;
    if (refresher->has_thread) {
        pthread_mutex_lock(&refresher->mutex);
        refresher->is_stopping = true;
        pthread_mutex_unlock(&refresher->mutex);
        wake(refresher);
        pthread_join(refresher->thread, NULL);
    }
    serve_kicked(refresher); /* sources that were abandoned */
    free_parts(refresher);
}
