/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the verdict on an attempt and the pause after it. */
#include "remote/delivery.h"

#define MAX_DOUBLINGS 30u

#define REQUEST_TIMEOUT 408u   /* RFC 9110 §15.5.9 */
#define TOO_MANY_REQUESTS 429u /* RFC 6585 §4 */

jk_verdict jk_delivery_judge(jwkeep_code code, unsigned status) {
    if (code == JWKEEP_OK)
        return JK_VERDICT_DELIVERED;
    if (status == 0)
        return code == JWKEEP_TRANSPORT_URL ? JK_VERDICT_REFUSED : JK_VERDICT_AGAIN;
    if (status == REQUEST_TIMEOUT || status == TOO_MANY_REQUESTS || status / 100 == 5)
        return JK_VERDICT_AGAIN;
    return JK_VERDICT_REFUSED;
}

int64_t jk_delivery_backoff_ms(const jk_delivery_pace *pace, uint32_t failures,
                               uint64_t random) {
    uint32_t doublings = failures - 1 < MAX_DOUBLINGS ? failures - 1 : MAX_DOUBLINGS;
    int64_t whole_ms = pace->backoff_min_ms << doublings;
    if (whole_ms > pace->backoff_max_ms)
        whole_ms = pace->backoff_max_ms;
    int64_t half_ms = whole_ms / 2;
    return half_ms + (int64_t)(random % (uint64_t)(whole_ms - half_ms + 1));
}

int64_t jk_delivery_asked_ms(const jk_delivery_pace *pace, int64_t retry_after_s) {
    int64_t max_s = pace->retry_after_max_ms / 1000;
    return retry_after_s < max_s ? retry_after_s * 1000 : pace->retry_after_max_ms;
}
