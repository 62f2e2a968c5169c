// SPDX-License-Identifier: Apache-2.0
//
// How a complaint is written down, and how a process of ours ends when it must.
#include "base/fail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void complaints_are_one_printable_line(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *want;
    } rows[] = {
        {"plain", "no such file", "no such file"},
        {"percent", "100%s", "100%s"},
        {"line feed", "a\nb", "a?b"},
        {"terminal escape", "\x1b[2J", "?[2J"},
        {"delete", "a\x7f", "a?"},
        {"UTF-8", "M\xc3\xbcller", "M\xc3\xbcller"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct complaint complaint = {0};
        assert_false(complain(&complaint, "%s", rows[i].text));
        if (strcmp(complaint.text, rows[i].want) != 0)
            fail_msg("%s: \"%s\", want \"%s\"", rows[i].name, complaint.text, rows[i].want);
    }
}

static void the_first_complaint_stands(void **state)
{
    (void)state;
    struct complaint complaint = {0};
    assert_false(complain(&complaint, "port %d", 0));
    assert_false(complain(&complaint, "another"));
    assert_string_equal(complaint.text, "port 0");
}

static void a_long_complaint_is_cut(void **state)
{
    (void)state;
    struct complaint complaint = {0};
    assert_false(complain(&complaint, "%0*d", 5000, 7));
    assert_int_equal(strlen(complaint.text), sizeof complaint.text - 1);
}

static void broken_promise(void) { bug("the moon is cheese"); }
static void false_condition(void) { always(1 + 1 == 3); }
static void true_condition(void) { always(1 + 1 == 2); }
static void no_memory(void) { die("out of %s", "memory"); }

// Runs it in a child with standard error into `said`; returns the status.
static int status_of(void (*what)(void), char *said, size_t size)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        what();
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    ssize_t got;
    while (length + 1 < size && (got = read(ends[0], said + length, size - 1 - length)) > 0)
        length += (size_t)got;
    said[length] = '\0';
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void what_is_wrong_with_us_ends_with_70(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*what)(void);
        int want_status;
        const char *want_said;
    } rows[] = {
        {"bug", broken_promise, 70, "the moon is cheese\n"},
        {"always, false", false_condition, 70, "1 + 1 == 3\n"},
        {"always, true", true_condition, 0, ""},
        {"die", no_memory, 70, "shakedown: out of memory\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char said[512];
        int status = status_of(rows[i].what, said, sizeof said);
        size_t length = strlen(said), want = strlen(rows[i].want_said);
        if (status != rows[i].want_status)
            fail_msg("%s: ended with %d, want %d", rows[i].name, status, rows[i].want_status);
        if (length < want || strcmp(said + length - want, rows[i].want_said) != 0 || (want == 0 && length != 0))
            fail_msg("%s: said \"%s\", want \"%s\"", rows[i].name, said, rows[i].want_said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complaints_are_one_printable_line),
        cmocka_unit_test(the_first_complaint_stands),
        cmocka_unit_test(a_long_complaint_is_cut),
        cmocka_unit_test(what_is_wrong_with_us_ends_with_70),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
