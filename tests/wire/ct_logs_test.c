// SPDX-License-Identifier: Apache-2.0
//
// The table of logs that is built in, and files that take its place: what they may look like, and what is said of one
// that may not.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/ct_logs.h"
#include "wire/keys.h"

#define HEADER                                                                                                         \
    "log_id,name,operator,api,use,chrome,chrome_since,chrome_as_of,apple,apple_since,apple_as_of,from,until,key,"      \
    "sources\n"
#define ID    "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=" // of "test"
#define KEY   "dGVzdA=="
#define ID2   "xsHJqchUPx5M2YAGTPFiXuthqQcDskZP/wOfIWglCLM=" // of "next"
#define NAMED ID ",Log,Op,"
#define REST  ",,," KEY ",\n"

static const struct {
    const char *text, *want; // the sentence, in part; NULL: it is read
} files[] = {
    {HEADER NAMED "rfc6962,,,,,,," REST, NULL},
    {HEADER NAMED "static-ct-api,test,,,,,," REST, NULL},
    {HEADER NAMED "rfc6962,,usable,2026-01-02T03:04:05Z,2026-08-21,retired,,2026-01-01" REST, NULL},
    {HEADER "\"" ID "\",\"Log, \"\"the\"\" one\",Op,rfc6962,,,,,,," REST, NULL},
    {HEADER NAMED "rfc6962,,,,,,,,2026-01-01T00:00:00Z,2027-01-01T00:00:00Z," KEY ",\r\n", NULL},
    {HEADER NAMED "rfc6962,,,,,,,,,," KEY ",", NULL},
    {"", "holds no log"},
    {HEADER, "holds no log"},
    {"log_id,name\n", ":1: expected the columns"},
    {HEADER "\n", ":2: expected 15 fields"},
    {HEADER NAMED "rfc6962,,,,,,,,,," KEY "\n", ":2: expected 15 fields"},
    {HEADER NAMED "rfc6962,,,,,,,,,," KEY ",,\n", ":2: expected 15 fields"},
    {HEADER "\"" ID ",Log,Op,rfc6962,,,,,,," REST, ":2: expected 15 fields"},
    {HEADER "\"" ID "\"x,Log,Op,rfc6962,,,,,,," REST, ":2: expected 15 fields"},
    {HEADER ID ",L\"og,Op,rfc6962,,,,,,," REST, ":2: expected 15 fields"},
    {HEADER NAMED "rfc9162,,,,,,," REST, ":2: the API of a log"},
    {HEADER NAMED "rfc6962,tests,,,,,," REST, ":2: the use of a log"},
    {HEADER NAMED "rfc6962,,used,,2026-01-01,,," REST, ":2: a state is none of"},
    {HEADER NAMED "rfc6962,,usable,yesterday,2026-01-01,,," REST, ":2: the time of a state"},
    {HEADER NAMED "rfc6962,,usable,,,,," REST, ":2: a state, and nothing else, has the day"},
    {HEADER NAMED "rfc6962,,usable,,2026-13-01,,," REST, ":2: a state, and nothing else, has the day"},
    {HEADER NAMED "rfc6962,,,,2026-01-01,,," REST, ":2: a state, and nothing else, has the day"},
    {HEADER NAMED "rfc6962,,,,,,,,2026,," KEY ",\n", ":2: a time is not of the form"},
    {HEADER ID ",,Op,rfc6962,,,,,,," REST, ":2: a log has no name"},
    {HEADER ID ",Log,,rfc6962,,,,,,," REST, ":2: a log has no name or no operator"},
    {HEADER ID2 ",Log,Op,rfc6962,,,,,,," REST, ":2: the id of a log is not the SHA-256 of its key"},
    {HEADER NAMED "rfc6962,,,,,,,,,,not base64,\n", ":2: the id of a log is not"},
    {HEADER NAMED "rfc6962,,,,,,,,,,,\n", ":2: the id of a log is not"},
    {HEADER NAMED "rfc6962,,,,,,," REST NAMED "rfc6962,,,,,,," REST, ":3: the log stands there twice"},
};

static struct ct_logs *open_text(struct bytes text, struct complaint *complaint)
{
    char path[] = "/tmp/shakedown-logs-XXXXXX";
    int file = mkstemp(path);
    assert_true(file != -1 && write(file, text.data, text.size) == (ssize_t)text.size);
    close(file);
    struct ct_logs *logs = ct_logs_open(path, complaint);
    unlink(path);
    return logs;
}

