/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what becomes of an attempt to deliver something, and how long to wait before the next.
 * Pure. */
#ifndef JK_REMOTE_DELIVERY_H
#define JK_REMOTE_DELIVERY_H

#include "base/attributes.h"
#include <jwkeep/error.h>

typedef enum jk_verdict {
    JK_VERDICT_DELIVERED,
    JK_VERDICT_AGAIN,  /* nobody has said no: it may have been delivered, or may be yet */
    JK_VERDICT_REFUSED /* the next attempt would be answered alike */
} jk_verdict;

/* `code` is that of a response; `status` what it was answered with, 0 for no answer. */
JWKEEP_CONST jk_verdict jk_delivery_judge(jwkeep_code code, unsigned status);

typedef struct jk_delivery_pace {
    int64_t backoff_min_ms;
    int64_t backoff_max_ms;
    int64_t retry_after_max_ms;
} jk_delivery_pace;

/* The pause after `failures` in a row, at least one: from half of it to all of it, as `random`
 * says; never over backoff_max_ms. */
JWKEEP_PURE int64_t jk_delivery_backoff_ms(const jk_delivery_pace *pace, uint32_t failures,
                                           uint64_t random);

/* The pause that an answer asked for, as far as it is heeded. */
JWKEEP_PURE int64_t jk_delivery_asked_ms(const jk_delivery_pace *pace, int64_t retry_after_s);

#endif
