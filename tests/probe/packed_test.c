// SPDX-License-Identifier: Apache-2.0
//
// Packed forms: what comes out is what went in, whatever list a hello has and whatever a probe is; and a packed form is
// its own form's and no other's, cut ones included. Lists that are some of the offers are small.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "probe/packed.h"
#include "probe/probe.h"
#include "wire/registry.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define FORMS    128

// As offers are: ascending runs, then others, and one code twice.
static const uint16_t offered[] = {0x0010, 0x0011, 0x0012, 0x0013, 0x0030, 0x0032, 0x0034, 0x0036, 0x0038, 0xC001,
                                   0xC003, 0xC005, 0xC007, 0xC02F, 0xC030, 0x1301, 0x1302, 0x0032, 0x00FF};
static const struct codes offers = {offered, COUNT(offered)};

static uint16_t without_one[COUNT(offered)][COUNT(offered) - 1];
static const uint16_t backwards[] = {0x00FF, 0x1301, 0xC030, 0xC02F, 0xC007, 0xC005, 0x0038, 0x0030};
static const uint16_t stranger[] = {0x0010, 0x0012, 0x0030, 0x0034, 0xC001, 0xC002, 0xC005};
static const uint16_t twice[] = {0x0010, 0x0010, 0x0030, 0x0034, 0xC001, 0xC005}, one[] = {0xC02F}, last[] = {0x00FF};
static const uint16_t repeated[] = {0x0010, 0x0032, 0x0036, 0xC001, 0xC005, 0x0032};

static size_t count_forms;
static struct bytes forms[FORMS];

static void add(struct arena *arena, const struct probe *probe)
{
    assert_true(count_forms < FORMS);
    forms[count_forms++] = probe_encode(arena, probe);
}

static void add_list(struct arena *arena, const uint16_t *code, size_t count)
{
    static const uint16_t groups[] = {0x001D, 0x0017};
    struct probe probe = {.hello = {.version = TLS12, .suites = {code, count}, .groups = {groups, 2}}};
    add(arena, &probe);
}

// What stands behind the list is like that of another, but for its beginning, its end, or something between.
static void add_tails(struct arena *arena)
{
    static const char *const names[] = {"a.example", "b.example", "a.examples", "a.a.example", "a.exam", NULL};
    for (size_t i = 0; i < COUNT(offered); i++) {
        struct codes groups = {offered, i}, others = {offered + i, COUNT(offered) - i};
        struct probe probe = {.hello = {.version = TLS12, .suites = offers, .groups = groups, .schemes = offers}};
        add(arena, &probe);
        probe.hello.versions = others;
        probe.hello.server_name = names[i % COUNT(names)];
        add(arena, &probe);
    }
    for (size_t i = 0; i < COUNT(names); i++)
        add(arena, &(struct probe){.hello = {.version = TLS12, .schemes = offers, .server_name = names[i]}});
}

static void add_others(struct arena *arena)
{
    struct probe probe = {.hello = {.version = TLS12, .suites = offers, .server_name = "a.example"}};
    add(arena, &probe);
    probe.sample = 1;
    add(arena, &probe);
    probe.split = 5;
    add(arena, &probe);
    add(arena, &(struct probe){.hello = {.version = SSL2}});
    add(arena, &(struct probe){.kind = PROBE_HANDSHAKE, .handshake = {.lowest = TLS10, .highest = TLS13}});
    add(arena, &(struct probe){.kind = PROBE_FETCH, .fetch = {.url = "http://a.example/", .limit = 1000}});
    add(arena, &(struct probe){.kind = PROBE_RECORDS, .records = {.name = "a.example", .type = 1}});
}

static void make_forms(struct arena *arena)
{
    for (size_t left_out = 0; left_out < COUNT(offered); left_out++) {
        for (size_t i = 0, k = 0; i < COUNT(offered); i++)
            if (i != left_out)
                without_one[left_out][k++] = offered[i];
        if (offered[left_out] != 0x0032) // those would be one list, and nearly is
            add_list(arena, without_one[left_out], COUNT(offered) - 1);
    }
    add_list(arena, offered, COUNT(offered));
    add_list(arena, backwards, COUNT(backwards));
    add_list(arena, stranger, COUNT(stranger));
    add_list(arena, twice, COUNT(twice));
    add_list(arena, repeated, COUNT(repeated));
    add_list(arena, one, 1);
    add_list(arena, last, 1);
    add_list(arena, NULL, 0);
    add_others(arena);
    add_tails(arena);
}

static void hold(struct arena *arena, const struct codes *by)
{
    struct tails tails = {0};
    struct packed packed[FORMS];
    for (size_t i = 0; i < count_forms; i++)
        packed[i] = packed_form(arena, &tails, by, forms[i]);
    for (size_t i = 0; i < count_forms; i++) {
        if (!bytes_equal(packed_whole(&packed[i], arena), forms[i]))
            fail_msg("form %zu comes out as another", i);
        for (size_t k = 0; k < count_forms; k++)
            if (packed_is(&packed[i], forms[k]) != (i == k))
                fail_msg("form %zu %s form %zu", i, i == k ? "is not" : "is", k);
        for (size_t size = 0; size < forms[i].size; size++)
            assert_false(packed_is(&packed[i], (struct bytes){forms[i].data, size}));
    }
}

static void test_forms(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct codes none = {NULL, 0};
    make_forms(&arena);
    for (size_t i = 0; i < count_forms; i++)
        for (size_t k = 0; k < i; k++)
            assert_false(bytes_equal(forms[i], forms[k]));
    hold(&arena, &offers);
    hold(&arena, &none);
    hold(&arena, NULL);
    arena_release(&arena);
}

// What it is for: many forms that differ in their lists alone.
static void test_size(void **state)
{
    (void)state;
    struct arena forms_memory = {0}, arena = {0};
    struct tails tails = {0};
    uint16_t code[300];
    for (size_t i = 0; i < COUNT(code); i++)
        code[i] = (uint16_t)(3 * i);
    struct codes all = {code, COUNT(code)};
    for (size_t count = COUNT(code); count > 250; count--) {
        struct probe probe = {.hello = {.version = TLS12, .suites = {code, count}, .groups = all}};
        struct bytes form = probe_encode(&forms_memory, &probe);
        struct packed packed = packed_form(&arena, &tails, &all, form);
        assert_true(form.size > 1500);
        struct packed again = packed_form(&forms_memory, &tails, &all, form);
        assert_ptr_equal(packed.tail, again.tail);
    }
    assert_true(arena.total < 50 * 64 + 2 * 2048);
    arena_release(&forms_memory);
    arena_release(&arena);
}

// ... and many with a short list of their own before a long one that all have.
static void test_size_of_tails(void **state)
{
    (void)state;
    struct arena forms_memory = {0}, arena = {0};
    struct tails tails = {0};
    uint16_t code[300];
    for (size_t i = 0; i < COUNT(code); i++)
        code[i] = (uint16_t)(3 * i);
    struct codes all = {code, COUNT(code)};
    for (size_t i = 0; i < 100; i++) {
        struct probe probe = {.hello = {.version = TLS12, .groups = {code + i, 2}, .schemes = all}};
        packed_form(&arena, &tails, &all, probe_encode(&forms_memory, &probe));
    }
    assert_true(arena.total < 16384);
    arena_release(&forms_memory);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_size_of_tails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
