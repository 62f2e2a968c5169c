// SPDX-License-Identifier: Apache-2.0
//
// A journal that is cut at every octet goes on where its last whole line ends; one that somebody else wrote is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/journal.h"

static char name[] = "/tmp/shakedown-journal.XXXXXX";

static struct seen_digest digest_of(uint8_t number)
{
    struct seen_digest digest = {{1, number}};
    return digest;
}

static void count(void *context, const char *outcome)
{
    char *outcomes = context;
    assert_true(strlen(outcomes) < 900);
    strcat(strcat(outcomes, outcome), " ");
}

static void put(const char *text, size_t size)
{
    int descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(descriptor, text, size), size);
    close(descriptor);
}

static size_t get(char *text, size_t room)
{
    FILE *file = fopen(name, "r");
    size_t size = fread(text, 1, room - 1, file);
    text[size] = '\0';
    fclose(file);
    return size;
}

static const char whole[] = "shakedown-journal 1\n"
                            "done 01010000000000000000000000000000 c0--- 100 a.example\n"
                            "done 01020000000000000000000000000000 i3f-w 250,7 b.example:8443\n"
                            "done 01030000000000000000000000000000 n5-ic - [2001:db8::1]:443\n";

static void writes_and_reads(void **state)
{
    (void)state;
    static const struct {
        const char *outcome, *mark, *target;
    } rows[] = {
        {"c0---", "100", "a.example"}, {"i3f-w", "250,7", "b.example:8443"}, {"n5-ic", "", "[2001:db8::1]:443"}};
    char text[1024], outcomes[1024] = "";
    struct journal journal;
    struct complaint complaint = {0};
    unlink(name);
    assert_true(journal_open(&journal, name, count, outcomes, &complaint));
    assert_int_equal(journal.earlier, 0);
    assert_false(journal_due(&journal, 5000));
    for (uint8_t i = 0; i < 3; i++) {
        struct seen_digest digest = digest_of((uint8_t)(i + 1));
        journal_add(&journal, &digest, rows[i].outcome, rows[i].mark, rows[i].target);
        assert_true(seen_has(&journal.finished, &digest));
    }
    assert_false(journal_due(&journal, 999));
    assert_true(journal_due(&journal, 1000));
    get(text, sizeof text);
    assert_string_equal(text, "shakedown-journal 1\n"); // a group at once
    assert_true(journal_write(&journal, 1000, &complaint));
    assert_false(journal_due(&journal, 5000));
    journal_close(&journal);
    get(text, sizeof text);
    assert_string_equal(text, whole);
    assert_string_equal(outcomes, "");
    assert_true(journal_open(&journal, name, count, outcomes, &complaint));
    assert_string_equal(outcomes, "c0--- i3f-w n5-ic ");
    assert_int_equal(journal.earlier, 3);
    assert_string_equal(journal.mark, "-");
    journal_close(&journal);
}

static void is_due_by_count(void **state)
{
    (void)state;
    struct journal journal;
    struct complaint complaint = {0};
    char outcomes[1024] = "";
    unlink(name);
    assert_true(journal_open(&journal, name, count, outcomes, &complaint));
    for (uint8_t i = 0; i < JOURNAL_GROUP; i++) {
        struct seen_digest digest = digest_of(i);
        assert_false(journal_due(&journal, 0));
        journal_add(&journal, &digest, "c0---", "1", "a");
    }
    assert_true(journal_due(&journal, 0));
    journal_close(&journal);
}

static void goes_on_after_every_cut(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof whole; size++) {
        char outcomes[1024] = "", text[1024];
        struct journal journal;
        struct complaint complaint = {0};
        size_t lines = 0, end = 0;
        for (size_t i = 0; i < size; i++)
            if (whole[i] == '\n') {
                lines++;
                end = i + 1;
            }
        put(whole, size);
        if (!journal_open(&journal, name, count, outcomes, &complaint))
            fail_msg("cut at %zu: %s", size, complaint.text);
        assert_int_equal(journal.earlier, lines == 0 ? 0 : lines - 1);
        assert_string_equal(journal.mark, lines < 2 ? "" : lines == 2 ? "100" : lines == 3 ? "250,7" : "-");
        struct seen_digest digest = digest_of(9);
        journal_add(&journal, &digest, "c0---", "300", "z");
        assert_true(journal_write(&journal, 0, &complaint));
        journal_close(&journal);
        get(text, sizeof text);
        assert_memory_equal(text, whole, end);
        assert_string_equal(text + (end == 0 ? strlen("shakedown-journal 1\n") : end),
                            "done 01090000000000000000000000000000 c0--- 300 z\n");
    }
}

