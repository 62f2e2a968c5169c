// SPDX-License-Identifier: Apache-2.0
//
// Stores: what comes out is what went in, what is the same is there once, and nobody waits for a lock. And files that
// are none.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/archive_tree.h"
#include "report/report_tree.h"
#include "report/state.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define PRESENT  1795442709 // 2026-11-23

static char folder[] = "/tmp/shakedown-store-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[2][256];
    static unsigned turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static const char *fresh(const char *name)
{
    char path[300];
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < COUNT(ends); i++) {
        snprintf(path, sizeof path, "%s%s", path_of(name), ends[i]);
        unlink(path);
    }
    return path_of(name);
}

static void obey(const char *name, const char *sql)
{
    sqlite3 *file;
    assert_int_equal(sqlite3_open(path_of(name), &file), SQLITE_OK);
    if (sqlite3_exec(file, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(file));
    sqlite3_close(file);
}

static int64_t count_of(const char *name, const char *table)
{
    sqlite3 *file;
    sqlite3_stmt *statement;
    char sql[64];
    snprintf(sql, sizeof sql, "select count(*) from %s", table);
    assert_int_equal(sqlite3_open(path_of(name), &file), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(file, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t count = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(file);
    return count;
}

// A report with one row whose value is another one each time, and one whose value is not.
static struct report *made(const char *host, const char *started, const char *value, const char *cipher)
{
    char text[2048];
    snprintf(
        text, sizeof text,
        "{\"schema\":\"shakedown-report/1\",\"scanner\":{\"name\":\"shakedown\"},\"started\":\"%s\",\"now\":\"%s\","
        "\"target\":{\"input\":\"%s\",\"host\":\"%s\",\"port\":443,\"transport\":\"tcp\",\"starttls\":null,"
        "\"sni\":\"%s\"},\"endpoints\":[{\"status\":\"complete\",\"sessions\":[{\"id\":\"ticket_key_name\","
        "\"value\":\"%s\",\"number\":null},{\"id\":\"other\",\"value\":\"%s\"}]}],\"grade\":null}",
        started, started, value, host, host, value, cipher);
    json_t *tree = json_loads(text, 0, NULL);
    assert_non_null(tree);
    return report_of(tree, NULL, 0);
}

static void add(struct archive *archive, const char *host, const char *started, const char *value, const char *cipher)
{
    struct complaint complaint = {0};
    struct report *report = made(host, started, value, cipher);
    assert_true(archive_add(archive, PRESENT, report, &complaint));
    report_free(report);
}

static json_t *history(const char *name, const char *host, bool all)
{
    struct complaint complaint = {0};
    struct archive *archive = archive_open(path_of(name), &complaint);
    assert_non_null(archive);
    archive_narrow(archive, host, 0);
    char *text = archive_history(archive, all, false, &complaint);
    assert_string_equal(complaint.text, "");
    assert_non_null(text);
    json_t *tree = json_loads(text, 0, NULL);
    free(text);
    archive_close(archive);
    return tree;
}

// --- what goes in --------------------------------------------------------------------------------

static void test_golden(void **state)
{
    glob_t found;
    assert_int_equal(glob("fixtures/golden/*.json", 0, NULL, &found), 0);
    assert_true(found.gl_pathc > 10);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct complaint complaint = {0};
        json_t *tree = json_load_file(found.gl_pathv[i], 0, NULL);
        if (tree == NULL || report_wrong(tree) != NULL) {
            json_decref(tree); // many in one file
            continue;
        }
        struct report *report = report_of(tree, NULL, 0);
        struct archive *archive = archive_create(fresh("golden"), &complaint);
        assert_non_null(archive);
        assert_true(archive_add(archive, PRESENT, report, &complaint));
        archive_close(archive);
        archive = archive_open(path_of("golden"), &complaint);
        struct report *back = archive_next(archive, &complaint);
        assert_string_equal(complaint.text, "");
        assert_non_null(back);
        assert_string_equal(report_line(back), report_line(report));
        assert_null(archive_next(archive, &complaint));
        assert_string_equal(complaint.text, "");
        archive_close(archive);
        report_free(back);
        report_free(report);
    }
    globfree(&found);
    (void)state;
}

static void test_states(void **state)
{
    struct complaint complaint = {0};
    struct archive *archive = archive_create(fresh("states"), &complaint);
    assert_non_null(archive);
    add(archive, "a", "2026-11-20T00:00:00Z", "one", "x");
    add(archive, "a", "2026-11-21T00:00:00Z", "two", "x");
    add(archive, "a", "2026-11-22T00:00:00Z", "three", "y");
    add(archive, "a", "2026-11-23T00:00:00Z", "four", "x");
    add(archive, "a", "2026-11-23T00:00:00Z", "four", "x"); // it is there
    add(archive, "a", "2026-11-23T00:00:00Z", "four", "z"); // this is not
    add(archive, "b", "2026-11-01T00:00:00Z", "one", "x");
    archive_close(archive);
    assert_int_equal(count_of("states", "target"), 2);
    assert_int_equal(count_of("states", "state"), 4);
    assert_int_equal(count_of("states", "scan"), 6);
    (void)state;
}

// By their times, in whatever order they came.
static void test_order(void **state)
{
    struct complaint complaint = {0};
    struct archive *archive = archive_create(fresh("order"), &complaint);
    add(archive, "a", "2026-11-22T00:00:00Z", "new", "y");
    add(archive, "a", "2026-11-20T00:00:00Z", "old", "x");
    add(archive, "a", "2026-11-21T00:00:00Z", "mid", "y");
    archive_close(archive);
    archive = archive_open(path_of("order"), &complaint);
    struct report *last = archive_next(archive, &complaint);
    assert_non_null(strstr(report_line(last), "2026-11-22"));
    json_t *same = archive_find(archive, last->tree, INT64_MAX, &complaint);
    json_t *before = archive_find_before(archive, last->tree, 0, &complaint);
    assert_true(json_equal(same, last->tree));
    char *text = json_dumps(before, 0);
    assert_non_null(strstr(text, "2026-11-20"));
    free(text);
    json_decref(same);
    json_decref(before);
    // Of the same state there is one more, and then none.
    before = archive_find_before(archive, last->tree, 1, &complaint);
    text = json_dumps(before, 0);
    assert_non_null(strstr(text, "2026-11-21"));
    free(text);
    json_decref(before);
    assert_null(archive_find_before(archive, last->tree, 2, &complaint));
    report_free(last);
    struct report *other = made("c", "2026-11-20T00:00:00Z", "one", "x");
    assert_null(archive_find(archive, other->tree, INT64_MAX, &complaint));
    assert_null(archive_find_before(archive, other->tree, 0, &complaint));
    assert_string_equal(complaint.text, "");
    report_free(other);
    archive_close(archive);
    (void)state;
}

static void test_rows(void **state)
{
    struct complaint complaint = {0};
    struct archive *archive = archive_create(fresh("rows"), &complaint);
    add(archive, "a", "2026-11-20T00:00:00Z", "one", "x");
    add(archive, "a", "2026-11-21T00:00:00Z", "two", "y"); // another state that shows the same
    add(archive, "b", "2026-11-21T00:00:00Z", "two", "y");
    archive_close(archive);
    json_t *shown = history("rows", "a", false), *every = history("rows", "a", true);
    json_t *rows = json_object_get(shown, "rows"), *row = json_array_get(rows, 0);
    assert_int_equal(json_array_size(rows), 1);
    assert_int_equal(json_integer_value(json_object_get(row, "scans")), 2);
    assert_string_equal(json_string_value(json_object_get(row, "first")), "2026-11-20T00:00:00Z");
    assert_string_equal(json_string_value(json_object_get(row, "last")), "2026-11-21T00:00:00Z");
    assert_int_equal(json_array_size(json_object_get(every, "rows")), 2);
    json_decref(shown);
    json_decref(every);
    (void)state;
}

// --- others who use it ---------------------------------------------------------------------------

static void test_reader_sees_one_moment(void **state)
{
    struct complaint complaint = {0};
    struct archive *writer = archive_create(fresh("moment"), &complaint);
    add(writer, "a", "2026-11-20T00:00:00Z", "one", "x");
    struct archive *reader = archive_open(path_of("moment"), &complaint);
    add(writer, "a", "2026-11-21T00:00:00Z", "two", "y");
    add(writer, "b", "2026-11-21T00:00:00Z", "two", "y");
    struct report *report = archive_next(reader, &complaint);
    assert_non_null(strstr(report_line(report), "2026-11-20"));
    assert_null(archive_next(reader, &complaint));
    report_free(report);
    archive_close(reader);
    archive_close(writer);
    (void)state;
}

static void test_lock(void **state)
{
    struct complaint complaint = {0};
    sqlite3 *other;
    struct archive *archive = archive_create(fresh("lock"), &complaint);
    add(archive, "a", "2026-11-20T00:00:00Z", "one", "x");
    assert_int_equal(sqlite3_open(path_of("lock"), &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "begin immediate", NULL, NULL, NULL), SQLITE_OK);
    add(archive, "a", "2026-11-21T00:00:00Z", "two", "y");
    add(archive, "a", "2026-11-22T00:00:00Z", "three", "y");
    assert_int_equal(count_of("lock", "scan"), 1);
    assert_int_equal(sqlite3_exec(other, "rollback", NULL, NULL, NULL), SQLITE_OK);
    assert_true(archive_flush(archive, &complaint));
    assert_int_equal(count_of("lock", "scan"), 3);
    assert_string_equal(complaint.text, "");
    // What still waits when there is no more time is dropped whole.
    assert_int_equal(sqlite3_exec(other, "begin immediate", NULL, NULL, NULL), SQLITE_OK);
    add(archive, "a", "2026-11-23T00:00:00Z", "four", "y");
    archive_close(archive);
    sqlite3_close(other);
    assert_int_equal(count_of("lock", "scan"), 3);
    (void)state;
}

// --- files that are none -------------------------------------------------------------------------

static void prepare(const char *name)
{
    struct complaint complaint = {0};
    struct archive *archive = archive_create(fresh(name), &complaint);
    add(archive, "a", "2026-11-20T00:00:00Z", "one", "x");
    archive_close(archive);
}

static void test_bad(void **state)
{
    static const struct {
        const char *name, *sql;
        const char *want_read, *want_write; // parts of the sentences; NULL: it is good
    } rows[] = {
        {"absent", NULL, "No such file", NULL},
        {"missing/absent", NULL, "No such file", "No such file"},
        {".", NULL, "no plain file", "no plain file"},
        {"text", NULL, "no SQLite file", "no SQLite file"},
        {"nothing", NULL, "is empty", NULL},
        {"theirs", "create table x(y)", "another program", "another program"},
        {"version", "pragma user_version = 2", "version 2, and only version 1", "version 2, and only version 1"},
        {"tables", "drop table scan", "no such table", NULL},
        {"row", "update state set report = '{}'", "no report", NULL},
        {"kept", "update scan set kept = '[]'", "no report", NULL},
        {"null", "drop index scan_line; update state set report = x'00ff'", "no report", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *name = rows[i].name;
        if (strcmp(name, "theirs") == 0)
            fresh(name);
        else if (rows[i].sql != NULL)
            prepare(name);
        if (rows[i].sql != NULL)
            obey(name, rows[i].sql);
        if (strcmp(name, "text") == 0 || strcmp(name, "nothing") == 0) {
            FILE *file = fopen(fresh(name), "w");
            fputs(name[0] == 't' ? "{\"this\":\"is text, and there is more of it than a header has octets: "
                                   "0123456789012345678901234567890123456789\"}\n"
                                 : "",
                  file);
            fclose(file);
        }
        struct complaint complaint = {0};
        struct archive *archive = archive_open(path_of(name), &complaint);
        struct report *report = archive == NULL ? NULL : archive_next(archive, &complaint);
        if (report != NULL || strstr(complaint.text, rows[i].want_read) == NULL)
            fail_msg("%s, read: '%s'", name, complaint.text);
        archive_close(archive);
        complaint = (struct complaint){0};
        archive = archive_create(path_of(name), &complaint);
        if (rows[i].want_write == NULL ? archive == NULL
                                       : archive != NULL || strstr(complaint.text, rows[i].want_write) == NULL)
            fail_msg("%s, written: '%s'", name, complaint.text);
        archive_close(archive);
    }
    (void)state;
}

// Triggers of whoever made the file do nothing.
static void test_trigger(void **state)
{
    prepare("trigger");
    obey("trigger", "create trigger t after insert on scan begin delete from scan; end");
    struct complaint complaint = {0};
    struct archive *archive = archive_create(path_of("trigger"), &complaint);
    add(archive, "a", "2026-11-21T00:00:00Z", "two", "y");
    archive_close(archive);
    assert_int_equal(count_of("trigger", "scan"), 2);
    (void)state;
}

static void test_give(void **state)
{
    struct report *report = made("a", "2026-11-20T00:00:00Z", "one", "x");
    json_t *copy = json_deep_copy(report->tree), *taken = state_take(report->tree);
    assert_false(json_equal(copy, report->tree));
    json_t *short_list = json_deep_copy(taken), *long_list = json_deep_copy(taken);
    json_array_remove(short_list, 0);
    json_array_append_new(long_list, json_null());
    json_t *tries[] = {short_list, long_list, json_null()};
    for (size_t i = 0; i < COUNT(tries); i++) {
        json_t *victim = json_deep_copy(report->tree);
        assert_false(state_give(victim, tries[i]));
        json_decref(victim);
        json_decref(tries[i]);
    }
    assert_true(state_give(report->tree, taken));
    assert_true(json_equal(copy, report->tree));
    json_decref(taken);
    json_decref(copy);
    report_free(report);
    (void)state;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int drop_folder(void **state)
{
    char command[sizeof folder + 16];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_reader_sees_one_moment),
        cmocka_unit_test(test_lock),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_trigger),
        cmocka_unit_test(test_give),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
