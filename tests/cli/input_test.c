// SPDX-License-Identifier: Apache-2.0
//
// Lists of targets: what counts as a target, and the line numbers that messages name.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/input.h"
#include "shakedown.h"

#define BYTES(text) text, sizeof text - 1

static const struct row {
    const char *name, *data;
    size_t size;
    const char *want; // each target as "line:target "
} rows[] = {
    {"empty", BYTES(""), ""},
    {"one", BYTES("a\n"), "1:a "},
    {"no last newline", BYTES("a\nb"), "1:a 2:b "},
    {"CRLF", BYTES("a\r\n\r\nb\r\n"), "1:a 3:b "},
    {"blank lines", BYTES("\n  \n\t\na\n\n"), "4:a "},
    {"comments", BYTES("# one\n  # two\na # three\nb\t#four\nc#five\n#"), "3:a 4:b 5:c#five "},
    {"blanks around", BYTES("  a \t\n"), "1:a "},
    {"blanks inside stay", BYTES("a b\n"), "1:a b "},
    {"byte order mark",
     BYTES("\xef\xbb\xbf"
           "a\nb\n"),
     "1:a 2:b "},
    {"mark before a comment", BYTES("\xef\xbb\xbf# x\na\n"), "2:a "},
    {"mark on a later line stays",
     BYTES("a\n\xef\xbb\xbf"
           "b\n"),
     "1:a 2:\xef\xbb\xbf"
     "b "},
    {"NUL is not the end", BYTES("a\0b\nc\n"), "1:a\1b 2:c "},
    {"only NUL", BYTES("\0\n"), "1:\1 "},
};

static char *write_file(const char *data, size_t size)
{
    char *name = strdup("/tmp/shakedown-input.XXXXXX");
    int descriptor = mkstemp(name);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, data, size), size);
    close(descriptor);
    return name;
}

static void reads_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *name = write_file(rows[i].data, rows[i].size);
        struct complaint complaint = {0};
        struct input input;
        char found[256] = "";
        print_message("%s\n", rows[i].name);
        assert_true(input_open(&input, NULL, 0, name, &complaint));
        const char *target;
        while ((target = input_next(&input, &complaint)) != NULL)
            snprintf(found + strlen(found), sizeof found - strlen(found), "%lu:%s ", input.line, target);
        assert_string_equal(found, rows[i].want);
        assert_string_equal(complaint.text, "");
        assert_null(input_next(&input, &complaint));
        input_close(&input);
        unlink(name);
        free(name);
    }
}

// A line without end is one bad target, and costs no memory.
static void bounds_lines(void **state)
{
    (void)state;
    size_t size = 100000;
    char *data = malloc(size + 3);
    assert_non_null(data);
    memset(data, 'x', size);
    memcpy(data + size, "\na\n", 3);
    char *name = write_file(data, size + 3);
    struct complaint complaint = {0};
    struct input input;
    assert_true(input_open(&input, NULL, 0, name, &complaint));
    const char *target = input_next(&input, &complaint);
    assert_non_null(target);
    assert_int_equal(strlen(target), INPUT_LINE - 1);
    assert_string_equal(input_next(&input, &complaint), "a");
    assert_int_equal(input.line, 2);
    input_close(&input);
    unlink(name);
    free(name);
    free(data);
}

static void operands_come_first(void **state)
{
    (void)state;
    char one[] = "one", two[] = "two";
    char *const operands[] = {one, two};
    char *name = write_file("three\n", 6);
    struct complaint complaint = {0};
    struct input input;
    assert_true(input_open(&input, operands, 2, name, &complaint));
    assert_string_equal(input_next(&input, &complaint), "one");
    assert_int_equal(input.line, 0);
    assert_string_equal(input_next(&input, &complaint), "two");
    assert_string_equal(input_next(&input, &complaint), "three");
    assert_int_equal(input.line, 1);
    assert_null(input_next(&input, &complaint));
    input_close(&input);
    unlink(name);
    free(name);
}

static void tells_what_cannot_be_read(void **state)
{
    (void)state;
    struct complaint complaint = {0};
    struct input input;
    assert_false(input_open(&input, NULL, 0, "/nonexistent/list", &complaint));
    assert_non_null(strstr(complaint.text, "/nonexistent/list"));
    complaint = (struct complaint){0};
    assert_true(input_open(&input, NULL, 0, "/tmp", &complaint)); // a folder opens, but does not read
    assert_null(input_next(&input, &complaint));
    assert_non_null(strstr(complaint.text, "'/tmp'"));
}

// Whoever writes the list may take their time: what is not there yet is not waited for.
static void does_not_wait(void **state)
{
    (void)state;
    int ends[2];
    char name[32];
    struct complaint complaint = {0};
    struct input input;
    assert_int_equal(pipe(ends), 0);
    snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    assert_true(input_open(&input, NULL, 0, name, &complaint));
    assert_ptr_equal(input_next(&input, &complaint), shakedown_later);
    assert_int_equal(write(ends[1], "on", 2), 2);
    assert_ptr_equal(input_next(&input, &complaint), shakedown_later);
    assert_ptr_equal(input_next(&input, &complaint), shakedown_later);
    assert_int_equal(write(ends[1], "e\n\ntwo\nth", 9), 9);
    assert_string_equal(input_next(&input, &complaint), "one");
    assert_string_equal(input_next(&input, &complaint), "two");
    assert_int_equal(input.line, 3);
    assert_ptr_equal(input_next(&input, &complaint), shakedown_later);
    close(ends[1]);
    assert_string_equal(input_next(&input, &complaint), "th");
    assert_null(input_next(&input, &complaint));
    assert_string_equal(complaint.text, "");
    input_close(&input);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_lines),
        cmocka_unit_test(bounds_lines),
        cmocka_unit_test(operands_come_first),
        cmocka_unit_test(does_not_wait),
        cmocka_unit_test(tells_what_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
