/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what is done to a source from outside, as a list made from a seed before it is played.
 * Each action stands at its own time and carries all it needs, so a list with some of them
 * left out is a scenario too: that is how a failing one is made short. */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "remote/cache_control.h"
#include "remote/policy.h"

#define SIM_MAX_ACTIONS 16384u

typedef enum sim_action_kind {
    SIM_LOOKUP = 0,    /* choice: sim_wish; amount: which; detail: the deadline in 10 ms */
    SIM_CANCEL,        /* amount: which waiter */
    SIM_REFRESH,       /* somebody asks for a refresh as such */
    SIM_ROTATE,        /* the issuer adds a key */
    SIM_REMOVE,        /* amount: which */
    SIM_REUSE,         /* amount: which name gets new material */
    SIM_WITHDRAW,      /* the issuer removes them all */
    SIM_CLUTTER,       /* choice: copies of a key and unusable ones in the answers, or not */
    SIM_MOOD,          /* choice: sim_mood */
    SIM_PACE,          /* amount: the latency; choice: the keys are read early or late */
    SIM_FRESHNESS,     /* choice: which cache fields */
    SIM_RETRY_AFTER,   /* choice: which field goes with a failure */
    SIM_HOLD,          /* an intermediary keeps today's answer for `amount` ms */
    SIM_CLOCK_FORWARD, /* amount */
    SIM_CLOCK_BACK,    /* amount */
    SIM_FULL,          /* no room for a download for `amount` ms */
    SIM_SUSPECT,       /* a bad signature under a known name; detail: the deadline in 10 ms */
    SIM_STOP,
    SIM_ACTION_COUNT
} sim_action_kind;

/* What a lookup asks for. */
typedef enum sim_wish {
    SIM_WISH_ANY = 0,  /* keys as such */
    SIM_WISH_KNOWN,    /* a name that is published */
    SIM_WISH_CURRENT,  /* a name that the issuer has */
    SIM_WISH_NEWEST,   /* the one it has had for the shortest time */
    SIM_WISH_GONE,     /* one that it may have had once */
    SIM_WISH_STRANGER, /* one that never was */
} sim_wish;

/* How the issuer behaves. */
typedef enum sim_mood {
    SIM_MOOD_GOOD = 0,    /* the keys, or 304 where it may */
    SIM_MOOD_REFUSED,     /* the connection, at once */
    SIM_MOOD_SILENT,      /* until the fetch is given up */
    SIM_MOOD_RESET,       /* after the latency */
    SIM_MOOD_GARBAGE,     /* 200, and no JWK Set */
    SIM_MOOD_UNAVAILABLE, /* 503, perhaps with Retry-After */
    SIM_MOOD_TARDY,       /* the keys, after the fetch was given up */
    SIM_MOOD_COUNT
} sim_mood;

typedef struct sim_action {
    int64_t at_ms; /* real time from the beginning */
    uint32_t amount;
    uint16_t detail;
    uint8_t kind;
    uint8_t choice;
} sim_action;

typedef struct sim_scenario {
    jk_policy_options options;
    jk_lifetime_limits lifetime;
    uint64_t policy_seed;
    int64_t fetch_timeout_ms;
    int64_t lag_ms; /* from a reason to download to the refresher's turn */
    uint32_t max_waiters;
    uint32_t negative_max;
    int64_t negative_ttl_ms;
    int64_t empty_confirm_ms;
    uint32_t count;
    sim_action actions[SIM_MAX_ACTIONS];
} sim_scenario;

void sim_scenario_make(sim_scenario *scenario, uint64_t seed);

#endif
