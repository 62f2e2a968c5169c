// SPDX-License-Identifier: Apache-2.0
//
// Command lines, good and bad, and what becomes of them; and the table of options itself.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "cli/options.h"

#define WORDS_MOST 16

struct line {
    char text[256];
    char *words[WORDS_MOST];
    int count;
};

// Cuts at spaces; "''" is an empty word.
static void split(const char *text, struct line *line)
{
    static char name[] = "shakedown";
    assert_true(strlen(text) < sizeof line->text);
    strcpy(line->text, text);
    line->count = 0;
    line->words[line->count++] = name;
    for (char *word = strtok(line->text, " "); word != NULL; word = strtok(NULL, " ")) {
        assert_true(line->count < WORDS_MOST - 1);
        if (strcmp(word, "''") == 0)
            word[0] = '\0';
        line->words[line->count++] = word;
    }
    line->words[line->count] = NULL;
}

static bool parse(const char *text, struct line *line, struct options *options, struct complaint *complaint)
{
    *complaint = (struct complaint){0};
    split(text, line);
    return options_parse(line->count, line->words, options, complaint);
}

// --- what options mean -----------------------------------------------------------------------------

static void plain(const struct options *o)
{
    assert_int_equal(o->command, SCAN);
    assert_int_equal(o->operand_count, 1);
    assert_string_equal(o->operands[0], "host");
    assert_int_equal(o->output_count, 0);
    assert_int_equal(o->settings.tries, 2);
    assert_int_equal(o->settings.timeout_ms, 0);
    assert_false(o->settings.has_now);
    assert_false(o->settings.system_resolver);
}

static void scan_named(const struct options *o)
{
    assert_int_equal(o->command, SCAN);
    assert_int_equal(o->operand_count, 2);
    assert_string_equal(o->operands[0], "one");
    assert_string_equal(o->operands[1], "two");
}

static void replay(const struct options *o)
{
    assert_int_equal(o->command, REPLAY);
    assert_int_equal(o->operand_count, 1);
    assert_string_equal(o->operands[0], "file");
    assert_true(o->settings.pem);
}

static void is_output(const struct options *o, unsigned index, const char *format, const char *file)
{
    assert_true(index < o->output_count);
    assert_string_equal(o->outputs[index].format, format);
    assert_string_equal(o->outputs[index].file, file);
}
static void json_stdout(const struct options *o) { is_output(o, 0, "json", "-"); }
static void json_file(const struct options *o) { is_output(o, 0, "json", "x.json"); }
static void csv_stdout(const struct options *o) { is_output(o, 0, "csv", "-"); }
static void three_outputs(const struct options *o)
{
    assert_int_equal(o->output_count, 3);
    is_output(o, 0, "csv", "a:b.csv");
    is_output(o, 1, "text", "-");
    is_output(o, 2, "json", "x");
}
static void input(const struct options *o) { assert_string_equal(o->input, "-"); }

static void half_second(const struct options *o)
{
    assert_int_equal(o->settings.timeout_ms, 500);
    assert_int_equal(o->settings.deadline_ms, 90250);
}

static void small_times(const struct options *o)
{
    assert_int_equal(o->settings.timeout_ms, 1);
    assert_int_equal(o->settings.deadline_ms, 86400000);
}

static void odd_times(const struct options *o)
{
    assert_int_equal(o->settings.timeout_ms, 5000);
    assert_int_equal(o->settings.deadline_ms, 250);
}

static void counts(const struct options *o)
{
    assert_int_equal(o->settings.tries, 1);
    assert_int_equal(o->settings.connections, 1000);
    assert_int_equal(o->settings.rate, 20);
    assert_int_equal(o->settings.parallel, 7);
}

static void names(const struct options *o)
{
    assert_string_equal(o->settings.server_name, "name");
    assert_string_equal(o->settings.address, "::1");
    assert_string_equal(o->settings.only, "versions,suites");
    assert_string_equal(o->settings.skip, "suites");
    assert_string_equal(o->settings.sweep, "groups");
    assert_true(o->settings.ipv6_only);
    assert_false(o->settings.ipv4_only);
}

