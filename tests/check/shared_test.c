// SPDX-License-Identifier: Apache-2.0
//
// A search that several checks make: it is made once in a step, and by none that has asked all of a final one; every
// check that takes what was found waits for, and is known to have asked, the same questions as the one that made it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "check/shared.h"

#define QUESTIONS 3

struct stage {
    struct host host;
    struct arena scratch;
    struct shared shared, inner;
    unsigned made, made_inner;
};

static const struct answer *ask_number(struct stage *stage, uint16_t number)
{
    static const uint16_t suites[] = {0xC02F};
    struct probe probe = {.hello = {.version = 0x0303, .suites = {suites, 1}}, .sample = number};
    return ask(&stage->host, &probe);
}

// The second question, as a search of its own.
static enum progress find_inner(struct stage *stage)
{
    if (shared_holds(&stage->host, &stage->inner))
        return stage->inner.progress;
    stage->made_inner++;
    shared_begin(&stage->host, &stage->inner);
    enum progress progress = ask_number(stage, 1)->outcome == NULL ? WAIT : DONE;
    shared_end(&stage->host, &stage->inner, progress);
    return progress;
}

// One question after the other.
static enum progress find(struct stage *stage)
{
    if (shared_holds(&stage->host, &stage->shared))
        return stage->shared.progress;
    stage->made++;
    shared_begin(&stage->host, &stage->shared);
    enum progress progress = DONE;
    for (uint16_t i = 0; i < QUESTIONS && progress == DONE; i++)
        progress = i == 1 ? find_inner(stage) : ask_number(stage, i)->outcome == NULL ? WAIT : DONE;
    shared_end(&stage->host, &stage->shared, progress);
    return progress;
}

static enum progress find_as(struct stage *stage, unsigned check)
{
    stage->host.asking = check;
    return find(stage);
}

static void begin_step(struct stage *stage)
{
    stage->host.scratch = &stage->scratch;
    stage->host.step++;
}

static void end(struct stage *stage)
{
    ledger_release(&stage->host.ledger);
    arena_release(&stage->scratch);
}

static void answer(struct stage *stage, struct answer *asked)
{
    const struct outcome outcome = {.kind = OUTCOME_SILENT};
    ledger_settle(&stage->host.ledger, asked, &outcome);
}

static void test_a_step(void **state)
{
    (void)state;
    struct stage stage = {0};
    begin_step(&stage);
    assert_int_equal(find_as(&stage, 4), WAIT);
    const struct answer *first = stage.host.ledger.first;
    assert_int_equal(first->askers, 1 << 4);
    assert_int_equal(find_as(&stage, 2), WAIT);
    assert_int_equal(stage.made, 1);
    assert_int_equal(first->askers, 1 << 4 | 1 << 2);
    assert_int_equal(first->waiting, 1 << 4 | 1 << 2);
    assert_int_equal(stage.host.ledger.count, 1);
    begin_step(&stage);
    assert_int_equal(find_as(&stage, 2), WAIT);
    assert_int_equal(stage.made, 2);
    end(&stage);
}

// What an inner search asks is asked by the outer one too, also where the inner one only takes what was found.
static void test_to_the_end(void **state)
{
    (void)state;
    struct stage stage = {0};
    struct answer *asked[QUESTIONS] = {NULL};
    for (unsigned i = 0; i < QUESTIONS; i++) {
        begin_step(&stage);
        stage.host.asking = 9;
        find_inner(&stage);
        assert_int_equal(find_as(&stage, 4), WAIT);
        asked[i] = i == 0 ? stage.host.ledger.first->next : i == 1 ? stage.host.ledger.first : stage.host.ledger.last;
        assert_int_equal(asked[i]->waiting & 1 << 4, 1 << 4);
        answer(&stage, asked[i]);
    }
    begin_step(&stage);
    unsigned made = stage.made, made_inner = stage.made_inner;
    for (unsigned check = 0; check < 5; check++)
        assert_int_equal(find_as(&stage, check), DONE);
    assert_int_equal(stage.made, made + 1);
    for (size_t i = 0; i < QUESTIONS; i++)
        assert_int_equal(asked[i]->askers & 0x1F, 0x1F);
    begin_step(&stage);
    assert_int_equal(find_as(&stage, 3), DONE);
    assert_int_equal(stage.made, made + 1);
    assert_int_equal(find_as(&stage, 6), DONE); // has not asked any of it so far
    assert_int_equal(stage.made, made + 2);
    for (size_t i = 0; i < QUESTIONS; i++)
        assert_true((asked[i]->askers & 1 << 6) != 0);
    assert_int_equal(stage.made_inner, made_inner + 2);
    end(&stage);
}

// Outside of a step nothing is known to be of the same one.
static void test_without_a_step(void **state)
{
    (void)state;
    struct stage stage = {0};
    stage.host.scratch = &stage.scratch;
    assert_int_equal(find_as(&stage, 0), WAIT);
    assert_int_equal(find_as(&stage, 0), WAIT);
    assert_int_equal(stage.made, 2);
    end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_step),
        cmocka_unit_test(test_to_the_end),
        cmocka_unit_test(test_without_a_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