static void refuses_what_it_did_not_write(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"hello\n", "is no journal"},
        {"shakedown-journal 2\n", "is no journal"},
        {"shakedown-journal 1\nhello\n", ":2: "},
        {"shakedown-journal 1\ndone 0101 c0--- 1 a\n", ":2: "},
        {"shakedown-journal 1\ndone 0101000000000000000000000000000Z c0--- 1 a\n", ":2: "},
        {"shakedown-journal 1\ndone 01010000000000000000000000000000 x0--- 1 a\n", ":2: "},
        {"shakedown-journal 1\ndone 01010000000000000000000000000000 c6--- 1 a\n", ":2: "},
        {"shakedown-journal 1\ndone 01010000000000000000000000000000 c0---- 1 a\n", ":2: "},
        {"shakedown-journal 1\ndone 01010000000000000000000000000000 c0---  a\n", ":2: "},
        {"shakedown-journal 1\ndone 01010000000000000000000000000000 c0--- 1 \n", ":2: "},
        {"shakedown-journal 1\ndone 01010000000000000000000000000000 c0---\n", ":2: "},
        {"shakedown-journal 1\n\n", ":2: "},
    };
    char outcomes[1024] = "", text[1024], line[3 * JOURNAL_LINE];
    struct journal journal;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct complaint complaint = {0};
        put(rows[i].text, strlen(rows[i].text));
        assert_false(journal_open(&journal, name, count, outcomes, &complaint));
        if (strstr(complaint.text, rows[i].want) == NULL)
            fail_msg("'%s': '%s'", rows[i].text, complaint.text);
        journal_close(&journal);
        get(text, sizeof text);
        assert_string_equal(text, rows[i].text); // it is somebody else's, and stays as it is
    }
    memset(line, 'x', sizeof line);
    put(line, sizeof line);
    struct complaint complaint = {0};
    assert_false(journal_open(&journal, name, count, outcomes, &complaint));
    assert_non_null(strstr(complaint.text, "too long"));
    journal_close(&journal);
    complaint = (struct complaint){0};
    assert_false(journal_open(&journal, "/tmp", count, outcomes, &complaint));
    journal_close(&journal);
}

static void belongs_to_one_run(void **state)
{
    (void)state;
    char outcomes[1024] = "";
    struct journal first, second;
    struct complaint complaint = {0};
    unlink(name);
    assert_true(journal_open(&first, name, count, outcomes, &complaint));
    assert_false(journal_open(&second, name, count, outcomes, &complaint));
    assert_non_null(strstr(complaint.text, "in use"));
    journal_close(&second);
    journal_close(&first);
}

// What there is no room for leaves no half line behind.
static void survives_a_full_disk(void **state)
{
    (void)state;
    char outcomes[1024] = "", text[1024];
    struct journal journal;
    struct complaint complaint = {0};
    struct seen_digest digest = digest_of(4);
    struct rlimit limit, small;
    signal(SIGXFSZ, SIG_IGN);
    put(whole, sizeof whole - 1);
    assert_true(journal_open(&journal, name, count, outcomes, &complaint));
    journal_add(&journal, &digest, "c0---", "300", "z");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = (struct rlimit){sizeof whole + 10, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_false(journal_write(&journal, 0, &complaint));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_non_null(strstr(complaint.text, "cannot write the journal"));
    journal_close(&journal);
    get(text, sizeof text);
    assert_string_equal(text, whole);
}

static int begin(void **state)
{
    (void)state;
    int descriptor = mkstemp(name);
    return descriptor == -1 || close(descriptor) != 0;
}

static int end(void **state)
{
    (void)state;
    return unlink(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_and_reads),        cmocka_unit_test(is_due_by_count),
        cmocka_unit_test(goes_on_after_every_cut), cmocka_unit_test(refuses_what_it_did_not_write),
        cmocka_unit_test(belongs_to_one_run),      cmocka_unit_test(survives_a_full_disk),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
