/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the registry of reading threads, which must be global: a publisher has to see every
 * reader of the process. */
#include "sync/threads.h"
#include "base/allocator.h"
#include <pthread.h>
#include <string.h>

/* Pushed and loaded seq_cst, so that pushing and a publisher's look have one order; whoever
 * sees a record sees it initialised (E). */
static _Atomic(jk_thread *) first;

/* Written in the child of a fork before it has a second thread; read with acquire (G). */
static _Atomic unsigned fork_count;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key;

/* Initial-exec: one load instead of a call to find it, for the price of a word of the static
 * block of every thread. */
static _Thread_local jk_thread *self __attribute__((tls_model("initial-exec")));

static void clear_slots(jk_thread *thread) {
    for (size_t i = 0; i < JK_PINS_PER_THREAD; i++)
        atomic_store_explicit(&thread->slots[i], NULL, memory_order_release);
}

/* The thread ends: its record may be taken by another. A pin left open is a pin nobody can
 * undo any more. */
static void give_back(void *record) {
    jk_thread *thread = record;
    self = NULL;
    clear_slots(thread);
    atomic_store_explicit(&thread->is_taken, false, memory_order_release);
}

/* Only the forking thread goes on in the child: what the others had pinned is not in use. */
static void forget_other_threads(void) {
    for (jk_thread *thread = jk_thread_first(); thread; thread = thread->next) {
        if (thread == self)
            continue;
        clear_slots(thread);
        atomic_store_explicit(&thread->is_taken, false, memory_order_release);
    }
    atomic_fetch_add_explicit(&fork_count, 1, memory_order_release);
}

static void prepare(void) {
    has_key = pthread_key_create(&key, give_back) == 0 &&
              pthread_atfork(NULL, NULL, forget_other_threads) == 0;
}

static jk_thread *take_free_record(void) {
    for (jk_thread *thread = jk_thread_first(); thread; thread = thread->next) {
        bool is_taken = false;
        if (atomic_compare_exchange_strong_explicit(&thread->is_taken, &is_taken, true,
                                                    memory_order_acquire, memory_order_relaxed))
            return thread;
    }
    return NULL;
}

static jk_thread *make_record(void) {
    jk_thread *thread = jk_alloc_zeroed(1, sizeof *thread);
    if (!thread)
        return NULL;
    for (size_t i = 0; i < JK_PINS_PER_THREAD; i++)
        atomic_init(&thread->slots[i], NULL);
    atomic_init(&thread->is_taken, true);
    thread->next = atomic_load_explicit(&first, memory_order_acquire);
    do
        thread->number = thread->next ? thread->next->number + 1 : 0;
    while (!atomic_compare_exchange_weak_explicit(&first, &thread->next, thread,
                                                  memory_order_seq_cst, memory_order_acquire));
    return thread;
}

static __attribute__((noinline)) jk_thread *enroll(void) {
    if (pthread_once(&once, prepare) != 0 || !has_key)
        return NULL;
    jk_thread *thread = take_free_record();
    if (!thread)
        thread = make_record();
    if (!thread)
        return NULL;
    if (pthread_setspecific(key, thread) != 0) {
        atomic_store_explicit(&thread->is_taken, false, memory_order_release);
        return NULL;
    }
    self = thread;
    return thread;
}

jk_thread *jk_thread_self(void) {
    return JK_LIKELY(self != NULL) ? self : enroll();
}

jk_thread *jk_thread_first(void) {
    return atomic_load_explicit(&first, memory_order_seq_cst);
}

unsigned jk_fork_count(void) {
    (void)pthread_once(&once, prepare);
    return atomic_load_explicit(&fork_count, memory_order_acquire);
}