static void test_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct complaint complaint = {0};
        struct ct_logs *logs = open_text(bytes_of_text(files[i].text), &complaint);
        print_message("%zu: %s\n", i, complaint.text);
        assert_int_equal(logs != NULL, files[i].want == NULL);
        if (logs == NULL)
            assert_non_null(strstr(complaint.text, files[i].want));
        ct_logs_close(logs);
    }
}

// Cut anywhere, a file is read or refused with a sentence; never more logs than it has.
static void test_cut(void **state)
{
    (void)state;
    const char *text = files[2].text;
    for (size_t size = 0; size < strlen(text); size++) {
        struct complaint complaint = {0};
        struct ct_logs *logs = open_text((struct bytes){(const uint8_t *)text, size}, &complaint);
        assert_int_equal(logs == NULL, complaint.text[0] != '\0');
        if (logs != NULL)
            assert_int_equal(ct_logs_size(logs), 1);
        ct_logs_close(logs);
    }
}

static void test_read(void **state)
{
    (void)state;
    struct complaint complaint = {0};
    uint8_t id[32];
    digest_sha256(bytes_of_text("test"), id);
    struct ct_logs *logs = open_text(bytes_of_text(files[2].text), &complaint);
    const struct ct_log *log = ct_logs_find(logs, id);
    assert_non_null(log);
    assert_int_equal(log->standing[CT_CHROME].state, CT_USABLE);
    assert_int_equal(log->standing[CT_CHROME].since, 1767323045);
    assert_int_equal(log->standing[CT_APPLE].state, CT_RETIRED);
    assert_true(log->standing[CT_APPLE].since == INT64_MIN && log->from == INT64_MIN && log->until == INT64_MAX);
    assert_string_equal(ct_logs_date(logs, CT_CHROME), "2026-08-21");
    assert_string_equal(ct_logs_date(logs, CT_APPLE), "2026-01-01");
    id[31] ^= 1;
    assert_null(ct_logs_find(logs, id));
    ct_logs_close(logs);

    logs = open_text(bytes_of_text(files[3].text), &complaint);
    id[31] ^= 1;
    assert_string_equal(ct_logs_find(logs, id)->name, "Log, \"the\" one");
    assert_null(ct_logs_date(logs, CT_CHROME));
    ct_logs_close(logs);
}

static void test_unreadable(void **state)
{
    (void)state;
    static const char *const paths[] = {"/nonexistent/logs.csv", "/tmp"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct complaint complaint = {0};
        assert_null(ct_logs_open(paths[i], &complaint));
        assert_non_null(strstr(complaint.text, paths[i]));
    }
    char long_line[10000];
    struct complaint complaint = {0};
    memset(long_line, 'x', sizeof long_line);
    assert_null(open_text((struct bytes){(const uint8_t *)long_line, sizeof long_line}, &complaint));
    assert_non_null(strstr(complaint.text, ":1: the line is too long"));
}

static void test_pool(void **state)
{
    (void)state;
    struct complaint complaint = {0};
    struct ct_pool pool = {0};
    const struct ct_logs *logs = ct_pool_open(&pool, "fixtures/ct/logs.csv", &complaint);
    assert_non_null(logs);
    assert_string_equal(ct_logs_name(logs), "fixtures/ct/logs.csv");
    assert_ptr_equal(ct_pool_open(&pool, "fixtures/ct/logs.csv", &complaint), logs);
    assert_null(ct_pool_open(&pool, NULL, &complaint));
    assert_string_equal(complaint.text, "");
    ct_pool_close(&pool);
}

// The committed data are a file like any other, and say the same as the table.
static void test_built_in(void **state)
{
    (void)state;
    struct complaint complaint = {0};
    struct ct_logs *logs = ct_logs_open("data/ct-logs.csv", &complaint);
    assert_string_equal(complaint.text, "");
    assert_string_equal(ct_logs_name(ct_logs_built_in()), "built-in");
    assert_int_equal(ct_logs_size(logs), ct_logs_size(ct_logs_built_in()));
    for (size_t i = 0; i < CT_PROGRAMS; i++)
        assert_string_equal(ct_logs_date(logs, (enum ct_program)i),
                            ct_logs_date(ct_logs_built_in(), (enum ct_program)i));
    ct_logs_close(logs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),      cmocka_unit_test(test_cut),  cmocka_unit_test(test_read),
        cmocka_unit_test(test_unreadable), cmocka_unit_test(test_pool), cmocka_unit_test(test_built_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
