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

// --- how far down ----------------------------------------------------------------------------------

struct slowness {
    unsigned limit, delay_ms;
    bool taught;
};

_Static_assert(PACE_LONGEST_DELAY < 4096 && PACE_MOST < 2048, "they fit into 12 and 11 bits");

static const struct pace_state *state_of(const struct pace *pace)
{
    return pace->common.state != NULL ? pace->common.state : &pace->own;
}

static struct pace_state *state_to_change(struct pace *pace) { return (struct pace_state *)state_of(pace); }

// The name as it stands in a word: 40 bits, never zero.
static uint64_t mark_of(const struct pace *pace) { return pace->common.name << 24 | UINT64_C(1) << 24; }

static struct slowness unpack(const struct pace *pace, uint64_t word)
{
    if (word >> 24 != mark_of(pace) >> 24)
        return (struct slowness){pace->most, 0, false};
    return (struct slowness){(unsigned)(word >> 12 & 2047), (unsigned)(word & 4095), (word >> 23 & 1) != 0};
}

static uint64_t pack(const struct pace *pace, struct slowness now)
{
    if (now.limit == pace->most && now.delay_ms == 0)
        return 0;
    uint64_t limit = now.limit < PACE_MOST ? now.limit : PACE_MOST;
    return mark_of(pace) | (uint64_t)now.taught << 23 | limit << 12 | now.delay_ms;
}

static struct slowness slowness_of(const struct pace *pace)
{
    return unpack(pace, atomic_load(&state_of(pace)->slowness));
}

unsigned pace_limit(const struct pace *pace) { return slowness_of(pace).limit; }
unsigned pace_delay_ms(const struct pace *pace) { return slowness_of(pace).delay_ms; }
bool pace_taught(const struct pace *pace) { return slowness_of(pace).taught; }

bool pace_is_slowed(const struct pace *pace)
{
    return atomic_load(&state_of(pace)->slowness) >> 24 == mark_of(pace) >> 24;
}

uint64_t pace_next_ms(const struct pace *pace)
{
    return pace_is_slowed(pace) ? atomic_load(&state_of(pace)->next_ms) : 0;
}

static void change(struct pace *pace, void (*step)(struct slowness *now, unsigned most))
{
    _Atomic uint64_t *word = &state_to_change(pace)->slowness;
    uint64_t before = atomic_load(word);
    struct slowness now;
    do {
        now = unpack(pace, before);
        step(&now, pace->most);
    } while (!atomic_compare_exchange_weak(word, &before, pack(pace, now)));
}

static void slower(struct slowness *now, unsigned most)
{
    (void)most;
    now->limit = now->limit > 1 ? now->limit / 2 : 1;
    now->delay_ms = now->delay_ms == 0 ? PACE_FIRST_DELAY : now->delay_ms * 2;
    if (now->delay_ms > PACE_LONGEST_DELAY)
        now->delay_ms = PACE_LONGEST_DELAY;
    now->taught = true;
}

static void single(struct slowness *now, unsigned most)
{
    (void)most;
    now->limit = 1;
    now->delay_ms = now->delay_ms < PACE_FIRST_DELAY ? PACE_FIRST_DELAY : now->delay_ms;
}

static void single_and_taught(struct slowness *now, unsigned most)
{
    single(now, most);
    now->taught = true;
}

static void as_configured(struct slowness *now, unsigned most) { *now = (struct slowness){most, 0, false}; }

static void faster(struct slowness *now, unsigned most)
{
    if (now->limit < most)
        now->limit++;
    now->delay_ms = now->delay_ms / 2 < PACE_FIRST_DELAY ? 0 : now->delay_ms / 2;
}

// --- lessons ---------------------------------------------------------------------------------------

void pace_begin(struct pace *pace, unsigned most, struct pace_common common)
{
    always(most != 0);
    *pace = (struct pace){.most = most, .common = common};
}

// Of two processes that start at the same moment each has its pause before what follows.
void pace_started(struct pace *pace, uint64_t now_ms)
{
    struct pace_state *state = state_to_change(pace);
    unsigned delay = pace_delay_ms(pace);
    uint64_t next = atomic_load(&state->next_ms);
    if (delay == 0)
        return;
    while (!atomic_compare_exchange_weak(&state->next_ms, &next, (next > now_ms ? next : now_ms) + delay))
        ;
}

static void slow_down(struct pace *pace, uint64_t now_ms, void (*step)(struct slowness *now, unsigned most))
{
    change(pace, step);
    atomic_store(&state_to_change(pace)->next_ms, now_ms + pace_delay_ms(pace));
}

void pace_hush(struct pace *pace, uint64_t now_ms, bool taught)
{
    slow_down(pace, now_ms, taught ? single_and_taught : single);
}

void pace_restore(struct pace *pace)
{
    if (pace_is_slowed(pace))
        change(pace, as_configured);
}

static void answered(struct pace *pace)
{
    pace->answered = true;
    pace->resets = pace->failures = 0;
    if (++pace->answers % PACE_RECOVERY == 0 && pace_is_slowed(pace))
        change(pace, faster);
}

// It says so itself, so that no burst of it is needed.
static void turned_away(struct pace *pace, uint64_t now_ms)
{
    if (now_ms < pace->calm_ms)
        return;
    slow_down(pace, now_ms, slower);
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
        slow_down(pace, now_ms, slower);
    if (pace->failures >= PACE_BURST || pace->resets >= 2 * PACE_BURST)
        pace->pushed_back = true;
}