static void files(const struct options *o)
{
    assert_string_equal(o->settings.ca_file, "a");
    assert_string_equal(o->settings.ca_path, "b");
    assert_string_equal(o->settings.transcript, "c");
}

static void flags(const struct options *o)
{
    assert_true(o->settings.evidence && o->settings.pem && o->settings.reproducible && o->settings.no_server_name);
    assert_true(o->quiet && o->settings.ipv4_only);
}

static void plan(const struct options *o) { assert_true(o->plan); }

static void at_time(const struct options *o)
{
    assert_true(o->settings.has_now);
    assert_int_equal(o->settings.now, 1795442709);
}

static void system_resolver(const struct options *o) { assert_true(o->settings.system_resolver); }
static void own_resolver(const struct options *o) { assert_false(o->settings.system_resolver); }
static void since(const struct options *o)
{
    assert_true(o->settings.has_since && !o->settings.has_now);
    assert_int_equal(o->settings.since, 86400);
}
static void last_counts(const struct options *o) { assert_string_equal(o->color, "never"); }

static void after_dashes(const struct options *o)
{
    assert_int_equal(o->operand_count, 1);
    assert_string_equal(o->operands[0], "-x");
}

static void asks_help(const struct options *o) { assert_true(o->help && o->help_about == 0); }
static void asks_help_of_diff(const struct options *o) { assert_true(o->help && o->help_about == DIFF); }
static void scans_two(const struct options *o) { assert_true(!o->help && o->operand_count == 2); }
static void scans_help(const struct options *o) { assert_true(!o->help && o->operand_count == 1); }
static void asks_list(const struct options *o) { assert_string_equal(o->list, "suites"); }

static const struct good {
    const char *line;
    void (*check)(const struct options *options);
} good[] = {
    {"host", plain},
    {"scan host", plain},
    {"scan one two", scan_named},
    {"one two", scan_named},
    {"replay file --pem --json", replay},
    {"--pem replay file --json=x", replay},
    {"--json host", json_stdout},
    {"--json=- host", json_stdout},
    {"host --json=x.json", json_file},
    {"host -o json:x.json", json_file},
    {"host -ocsv", csv_stdout},
    {"host --output=csv:", csv_stdout},
    {"render --format=csv", csv_stdout},
    {"host -o csv:a:b.csv -o text:- --json=x", three_outputs},
    {"-i -", input},
    {"-i- host", input},
    {"--input=- scan", input},
    {"--timeout 0.5 --deadline=90.25 host", half_second},
    {"--timeout .001 --deadline 86400 host", small_times},
    {"--timeout 5. --deadline 0.2509 host", odd_times},
    {"--retries 0 --connections 1000 --rate=20 --parallel 7 host", counts},
    {"--sni name -6 --address ::1 --only versions,suites --skip suites --sweep groups host", names},
    {"--ca-file a --ca-path b --transcript c host", files},
    {"-q4 --evidence --pem --reproducible --no-sni --json host", flags},
    {"--plan host", plan},
    {"--now @1795442709 host", at_time},
    {"--resolver system host", system_resolver},
    {"--resolver unbound host", own_resolver},
    {"diff --store x --since 1970-01-02", since},
    {"--color always --color never host", last_counts},
    {"--timeout 1 --color always --timeout 2 --color never host", last_counts},
    {"--repro host --color=never", last_counts}, // the beginning of a name, as getopt_long has it
    {"-- -x", after_dashes},
    {"--help", asks_help},
    {"-h one two", asks_help},
    {"help", asks_help},
    {"help diff", asks_help_of_diff},
    {"diff --help", asks_help_of_diff},
    {"-h diff a b c", asks_help_of_diff},
    {"help host", scans_two},
    {"host --help", asks_help},
    {"scan help", scans_help},
    {"--list suites", asks_list},
};

