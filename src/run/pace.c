// SPDX-License-Identifier: Apache-2.0
//
// Down fast, up slowly: a burst halves the connections at once and doubles the pause; a run of
// answers takes back one step. Some servers (Schannel is one) answer every question they do not
// like with RST, so resets slow us down like failed connections do, but it takes twice the burst of
// them before we say that the address pushed back.
#include "run/pace.h"

#include "base/fail.h"

// Starts this far behind schedule may be made up for at once.
#define SLACK_US 50000

bool bucket_ready(const struct bucket *bucket, uint64_t now_ms) { return bucket_due(bucket) <= now_ms; }

static uint64_t after(const struct bucket *bucket, uint64_t next_us, uint64_t now_ms)
{
    uint64_t now_us = now_ms * 1000;
    uint64_t oldest = now_us > SLACK_US ? now_us - SLACK_US : 0;
    return (next_us < oldest ? oldest : next_us) + (1000000 + bucket->rate - 1) / bucket->rate;
}

// Where two processes start at the same moment, both starts are on the schedule of what follows.
void bucket_take(struct bucket *bucket, uint64_t now_ms)
{
    if (bucket->rate == 0)
        return;
    if (bucket->common == NULL) {
        bucket->next_us = after(bucket, bucket->next_us, now_ms);
        return;
    }
    uint64_t next_us = atomic_load(bucket->common);
    while (!atomic_compare_exchange_weak(bucket->common, &next_us, after(bucket, next_us, now_ms)))
        ;
}

uint64_t bucket_due(const struct bucket *bucket)
{
    if (bucket->rate == 0)
        return 0;
    return ((bucket->common == NULL ? bucket->next_us : atomic_load(bucket->common)) + 999) / 1000;
}

void pace_begin(struct pace *pace, unsigned most)
{
    always(most != 0);
    *pace = (struct pace){.most = most, .limit = most};
}

void pace_started(struct pace *pace, uint64_t now_ms) { pace->next_ms = now_ms + pace->delay_ms; }

static void slow_down(struct pace *pace, uint64_t now_ms)
{
    pace->limit = pace->limit > 1 ? pace->limit / 2 : 1;
    pace->delay_ms = pace->delay_ms == 0 ? PACE_FIRST_DELAY : pace->delay_ms * 2;
    if (pace->delay_ms > PACE_LONGEST_DELAY)
        pace->delay_ms = PACE_LONGEST_DELAY;
    pace->next_ms = now_ms + pace->delay_ms;
}

static void speed_up(struct pace *pace)
{
    if (pace->limit < pace->most)
        pace->limit++;
    pace->delay_ms = pace->delay_ms / 2 < PACE_FIRST_DELAY ? 0 : pace->delay_ms / 2;
}

static void answered(struct pace *pace)
{
    pace->answered = true;
    pace->resets = pace->failures = 0;
    if (++pace->answers % PACE_RECOVERY == 0)
        speed_up(pace);
}

// It says so itself, so that no burst of it is needed.
static void turned_away(struct pace *pace, uint64_t now_ms)
{
    if (now_ms < pace->calm_ms)
        return;
    slow_down(pace, now_ms);
    pace->calm_ms = now_ms + PACE_CALM;
}

void pace_learn(struct pace *pace, uint64_t now_ms, enum lesson lesson)
{
    if (lesson == LESSON_ANSWERED) {
        answered(pace);
        return;
    }
    if (!pace->answered)
        return;
    pace->answers = 0;
    if (lesson == LESSON_TURNED_AWAY) {
        turned_away(pace, now_ms);
        return;
    }
    if (lesson == LESSON_RESET)
        pace->resets++;
    else
        pace->failures++;
    if ((pace->resets + pace->failures) % PACE_BURST == 0)
        slow_down(pace, now_ms);
    if (pace->failures >= PACE_BURST || pace->resets >= 2 * PACE_BURST)
        pace->pushed_back = true;
}
