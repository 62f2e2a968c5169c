// SPDX-License-Identifier: Apache-2.0
//
// What is remembered, and what is forgotten.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "run/seen.h"
#include "wire/keys.h"

static struct seen_digest digest_of(uint32_t number)
{
    uint8_t digest[32];
    struct seen_digest out;
    digest_sha256((struct bytes){(const uint8_t *)&number, sizeof number}, digest);
    memcpy(out.octet, digest, sizeof out.octet);
    return out;
}

static void remembers_all(void **state)
{
    struct seen seen = {0};
    for (uint32_t i = 0; i < 100000; i++) {
        struct seen_digest digest = digest_of(i);
        assert_false(seen_has(&seen, &digest));
        assert_true(seen_add(&seen, &digest));
        assert_false(seen_add(&seen, &digest));
    }
    for (uint32_t i = 0; i < 100000; i++) {
        struct seen_digest digest = digest_of(i);
        assert_true(seen_has(&seen, &digest));
    }
    seen_release(&seen);
    (void)state;
}

static void forgets_the_oldest(void **state)
{
    struct seen seen = {.most = 1000};
    for (uint32_t i = 0; i < 100000; i++) {
        struct seen_digest digest = digest_of(i), recent = digest_of(i < 1000 ? 0 : i - 1000);
        assert_true(seen_add(&seen, &digest));
        assert_true(seen_has(&seen, &recent));
        assert_true(seen.young.room + seen.old.room <= 4096);
    }
    struct seen_digest first = digest_of(0);
    assert_true(seen_add(&seen, &first));
    seen_release(&seen);
    (void)state;
}

static void targets_differ(void **state)
{
    static const struct target a = {.host = "a", .port = 443, .sni = "a"};
    static const struct target rows[] = {
        {.host = "b", .port = 443, .sni = "a"}, {.host = "a", .port = 442, .sni = "a"},
        {.host = "a", .port = 443, .sni = "b"}, {.host = "a", .port = 443},
        {.host = "aa", .port = 443, .sni = ""},
    };
    static const struct target same = {.input = "https://a/", .display = "A", .host = "a", .port = 443, .sni = "a"};
    struct seen_digest wanted = seen_digest_of(&a), found = seen_digest_of(&same);
    assert_memory_equal(&wanted, &found, sizeof wanted);
    static const struct target dot = {.host = "a.", .port = 443, .sni = "a"}; // may be another host for a resolver
    found = seen_digest_of(&dot);
    assert_memory_not_equal(&wanted, &found, sizeof wanted);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        found = seen_digest_of(&rows[i]);
        assert_memory_not_equal(&wanted, &found, sizeof wanted);
    }
    (void)state;
}

static void the_dot_of_the_root_is_no_difference(void **state)
{
    static const struct target with = {.host = "a.example.", .port = 443, .sni = "a.example"};
    static const struct target without = {.host = "a.example", .port = 443, .sni = "a.example"};
    static const struct target other = {.host = "a.exampl", .port = 443, .sni = "a.example"};
    struct seen_digest wanted = seen_digest_of(&without), found = seen_digest_of(&with);
    assert_memory_equal(&wanted, &found, sizeof wanted);
    found = seen_digest_of(&other);
    assert_memory_not_equal(&wanted, &found, sizeof wanted);
    (void)state;
}

// Machines that share a list must agree, in every version.
static void shards_never_change(void **state)
{
    static const struct target target = {.host = "example.com", .port = 443, .sni = "example.com"};
    struct seen_digest digest = seen_digest_of(&target);
    assert_int_equal(seen_number(&digest), UINT64_C(0x78542df9b6e9e868));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(remembers_all),       cmocka_unit_test(forgets_the_oldest),
        cmocka_unit_test(targets_differ),      cmocka_unit_test(the_dot_of_the_root_is_no_difference),
        cmocka_unit_test(shards_never_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