static void understands(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct line line;
        struct options options;
        struct complaint complaint;
        print_message("%s\n", good[i].line);
        if (!parse(good[i].line, &line, &options, &complaint))
            fail_msg("refused: %s", complaint.text);
        good[i].check(&options);
    }
}

static const struct bad {
    const char *line, *want; // a part of the sentence
} bad[] = {
    {"", "no target"},
    {"scan", "no target"},
    {"--json", "no target"},
    {"replay", "one transcript"},
    {"replay a b", "one transcript"},
    {"replay file --rate 3", "--rate has no meaning"},
    {"replay file -i list", "--input has no meaning"},
    {"--nonsense host", "no option '--nonsense'"},
    {"--nonsense=3 host", "no option '--nonsense=3'"},
    {"-x host", "no option '-x'"},
    {"-qx host", "no option '-x'"},
    {"--co host", "more than one option"},
    {"--timeout", "--timeout needs a value: SECONDS"},
    {"-i", "--input needs a value: FILE"},
    {"--plan=yes host", "--plan takes no value"},
    {"--timeout=x host", "--timeout takes seconds"},
    {"--timeout=1,5 host", "--timeout takes seconds"},
    {"--timeout=. host", "--timeout takes seconds"},
    {"--timeout=-1 host", "--timeout takes seconds"},
    {"--timeout=0 host", "--timeout takes seconds"},
    {"--timeout=0.0001 host", "--timeout takes seconds"},
    {"--timeout=3600.001 host", "--timeout takes seconds"},
    {"--timeout=99999999999999999999 host", "--timeout takes seconds"},
    {"--timeout=1e3 host", "--timeout takes seconds"},
    {"--timeout=nan host", "--timeout takes seconds"},
    {"--retries=-1 host", "from 0 to 100"},
    {"--retries=101 host", "from 0 to 100"},
    {"--connections=0 host", "from 1 to 1000"},
    {"--connections=6x host", "from 1 to 1000"},
    {"--connections= host", "from 1 to 1000"},
    {"--rate=4294967297 host", "from 1 to 1000000"},
    {"--rate=18446744073709551617 host", "from 1 to 1000000"},
    {"--parallel=1.5 host", "from 1 to 10000"},
    {"--color=pink host", "auto|always|never"},
    {"--color=auto|always host", "auto|always|never"},
    {"--color=au host", "auto|always|never"},
    {"--color= host", "auto|always|never"},
    {"--resolver=dns host", "unbound|system"},
    {"--list=all", "checks|suites|groups|lint"},
    {"--now=yesterday host", "2026-11-23"},
    {"--expires-within=36501 host", "from 0 to 36500"},
    {"--expires-within=1.5 host", "from 0 to 36500"},
    {"--expires-within", "needs a value"},
    {"--json= host", "not empty"},
    {"--sni '' host", "not empty"},
    {"-4 -6 host", "-4 and -6"},
    {"--sni x --no-sni host", "--sni and --no-sni"},
    {"-q -v host", "--quiet and --verbose"},
    {"--plan --json host", "--plan and --json"},
    {"--plan -o csv:x host", "--plan and --json or -o"},
    {"-o csv --json host", "csv and json cannot both go to standard output"},
    {"-o csv:x -o text:x host", "csv and text cannot both go to x"},
    {"-o :x host", "no format ''"},
    {"-o 0123456789012345678901234567890123456789:x host", "no format '0123"},
    {"--format=csv host", "--format has no meaning"},
    {"render --policy=x", "--policy has no meaning for `render`"},
    {"--allow-private-fetch host", "--allow-private-fetch has no effect without --fetch"},
    {"--ignore=http host", "--ignore has no effect without --baseline"},
    {"judge --ignore=http", "--ignore has no effect without --baseline"},
    {"diff --since=2026-11-23 a b", "--since has no effect without --store"},
    {"--since=2026-11-23 --store=x host", "--since has no meaning for `scan`"},
    {"--pem host", "--pem has no effect without --json"},
    {"replay --pem -o html:x file", "--pem has no effect without --json"},
    {"--evidence -o csv host", "--evidence has no effect without --json"},
    {"connect --trust-anchor=x host", "--trust-anchor has no meaning"},
    {"--trust-anchor=x --resolver=system host", "--trust-anchor and --resolver=system exclude"},
    {"work --queue=redis://h/q --fail-on=high", "--fail-on has no meaning for `work`"},
    {"--plan --store=x host", "--plan and --store exclude"},
    {"--plan --transcript=x host", "--plan and --transcript exclude"},
    {"--plan --summary=x host", "--plan and --summary exclude"},
    {"--json out.json host", "--json=out.json"},
    {"connect -o json out.ndjson", "-o json:out.ndjson"},
    {"--transcript=- host", "--transcript takes the name of a file"},
    {"--summary - host", "--summary takes the name of a file"},
    {"-i a -i b", "--input was given twice"},
    {"--only=versions --only=suites host", "--only was given twice"},
    {"--policy=a --policy=a host", "--policy was given twice"},
    {"-i x --json=x", "--input and json cannot both be 'x'"},
    {"--store=x --json=x host", "--store and json cannot both be 'x'"},
    {"-o ndjson:x -o json:./x host", "ndjson and json cannot both be './x'"},
    {"history --store=x --json=x", "--store and json cannot both be 'x'"},
    {"--transcript=x --summary=x host", "--summary and --transcript cannot both be 'x'"},
    {"--journal=x --baseline=y -o ndjson:y host", "--baseline and ndjson cannot both be 'y'"},
};

