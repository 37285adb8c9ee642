/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the pairing heap. No recursion: a list of siblings may be as long as the heap. */
#include "remote/timers.h"

/* The earlier of the two roots, with the other as its first child. Either may be NULL. */
static jk_timer *meld(jk_timer *a, jk_timer *b) {
    if (!a)
        return b;
    if (!b)
        return a;
    if (b->at_ms < a->at_ms) {
        jk_timer *earlier = b;
        b = a;
        a = earlier;
    }
    b->before = a;
    b->next = a->child;
    if (a->child)
        a->child->before = b;
    a->child = b;
    return a;
}

static jk_timer *detach_first(jk_timer **list) {
    jk_timer *taken = *list;
    if (taken) {
        *list = taken->next;
        taken->next = NULL;
        taken->before = NULL;
    }
    return taken;
}

/* Siblings are melded in pairs from the left, then the pairs from the right: what gives the
 * heap its logarithm. */
static jk_timer *meld_siblings(jk_timer *list) {
    jk_timer *pairs = NULL;
    while (list) {
        jk_timer *one = detach_first(&list);
        jk_timer *other = detach_first(&list);
        jk_timer *pair = meld(one, other);
        pair->next = pairs;
        pairs = pair;
    }
    jk_timer *root = NULL;
    while (pairs)
        root = meld(detach_first(&pairs), root);
    return root;
}

static void unlink_from_siblings(jk_timer *timer) {
    if (timer->before->child == timer)
        timer->before->child = timer->next;
    else
        timer->before->next = timer->next;
    if (timer->next)
        timer->next->before = timer->before;
}

void jk_timers_clear(jk_timers *timers, jk_timer *timer) {
    if (!timer->is_set)
        return;
    jk_timer *orphans = meld_siblings(timer->child);
    if (timer == timers->root) {
        timers->root = orphans;
    } else {
        unlink_from_siblings(timer);
        timers->root = meld(timers->root, orphans);
    }
    *timer = (jk_timer){0};
}

void jk_timers_set(jk_timers *timers, jk_timer *timer, int64_t at_ms) {
    jk_timers_clear(timers, timer);
    timer->at_ms = at_ms;
    timer->is_set = true;
    timers->root = meld(timers->root, timer);
}