static void refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct line line;
        struct options options;
        struct complaint complaint;
        print_message("%s\n", bad[i].line);
        assert_false(parse(bad[i].line, &line, &options, &complaint));
        if (strstr(complaint.text, bad[i].want) == NULL)
            fail_msg("the sentence is: %s", complaint.text);
    }
}

// --- the table -------------------------------------------------------------------------------------

static void table_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_count(); i++) {
        const struct option_row *row = option_at(i);
        print_message("%s\n", row->name);
        assert_int_equal(row->kind == FLAG, row->argument == NULL);
        assert_int_equal(row->kind == COUNT || row->kind == SECONDS || row->kind == DAYS, row->high != 0);
        assert_true(row->low <= row->high);
        assert_true(row->help[0] != '\0' && row->help[strlen(row->help) - 1] != '.');
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(row->name, option_at(j)->name);
            assert_true(row->letter == 0 || row->letter != option_at(j)->letter);
        }
    }
}

static char *help_text(enum option_where about)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    options_print_help(file, about);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void help_names_every_option(void **state)
{
    (void)state;
    char *text = help_text(0);
    for (size_t i = 0; i < option_count(); i++) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, "--%s", option_at(i)->name);
        print_message("%s\n", wanted);
        assert_int_equal(strstr(text, wanted) == NULL, option_at(i)->group == GROUP_HIDDEN);
    }
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") > 80)
            fail_msg("more than 80 columns: %.*s", (int)strcspn(line, "\n"), line);
    free(text);
}

// In a line of its own, and not the beginning of a longer one.
static bool has_option(const char *text, const char *name)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, " --%s", name);
    for (const char *at = text; (at = strstr(at, wanted)) != NULL; at++)
        if (strchr("=[ \n", at[strlen(wanted)]) != NULL && (at[-1] == ',' || at[-1] == ' '))
            return true;
    return false;
}

static void help_of_one_command(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count(); i++) {
        enum option_where id = command_at(i)->id;
        char *text = help_text(id);
        for (size_t k = 0; k < option_count(); k++) {
            const struct option_row *row = option_at(k);
            print_message("%s --%s\n", command_at(i)->name, row->name);
            assert_int_equal(has_option(text, row->name), (row->where & id) != 0 && row->group != GROUP_HIDDEN);
        }
        assert_int_equal(strncmp(text, "usage: shakedown ", 17), 0);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(understands),         cmocka_unit_test(refuses),
        cmocka_unit_test(table_is_sound),      cmocka_unit_test(help_names_every_option),
        cmocka_unit_test(help_of_one_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
